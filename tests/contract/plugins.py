# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection holds, read from its files: plugins, their documentation, and the options that their code takes."""

from __future__ import annotations

import functools
import importlib
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "backup_ops.veeam_em"
_PACKAGE = "ansible_collections.backup_ops.veeam_em.plugins"


def modules() -> list[str]:
    """Modules with code of their own; those that only document an action are ``actions``."""
    return sorted({path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py")} - set(actions()))


def actions() -> list[str]:
    return sorted(path.stem for path in (ROOT / "plugins" / "action").glob("[a-z]*.py"))


def others() -> dict[str, str]:
    """Name -> kind of every plugin that is no module."""
    kinds = ("inventory", "filter", "lookup", "test", "callback")
    return {path.stem: kind for kind in kinds for path in sorted((ROOT / "plugins" / kind).glob("[a-z]*.py"))}


def roles() -> list[str]:
    return sorted(path.name for path in (ROOT / "roles").glob("*") if path.is_dir())


def playbooks() -> list[str]:
    return sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def content() -> list[str]:
    """Everything that users name."""
    return [*modules(), *actions(), *others(), *roles(), *playbooks()]


@functools.cache
def documentation(name: str, kind: str = "modules") -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Documentation with its fragments merged in, and the documented return values."""
    from ansible.plugins.loader import fragment_loader
    from ansible.utils.plugin_docs import get_docstring

    path = ROOT / "plugins" / kind / f"{name}.py"
    found, _examples, returned, _metadata = get_docstring(
        str(path), fragment_loader, collection_name=COLLECTION, plugin_type="module" if kind == "modules" else kind
    )
    return found, returned if isinstance(returned, dict) else yaml.safe_load(returned or "{}")


class Captured(Exception):
    """The module asked for its options."""


def specification(name: str) -> dict[str, t.Any]:
    """What a module gives to AnsibleModule: ``argument_spec`` and the rules between options."""
    frame = importlib.import_module(f"{_PACKAGE}.module_utils._module")
    taken: dict[str, t.Any] = {}

    def capture(**rules: t.Any) -> None:
        taken.update(rules)
        raise Captured

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "AnsibleModule", capture)
        with pytest.raises(Captured):
            importlib.import_module(f"{_PACKAGE}.modules.{name}").main()
    return taken
