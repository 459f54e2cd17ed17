# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate costs: all that the role does, against one debug task over the same hosts; and the playbook against the module alone."""

from __future__ import annotations

import json
import typing as t

from bench import playbooks
from bench.site import Site, serving

SIZES = (500, 2000)
LARGE = 5000
REPEATS = 2
PLAYBOOK = "backup_ops.veeam_em.verify_backups"
Measured = t.Tuple[float, float]


def estate(hosts: int) -> dict[str, t.Any]:
    """Everybody has a good backup of the last night, in jobs of a hundred machines."""
    root, server = "vcenter01.example.test", "vbr01.example.test"
    parts = [names(hosts)[first : first + 100] for first in range(0, hosts, 100)]
    jobs = [
        {"name": f"Nightly {number}", "backup_server": server, "type": "Backup", "machines": part, "schedule": {"every": "24h", "last": "-8h"}, "history": "3d"}
        for number, part in enumerate(parts)
    ]  # fmt: skip
    return {
        "backup_servers": [{"name": server}], "hierarchy_roots": [{"name": root, "backup_servers": server}],
        "machines": [{"names": names(hosts), "on": root}], "jobs": jobs,
    }  # fmt: skip


def names(hosts: int) -> list[str]:
    return [f"web{number:05}" for number in range(hosts)]


def inventory(hosts: int) -> str:
    window = {"hosts": {name: {} for name in names(hosts)}}
    return json.dumps({"all": {"vars": {"ansible_connection": "local"}, "children": {"window": window}}})


def _play(hosts: str, tasks: list[dict[str, t.Any]]) -> str:
    return json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": tasks}], indent=1) + "\n"


def debug() -> str:
    return _play("window", [{"ansible.builtin.debug": {"msg": "hello {{ inventory_hostname }}"}}])


def nothing() -> str:
    """The start of Ansible and the reading of the inventory, which neither side answers for."""
    return _play("window", [{"ansible.builtin.debug": {"msg": "hello"}, "run_once": True}])


def role() -> str:
    return _play("window", [{"ansible.builtin.import_role": {"name": PLAYBOOK}}])


def module(hosts: int) -> str:
    """Asked as a playbook on localhost would ask it."""
    return _play(
        "localhost",
        [{"backup_ops.veeam_em.protection_info": {"machines": names(hosts), "history": "7d"}, "register": "answer"}],
    )


def _best(site: Site, text: str, hosts: str | None, *arguments: str) -> Measured:
    runs = [playbooks.measured(text, site.environment, hosts, arguments) for _ in range(REPEATS)]
    return min(run[0] for run in runs), max(run[1] for run in runs)


def figures(hosts: int) -> dict[str, Measured]:
    """Seconds and megabytes of each play over so many hosts, with evidence."""
    with serving(estate(hosts)) as site:
        source = inventory(hosts)
        return {
            "nothing": _best(site, nothing(), source),
            "debug": _best(site, debug(), source),
            "role": _best(site, role(), source),
        }


def large() -> dict[str, Measured]:
    with serving(estate(LARGE)) as site:
        source = inventory(LARGE)
        return {
            "nothing": _best(site, nothing(), source),
            "start": _best(site, _play("localhost", [{"ansible.builtin.debug": {"msg": "hello"}}]), None),
            "module": _best(site, module(LARGE), None),
            "playbook": _best(site, PLAYBOOK, source, "-e", "verify_backups_group=window"),
        }
