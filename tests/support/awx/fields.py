# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be written to an object of AWX: what the options of the module of awx.awx are that makes it."""

from __future__ import annotations

import ast
import functools
import os
import typing as t
from pathlib import Path

import yaml

MODULES = {
    "credential_types": "credential_type",
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "inventories": "inventory",
    "inventory_sources": "inventory_source",
    "job_templates": "job_template",
    "notification_templates": "notification_template",
    "organizations": "organization",
    "projects": "project",
    "teams": "team",
    "workflow_job_template_nodes": "workflow_job_template_node",
    "workflow_job_templates": "workflow_job_template",
}
"""Endpoint -> module."""
_OF_THE_MODULE = {
    *("copy_from", "interval", "new_name", "state", "update_project", "update_secrets", "wait"),
    *(
        "controller_host",
        "controller_username",
        "controller_password",
        "controller_oauthtoken",
        "controller_config_file",
    ),
    *(
        "validate_certs",
        "request_timeout",
        "lookup_organization",
        "destroy_current_nodes",
        "workflow_nodes",
        "survey_spec",
    ),
}
"""Options that say how the module works, and are no fields."""
RELATIONS = {
    *(
        "always_nodes",
        "credentials",
        "failure_nodes",
        "galaxy_credentials",
        "input_inventories",
        "instance_groups",
        "labels",
    ),
    *("notification_templates_approvals", "notification_templates_error", "notification_templates_started"),
    *("notification_templates_success", "success_nodes"),
}
"""Lists of other objects, each with an address of its own."""
_SENT_BESIDES = {
    # The module sends it to say that the type is none of AWX's own.
    "credential_types": {"managed"},
    "workflow_job_template_nodes": {"type"},
}


@functools.cache
def documentation(module: str) -> dict[str, t.Any]:
    """The documentation of a module of awx.awx, read from its file."""
    folder = next(Path(each) for each in os.environ["DEV_OTHER_COLLECTIONS"].split(":") if each)
    source = folder / "ansible_collections" / "awx" / "awx" / "plugins" / "modules" / f"{module}.py"
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            found: dict[str, t.Any] = yaml.safe_load(ast.literal_eval(node.value))
            return found
    raise LookupError(module)


def options(module: str) -> set[str]:
    return set(documentation(module)["options"])


def allowed(endpoint: str) -> set[str]:
    """The fields that a request to this endpoint may have."""
    return (options(MODULES[endpoint]) - _OF_THE_MODULE - RELATIONS) | _SENT_BESIDES.get(endpoint, set())
