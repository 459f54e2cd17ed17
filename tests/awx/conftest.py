# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWX to set up, and the variables for it."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from support import leaks, loopback
from support.awx.api import Awx
from support.commands import Ansible, Run

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "docs" / "awx" / "project"
TOKEN = "awx-token-that-nobody-may-see"
EM_PASSWORD = "em-password-that-nobody-may-see"
PEM = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUe=\n-----END CERTIFICATE-----\n"
REQUIRED: dict[str, t.Any] = {
    "awx_setup_execution_environment_image": "registry.example.test/ee-veeam-em:1",
    "awx_setup_em_host": "em01.example.test",
    "awx_setup_em_username": "EXAMPLE\\svc-ansible",
    "awx_setup_em_password": EM_PASSWORD,
    "awx_setup_em_ca_cert": PEM,
    "awx_setup_project_scm_url": "https://git.example.test/backup-gate.git",
}


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
    """Runs the role on this AWX with the variables that have no default, and those that are given."""
    play = (
        '[{"name": "Set up AWX", "hosts": "localhost", "gather_facts": false,'
        ' "roles": [{"role": "backup_ops.veeam_em.awx_setup"}]}]\n'
    )
    with loopback.serve(awx.application()) as url:
        env = {
            "CONTROLLER_HOST": url,
            "CONTROLLER_OAUTH_TOKEN": TOKEN,
            "ANSIBLE_COLLECTIONS_PATH": others(),
        }

        def run(*args: str, **variables: t.Any) -> Run:
            given = {**REQUIRED, **{f"awx_setup_{name}": value for name, value in variables.items()}}
            return ansible.playbook(
                play, extra_vars={name: value for name, value in given.items() if value is not None}, env=env, args=args
            )

        yield run
