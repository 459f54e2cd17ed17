# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of docs/awx that are made from the role awx_setup: its variables, and its objects for infra.aap_configuration.

The role's table is one text in both: comments, templates and ``!unsafe`` go along as they are.
"""

from __future__ import annotations

import re
import textwrap
import typing as t
from pathlib import Path

import yaml

from devtool.paths import ROOT

ROLE = ROOT / "roles" / "awx_setup"
FOLDER = ROOT / "docs" / "awx"
_HEAD = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Made from the role awx_setup by 'dev.py awx'.\n---\n"
_EXAMPLES = {
    "awx_setup_execution_environment_image": "registry.example.test/ee-veeam-em:1.0.0",
    "awx_setup_em_host": "em01.example.test",
    "awx_setup_em_username": r"EXAMPLE\svc-ansible",
    "awx_setup_em_password": "{{ lookup('ansible.builtin.env', 'VEEAM_EM_PASSWORD') }}",
    "awx_setup_project_scm_url": "https://git.example.test/operations/backup-gate.git",
}
"""Values of the variables that have no default."""
NAMES = {
    "organizations": "aap_organizations",
    "teams": "aap_teams",
    "execution_environments": "controller_execution_environments",
    "credential_types": "controller_credential_types",
    "credentials": "controller_credentials",
    "notifications": "controller_notifications",
    "projects": "controller_projects",
    "inventories": "controller_inventories",
    "inventory_sources": "controller_inventory_sources",
    "templates": "controller_templates",
    "workflows": "controller_workflows",
    "roles": "controller_roles",
}
"""Part of the role's table -> the same in infra.aap_configuration."""
_CONNECTION = ("awx_setup_controller_", "awx_setup_validate_certs")
_RUN = ("awx_setup_check_",)
_HELD = ("awx_setup_notification_messages",)
"""What has no other value than the table's."""


def variables() -> str:
    """docs/awx/variables.yml: every variable of the role with its meaning; those that have no value are commented out."""
    return (
        f"{_HEAD}# Variables of the role awx_setup. What is as here need not be set, unless it says required.\n\n{_settings()}".rstrip()
        + "\n"
    )


def _settings(without: tuple[str, ...] = ()) -> str:
    return "".join(
        _variable(name, option) for name, option in _options().items() if not name.startswith(without or ("-",))
    )


def aap_configuration() -> str:
    """docs/awx/aap_configuration.yml."""
    settings = _settings((*_CONNECTION, *_RUN, *_HELD))
    table = (ROLE / "vars" / "main.yml").read_text(encoding="utf-8")
    objects = table[table.index("__awx_setup_organizations:") :]
    for part, name in NAMES.items():
        objects = re.sub(rf"^__awx_setup_{part}:", f"{name}:", objects, flags=re.MULTILINE)
    text = (
        f"{_HEAD}# The objects of the role awx_setup for the roles of infra.aap_configuration. First the variables, then the objects.\n\n"
        f"{settings}# The roles give an organization its Galaxy credentials only when they are told to.\n"
        f"assign_galaxy_credentials_to_org: true\n\n{objects}"
    )
    return text.replace('"{{ awx_setup_notification_messages }}"', _messages()).replace("__awx_setup_", "awx_setup_")


def _messages() -> str:
    defaults = (ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")
    return f'"{yaml.safe_load(defaults)["awx_setup_notification_messages"]}"'


def files() -> dict[Path, str]:
    return {FOLDER / "variables.yml": variables(), FOLDER / "aap_configuration.yml": aap_configuration()}


def _options() -> dict[str, dict[str, t.Any]]:
    text = (ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: dict[str, dict[str, t.Any]] = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return found


def _variable(name: str, option: dict[str, t.Any]) -> str:
    described = option["description"]
    plain = re.sub(r"\b[A-Z]\(([^)]*)\)", r"\1", " ".join([described] if isinstance(described, str) else described))
    plain = re.sub(r"(\w+\.)+\w+#module:", "", plain)
    comment = textwrap.fill(
        f"Required. {plain}" if option.get("required") else plain, 130, initial_indent="# ", subsequent_indent="# "
    )
    value = _EXAMPLES.get(name, option.get("default"))
    if value is None or name in _HELD:
        return f"{comment}\n# {name}:\n\n"
    dumped = yaml.safe_dump({name: value}, width=1000, default_flow_style=False, allow_unicode=True).rstrip()
    if isinstance(value, str):
        dumped = f'{name}: "{value}"' if not value or "{{" in value or value.isdigit() else f"{name}: {value}"
    # Lists are indented, as everywhere here.
    return f"{comment}\n{re.sub(r'^- ', '  - ', dumped, flags=re.MULTILINE)}\n\n"
