# SPDX-License-Identifier: GPL-3.0-or-later
"""Join and decision on thousands of made-up snapshots: a verdict depends on the machine alone.

``VERDICT_SNAPSHOTS=100000`` makes it a long run, ``VERDICT_SEED=7`` gives others (see CONTRIBUTING).
"""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime as dt
import functools
import os
import typing as t

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection import codes
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.combine import Assessment, assess
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.names import fold
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.policy import Policy, read_policy
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.rows import (
    CollectionRow,
    ItemRow,
    LookupRow,
    PointRow,
    RootRow,
    SessionRow,
    TaskRow,
)
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._protection.snapshot import Snapshot

NOW = dt.datetime(2026, 1, 6, 6, 0, tzinfo=dt.timezone.utc)
HOUR = dt.timedelta(hours=1)
USUAL = 2000
SEED = os.environ.get("VERDICT_SEED")
EXAMPLES = int(os.environ.get("VERDICT_SNAPSHOTS", str(USUAL)))
NAMES = ("web01", "WEB01", "web01.corp.example", "web01.old", "db01")
ASKED = ("web01", "Web01", "web01.lab.example", "db01", "nobody")
ROOTS = (("guid-1", "vbr01"), ("guid-2", "vbr01"), ("guid-3", "vbr02"))
RESULTS = ("Success", "Success", "Success", "Warning", "Failed", "Failed")
TYPES = (
    "Backup",
    "Backup",
    "Backup",
    "AgentManagement",
    "BackupCopy",
    "Replica",
    "VmbApiPolicyTempJob",
    "SqlLogBackup",
)
Answer = t.Tuple[str, t.Tuple[str, ...]]


class Builder:
    """A snapshot, row by row."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def attempt(
        self, name: str, vm_uid: str | None, server: str, hours: float, kind: str = "Backup", result: str | None = "Success",
        *, point: bool = True, running: bool = False, lost: bool = False, job: str = "job",
    ) -> None:  # fmt: skip
        snapshot, start = self.snapshot, NOW - hours * HOUR
        number, job = len(snapshot.tasks) + 1, f"{job} {kind} at {server}"
        session, task, made = f"s{number}", f"t{number}", f"p{number}"
        end = None if running else start + HOUR / 4
        is_agent = kind == "AgentManagement"
        if not lost:
            snapshot.sessions[session] = SessionRow(
                session, job, f"uid-{job}", f"{job} - {name}" if is_agent else job, kind, start, end, None if running else result, running, False,
                None, frozenset(), server,
            )  # fmt: skip
        has_point = point and not running and result in codes.SUCCESSFUL and kind != "Replica"
        snapshot.tasks[task] = TaskRow(
            task, (name,), session, job, start, end, None if running else result, None, running, None if is_agent else vm_uid,
            made if has_point and not is_agent else None, server,
        )  # fmt: skip
        if has_point:
            row = PointRow(made, (name,), start, None if is_agent else vm_uid, None, server)
            (snapshot.agent_points if is_agent else snapshot.points)[made] = row


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    def pick(values: t.Sequence[t.Any]) -> t.Any:
        return draw(st.sampled_from(list(values)))

    roots = ROOTS[: pick([1, 2, 3])]
    unique = pick(["real", "real", "shared", ""])
    snapshot = Snapshot(
        NOW,
        roots=[
            RootRow(guid, f"urn:{guid}", guid, pick(["VC", "ESXi"]), {"real": f"id-{guid}", "shared": "one"}.get(unique, ""), server)
            for guid, server in roots
        ],
        sees_everything=pick([True, True, True, False]),
        collections=pick([None, [CollectionRow(NOW - HOUR / 4, NOW - HOUR / 5, True)], [CollectionRow(NOW - HOUR, NOW - HOUR, False)]]),
        repositories_known=pick([True, True, True, True, False]),
    )  # fmt: skip
    builder = Builder(snapshot)
    items: dict[str, list[ItemRow]] = {guid: [] for guid, _server in roots}
    for number in range(pick([1, 2, 3])):
        guid, server = pick(roots)
        vm_uid, name = f"urn:VMware:Vm:{guid}.vm-{number}", pick(NAMES)
        if pick([True, True, True, True, False]):
            items[guid].append(ItemRow(pick([name, name, name, name, "renamed"]), vm_uid))
        for _attempt in range(pick([0, 1, 2, 3])):
            running = pick([True] + [False] * 11)
            builder.attempt(
                pick([name] * 9 + ["earlier"]), pick([vm_uid] * 8 + [None]), server, pick([0.5, 3, 8, 20, 30, 60]), pick(TYPES), pick(RESULTS),
                point=pick([True, True, True, False]), running=running, lost=pick([True] + [False] * 11),
            )  # fmt: skip
    for guid, _server in roots:
        state = pick(["answered"] * 7 + ["failed"]) if items[guid] else "empty"
        snapshot.lookups[guid] = LookupRow(guid, state, tuple(items[guid]) if state == "answered" else ())
    return snapshot


@functools.cache
def asking(asked: tuple[str, ...], history: str | None) -> Policy:
    return read_policy({"machines": list(asked), "max_data_age": "auto", "history": history}, NOW)


def answers(snapshot: Snapshot, asked: t.Sequence[str], history: str | None = None) -> list[Answer]:
    found: dict[str, Assessment] = assess(snapshot, asking(tuple(asked), history))
    for one in found.values():
        for code in one.decision.blocking:
            assert one.decision.underlying in codes.REASONS[code].verdicts, "the table of reasons tells"
    return [(one.decision.verdict, one.decision.reasons) for one in found.values()]


def is_ok(answer: Answer) -> bool:
    return answer[0] in (codes.OK, codes.WAIVED)


def with_rows(snapshot: Snapshot, change: t.Callable[[Builder], None]) -> Snapshot:
    copied = dataclasses.replace(
        snapshot, sessions=dict(snapshot.sessions), tasks=dict(snapshot.tasks), points=dict(snapshot.points),
        agent_points=dict(snapshot.agent_points),
    )  # fmt: skip
    change(Builder(copied))
    return copied


def _again(snapshot: Snapshot, task: TaskRow, hours: float, **more: t.Any) -> t.Callable[[Builder], None]:
    """One more attempt of the same machine, under its newest name: another one would rename it."""
    newest = max((one for one in snapshot.tasks.values() if one.vm_uid == task.vm_uid), key=lambda one: one.start)

    def change(builder: Builder) -> None:
        builder.attempt(newest.names[0], task.vm_uid, task.backup_server_name or "", hours, **more)

    return change


def check_company(snapshot: Snapshot, asked: list[str], together: list[Answer]) -> None:
    for entry, answer in zip(asked, together):
        if codes.CLAIMED_TWICE not in answer[1]:
            assert answers(snapshot, [entry]) == [answer]
    assert answers(snapshot, asked[::-1])[::-1] == together
    assert answers(snapshot, asked, history="5d") == together


def check_order_of_rows(snapshot: Snapshot, asked: list[str], together: list[Answer]) -> None:
    turned = copy.copy(snapshot)
    for name in ("sessions", "tasks", "points", "agent_points", "lookups"):
        setattr(turned, name, dict(reversed(list(getattr(snapshot, name).items()))))
    turned.roots = snapshot.roots[::-1]
    assert answers(turned, asked) == together


def check_others(snapshot: Snapshot, asked: list[str], together: list[Answer]) -> None:
    """A failing stranger, a good stranger, a copy and an older session change nothing about who is ok."""
    guid, server = snapshot.roots[0].guid, snapshot.roots[0].backup_server_name or ""
    # Where a first task tells its machine, others that do not are known to be of agents.
    tells = any(one.vm_uid for one in snapshot.tasks.values() if one.backup_server_name == server)

    def strangers(builder: Builder) -> None:
        for number, result in ((99, "Failed"), (98, "Success")):
            vm_uid = f"urn:VMware:Vm:{guid}.vm-{number}" if tells else None
            builder.attempt(f"zz{number}", vm_uid, server, 2, result=result, job="other")

    assert [is_ok(one) for one in answers(with_rows(snapshot, strangers), asked)] == [is_ok(one) for one in together]
    # What only copies and replications tell of is not proven to be a machine; a backup of its own, however old, would prove it.
    proven = {
        task.vm_uid
        for task in snapshot.tasks.values()
        if task.session_key not in snapshot.sessions
        or snapshot.sessions[task.session_key].job_type not in codes.SECOND_HAND_TYPES
    }
    for task in list(snapshot.tasks.values())[:2]:
        times = [one.start for one in snapshot.tasks.values() if one.vm_uid == task.vm_uid]
        if task.vm_uid is None or task.vm_uid not in proven or times.count(max(times)) > 1:
            continue  # what had two names at one moment has either
        for hours, kind in ((2, "BackupCopy"), (300, "Backup")):
            after = answers(with_rows(snapshot, _again(snapshot, task, hours, kind=kind, job=f"other {kind}")), asked)
            assert [is_ok(one) for one in after] == [is_ok(one) for one in together]


def check_worse(snapshot: Snapshot, asked: list[str], together: list[Answer]) -> None:
    """A failure or work of the same machine, a lost session and fewer rights never make anything ok."""
    worse: list[Snapshot] = [
        dataclasses.replace(snapshot, repositories_known=False),
        dataclasses.replace(snapshot, sees_everything=False),
        dataclasses.replace(snapshot, truncated=frozenset(asked)),
    ]
    for task in list(snapshot.tasks.values())[:2]:
        # A task without reference calls each machine that it may be of by its name.
        near = (
            one for one in snapshot.tasks.values() if one.vm_uid is None and fold(one.names[0]) == fold(task.names[0])
        )
        called = {one.names for one in (*near, *(one for one in snapshot.tasks.values() if one.vm_uid == task.vm_uid))}
        if task.vm_uid is not None and len(called) == 1:
            # By its only name, since another one would tell that it was renamed, and of another job: a newer session of one that runs
            # tells that it does not run any more.
            worse.append(with_rows(snapshot, _again(snapshot, task, 0.4, result="Failed", job="late")))
            worse.append(with_rows(snapshot, _again(snapshot, task, 0.4, running=True, job="late")))
        lost = copy.copy(snapshot)
        lost.sessions = {key: row for key, row in snapshot.sessions.items() if key != task.session_key}
        worse.append(lost)
        dead = copy.copy(snapshot)
        dead.points = {key: row for key, row in snapshot.points.items() if key != task.point_uid}
        worse.append(dead)
    if not any(one.job_type == "AgentManagement" for one in snapshot.sessions.values()):
        # Only an agent's backup is surely no storage snapshot.
        assert not any(map(is_ok, answers(worse[0], asked)))
    for one in worse:
        for answer, after in zip(together, answers(one, asked)):
            assert is_ok(answer) or not is_ok(after)


def test_properties_of_snapshots() -> None:
    counts: collections.Counter[str] = collections.Counter()

    # The same ones in every run of all tests, others in a longer run.
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=SEED is None and EXAMPLES <= USUAL, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
    )  # fmt: skip
    @given(
        snapshots(),
        st.lists(st.sampled_from(ASKED), min_size=2, max_size=3, unique=True),
        st.sampled_from((check_order_of_rows, check_others, check_worse)),
    )
    def run(snapshot: Snapshot, asked: list[str], check: t.Callable[..., None]) -> None:
        together = answers(snapshot, asked)
        counts["snapshots"] += 1
        counts.update({f"verdict {answer[0]}" for answer in together})
        counts.update({f"reason {reason}" for answer in together for reason in answer[1]})
        check_company(snapshot, asked, together)
        check(snapshot, asked, together)

    (run if SEED is None else seed(int(SEED))(run))()
    total = counts["snapshots"]
    print(
        "\n" + "\n".join(f"{number:7} {100 * number / total:5.1f} %  {what}" for what, number in sorted(counts.items()))
    )
    assert total >= EXAMPLES
    assert all(counts[f"verdict {word}"] >= total / 100 for word in codes.VERDICTS if word != codes.WAIVED)
