# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a module in the test's own process: the real ``main``, options and output, without the cost of a command."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import typing as t

from support import connection, leaks


def run(
    name: str,
    args: t.Mapping[str, t.Any] | None = None,
    em: connection.Server | None = None,
    *,
    check_mode: bool = False,
) -> dict[str, t.Any]:
    """The module's result, with ``failed`` as a truth value. Fails when it shows a secret."""
    from ansible.module_utils.testing import patch_module_args

    options = {**(connection.options(em) if em is not None else {}), **(args or {})}
    options = {name: value for name, value in options.items() if value is not None}
    if options.get("password"):
        leaks.remember_credentials(str(options.get("username")), str(options["password"]))
    module = importlib.import_module(f"ansible_collections.backup_ops.veeam_em.plugins.modules.{name}")
    shown = io.StringIO()
    with (
        patch_module_args({**options, "_ansible_check_mode": check_mode}),
        contextlib.redirect_stdout(shown),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    if em is not None:
        connection.remember_tokens(em)
    text = shown.getvalue()
    assert not leaks.found_in(text), f"the module shows a secret: {leaks.without(text)}"
    return {"failed": False, **json.loads(text)}
