# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX refuses, as far as it matters to our content."""

from __future__ import annotations

import json
import typing as t

import jinja2
from jinja2 import sandbox

if t.TYPE_CHECKING:
    from support.awx.api import Awx, Object


class Refused(Exception):
    """A request that AWX answers with 400."""

    def __init__(self, **fields: str) -> None:
        super().__init__(json.dumps(fields))
        self.fields = fields


DEFAULTS: dict[str, dict[str, t.Any]] = {
    "credential_types": {"description": ""},
    "credentials": {"description": "", "organization": None},
    "execution_environments": {"description": "", "organization": None, "credential": None},
    "inventories": {"description": "", "kind": "", "host_filter": None},
    "inventory_sources": {"description": "", "overwrite": False, "overwrite_vars": False, "credential": None},
    "job_templates": {"description": "", "ask_variables_on_launch": False, "inventory": None, "survey_enabled": False},
    "notification_templates": {"description": ""},
    "projects": {"description": "", "scm_revision": "", "credential": None},
    "workflow_job_template_nodes": {"unified_job_template": None},
    "workflow_job_templates": {"description": ""},
}
"""What an object has that nobody set."""
_PROMPTS = ("scm_branch", "diff_mode", "limit", "tags", "skip_tags", "job_type", "verbosity", "inventory", "credential")
DEFAULTS["job_templates"].update({f"ask_{name}_on_launch": False for name in _PROMPTS})
_LINKS = {
    "credentials": {"credential_type": "credential_types", "organization": "organizations"},
    "execution_environments": {"organization": "organizations", "credential": "credentials"},
    "inventories": {"organization": "organizations"},
    "inventory_sources": {"inventory": "inventories", "source_project": "projects", "credential": "credentials"},
    "job_templates": {
        "inventory": "inventories",
        "project": "projects",
        "execution_environment": "execution_environments",
    },
    "notification_templates": {"organization": "organizations"},
    "projects": {"organization": "organizations", "default_environment": "execution_environments"},
    "teams": {"organization": "organizations"},
    "workflow_job_template_nodes": {"workflow_job_template": "workflow_job_templates"},
    "workflow_job_templates": {"organization": "organizations"},
}
"""Endpoint -> field -> endpoint of what its number stands for."""
_QUESTION = {
    "question_name",
    "question_description",
    "variable",
    "type",
    "required",
    "default",
    "choices",
    "min",
    "max",
}


def check(awx: Awx, endpoint: str, item: Object) -> None:
    """Raises Refused when AWX would not have this object."""
    for field, other in _LINKS.get(endpoint, {}).items():
        if item.get(field) is not None:
            awx.by_id(other, item[field])
    special = {
        "credential_types": _credential_type,
        "credentials": _credential,
        "inventory_sources": _inventory_source,
        "job_templates": _job_template,
        "notification_templates": _notification_template,
    }
    if endpoint in special:
        special[endpoint](awx, item)


def _job_template(awx: Awx, item: Object) -> None:
    if item.get("playbook") not in awx.playbooks:
        raise Refused(playbook="Playbook not found for project.")
    if not awx.by_id("projects", item["project"])["scm_revision"]:
        raise Refused(playbook="Playbook not found for project.")


def _inventory_source(awx: Awx, item: Object) -> None:
    if item.get("source") == "scm" and item.get("source_project") is None:
        raise Refused(source_project="Project required for scm type sources.")
    if awx.by_id("inventories", item["inventory"])["kind"]:
        raise Refused(inventory="Cannot create Inventory Source for Smart or Constructed Inventory")


def _credential_type(awx: Awx, item: Object) -> None:
    """Its templates know its fields and the names of its files, and nothing else."""
    names = {each["id"]: "EXAMPLE" for each in item["inputs"].get("fields", [])}
    files = [label.partition(".")[2] for label in item["injectors"].get("file", {})]
    context = {**names, "tower": {"filename": dict.fromkeys(files, "EXAMPLE_FILENAME")}}
    for kind, entries in item["injectors"].items():
        if kind not in ("env", "extra_vars", "file"):
            raise Refused(injectors=f"{kind} is no kind of injector")
        for key, template in entries.items():
            _render(template, context, f"{kind} {key}")


def _credential(awx: Awx, item: Object) -> None:
    inputs = awx.by_id("credential_types", item["credential_type"])["inputs"]
    known = {each["id"]: each for each in inputs.get("fields", [])}
    strangers = set(item["inputs"]) - set(known)
    missing = {name for name in inputs.get("required", []) if not item["inputs"].get(name)}
    if strangers or missing:
        raise Refused(inputs=f"unknown: {sorted(strangers)}, missing: {sorted(missing)}")
    for name, value in item["inputs"].items():
        if not isinstance(value, str):
            raise Refused(inputs=f"{name} is no string")
        if "\n" in value and not known[name].get("multiline"):
            raise Refused(inputs=f"{name} has several lines")


def _notification_template(awx: Awx, item: Object) -> None:
    job = {"name": "job", "status": "failed", "artifacts": {}}
    context = {"job": job, "job_friendly_name": "Job", "url": "https://awx.example.test/#/jobs/1"}
    for event, texts in (item.get("messages") or {}).items():
        for name, template in texts.items():
            _render(template, context, f"{event} {name}")
            if item["notification_type"] == "webhook" and name == "body":
                _dictionary(template)


def _dictionary(text: str) -> None:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refused(messages=f"Webhook body is not a valid json dictionary: {error}") from error
    if not isinstance(found, dict):
        raise Refused(messages="Webhook body should be a json dictionary")


def _render(template: str, context: t.Mapping[str, t.Any], where: str) -> None:
    environment = sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    try:
        environment.from_string(template).render(context)
    except (jinja2.TemplateError, TypeError) as error:
        raise Refused(detail=f"{where}: {error}") from error


def check_survey(survey: Object) -> None:
    if set(survey) != {"name", "description", "spec"}:
        raise Refused(error=f"a survey has name, description and spec, not {sorted(survey)}")
    for question in survey["spec"]:
        if set(question) - _QUESTION or not {"question_name", "variable", "type", "required"} <= set(question):
            raise Refused(error=f"a question has not these fields: {sorted(question)}")
        if question["type"] == "multiplechoice" and question.get("default") not in question["choices"]:
            raise Refused(error="Default choice must be answered from the choices listed.")


def check_answers(survey: Object, answers: Object) -> None:
    """What is no question of the survey, AWX leaves out; a choice that is not offered, it refuses."""
    for question in survey.get("spec", []):
        answer = answers.get(question["variable"], question.get("default"))
        if question["required"] and answer in (None, ""):
            raise Refused(variables_needed_to_start=f"'{question['variable']}' value missing")
        if question["type"] == "multiplechoice" and answer not in question["choices"]:
            raise Refused(
                variables_needed_to_start=f"Value {answer} for '{question['variable']}' expected to be one of the choices."
            )
