# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWX to set up, and the variables for it."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
import yaml

from support import leaks, loopback
from support.awx.api import Awx
from support.awx.jobs import Controller
from support.commands import Ansible, Run

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "roles" / "awx_setup" / "vars" / "main.yml"
PROJECT = ROOT / "docs" / "awx" / "project"
TOKEN = "awx-token-that-nobody-may-see"
EM_PASSWORD = "em-password-that-nobody-may-see"
PEM = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUe=\n-----END CERTIFICATE-----\n"


def others(*more: str) -> str:
    """The value of ANSIBLE_COLLECTIONS_PATH with the collections of others."""
    return ":".join([os.environ["DEV_COLLECTIONS"], *more, os.environ["DEV_OTHER_COLLECTIONS"]])


@pytest.fixture
def awx() -> Awx:
    leaks.remember(TOKEN)
    leaks.remember(EM_PASSWORD)
    return Awx([path.name for path in PROJECT.glob("*.yml")], TOKEN)


@pytest.fixture
def set_up(awx: Awx, ansible: Ansible) -> t.Iterator[t.Callable[..., Run]]:
    """Runs the playbook of docs/awx with its variables, and with those that are given."""
    with loopback.serve(awx.application()) as url:
        env = {
            "CONTROLLER_HOST": url,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            "VEEAM_EM_PASSWORD": EM_PASSWORD,
            "ANSIBLE_COLLECTIONS_PATH": others(),
        }

        def run(*args: str, **variables: t.Any) -> Run:
            given = {f"awx_setup_{name}": value for name, value in variables.items()}
            return ansible.playbook(ROOT / "docs" / "awx" / "setup.yml", extra_vars=given, env=env, args=args)

        yield run


def runner_cores() -> dict[str, Path]:
    """The oldest and the newest core -> the folder of its commands."""
    listed = os.environ.get("DEV_RUNNER_CORES", "").split()
    return {name: Path(folder) for name, _is, folder in (each.partition("=") for each in listed)}


@pytest.fixture(params=sorted(runner_cores(), key=lambda core: int(str(core).partition(".")[2])))
def controller(request: pytest.FixtureRequest, tmp_path: Path) -> Controller:
    """The project as users copy it, on one of these cores."""
    return Controller(tmp_path / "runner", runner_cores()[request.param], os.environ["DEV_COLLECTIONS"], PROJECT)


class _Loader(yaml.SafeLoader):
    """Takes texts that are marked !unsafe as they are."""


_Loader.add_constructor("!unsafe", lambda _loader, node: node.value)


def read_table() -> dict[str, t.Any]:
    """The role's table."""
    found: dict[str, t.Any] = yaml.load(TABLE.read_text(encoding="utf-8"), _Loader)
    return found


@pytest.fixture(scope="session")
def credential_type() -> dict[str, t.Any]:
    """As the role's table has it; another test looks that it arrives in AWX so."""
    found: dict[str, t.Any] = read_table()["__awx_setup_credential_types"][0]
    return found
