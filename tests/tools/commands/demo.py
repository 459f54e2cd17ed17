# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from a fresh clone to a verdict: simulator, inventory, the playbook over a maintenance window, evidence."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from devtool import artifact, environments, process
from devtool.paths import BUILD, LOGS, ROOT

DEMO = ROOT / "tests" / "demo"
WORK = BUILD / "demo"
EVIDENCE = WORK / "evidence"
_START_SECONDS = 60
_WINDOW = ["-i", str(DEMO / "enterprise_manager.yml"), "-i", str(DEMO / "window.yml")]
_PLAYBOOK = [
    "ansible-playbook", *_WINDOW, "backup_ops.veeam_em.verify_backups",
    "-e", "verify_backups_group=maintenance_window",
    "-e", f"@{DEMO / 'policy.yml'}",
    "-e", f"verify_backups_report_dir={EVIDENCE}",
]  # fmt: skip


def main(arguments: list[str]) -> int:
    _say("1. Installing ansible-core, the simulator and the built collection below .build/")
    environment = environments.ensure("demo")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    log = process.Log(LOGS / "demo.log")
    collections = artifact.install(environment, artifact.tarball(environment, log), log)
    _say("2. Starting a simulated Enterprise Manager with three backup servers")
    with _simulator(environment) as ready:
        settings = _settings(environment, collections, ready)
        print(f"   {ready['url']} (certificate of its own authority, verified: {ready['ca_path']})")
        _say("3. The inventory: backup servers and the machines they protect")
        _run(["ansible-inventory", *_WINDOW, "--graph", "maintenance_window"], settings, 0)
        _run(["ansible-inventory", *_WINDOW, "--graph", "veeam_em_backup_servers"], settings, 0)
        _say("4. Go or no-go for 25 machines: the playbook ends with an error when it is a no-go")
        _run(_PLAYBOOK, settings, 2)
    return _conclude()


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


@contextlib.contextmanager
def _simulator(environment: environments.Environment) -> t.Iterator[dict[str, t.Any]]:
    """A running simulator's ready file; it is stopped at the end in every case."""
    ready_file = WORK / "simulator.json"
    command = [
        str(environment.bin / "veeam-em-simulator"), "--estate", "demo", "--seed", "1", "--ready-file", str(ready_file),
    ]  # fmt: skip
    with (WORK / "simulator.log").open("w") as log:
        simulator = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + _START_SECONDS
            while not ready_file.exists():
                if simulator.poll() is not None or time.monotonic() > end:
                    raise process.ToolError(f"the simulator did not start, see {log.name}")
                time.sleep(0.05)
            yield json.loads(ready_file.read_text())
        finally:
            simulator.terminate()
            simulator.wait()


def _settings(environment: environments.Environment, collections: Path, ready: dict[str, t.Any]) -> dict[str, str]:
    """The environment of the Ansible commands; the connection is in the variables that a real user sets."""
    return {
        **process.environment(),
        "PATH": f"{environment.bin}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_HOME": str(WORK / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "VEEAM_EM_HOST": ready["host"],
        "VEEAM_EM_PORT": str(ready["port"]),
        "VEEAM_EM_USERNAME": ready["username"],
        "VEEAM_EM_PASSWORD": ready["password"],
        "VEEAM_EM_CA_PATH": ready["ca_path"],
    }


def _run(command: list[str], settings: dict[str, str], expected: int) -> None:
    shown = [part.replace(f"{ROOT}/", "") for part in command]
    print(f"   $ {shlex.join(shown)}", flush=True)
    code = subprocess.run(command, env=settings, cwd=ROOT, check=False).returncode
    if code != expected:
        raise process.ToolError(f"{command[0]} ended with {code}, expected was {expected}")


def _conclude() -> int:
    """Whether the evidence says what the estate holds: the no-go is expected, and every file is there."""
    reports = sorted(EVIDENCE.iterdir()) if EVIDENCE.is_dir() else []
    results = [json.loads(path.read_text(encoding="utf-8"))["result"] for path in reports if path.suffix == ".json"]
    if len(results) != 1 or results[0]["ok"] is not False or len(results[0]["machines"]) != 25:
        print("The evidence is missing or not the expected no-go.", file=sys.stderr)
        return 1
    _say("5. The no-go is right: the estate has machines without a good backup. The evidence for the change ticket:")
    for path in reports:
        print(f"   {path.relative_to(ROOT)}")
    _say("Against your own Enterprise Manager, with the collection installed, it is the same playbook:")
    print(
        "   export VEEAM_EM_HOST=em01.example.test VEEAM_EM_USERNAME='EXAMPLE\\svc-ansible' VEEAM_EM_CA_PATH=private-ca.pem\n"
        "   read -rs VEEAM_EM_PASSWORD && export VEEAM_EM_PASSWORD\n"
        "   ansible-playbook -i your_hosts.yml backup_ops.veeam_em.verify_backups -e verify_backups_report_dir=evidence"
    )
    return 0
