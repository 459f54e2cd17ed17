# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from a fresh clone to a verdict: simulator, inventory, the playbook over a maintenance window, evidence."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

from devtool import artifact, demonstration, environments, process
from devtool.paths import BUILD, LOGS, ROOT

WORK = BUILD / "demo"
EVIDENCE = WORK / "evidence"
_WINDOW = [part for source in demonstration.INVENTORY for part in ("-i", str(source))]
_PLAYBOOK = [
    "ansible-playbook", *_WINDOW, demonstration.PLAYBOOK,
    "-e", f"verify_backups_group={demonstration.GROUP}",
    "-e", f"@{demonstration.POLICY}",
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
    with demonstration.simulator(WORK) as ready:
        settings = _settings(environment, collections, ready)
        print(f"   {ready['url']} (its certificate is verified with {ready['ca_path']})")
        _say(
            "3. The inventory: backup servers and the machines they protect; these are the groups of the servers and of the agents"
        )
        for group in ("veeam_em_backup_servers", "veeam_em_agents"):
            _run(["ansible-inventory", "-i", str(demonstration.INVENTORY[0]), "--graph", group], settings, 0)
        _say(
            f"4. Go or no-go for {demonstration.MACHINES} machines: the playbook ends with an error when it is a no-go"
        )
        _run(_PLAYBOOK, settings, demonstration.NO_GO_CODE)
    return _conclude()


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


def _settings(environment: environments.Environment, collections: Path, ready: dict[str, t.Any]) -> dict[str, str]:
    """The environment of the Ansible commands; the connection is in the variables that a real user sets."""
    return {
        **process.environment(),
        "PATH": f"{environment.bin}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_HOME": str(WORK / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        # Else the task that makes the groups shows a line for each host.
        "ANSIBLE_DISPLAY_OK_HOSTS": "false",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        **demonstration.connection(ready),
    }


def _run(command: list[str], settings: dict[str, str], expected: int) -> None:
    shown = [part.replace(f"{ROOT}/", "") for part in command]
    print(f"   $ {shlex.join(shown)}", flush=True)
    code = subprocess.run(command, env=settings, cwd=ROOT, check=False).returncode
    if code != expected:
        raise process.ToolError(f"{command[0]} ended with {code}, expected was {expected}")


def _conclude() -> int:
    """Whether the evidence says what the estate holds: the no-go is expected, and every file is there."""
    faults = demonstration.evidence_faults(EVIDENCE)
    if faults:
        print("\n".join(["The evidence is missing or not the expected no-go:", *faults]), file=sys.stderr)
        return 1
    _say("5. The no-go is right: the estate has machines without a good backup. The evidence for the change ticket:")
    page = next(path for path in EVIDENCE.iterdir() if path.suffixes == [".html"])
    kinds = sorted(path.name.removeprefix(page.stem) for path in EVIDENCE.iterdir() if path != page)
    print(f"   open {page.relative_to(ROOT)}\n   beside it, of the same name: {', '.join(kinds)}")
    _say("Against your own Enterprise Manager, with the collection installed, it is the same playbook:")
    print(
        "   export VEEAM_EM_HOST=em01.example.test VEEAM_EM_USERNAME='EXAMPLE\\svc-ansible'\n"
        "   read -rs VEEAM_EM_PASSWORD && export VEEAM_EM_PASSWORD\n"
        "   ansible-playbook backup_ops.veeam_em.doctor        # checks the connection, shows the fingerprint of the certificate\n"
        "   ansible-playbook -i your_hosts.yml backup_ops.veeam_em.verify_backups -e verify_backups_report_dir=evidence"
    )
    return 0
