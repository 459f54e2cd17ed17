# SPDX-License-Identifier: GPL-3.0-or-later
"""The real commands of Ansible on the installed collection, with a home of their own and watched output."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

from support import connection, leaks

_SUPPORT = Path(__file__).resolve().parent
MODULE_LIMIT = 300.0


@dataclasses.dataclass(frozen=True)
class Run:
    """What a command did. ``results`` are the results of all tasks in order, for tests instead of what was printed."""

    rc: int
    stdout: str
    stderr: str
    records: list[dict[str, t.Any]] = dataclasses.field(default_factory=list, repr=False)

    @property
    def json(self) -> t.Any:
        return json.loads(self.stdout)

    @property
    def results(self) -> list[dict[str, t.Any]]:
        """``{status, host, task, action, result}`` of each task and host; status is ok, failed, ignored, skipped or unreachable."""
        return [record for record in self.records if record["kind"] == "result"]

    def result(self, task: str, host: str | None = None) -> dict[str, t.Any]:
        """The result of the only task (and host) of this name."""
        found = [each for each in self.results if each["task"] == task and host in (None, each["host"])]
        assert len(found) == 1, f"{len(found)} results of {task!r}; there are {[each['task'] for each in self.results]}"
        return t.cast(dict[str, t.Any], found[0]["result"])

    @property
    def stats(self) -> dict[str, dict[str, int]]:
        """ok, failures, skipped … of each host."""
        return t.cast("dict[str, dict[str, int]]", self._last_stats()["hosts"])

    @property
    def custom_stats(self) -> dict[str, t.Any]:
        """What set_stats has set for the whole run."""
        return t.cast("dict[str, t.Any]", self._last_stats()["custom"].get("_run", {}))

    def _last_stats(self) -> dict[str, t.Any]:
        return next(record for record in reversed(self.records) if record["kind"] == "stats")

    @property
    def output(self) -> str:
        return f"{self.stdout}\n{self.stderr}"


class Ansible:
    """Runs commands in ``directory``, which is empty at first and belongs to one test."""

    def __init__(self, bin_folder: Path, collections: Path, directory: Path, core: str, module_python: str) -> None:
        self._bin = bin_folder
        self._collections = collections
        self.directory = directory
        self.core = core
        self.module_python = module_python
        """An interpreter of the oldest Python that modules support here; give it as ``python``."""
        self._home = directory.parent / "home"
        self._home.mkdir()
        self._network = directory.parent / "network"
        self._runs = 0

    def environment(self, em: connection.Server | None = None, **more: str) -> dict[str, str]:
        """Everything a command gets; nothing comes from the person who runs the tests."""
        return {
            "HOME": str(self._home),
            "PATH": f"{self._bin}{os.pathsep}{os.defpath}",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
            "ANSIBLE_HOME": str(self._home / ".ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_DEPRECATION_WARNINGS": "true",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            "ANSIBLE_CALLBACK_PLUGINS": str(_SUPPORT / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "recorder",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "PYTHONPATH": str(_SUPPORT / "every-process"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SUPPORT_NETWORK_FILE": str(self._network),
            # requests would believe these more than the collection's options, were they not given with each request.
            "REQUESTS_CA_BUNDLE": "/nowhere/not-a-bundle.pem",
            "CURL_CA_BUNDLE": "/nowhere/not-a-bundle.pem",
            **(connection.variables(em) if em is not None else {}),
            **more,
        }

    def run(
        self,
        *command: str | Path,
        em: connection.Server | None = None,
        env: t.Mapping[str, str] | None = None,
        input_text: str | None = None,
    ) -> Run:
        """Any command, such as ``ansible-doc``; fails the test when it shows a secret, writes one, or leaves this machine."""
        self._runs += 1
        record = self.directory.parent / f"record-{self._runs}.jsonl"
        program, *arguments = [str(part) for part in command]
        before = self._files()
        done = subprocess.run(
            [shutil.which(program, path=str(self._bin)) or program, *arguments],
            cwd=self.directory,
            env=self.environment(em, SUPPORT_RECORD_FILE=str(record), **(env or {})),
            input=input_text,
            stdin=None if input_text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MODULE_LIMIT,
            check=False,
        )
        recorded = record.read_text(encoding="utf-8") if record.exists() else ""
        if em is not None:
            connection.remember_tokens(em)
        self._guard(done.stdout, done.stderr, recorded, before)
        return Run(done.returncode, done.stdout, done.stderr, [json.loads(line) for line in recorded.splitlines()])

    def _files(self) -> dict[Path, tuple[int, int]]:
        kept = [path for folder in (self.directory, self._home) for path in folder.rglob("*") if path.is_file()]
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in kept}

    def _guard(self, stdout: str, stderr: str, recorded: str, before: dict[Path, tuple[int, int]]) -> None:
        for what, text in (("stdout", stdout), ("stderr", stderr), ("a result", recorded)):
            assert not leaks.found_in(text), f"{what} shows a secret: {leaks.without(text)}"
        written = [path for path, state in self._files().items() if before.get(path) != state]
        leaking = leaks.files_with_secrets(written)
        assert not leaking, f"the command wrote a secret to {[str(path) for path in leaking]}"
        used = self._network.read_text() if self._network.exists() else ""
        assert not used, f"the command left this machine: {used}"

    def module(
        self,
        name: str,
        args: t.Mapping[str, t.Any] | None = None,
        em: connection.Server | None = None,
        *,
        env: t.Mapping[str, str] | None = None,
        check_mode: bool = False,
        python: str | None = None,
    ) -> dict[str, t.Any]:
        """The result of one module, which may be a failure: look at ``failed``. A short name is one of this collection."""
        full = name if "." in name else f"backup_ops.veeam_em.{name}"
        command = ["ansible", "localhost", "-m", full, "-a", json.dumps(dict(args or {}))]
        if python is not None:
            # The implicit localhost ignores this as an environment variable.
            command += ["-e", f"ansible_python_interpreter={python}"]
        done = self.run(*command, *(["--check"] if check_mode else []), em=em, env=env)
        assert len(done.results) == 1, done.output
        result: dict[str, t.Any] = done.results[0]["result"]
        # Newer cores keep the word for themselves.
        return {"failed": done.results[0]["status"] == "failed", **result}

    def tasks(
        self, tasks: t.Sequence[t.Mapping[str, t.Any]], em: connection.Server | None = None
    ) -> list[dict[str, t.Any]]:
        """The results of these tasks on localhost, one after the other whatever becomes of them: as ``module`` gives them.

        In one run, because most of a command's time goes into its start.
        """
        listed = [{"name": f"Task {number}", "ignore_errors": True, **task} for number, task in enumerate(tasks)]
        play = {"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": listed}
        done = self.playbook(f"{json.dumps([play])}\n", em=em)
        assert done.rc == 0, done.output
        assert [each["task"] for each in done.results] == [each["name"] for each in listed], done.output
        return [{"failed": each["status"] == "ignored", **each["result"]} for each in done.results]

    def playbook(
        self,
        playbook: str | Path,
        *,
        inventory: str | Path | None = None,
        extra_vars: t.Mapping[str, t.Any] | None = None,
        env: t.Mapping[str, str] | None = None,
        em: connection.Server | None = None,
        args: t.Sequence[str] = (),
    ) -> Run:
        """A playbook: a file, a name such as ``backup_ops.veeam_em.verify_backups``, or its text. An inventory likewise."""
        command: list[str | Path] = ["ansible-playbook", self._file(playbook, "playbook.yml")]
        if inventory is not None:
            command += ["-i", self._file(inventory, "inventory.yml")]
        if extra_vars is not None:
            command += ["-e", json.dumps(dict(extra_vars))]
        return self.run(*command, *args, em=em, env=env)

    def inventory(
        self,
        source: str | Path,
        *,
        env: t.Mapping[str, str] | None = None,
        em: connection.Server | None = None,
        args: t.Sequence[str] = ("--list",),
    ) -> Run:
        """``ansible-inventory`` on a file or on the text of an enterprise_manager.yml."""
        return self.run("ansible-inventory", "-i", self._file(source, "enterprise_manager.yml"), *args, em=em, env=env)

    def _file(self, content: str | Path, name: str) -> str | Path:
        if isinstance(content, Path) or "\n" not in content:
            return content
        path = self.directory / name
        path.write_text(content, encoding="utf-8")
        return path
