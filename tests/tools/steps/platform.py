# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection where automation platforms run it: in ansible-runner and in ansible-navigator, with the connection in variables alone."""

from __future__ import annotations

import json
import shutil
import typing as t
from pathlib import Path

from devtool import artifact, demonstration, environments
from devtool.checks import Faults, differs, judge
from devtool.counts import Counts
from devtool.paths import fresh_folder
from devtool.process import Log
from devtool.running import Step

_LOGONS_OF_PLAYBOOK = 2
"""One of the inventory plugin, one of the module."""


def _files(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def _settings(environment: environments.Environment, collections: Path, work: Path) -> dict[str, str]:
    """Everything but the connection. Whatever a program leaves in its home or for temporary files is searched too."""
    homes = {name: work / name.lower() for name in ("HOME", "TMPDIR")}
    for folder in homes.values():
        folder.mkdir()
    return {
        **{name: str(folder) for name, folder in homes.items()},
        "PATH": f"{environment.bin}:/usr/local/bin:/usr/bin:/bin",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
    }


def _private_data(folder: Path, ready: t.Mapping[str, t.Any], evidence: Path) -> Path:
    """What a controller prepares for a job, with the variables that the credential type of the guide injects."""
    for name in ("env", "inventory", "project"):
        (folder / name).mkdir(parents=True)
    for source in demonstration.INVENTORY:
        shutil.copy2(source, folder / "inventory")
    injected = demonstration.connection(ready)
    injected["VEEAM_EM_CA_CERT"] = Path(injected.pop("VEEAM_EM_CA_PATH")).read_text(encoding="utf-8")
    (folder / "env" / "envvars").write_text(json.dumps(injected))
    survey = f"verify_backups_group: {demonstration.GROUP}\nverify_backups_report_dir: {evidence}\n"
    (folder / "env" / "extravars").write_text(
        demonstration.POLICY.read_text(encoding="utf-8") + survey, encoding="utf-8"
    )
    return folder


def _by_design(path: Path) -> bool:
    """Where ansible-runner itself keeps a job's environment: the controller's input, which is transmitted zipped, and its record of the command."""
    return path.match("env/envvars") or path.match("artifacts/*/command")


_PIPE = """
set -o pipefail
ansible-runner transmit "$1/data" --playbook "$2" | tee "$1/transmitted" |
ansible-runner worker --private-data-dir "$1/worker" | tee "$1/answered" |
ansible-runner process "$1/data" --ident piped
"""


def runner(log: Log) -> Counts:
    """A job as a controller runs it on its own node, and through transmit, worker and process as it does on others."""
    environment = environments.ensure("tools")
    collections = artifact.install(environment, artifact.tarball(environment, log), log)
    work = fresh_folder("runner")
    faults: Faults = {}
    with demonstration.simulator(fresh_folder("runner-simulator")) as ready:
        settings = _settings(environment, collections, work)
        data = _private_data(work / "local" / "data", ready, work / "local" / "evidence")
        code, local = log.output(
            "ansible-runner", "run", data, "--playbook", demonstration.PLAYBOOK, "--ident", "local", env=settings
        )
        faults["run: the no-go"] = [*differs("exit code", code, demonstration.NO_GO_CODE), *_artifacts(data, "local")]
        faults["run: the evidence"] = demonstration.evidence_faults(work / "local" / "evidence")
        faults["run: logged off"] = demonstration.session_faults(ready, _LOGONS_OF_PLAYBOOK)
        piped = work / "piped"
        data = _private_data(piped / "data", ready, piped / "evidence")
        (piped / "worker").mkdir()
        code, shown = log.output("bash", "-c", _PIPE, "pipe", piped, demonstration.PLAYBOOK, env=settings)
        faults["pipe: the no-go"] = [*differs("exit code", code, demonstration.NO_GO_CODE), *_artifacts(data, "piped")]
        faults["pipe: the evidence"] = demonstration.evidence_faults(piped / "evidence")
        faults["pipe: logged off"] = demonstration.session_faults(ready, 2 * _LOGONS_OF_PLAYBOOK)
        # The first line of the worker tells the command with its environment, which controllers must not show.
        answer = (piped / "answered").read_text(encoding="utf-8").splitlines()
        told = "\n".join(line for line in answer if '"status": "starting"' not in line)
        files = [path for path in _files(work) if not _by_design(path) and path != piped / "answered"]
        texts = {"the output of run": local, "the output of the pipe": shown, "what the worker answered": told}
        faults["no secret in output, events, evidence"] = demonstration.leaks(ready, files, texts)
        faults["the search finds the password where the controller put it"] = differs(
            "found", demonstration.leaks(ready, [data / "env" / "envvars"], {}), [str(data / "env" / "envvars")]
        )
    return judge(faults, log)


def _artifacts(data: Path, ident: str) -> list[str]:
    """What a controller reads of a job."""
    folder = data / "artifacts" / ident
    state = [(folder / name).read_text() if (folder / name).exists() else None for name in ("rc", "status")]
    events = len(list((folder / "job_events").glob("*.json"))) if folder.exists() else 0
    return [
        *differs("rc and status", state, [str(demonstration.NO_GO_CODE), "failed"]),
        *([] if events > demonstration.MACHINES else [f"only {events} job events"]),
    ]


def navigator(log: Log) -> Counts:
    """The playbook and the inventory as a person runs them at a terminal without execution environment."""
    environment = environments.ensure("tools")
    collections = artifact.install(environment, artifact.tarball(environment, log), log)
    work = fresh_folder("navigator")
    sources: list[str | Path] = [part for source in demonstration.INVENTORY for part in ("-i", source)]
    plain: list[str | Path] = ["--ee", "false", "--mode", "stdout", "--la", "false", "--lf", work / "navigator.log"]
    faults: Faults = {}
    with demonstration.simulator(fresh_folder("navigator-simulator")) as ready:
        settings = {**_settings(environment, collections, work), **demonstration.connection(ready)}
        variables = (
            *("-e", f"@{demonstration.POLICY}", "-e", f"verify_backups_group={demonstration.GROUP}"),
            *("-e", f"verify_backups_report_dir={work / 'evidence'}"),
        )
        code, played = log.output(
            *("ansible-navigator", "run", demonstration.PLAYBOOK, *sources, *variables, *plain, "--pae", "false"),
            cwd=work,
            env=settings,
        )
        faults["run: the no-go"] = differs("exit code", code, demonstration.NO_GO_CODE)
        faults["run: the evidence"] = demonstration.evidence_faults(work / "evidence")
        faults["run: logged off"] = demonstration.session_faults(ready, _LOGONS_OF_PLAYBOOK)
        code, listed = log.output("ansible-navigator", "inventory", *sources, "--list", *plain, cwd=work, env=settings)
        faults["inventory: hosts and what EM knows of them"] = [*differs("exit code", code, 0), *_hosts(listed)]
        faults["inventory: logged off"] = demonstration.session_faults(ready, _LOGONS_OF_PLAYBOOK + 1)
        texts = {"the output of run": played, "the inventory": listed}
        faults["no secret in output, files, evidence"] = demonstration.leaks(ready, _files(work), texts)
    return judge(faults, log)


def _hosts(text: str) -> list[str]:
    """Of the window, in which EM's hosts have got what EM knows of them."""
    try:
        # Warnings come before it, and names in them may have braces too.
        inventory, _end = json.JSONDecoder().raw_decode(text, text.find("\n{\n") + 1)
    except ValueError:
        return ["there is no inventory in the output"]
    window = inventory.get(demonstration.GROUP, {}).get("hosts", [])
    known = [name for name in window if inventory["_meta"]["hostvars"].get(name, {}).get("veeam_em_uid")]
    return [
        *differs("hosts of the window", len(window), demonstration.MACHINES),
        *([] if known else ["no host has variables of Enterprise Manager"]),
    ]


STEPS = [Step("runner", runner), Step("navigator", navigator)]
