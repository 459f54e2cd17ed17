# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict depends on the machine, its policy and what Enterprise Manager shows: properties of made-up sites, through the real reader."""

from __future__ import annotations

import collections
import contextlib
import copy
import dataclasses
import datetime as dt
import os
import typing as t

from hypothesis import HealthCheck, Phase, given, seed, settings

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.client import EnterpriseManagerClient
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.gather import (
    InventoryRequest,
    gather_machines,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._inventory.verdicts import asked
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._times import parse_moment, to_iso
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._verify.verify import verify
from support.connection import client

from .sites import Estate, Site, copy_of, sites

NOW = "2026-01-05T06:00:00Z"
EXAMPLES = int(os.environ.get("VERDICT_SITES", "300"))
SEED = os.environ.get("VERDICT_SEED")
SHRINK = bool(os.environ.get("VERDICT_SHRINK"))
PROFILES = ("v95u4", "v12", "v13")
OWN = ("max_age", "accept_warning", "require_restore_point")
"""What entries may demand for themselves."""
Answer = t.Tuple[str, t.Tuple[str, ...]]


@contextlib.contextmanager
def connected(
    site: Site, estate: Estate | None = None, now: str = NOW, user: str | None = None, **connection: t.Any
) -> t.Iterator[tuple[EnterpriseManagerClient, dt.datetime, dict[str, t.Any]]]:
    """A client, the time at its server, and the site's options."""
    from veeam_em_simulator.testing import InProcess

    moment = parse_moment(now)
    assert moment is not None
    passwords = {"admin": "Admin-Passw0rd", "user": "User-Passw0rd"}
    user = user or site.user
    options = dict(site.options)
    if site.needed_before:
        options["needed_at"] = to_iso(moment - dt.timedelta(hours=site.needed_before))
    with (
        InProcess(copy.deepcopy(estate or site.estate), now=now, profile=site.profile) as em,
        client(em, username=user, password=passwords[user], **connection) as session,
    ):
        yield session, moment, options


def ask(
    site: Site, entries: t.Sequence[t.Any], *, estate: Estate | None = None, now: str = NOW, user: str | None = None,
    connection: t.Mapping[str, t.Any] | None = None, **options: t.Any,
) -> list[Answer]:  # fmt: skip
    with connected(site, estate, now, user, **(connection or {})) as (session, moment, given_options):
        policy = read_policy({"machines": list(entries), **given_options, **options}, moment)
        found = verify(session, policy)["machines"]
        return [(one["verdict"], tuple(one["reasons"])) for one in found]


def is_ok(answer: Answer) -> bool:
    return answer[0] in (codes.OK, codes.WAIVED)


def changed(site: Site, **parts: t.Any) -> Estate:
    return {**site.estate, **{name: [*site.estate.get(name, ()), *value] for name, value in parts.items()}}


def check_company(site: Site, together: list[Answer]) -> None:
    for entry, answer in zip(site.asked, together):
        [alone] = ask(site, [entry])
        if codes.CLAIMED_TWICE in answer[1]:
            continue  # the one exception, and it is unknown
        assert alone == answer, f"{entry} alone and in company"


def check_form(site: Site, together: list[Answer]) -> None:
    assert ask(site, list(reversed(site.asked)))[::-1] == together, "another order"
    assert ask(site, site.asked, history="5d") == together, "with history"
    far = {"name": "nobody else", "max_age": "40d"}
    assert ask(site, [*site.asked, far])[:-1] == together, "beside one that looks back further"
    assert ask(site, site.asked, connection={"page_size": 25}) == together, "small pages"
    assert ask(site, site.asked, connection={"data_format": "xml"}) == together, "XML"


def check_time(site: Site, together: list[Answer]) -> None:
    assert ask(site, site.asked, now="2026-03-11T17:42:13Z") == together, "at another time"


def check_poorer(site: Site, together: list[Answer]) -> None:
    """An account that is no administrator; a log and repositories that may not be read."""
    for answer, poorer in zip(together, ask(site, site.asked, user="user")):
        assert is_ok(answer) or not is_ok(poorer), "a poorer account gives a better verdict"
    denied = [{**one, "denied": ["query/Repository"]} for one in site.estate["accounts"]]
    for answer, poorer in zip(together, ask(site, site.asked, estate={**site.estate, "accounts": denied})):
        assert is_ok(answer) or not is_ok(poorer), "fewer rights give a better verdict"


def check_older(site: Site, together: list[Answer]) -> None:
    """The same site at an older Enterprise Manager, which tells less; who asks no hypervisor either can't hear of a new registration."""
    if site.options["ask_hypervisors"] == "never" and site.events & {"registered anew", "moved"}:
        return
    for profile in PROFILES[: PROFILES.index(site.profile)]:
        for answer, poorer in zip(together, ask(dataclasses.replace(site, profile=profile), site.asked)):
            # The two exceptions of the design, each with its note: what was not seen is named.
            excused = codes.EM_DATA_STALE in answer[1] or {codes.LOOKUP_UNANSWERED, codes.DATA_AGE_UNKNOWN} & {
                *poorer[1]
            }
            assert is_ok(answer) or not is_ok(poorer) or excused, f"{profile} gives a better verdict"


def _strangers(site: Site) -> tuple[list[Estate], list[Estate]]:
    """A machine of another name whose backups fail, at a root that shows a machine: one that shows nothing while backups of its machines exist has
    not answered, and would have with the stranger.
    """
    alive = {
        one["on"] for one in site.estate["machines"] if not any("deleted" in event for event in one.get("life", ()))
    }
    root = next((one for one in site.estate["hierarchy_roots"] if one["name"] in alive), None)
    if root is None:
        return [], []
    job = {
        "name": "stranger", "backup_server": root["backup_servers"][0], "type": "Backup", "machines": ["stranger"], "history": "3d",
        "schedule": {"every": "24h", "last": "-3h"}, "outcomes": [{"runs": "0-5", "result": "Failed", "reason": "boom"}], "enabled": False,
    }  # fmt: skip
    return [{"name": "zz99", "key": "stranger", "on": root["name"], "ref": "vm-99999"}], [job]


def check_more(site: Site, together: list[Answer]) -> None:
    """What happens to others changes nothing; more failures and work of the same machine never make anything better."""
    backups = [one for one in site.estate["jobs"] if one["type"] == "Backup"]
    machines, more = _strangers(site)
    if backups and not any(one["type"] == "BackupCopy" for one in site.estate["jobs"]):
        more.append(copy_of(backups[0]["name"], backups[0]["backup_server"]))
    others = ask(site, site.asked, estate=changed(site, machines=machines, jobs=more))
    for answer, after in zip(together, others):
        # Anything new that is seen of a backup server proves that its data is fresh. The copies of the simulator are called as the machine is when
        # they run; so one can tell that an entry's machine has the name of another entry by now, the exception that only worsens. And a machine that
        # one hypervisor alone shows tells that it is not inside the other one.
        news = {codes.DATA_AGE_UNKNOWN, codes.NAMESAKE_NOT_COUNTED} & {*answer[1]}
        # Of a machine that has gone, a copy may be the first thing that was seen for long.
        news |= {codes.NO_BACKUP_FOUND} & {*answer[1]} if codes.MACHINE_GONE in after[1] else set()
        if not news and codes.CLAIMED_TWICE not in (*answer[1], *after[1]):
            assert is_ok(answer) == is_ok(after), "a failing stranger or a copy"
    for backup in backups[:1]:
        members = backup["machines"]
        for worse in ({"result": "Failed", "reason": "late"}, {"running": True}):
            # Of another job: a newer session of one that runs tells that it does not run any more.
            late = {"name": "late", "backup_server": backup["backup_server"], "type": "Backup", "machines": members}
            tasks = [{"machine": key, **worse} for key in members]
            session: Estate = {"job": "late", "created": "-10m", "tasks": tasks}
            session.update({"running": True} if "running" in worse else {"duration": "5m"})
            for answer, after in zip(
                together, ask(site, site.asked, estate=changed(site, jobs=[late], sessions=[session]))
            ):
                # A failure whose reasons somebody accepted is waived, where before nothing could be said.
                if codes.DATA_AGE_UNKNOWN not in answer[1]:
                    assert is_ok(answer) or after[0] != codes.OK, f"{worse} makes it better"
        old = {
            "job": backup["name"],
            "created": "-9d",
            "duration": "5m",
            "tasks": [{"machine": key} for key in members],
        }
        for answer, after in zip(together, ask(site, site.asked, estate=changed(site, sessions=[old]))):
            assert is_ok(answer) == is_ok(after), "an older session changes whether it is ok"


def check_policy(site: Site, together: list[Answer]) -> None:
    """Who asks for less of all entries is not told more that is wrong."""
    plain = [{**entry, **dict.fromkeys(OWN)} if isinstance(entry, dict) else entry for entry in site.asked]
    site = dataclasses.replace(site, options={**site.options, "waivers": None})
    strict = ask(site, plain)
    for more in (
        {"max_age": "20d"},
        {"accept_warning": True},
        {"require_restore_point": False},
        {"max_data_age": None},
    ):
        for answer, generous in zip(strict, ask(site, plain, **more)):
            assert not is_ok(answer) or is_ok(generous), f"{more} makes it worse"


def check_inventory(site: Site, together: list[Answer]) -> None:
    """Hosts have the verdicts that the same question about them gives. What nothing can be said of may be so for another reason."""
    with connected(site) as (session, now, options):
        options.pop("waivers", None)
        hosts = gather_machines(session, InventoryRequest.read(["vms", "agents"], "30d", options, now))["hosts"]
        if not hosts:
            return
        found = verify(session, asked([(None, host) for host in hosts], options, now))["machines"]
    for host, machine in zip(hosts, found):
        if codes.UNKNOWN in (host["verdict"], machine["verdict"]):
            assert codes.OK not in (host["verdict"], machine["verdict"]), host["identity"]
        else:
            assert host["verdict"] == machine["verdict"], host["identity"]
            assert host["inventory_protection"]["last_good"] == machine["last_good"], host["identity"]


def check_reference(site: Site, together: list[Answer]) -> None:
    """A machine that a name alone means has the same verdict by its reference. A name also means work on others, and doubt."""
    with connected(site) as (session, now, options):
        policy = read_policy({"machines": list(site.asked), **options}, now)
        for entry, found in zip(site.asked, verify(session, policy)["machines"]):
            if found["vm_uid"] is None or found["meanings"] or found["verdict"] in (codes.RUNNING, codes.UNKNOWN):
                continue
            given_keys = entry if isinstance(entry, dict) else {"name": entry}
            asked_again = {**given_keys, "vm_ref": None, "vm_uid": found["vm_uid"]}
            policy = read_policy({"machines": [asked_again], **options}, now)
            [again] = verify(session, policy)["machines"]
            assert (again["verdict"], again["last_good"]) == (found["verdict"], found["last_good"]), "by reference"


# An answer that is cut depends on the company by its nature, and the server shows nothing of the future; both have tables of their own.
ELSEWHERE = {codes.ANSWER_TRUNCATED, codes.IN_FUTURE}
CHECKS = (
    check_company,
    check_form,
    check_time,
    check_poorer,
    check_older,
    check_more,
    check_policy,
    check_inventory,
    check_reference,
)


def test_properties_of_sites() -> None:
    """Each site goes through one of the properties in turn; counts are printed and asserted."""
    counts: collections.Counter[str] = collections.Counter()

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=SEED is None and EXAMPLES <= 300, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])),
    )  # fmt: skip
    @given(sites())
    def run(site: Site) -> None:
        together = ask(site, site.asked)
        counts["sites"] += 1
        for event in site.events:
            counts[f"event: {event}"] += 1
        for word in {answer[0] for answer in together}:
            counts[f"verdict: {word}"] += 1
        for word in {reason for answer in together for reason in answer[1]}:
            counts[f"reason: {word}"] += 1
        CHECKS[counts["sites"] % len(CHECKS)](site, together)

    (run if SEED is None else seed(int(SEED))(run))()
    print(f"\n{counts['sites']} sites")
    for what, number in sorted(counts.items()):
        print(f"{number:6} {100 * number / counts['sites']:5.1f} %  {what}")
    rare = {what for what, number in counts.items() if number < counts["sites"] / 100}
    if counts["sites"] < 300:
        return
    expected = [
        *(f"verdict: {word}" for word in codes.VERDICTS),
        *(f"reason: {code}" for code in set(codes.REASONS) - ELSEWHERE),
    ]
    missing = [what for what in expected if counts[what] < counts["sites"] / 100]
    assert not missing
    assert not {what for what in rare if what.startswith("event")}
