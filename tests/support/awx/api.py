# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of AWX, as far as the modules of awx.awx use it. It refuses what AWX refuses, and every field that no module has."""

from __future__ import annotations

import json
import typing as t

from aiohttp import web

from support.awx import fields, rules
from support.awx.rules import Refused

Object = t.Dict[str, t.Any]
_ROOT = "/api/v2"
_ROLES = {
    "job_templates": ("admin_role", "execute_role", "read_role"),
    "workflow_job_templates": ("admin_role", "execute_role", "approval_role", "read_role"),
}
_ENCRYPTED = "$encrypted$"


class Awx:
    """One AWX as it is after its installation, with a project whose repository has the given playbooks."""

    def __init__(self, playbooks: t.Iterable[str], token: str) -> None:
        self.playbooks = set(playbooks)
        self.token = token
        self.writes: list[tuple[str, str, Object]] = []
        """Every request that is no GET: method, path and body."""
        self.launches: list[Object] = []
        self.answer: Object = {"status": "successful", "artifacts": {}}
        """How the next jobs end."""
        self.objects: dict[str, dict[int, Object]] = {}
        self._relations: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Object] = {}
        self._last = 0
        default = self._add("organizations", {"name": "Default"})
        galaxy = self._add(
            "credential_types", {"name": "Ansible Galaxy/Automation Hub API Token", "inputs": {}, "injectors": {}}
        )
        self._add(
            "credentials",
            {"name": "Ansible Galaxy", "credential_type": galaxy["id"], "inputs": {}, "organization": None},
        )
        self._relations["organizations", default["id"], "galaxy_credentials"] = []

    # What tests look at.

    def all(self, endpoint: str) -> dict[str, Object]:
        """Name -> object; nodes of workflows by their identifier."""
        return {each.get("name") or each["identifier"]: each for each in self.objects.get(endpoint, {}).values()}

    def related(self, endpoint: str, name: str, relation: str) -> list[str]:
        """Names of the objects that this one has in a list."""
        key = (endpoint, self.all(endpoint)[name]["id"], relation)
        everything = {number: each for kind in self.objects.values() for number, each in kind.items()}
        return [everything[each].get("name") or everything[each]["identifier"] for each in self._relations.get(key, [])]

    def granted(self, team: str) -> set[tuple[str, str]]:
        """Name of an object and what the team may do with it."""
        number = self.all("teams")[team]["id"]
        holders = [each for kind in _ROLES for each in self.objects.get(kind, {}).values()]
        return {
            (each["name"], role.removesuffix("_role"))
            for each in holders
            for role, made in each["summary_fields"]["object_roles"].items()
            if number in self._relations.get(("roles", made["id"], "teams"), [])
        }

    # What a site has before.

    def have_credential(self, name: str) -> None:
        self._add("credentials", {"name": name, "credential_type": 2, "inputs": {}, "organization": None})

    def have_project(self, name: str) -> None:
        """One that is fetched."""
        self._add("projects", {"name": name, "scm_revision": "c0ffee"})

    def survey(self, endpoint: str, name: str) -> Object:
        return self.surveys.get((endpoint, self.all(endpoint)[name]["id"]), {})

    # The server.

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard])
        item = f"{_ROOT}/{{endpoint}}/{{id:\\d+}}"
        application.router.add_get(f"{_ROOT}/{{endpoint}}/", self._list)
        application.router.add_post(f"{_ROOT}/{{endpoint}}/", self._create)
        application.router.add_get(f"{item}/", self._detail)
        application.router.add_patch(f"{item}/", self._change)
        application.router.add_get(f"{item}/survey_spec/", self._read_survey)
        application.router.add_post(f"{item}/survey_spec/", self._write_survey)
        application.router.add_post(f"{item}/create_approval_template/", self._create_approval)
        application.router.add_post(f"{item}/update/", self._update)
        application.router.add_post(f"{item}/launch/", self._launch)
        application.router.add_get(f"{item}/{{relation}}/", self._list_related)
        application.router.add_post(f"{item}/{{relation}}/", self._relate)
        return application

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: t.Callable[[web.Request], t.Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"detail": "Authentication credentials were not provided."}, status=401)
        if request.method != "GET":
            self.writes.append((request.method, request.path, json.loads(await request.text() or "{}")))
        try:
            answer = await handler(request)
        except Refused as refused:
            answer = web.json_response(refused.fields, status=400)
        answer.headers.update({"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"})
        return answer

    # Objects.

    def _add(self, endpoint: str, values: Object) -> Object:
        self._last += 1
        url = f"{_ROOT}/{endpoint}/{self._last}/"
        made = {
            **rules.DEFAULTS.get(endpoint, {}),
            **values,
            "id": self._last,
            "url": url,
            "type": endpoint.removesuffix("s").replace("inventorie", "inventory"),
            "related": {name: f"{url}{name}/" for name in ("survey_spec", "update", "launch")},
            "summary_fields": {},
        }
        self.objects.setdefault(endpoint, {})[self._last] = made
        for role in _ROLES.get(endpoint, ()):
            made["summary_fields"].setdefault("object_roles", {})[role] = {
                "id": self._add("roles", {"name": role})["id"]
            }
        return made

    def _find(self, request: web.Request) -> Object:
        found = self.objects.get(request.match_info["endpoint"], {}).get(int(request.match_info["id"]))
        if found is None:
            raise web.HTTPNotFound
        return found

    @staticmethod
    def _shown(item: Object) -> Object:
        """As GET tells it: without the secrets."""
        secrets = {"password", "token"} if item["type"] != "credential_type" else set()
        hidden = {
            name: {key: _ENCRYPTED if key in secrets and value else value for key, value in item[name].items()}
            for name in ("inputs", "notification_configuration")
            if isinstance(item.get(name), dict)
        }
        return {**item, **hidden}

    def _page(self, found: t.Iterable[Object]) -> web.Response:
        results = [self._shown(each) for each in found]
        return web.json_response({"count": len(results), "next": None, "previous": None, "results": results})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        endpoint, query = request.match_info["endpoint"], dict(request.query)
        if endpoint == "unified_job_templates":
            kinds = ("job_templates", "workflow_job_templates", "projects", "inventory_sources")
            candidates = [each for kind in kinds for each in self.objects.get(kind, {}).values()]
        else:
            candidates = list(self.objects.get(endpoint, {}).values())
        either = {name.removeprefix("or__"): query.pop(name) for name in list(query) if name.startswith("or__")}
        unknown = {name for name in query if candidates and not any(name in each for each in candidates)}
        if unknown:
            raise Refused(detail=f"{endpoint} has no field {', '.join(sorted(unknown))}")
        return self._page(
            each
            for each in candidates
            if all(str(each.get(name)) == value for name, value in query.items())
            and (not either or any(str(each.get(name)) == value for name, value in either.items()))
        )

    async def _create(self, request: web.Request) -> web.StreamResponse:
        endpoint, values = request.match_info["endpoint"], await request.json()
        self.check(endpoint, values, {})
        return web.json_response(self._shown(self._add(endpoint, values)), status=201)

    async def _detail(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._shown(self._find(request)))

    async def _change(self, request: web.Request) -> web.StreamResponse:
        endpoint, item, values = request.match_info["endpoint"], self._find(request), await request.json()
        if endpoint == "workflow_approval_templates":
            # What belongs to the node is sent too, and is not taken over.
            values = {name: value for name, value in values.items() if name in item}
        else:
            self.check(endpoint, values, item)
        item.update(values)
        return web.json_response(self._shown(item))

    def check(self, endpoint: str, values: Object, old: Object | None = None) -> None:
        """Raises Refused."""
        strangers = set(values) - fields.allowed(endpoint)
        if strangers:
            raise Refused(**dict.fromkeys(strangers, "there is no such field"))
        rules.check(self, endpoint, {**rules.DEFAULTS.get(endpoint, {}), **(old or {}), **values})

    def by_id(self, endpoint: str, number: int | None) -> Object:
        """Raises Refused."""
        found = self.objects.get(endpoint, {}).get(number or 0)
        if found is None:
            raise Refused(detail=f'Invalid pk "{number}" - object does not exist.')
        return found

    # Lists, surveys, approvals.

    def _relation(self, request: web.Request) -> list[int]:
        endpoint, relation = request.match_info["endpoint"], request.match_info["relation"]
        if relation not in fields.RELATIONS and (endpoint, relation) != ("roles", "teams"):
            raise web.HTTPNotFound
        return self._relations.setdefault((endpoint, self._find(request)["id"], relation), [])

    async def _list_related(self, request: web.Request) -> web.StreamResponse:
        everything = {number: each for kind in self.objects.values() for number, each in kind.items()}
        return self._page(everything[number] for number in self._relation(request))

    async def _relate(self, request: web.Request) -> web.StreamResponse:
        values, listed = await request.json(), self._relation(request)
        if values.get("disassociate"):
            listed.remove(values["id"])
        else:
            listed.append(values["id"])
        return web.Response(status=204)

    async def _read_survey(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.surveys.get((request.match_info["endpoint"], self._find(request)["id"]), {}))

    async def _write_survey(self, request: web.Request) -> web.StreamResponse:
        survey = await request.json()
        rules.check_survey(survey)
        self.surveys[request.match_info["endpoint"], self._find(request)["id"]] = survey
        return web.json_response({})

    async def _create_approval(self, request: web.Request) -> web.StreamResponse:
        values = await request.json()
        known = {name: values[name] for name in ("name", "description", "timeout") if name in values}
        made = self._add("workflow_approval_templates", known)
        node = self._find(request)
        node["unified_job_template"] = made["id"]
        node["related"]["unified_job_template"] = made["url"]
        return web.json_response(made, status=201)

    # Work.

    async def _update(self, request: web.Request) -> web.StreamResponse:
        source = self._find(request)
        kind = {"projects": "project_updates", "inventory_sources": "inventory_updates"}[request.match_info["endpoint"]]
        done = self._add(
            kind,
            {"status": "successful", "failed": False, "finished": "2026-01-01T00:00:00Z", "scm_revision": "c0ffee"},
        )
        source["scm_revision"] = "c0ffee"
        return web.json_response(done, status=202)

    async def _launch(self, request: web.Request) -> web.StreamResponse:
        template, values = self._find(request), await request.json()
        survey = self.surveys.get((request.match_info["endpoint"], template["id"]), {})
        rules.check_answers(survey, values.get("extra_vars", {}))
        self.launches.append({"template": template["name"], **values})
        failed = self.answer["status"] != "successful"
        job = self._add(
            "jobs",
            {**self.answer, "failed": failed, "event_processing_finished": True, "finished": "2026-01-01T00:00:00Z"},
        )
        return web.json_response(job, status=201)
