# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may go on: the answer joined to the hosts, and what that means for the play. Pure. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from .._evidence.text import one_line
from .given import Settings, listed
from .play_state import PlayState
from .question import Question
from .settings import VERDICTS

Verdict = t.Dict[str, t.Any]
NOT_ASKED = "not_asked"
NO_ANSWER = "no_answer"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What Enterprise Manager said, with the names that were asked; or why there is none."""

    result: dict[str, t.Any]
    problem: str | None = None
    masked: bool = False
    """Whether a secret was part of a name, and so was hidden in the module's answer."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What becomes of each host and of the play."""

    hosts: t.Mapping[str, Verdict]
    """Host -> its verdict, with ``go``."""
    stop: str | None = None
    """Why nothing goes on; None when it does."""
    excluded: tuple[str, ...] = ()
    """Hosts of the batch whose play ends."""

    @property
    def go(self) -> list[str]:
        return [name for name, verdict in self.hosts.items() if verdict["go"]]

    def stopped(self, reason: str) -> Outcome:
        """The same verdicts, but nobody goes on."""
        return Outcome({name: {**verdict, "go": False} for name, verdict in self.hosts.items()}, reason)

    @property
    def no_go(self) -> list[str]:
        return [name for name, verdict in self.hosts.items() if not verdict["go"]]


def unknown(name: str, reason: str, message: str) -> Verdict:
    """A verdict about which nobody knows anything."""
    return {
        "name": name, "verdict": "unknown", "underlying_verdict": "unknown", "reasons": [reason], "message": message,
        "matched_by": None, "vm_uid": None, "last_good": None, "last_attempt": None, "running": [], "waivers": [], "data_as_of": None,
    }  # fmt: skip


def possible_facts(name: str) -> t.Iterator[Verdict]:
    """The fact of a host as it may come to be: each verdict, going on with a backup or not with none."""
    for verdict in VERDICTS:
        for go, backup in ((True, {}), (False, None)):
            found = unknown(name, NOT_ASKED, verdict)
            yield {
                **found, "verdict": verdict, "underlying_verdict": verdict, "last_good": backup, "last_attempt": backup, "go": go
            }  # fmt: skip


def read_answer(question: Question, result: t.Mapping[str, t.Any]) -> Answer:
    """The module's answer, joined by position: Ansible masks secrets in results, so a name may come back as asterisks."""
    machines = result.get("machines")
    names = [asked.entry["name"] for asked in question.asked]
    if result.get("failed") or not isinstance(machines, list) or len(machines) != len(names):
        problem = one_line(result.get("msg") or "Enterprise Manager gave no answer")
        return no_answer(
            question, problem if result.get("failed") else f"The answer does not fit the question: {problem}"
        )
    found, masked = [], False
    for name, machine in zip(names, machines):
        masked = masked or machine.get("name") != name
        verdict = machine.get("verdict") if machine.get("verdict") in VERDICTS else "unknown"
        found.append({**machine, "name": name, "verdict": verdict})
    counts = {verdict: sum(machine["verdict"] == verdict for machine in found) for verdict in VERDICTS}
    return Answer({**result, "machines": found, "summary": {**counts, "total": len(found)}}, masked=masked)


def no_answer(question: Question, problem: str) -> Answer:
    machines = [unknown(asked.entry["name"], NO_ANSWER, problem) for asked in question.asked]
    return Answer(
        {"machines": machines, "summary": {"unknown": len(machines), "total": len(machines)}, "ok": False}, problem
    )


def nothing() -> Answer:
    """The answer to a question without machines."""
    return Answer({"machines": [], "summary": {"total": 0}, "ok": True})


def verdicts_of_hosts(
    settings: Settings, state: PlayState, question: Question, answer: Answer, earlier: t.Mapping[str, Verdict]
) -> tuple[dict[str, Verdict], list[Verdict]]:
    """The verdict of each host, and those of hosts that nobody asked about, which stand in the evidence as well.

    Hosts to come that the question does not name are asked about when their batch calls, and can't go on before.
    ``earlier`` are the verdicts of hosts that an earlier call of this play let go.
    """
    found: dict[str, Verdict] = {}
    for asked, machine in zip(question.asked, answer.result["machines"]):
        for host in asked.hosts:
            known = found.get(host)
            if known is None or _rank(machine) > _rank(known):
                found[host] = machine
    missing = []
    for name in (*state.batch, *state.lost):
        if name in found:
            continue
        if name in earlier:
            found[name] = dict(earlier[name])
        elif not settings.hosts[name].is_controller:
            found[name] = unknown(name, NOT_ASKED, "Nobody asked Enterprise Manager about this host.")
            if question.asked:  # a question about nothing is allowed or refused as a whole
                missing.append(found[name])
    return found, missing


def _rank(machine: Verdict) -> int:
    return VERDICTS.index(machine["verdict"])


def decide(
    settings: Settings,
    state: PlayState,
    question: Question,
    verdicts: t.Mapping[str, Verdict],
    decision: t.Mapping[str, t.Any],
    done_went: bool,
) -> Outcome:
    """``decision`` is that of the evidence document; ``done_went`` tells whether a host of an earlier batch was let go."""
    allowed, on_not_ok = settings.common["allowed_verdicts"], settings.common["on_not_ok"]
    empty_go = decision["ok"] and not decision["counts"]["total"]
    fine = {name: empty_go or verdict["verdict"] in allowed for name, verdict in verdicts.items()}
    stop = None if decision["ok"] or on_not_ok == "report" else decision["message"]
    if stop and on_not_ok == "exclude":
        stop = _beyond_exclusion(state, question, decision, verdicts, fine, done_went)
    hosts = {name: {**_small(verdict), "go": fine[name] and not stop} for name, verdict in verdicts.items()}
    excluded = (
        tuple(name for name in state.batch if name in hosts and not hosts[name]["go"])
        if on_not_ok == "exclude" and not stop
        else ()
    )
    return Outcome(hosts, stop, excluded)


def _small(verdict: Verdict) -> Verdict:
    """Without the history, which is for the report: a fact should not weigh kilobytes for each of thousands of hosts."""
    return {key: value for key, value in verdict.items() if key != "history"}


def _beyond_exclusion(
    state: PlayState,
    question: Question,
    decision: t.Mapping[str, t.Any],
    verdicts: t.Mapping[str, Verdict],
    fine: t.Mapping[str, bool],
    done_went: bool,
) -> str | None:
    """Why leaving out hosts does not help, if it does not."""
    ours = {*state.in_question, *state.ended, *state.done}
    others = [
        asked.entry["name"] for asked in question.asked
        if asked.entry["name"] in decision["not_ok"] and not any(host in ours for host in asked.hosts)
    ]  # fmt: skip
    if others:
        return f"{decision['message']} No host of this play can be left out for {listed(others)}, so nothing goes on."
    if not decision["not_ok"]:
        return f"{decision['message']} No host of this play can be left out for that, so nothing goes on."
    if not done_went and not any(fine.get(name) for name in state.in_question):
        return f"{decision['message']} That leaves no host at all, so nothing goes on."
    return None
