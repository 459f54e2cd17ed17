# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs and syncs as AWX runs them: its private data for ansible-runner, its environment, its arguments.

Podman can't run here. What it would change is played: its file of environment variables has one line for each variable, so of a
value with several lines the first arrives.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import typing as t
from pathlib import Path

import jinja2.sandbox
import yaml

Variables = t.Mapping[str, t.Any]
_SECONDS = 300


class _Unsafe(yaml.SafeDumper):
    """Marks every text, keys too, as AWX does with whatever no administrator has written."""

    def represent_data(self, data: t.Any) -> yaml.Node:
        if isinstance(data, str):
            return self.represent_scalar("!unsafe", data)
        return super().represent_data(data)


def extra_vars(trusted: Variables, others: Variables) -> str:
    """The file of extra variables: those of the template, and answers of surveys and artifacts of the nodes before."""
    parts = [yaml.dump({name: value}, Dumper=yaml.SafeDumper) for name, value in trusted.items() if name not in others]
    return "".join(
        [*parts, *(yaml.dump({name: value}, Dumper=_Unsafe, allow_unicode=True) for name, value in others.items())]
    )


def inject(credential_type: t.Mapping[str, t.Any], inputs: t.Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment that a credential gives a job; its files are written to the folder."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment()
    injectors = credential_type["injectors"]
    files: dict[str, str] = {}
    for label, template in injectors.get("file", {}).items():
        path = folder / f"file-{label.partition('.')[2]}"
        path.write_text(environment.from_string(template).render(inputs), encoding="utf-8")
        files[label.partition(".")[2]] = str(path)
    context = {**inputs, "tower": {"filename": files}}
    return {name: environment.from_string(each).render(context) for name, each in injectors.get("env", {}).items()}


def through_podman(environment: t.Mapping[str, str]) -> dict[str, str]:
    """What arrives in the container."""
    lines = "".join(f"{name}={value}\n" for name, value in environment.items()).splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_][A-Z0-9_]*=", line))


@dataclasses.dataclass(frozen=True)
class Ended:
    """What AWX keeps of a job."""

    status: str
    rc: int
    output: str
    artifacts: dict[str, t.Any]
    events: list[dict[str, t.Any]] = dataclasses.field(repr=False)

    @property
    def text(self) -> str:
        """What AWX shows: its events, and what is between them, without colours and line breaks, which stand wherever the terminal wants them."""
        shown = "\n".join([*(each.get("stdout", "") for each in self.events), self.output])
        return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", shown).split())

    @property
    def message(self) -> str:
        """Of the task that failed."""
        failed = [each["event_data"]["res"] for each in self.events if each["event"] == "runner_on_failed"]
        return str(failed[-1].get("msg", "")) if failed else ""


class Controller:
    """Runs what is in a project, with one ansible-core, in a folder that stands for the container's /runner."""

    def __init__(self, folder: Path, bin_folder: Path, collections: str, project: Path) -> None:
        self._folder = folder
        self._bin = bin_folder
        self.collections = collections
        self._runs = 0
        self.project = folder / "project"
        folder.mkdir()
        shutil.copytree(project, self.project)
        # In the container these are the collections of collections/requirements.yml.
        requirements = folder / "requirements_collections"
        settings = self.project / "ansible.cfg"
        settings.write_text(settings.read_text().replace("/runner/requirements_collections", str(requirements)))
        requirements.symlink_to(collections.split(":")[0])

    def _environment(self, injected: t.Mapping[str, str]) -> dict[str, str]:
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "HOME": str(home),
            "PATH": f"{self._bin}{os.pathsep}{os.defpath}",
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            **injected,
        }

    def job(
        self,
        playbook: str,
        inventory: t.Mapping[str, t.Any],
        *,
        credential: tuple[t.Mapping[str, t.Any], t.Mapping[str, str]] | None = None,
        template_vars: Variables | None = None,
        answers: Variables | None = None,
        limit: str = "",
    ) -> Ended:
        """A job of a template; ``answers`` are those of its survey and the artifacts of the nodes before it."""
        self._runs += 1
        data = self._folder / f"job-{self._runs}"
        (data / "env").mkdir(parents=True)
        (data / "inventory").mkdir()
        (data / "project").symlink_to(self.project)
        injected = inject(*credential, data / "env") if credential else {}
        self._write_script(data / "inventory" / "hosts", inventory)
        facts = {"awx_job_id": self._runs, "awx_job_launch_type": "manual", "awx_user_name": "operator"}
        given = extra_vars({**facts, **(template_vars or {})}, answers or {})
        (data / "env" / "extravars").write_text(given, encoding="utf-8")
        environment = self._environment(through_podman(injected))
        # For jobs AWX sets both names.
        environment["ANSIBLE_COLLECTIONS_PATH"] = environment["ANSIBLE_COLLECTIONS_PATHS"] = self.collections
        command = [os.environ["DEV_RUNNER"], "run", data, "--playbook", playbook, "--ident", "1"]
        options = ["-u root", f"-l {limit}"] if limit else ["-u root"]
        done = subprocess.run(
            [*map(str, command), "--cmdline", " ".join(options)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        kept = data / "artifacts" / "1"
        events = [json.loads(path.read_text(encoding="utf-8")) for path in (kept / "job_events").glob("*.json")]
        events.sort(key=lambda each: int(each["counter"]))
        statistics = [each["event_data"] for each in events if each["event"] == "playbook_on_stats"]
        artifacts = statistics[-1].get("artifact_data", {}) if statistics else {}
        status = (kept / "status").read_text() if (kept / "status").exists() else "error"
        return Ended(status, done.returncode, f"{done.stdout}\n{done.stderr}", artifacts, events)

    @staticmethod
    def _write_script(path: Path, inventory: t.Mapping[str, t.Any]) -> None:
        """AWX gives its inventory as a script that prints it."""
        path.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(inventory)!r})\n", encoding="utf-8")
        path.chmod(0o700)

    def sync(
        self, source_path: str, credential: tuple[t.Mapping[str, t.Any], t.Mapping[str, str]], **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """The command of an inventory source; what it printed is in ``stdout``."""
        self._runs += 1
        files = self._folder / f"sync-{self._runs}"
        files.mkdir()
        source = self.project / source_path
        output = files / "output.json"
        done = subprocess.run(
            [
                self._bin / "ansible-inventory",
                "--list",
                "--export",
                "-i",
                source,
                "--playbook-dir",
                source.parent,
                "--output",
                output,
            ],
            cwd=self.project,
            env={
                **self._environment(through_podman(inject(*credential, files))),
                "ANSIBLE_INVENTORY_EXPORT": "True",
                # The old name only.
                "ANSIBLE_COLLECTIONS_PATHS": self.collections,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        done.stdout = output.read_text(encoding="utf-8") if output.exists() else ""
        return done
