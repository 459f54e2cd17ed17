# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance window of tests/demo: a simulator that holds it, the connection to it, and the evidence that is right for it."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import subprocess
import time
import typing as t
import urllib.request
from pathlib import Path

from devtool import environments
from devtool.checks import differs
from devtool.paths import ROOT
from devtool.process import ToolError

DEMO = ROOT / "tests" / "demo"
INVENTORY = (DEMO / "enterprise_manager.yml", DEMO / "window.yml")
POLICY = DEMO / "policy.yml"
PLAYBOOK = "backup_ops.veeam_em.verify_backups"
GROUP = "maintenance_window"
MACHINES = 25
NO_GO_CODE = 2
"""How a playbook ends that a task has stopped."""
_SUFFIXES = [".SHA256SUMS", ".csv", ".html", ".html", ".json", ".md", ".txt", ".xml"]
_NOT_OK = {
    "copyonly01": "unprotected",
    "db02": "failed",
    "file01": "stale",
    "gone01": "stale",
    "legacy01": "unprotected",
    "mail01": "running",
    "old01": "waived",
}
_START_SECONDS = 60


@contextlib.contextmanager
def simulator(folder: Path) -> t.Iterator[dict[str, t.Any]]:
    """A running simulator's ready file, kept in ``folder``; it is stopped at the end in every case. Raises ToolError."""
    program = environments.ensure("demo").bin / "veeam-em-simulator"
    ready_file = folder / "simulator.json"
    command = [str(program), "--estate", "demo", "--seed", "1", "--ready-file", str(ready_file)]
    with (folder / "simulator.log").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + _START_SECONDS
            while not ready_file.exists():
                if running.poll() is not None or time.monotonic() > end:
                    raise ToolError(f"the simulator did not start, see {log.name}")
                time.sleep(0.05)
            yield json.loads(ready_file.read_text())
        finally:
            running.terminate()
            running.wait()


def connection(ready: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The variables that a real user sets."""
    return {
        f"VEEAM_EM_{name.upper()}": str(ready[name]) for name in ("host", "port", "username", "password", "ca_path")
    }


def evidence_faults(folder: Path) -> list[str]:
    """What is wrong with the evidence of the no-go that the estate and the policy lead to: one file per format, the right verdicts."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    if sorted(path.suffix for path in files) != _SUFFIXES:
        return [f"the evidence is not one file per format: {[path.name for path in files]}"]
    result = json.loads(next(path for path in files if path.suffix == ".json").read_text(encoding="utf-8"))["result"]
    not_ok = {each["name"]: each["verdict"] for each in result["machines"] if each["verdict"] != "ok"}
    faults = [] if result["ok"] is False else ["the evidence says go"]
    if len(result["machines"]) != MACHINES:
        faults.append(f"the evidence has {len(result['machines'])} machines instead of {MACHINES}")
    return faults if not_ok == _NOT_OK else [*faults, f"the evidence has other verdicts: {not_ok}"]


def _control(ready: t.Mapping[str, t.Any], what: str) -> list[dict[str, t.Any]]:
    request = urllib.request.Request(f"{ready['url']}/_control/{what}", headers={"X-Admin-Token": ready["admin_token"]})
    context = ssl.create_default_context(cafile=ready["ca_path"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=60) as answer:
        found: list[dict[str, t.Any]] = json.load(answer)[what]
    return found


def logons(ready: t.Mapping[str, t.Any]) -> int:
    """Those of all runs so far."""
    return sum(each["method"] == "POST" for each in _control(ready, "requests"))


def open_sessions(ready: t.Mapping[str, t.Any]) -> list[str]:
    """The logon sessions that nobody has ended."""
    return differs("open sessions", _control(ready, "sessions"), [])


def session_faults(ready: t.Mapping[str, t.Any], wanted: int) -> list[str]:
    """The logons of all runs so far, none of them left open."""
    return [*differs("logons", logons(ready), wanted), *open_sessions(ready)]


def leaks(ready: t.Mapping[str, t.Any], paths: t.Iterable[Path], texts: t.Mapping[str, str]) -> list[str]:
    """Names of the files and texts that show the password, Basic credentials or a session's token."""
    account = f"{ready['username']}:{ready['password']}"
    tokens = {each["session_id"] for each in _control(ready, "requests")} - {None, ""}
    secrets = {ready["password"], *(base64.b64encode(each.encode()).decode() for each in (account, *tokens))}
    files = {str(path): path.read_bytes().decode("utf-8", "replace") for path in paths}
    return sorted(where for where, text in {**files, **texts}.items() if any(secret in text for secret in secrets))
