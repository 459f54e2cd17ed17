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

_ROLE = Path(__file__).resolve().parents[3] / "roles" / "awx_setup"
_EXAMPLES = {
    "awx_setup_execution_environment_image": "registry.example.test/ee-veeam-em:1.0.0",
    "awx_setup_em_host": "em01.example.test",
    "awx_setup_em_username": r"EXAMPLE\svc-ansible",
    "awx_setup_em_password": "{{ lookup('ansible.builtin.env', 'VEEAM_EM_PASSWORD') }}",
    "awx_setup_project_scm_url": "https://git.example.test/operations/backup-gate.git",
}
"""Values of the variables that have no default."""
_NAMES = {
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
_ROLE_ONLY = ("awx_setup_controller_", "awx_setup_validate_certs", "awx_setup_check_")
_MESSAGES = "awx_setup_notification_messages"
"""Has no other value than the table's, unless somebody gives it one."""


def awx_variables() -> str:
    """Every variable of the role with its meaning; those that have no value are commented out."""
    return "".join(_variable(name, option) for name, option in _options().items())


def awx_objects() -> str:
    """Variables, then objects."""
    settings = [
        _variable(name, option)
        for name, option in _options().items()
        if not name.startswith(_ROLE_ONLY) and name != _MESSAGES
    ]
    table = (_ROLE / "vars" / "main.yml").read_text(encoding="utf-8")
    objects = table[table.index("__awx_setup_organizations:") :]
    for part, name in _NAMES.items():
        objects = re.sub(rf"^__awx_setup_{part}:", f"{name}:", objects, flags=re.MULTILINE)
    defaults = yaml.safe_load((_ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    objects = objects.replace(f'"{{{{ {_MESSAGES} }}}}"', f'"{defaults[_MESSAGES]}"')
    return f"{''.join(settings)}{objects}".replace("__awx_setup_", "awx_setup_")


def _options() -> dict[str, dict[str, t.Any]]:
    text = (_ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: dict[str, dict[str, t.Any]] = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return found


def _variable(name: str, option: dict[str, t.Any]) -> str:
    described = option["description"]
    plain = " ".join([described] if isinstance(described, str) else described)
    plain = re.sub(r"\b[A-Z]\((?:[\w.]+#module:)?([^)]*)\)", r"\1", plain)
    text = f"Required. {plain}" if option.get("required") else plain
    comment = textwrap.fill(text, 130, initial_indent="# ", subsequent_indent="# ")
    value = _EXAMPLES.get(name, option.get("default"))
    if value is None:
        return f"{comment}\n# {name}:\n\n"
    if isinstance(value, str):
        quoted = not value or "{{" in value or value.isdigit()
        return f'{comment}\n{name}: "{value}"\n\n' if quoted else f"{comment}\n{name}: {value}\n\n"
    dumped = yaml.safe_dump({name: value}, width=1000, default_flow_style=False, allow_unicode=True).rstrip()
    # Lists are indented, as everywhere here.
    return f"{comment}\n{re.sub(r'^- ', '  - ', dumped, flags=re.MULTILINE)}\n\n"
