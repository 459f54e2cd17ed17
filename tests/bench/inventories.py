# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a large site against a static YAML file with the same hosts: time of a processor, memory and requests, on each core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing as t
import urllib.request
from pathlib import Path

import yaml

from bench.site import Site

CORES_VARIABLE = "DEV_CORES"
"""JSON: ansible-core -> the folder of its commands and that of the collections."""
FILE = "veeam_em.yml"
PLAIN = "plugin: backup_ops.veeam_em.enterprise_manager\n"
CACHED = "cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: ./cache\n"


class Figures(t.NamedTuple):
    """Of one ``ansible-inventory --list``: seconds of a processor, the peak of memory in MB, and requests to the server."""

    cpu: float
    memory: float
    requests: int


def cores() -> dict[str, list[str]]:
    return t.cast("dict[str, list[str]]", json.loads(os.environ.get(CORES_VARIABLE, "{}")))


class Bench:
    """Runs on one core, in a folder of its own."""

    def __init__(self, site: Site, commands: str, collections: str, folder: Path) -> None:
        self._site = site
        self._command = Path(commands) / "ansible-inventory"
        self._folder = folder
        self._environment = {
            **os.environ, **site.environment, "HOME": str(folder), "ANSIBLE_HOME": str(folder), "ANSIBLE_COLLECTIONS_PATH": collections,
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        }  # fmt: skip
        self._environment.pop("PYTHONPATH", None)

    def run(self, name: str, text: str | None = None) -> tuple[Figures, Path]:
        """The figures, and the file with what was listed."""
        if text is not None:
            (self._folder / name).write_text(text, encoding="utf-8")
        before, listed = self._requests(), self._folder / "listed.json"
        with listed.open("wb") as output, (self._folder / "errors").open("wb") as errors:
            child = subprocess.Popen(
                [self._command, "-i", name, "--list"],
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=errors,
            )
            _pid, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError((self._folder / "errors").read_text()[-2000:])
        figures = Figures(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, self._requests() - before)
        return figures, listed

    def _requests(self) -> int:
        request = urllib.request.Request(
            f"{self._site.ready['url']}/_control/requests", headers={"X-Admin-Token": self._site.ready["admin_token"]}
        )
        with urllib.request.urlopen(request, context=self._site.tls) as answer:
            return len(json.load(answer)["requests"])


def static(listed: t.Any) -> str:
    """A YAML file with these hosts, groups and variables."""
    groups = {name: {"hosts": dict.fromkeys(one["hosts"])} for name, one in listed.items() if "hosts" in one}
    whole = {"all": {"hosts": listed["_meta"]["hostvars"], "children": groups}}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(whole, Dumper=dumper, default_flow_style=False))


def measured(site: Site, commands: str, collections: str) -> dict[str, Figures]:
    """The best of two for each: other work on the machine only adds time."""
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(site, commands, collections, Path(name))
        _figures, listed = bench.run(FILE, f"{PLAIN}protection: {{}}\n")
        # In a process of its own: to the peak of a process belongs that of the one that started it, so this one stays small.
        subprocess.run([sys.executable, "-m", "bench.inventories", listed, Path(name) / "static.yml"], check=True)
        bench.run("cached.veeam_em.yml", f"{PLAIN}{CACHED}protection: {{}}\n")
        for _round in range(2):
            for what, file, text in (
                ("static", "static.yml", None),
                ("plain", FILE, PLAIN),
                ("protection", FILE, f"{PLAIN}protection: {{}}\n"),
                ("cached", "cached.veeam_em.yml", None),
            ):
                figures, _listed = bench.run(file, text)
                best = found.get(what, figures)
                found[what] = Figures(min(best.cpu, figures.cpu), min(best.memory, figures.memory), figures.requests)
    return found


def main() -> None:
    listed, file = map(Path, sys.argv[1:])
    file.write_text(static(json.loads(listed.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
