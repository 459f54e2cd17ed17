# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling a plugin in the test's own process, and what can be seen of a call: results, errors, and what was sent."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import tempfile
import time
import typing as t
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from support import connection
from support import modules as frame

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROGRESS = Path(tempfile.gettempdir(), f"progress-{os.getpid()}")
CACHE_AGE = 2 * 3600


@dataclasses.dataclass
class Seen:
    """One call."""

    em: t.Any
    result: dict[str, t.Any]
    sent: list[dict[str, t.Any]]
    """Each request as it was handed to ``requests``."""
    second: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    """Those of a second call of the inventory plugin, whose cache has become older meanwhile."""
    written: list[str] = dataclasses.field(default_factory=list)

    @property
    def records(self) -> list[dict[str, t.Any]]:
        lists = [self.result[key] for key in self.result if isinstance(self.result[key], list)]
        return t.cast("list[dict[str, t.Any]]", lists[0])

    def rows(self) -> t.Any:
        return [record["uid"] for record in self.records]

    def names(self) -> t.Any:
        return [record["name"] for record in self.records]

    def keys(self) -> t.Any:
        return sorted(self.records[0])

    def first(self) -> t.Any:
        return self.records[0]

    def sections(self) -> t.Any:
        return sorted(self.result)

    def verdicts(self) -> t.Any:
        return [(one["name"], one["verdict"], one["reasons"], one["matched_by"]) for one in self.records]

    def waivers(self) -> t.Any:
        return [(one["verdict"], one["waivers"]) for one in self.records], self.result["unused_waivers"]

    def outcome(self) -> t.Any:
        return self.result.get("error", {}).get("kind", "failed") if self.result["failed"] else "fine"

    def targets(self) -> t.Any:
        return [GUID.sub("…", each["target"]) for each in self.sent]

    def paths(self) -> t.Any:
        return [urlsplit(target).path for target in self.targets()]

    def timeouts(self) -> t.Any:
        return {each["timeout"] for each in self.sent}

    def accepted(self) -> t.Any:
        return {each["accept"] for each in self.sent}

    def _query(self) -> list[dict[str, list[str]]]:
        return [parse_qs(urlsplit(each["target"]).query) for each in self.sent]

    def page_sizes(self) -> t.Any:
        return {query["pageSize"][0] for query in self._query() if "pageSize" in query}

    def slices(self) -> t.Any:
        """Whether an answer was read in pieces of time, side by side: only then do requests of one call end at different times."""
        ends = {tuple(re.findall(r'Time<"([^"]+)"', query.get("filter", [""])[0])) for query in self._query()}
        return len(ends - {()}) > 1

    def groups(self) -> t.Any:
        return self.result["groups"]

    def variables(self) -> t.Any:
        return {host: sorted(values) for host, values in self.result["hosts"].items()}

    def verdict_keys(self) -> t.Any:
        return {host: sorted(values["veeam_em_inventory_protection"]) for host, values in self.result["hosts"].items()}

    def files(self) -> t.Any:
        return self.written

    def progress(self) -> t.Any:
        """Whether the module has told what it waits for; the file is gone then."""
        told = PROGRESS.exists() and bool(PROGRESS.read_text(encoding="utf-8"))
        PROGRESS.unlink(missing_ok=True)
        return told

    def matched(self) -> t.Any:
        return {
            host: values["veeam_em_inventory_protection"]["matched_by"] for host, values in self.result["hosts"].items()
        }

    def paths_of_the_second_run(self) -> t.Any:
        return [GUID.sub("…", urlsplit(each["target"]).path) for each in self.second]


@contextlib.contextmanager
def watching(sent: list[dict[str, t.Any]], variables: t.Mapping[str, str]) -> t.Iterator[None]:
    """Notes what is sent, with these environment variables; pauses take no time."""
    import requests.adapters

    from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient

    real = requests.adapters.HTTPAdapter.send

    def send(self: t.Any, request: t.Any, **options: t.Any) -> t.Any:
        path = urlsplit(request.url)
        note = {"target": f"{path.path}?{path.query}", "accept": request.headers["Accept"]}
        sent.append({**note, "method": request.method, "timeout": options["timeout"]})
        return real(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("VEEAM_EM_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(requests.adapters.HTTPAdapter, "send", send)
        patch.setitem(EnterpriseManagerClient.__init__.__kwdefaults__ or {}, "sleep", lambda seconds: None)
        yield


def module(name: str, em: t.Any, options: t.Mapping[str, t.Any], variables: t.Mapping[str, str]) -> Seen:
    sent: list[dict[str, t.Any]] = []
    with watching(sent, variables):
        result = frame.run(name, options, em)
    result = {key: value for key, value in result.items() if key not in ("invocation", "warnings")}
    return Seen(em, result, sent)


def inventory(
    em: t.Any, options: t.Mapping[str, t.Any], variables: t.Mapping[str, str], folder: Path, twice: bool
) -> Seen:
    sent: list[dict[str, t.Any]] = []
    second: list[dict[str, t.Any]] = []
    given = {**connection.options(em), "plugin": "backup_ops.veeam_em.enterprise_manager", **options}
    path = folder / "veeam_em.yml"
    path.write_text(json.dumps({name: value for name, value in given.items() if value is not None}), encoding="utf-8")
    with watching(sent, variables), contextlib.chdir(folder):
        result = _hosts(path)
    if twice:
        for file in folder.glob("*/*"):
            os.utime(file, (time.time() - CACHE_AGE, time.time() - CACHE_AGE))
        with watching(second, variables), contextlib.chdir(folder):
            _hosts(path)
    connection.remember_tokens(em)
    return Seen(em, result, sent, second, sorted(str(file.relative_to(folder)) for file in folder.glob("*/*")))


def _hosts(path: Path) -> dict[str, t.Any]:
    from ansible import context
    from ansible.errors import AnsibleError
    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import inventory_loader
    from ansible.utils import vars as extra
    from ansible.utils.context_objects import CLIArgs

    plugin = inventory_loader.get("backup_ops.veeam_em.enterprise_manager")
    data = InventoryData()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "CLIARGS", CLIArgs({"extra_vars": ["extra_variable=1"]}))
        if hasattr(extra.load_extra_vars, "extra_vars"):
            patch.delattr(extra.load_extra_vars, "extra_vars")
        try:
            plugin.parse(data, DataLoader(), str(path))
        except AnsibleError as error:
            return {"failed": True, "msg": str(error), "error": {"kind": str(error).partition(";")[0]}}
        if plugin.get_option("cache"):
            plugin.update_cache_if_changed()
    hosts = {str(name): host.vars for name, host in data.hosts.items()}
    groups = {
        str(name): sorted(str(each) for each in (*group.hosts, *group.child_groups))
        for name, group in data.groups.items()
        if name not in ("all", "ungrouped") and (group.hosts or group.child_groups)
    }
    return {"failed": False, "hosts": hosts, "groups": groups}
