# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The evidence document: what one result of ``protection_info`` says about a change, as plain data. Private to the collection.

Every report is drawn from this document and from nothing else, so the JSON file holds all that the other formats show.
The decision is made here, by a pure function; the time is passed in. It fails closed: no machine, a verdict that is not
allowed, or a result that contradicts itself is a no-go.
"""

from __future__ import annotations

import datetime as dt
import typing as t

from ...module_utils._client.settings import VERSION
from .inputs import EvidenceError, read_changes, read_jobs, without_secrets
from .machines import Machine, job_of, remarks_of
from .text import one_line, parsed_moment, plain
from .words import VERDICT_WORDS

__all__ = [
    "GOOD_VERDICTS", "SCHEMA", "SCHEMA_VERSION", "VERDICTS", "Document", "EvidenceError", "Machine", "build_document", "counted",
    "worst_first",
]  # fmt: skip

SCHEMA = "backup_ops.veeam_em/evidence"
SCHEMA_VERSION = 1

VERDICTS = tuple(VERDICT_WORDS)
"""All verdicts of ``protection_info``, trouble first."""
GOOD_VERDICTS = ("ok", "waived")
"""The verdicts that ``protection_info`` itself counts as good."""

# Only what protection_info documents: a registered result also carries things of Ansible, such as invocation.
_RESULT_KEYS = (
    "ok", "msg", "summary", "machines", "checked_at", "data_as_of", "unused_waivers", "request_count", "lookups", "notes",
)  # fmt: skip

Document = t.Dict[str, t.Any]


def build_document(
    result: t.Any,
    *,
    now: dt.datetime,
    generated_at: str | None = None,
    change_number: str | None = None,
    em_host: str | None = None,
    policy: t.Mapping[str, t.Any] | None = None,
    provenance: t.Mapping[str, t.Any] | None = None,
    earlier: t.Any = None,
    jobs: t.Any = None,
    allowed_verdicts: t.Sequence[str] = GOOD_VERDICTS,
    allow_empty: bool = False,
) -> Document:
    """The document, with the keys ``schema``, ``schema_version``, ``change_number``, ``generated_at``, ``em_host``, ``policy``,
    ``provenance``, ``decision``, ``changes`` (against ``earlier``), ``jobs`` (their next runs) and ``result``.

    ``decision`` holds ``ok``, ``summary`` (one line), ``message`` (one sentence that names machines and reasons), ``counts``
    {verdict: number, total}, ``hosts`` {verdict: [names]}, ``not_ok`` [names], ``remarks`` [names of those that are ok, but] and
    ``allowed_verdicts``. Raises EvidenceError.
    """
    answer = _checked(result)
    unknown = [verdict for verdict in allowed_verdicts if verdict not in VERDICTS]
    if unknown:
        raise EvidenceError(
            f"allowed_verdicts has {unknown[0]!r}, which is not a verdict; choose from {', '.join(VERDICTS)}"
        )
    change = one_line(change_number or "") or None
    decision = _decision(answer, list(allowed_verdicts), allow_empty, change)
    moment = _moment_of(answer, generated_at, now)
    bad = [machine for machine in answer["machines"] if machine["verdict"] not in allowed_verdicts]
    names = [machine["name"] for machine in answer["machines"]]
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "change_number": change,
        "generated_at": moment,
        "em_host": one_line(em_host or answer.get("em_host") or "") or None,
        "policy": without_secrets(plain(policy or {})),
        "provenance": {
            "collection_version": VERSION,
            **without_secrets(plain(provenance or {})),
        },
        "decision": decision,
        "changes": read_changes(earlier, SCHEMA, moment, decision["not_ok"], names),
        "jobs": read_jobs(jobs, {job_of(machine) for machine in bad}),
        "result": {key: answer[key] for key in _RESULT_KEYS if key in answer},
    }


def headline(document: Document) -> str:
    """The decision in one line, with the number of the change."""
    change = document["change_number"]
    return f"{document['decision']['summary']}{f'; change {change}' if change else ''}"


def worst_first(document: Document) -> list[Machine]:
    """The machines of a document: those that stop the change first, then by verdict, then by name."""
    allowed = document["decision"]["allowed_verdicts"]

    def rank(machine: Machine) -> tuple[bool, int, str]:
        verdict = machine["verdict"]
        place = VERDICTS.index(verdict) if verdict in VERDICTS else -1
        return verdict in allowed, place, machine["name"].casefold()

    return sorted(document["result"]["machines"], key=rank)


def _moment_of(answer: dict[str, t.Any], wanted: str | None, now: dt.datetime) -> str:
    for text in (wanted, answer.get("checked_at")):
        if parsed_moment(text) is not None:
            return one_line(text)
    return now.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(result: t.Any) -> dict[str, t.Any]:
    if not isinstance(result, t.Mapping):
        raise EvidenceError("the input is not a result of backup_ops.veeam_em.protection_info: it is not a dictionary")
    if result.get("failed") or result.get("skipped"):
        state = "failed" if result.get("failed") else "was skipped"
        raise EvidenceError(
            f"the task that should have asked Enterprise Manager {state}, so there is nothing to report"
        )
    answer: dict[str, t.Any] = plain({key: result[key] for key in (*_RESULT_KEYS, "em_host") if key in result})
    machines = answer.get("machines")
    if not isinstance(machines, list):
        raise EvidenceError(
            "the input is not a result of backup_ops.veeam_em.protection_info: it has no list 'machines'"
        )
    for machine in machines:
        if (
            not isinstance(machine, dict)
            or not isinstance(machine.get("name"), str)
            or not isinstance(machine.get("verdict"), str)
        ):
            raise EvidenceError(
                "the input is not a result of backup_ops.veeam_em.protection_info: a machine has no name or no verdict"
            )
    total = (answer.get("summary") or {}).get("total", len(machines))
    if total != len(machines):
        raise EvidenceError(
            f"the result contradicts itself: its summary counts {total} machines, but it holds {len(machines)}"
        )
    return answer


def _decision(answer: dict[str, t.Any], allowed: list[str], allow_empty: bool, change: str | None) -> dict[str, t.Any]:
    machines: list[Machine] = answer["machines"]
    hosts: dict[str, list[str]] = {}
    for machine in machines:
        hosts.setdefault(machine["verdict"], []).append(machine["name"])
    bad = [machine for machine in machines if machine["verdict"] not in allowed]
    # The module may know a reason that no single machine shows.
    contradiction = answer.get("ok") is not True and all(machine["verdict"] in GOOD_VERDICTS for machine in machines)
    ok = not bad and (bool(machines) or allow_empty) and not (contradiction and machines)
    counts = {verdict: len(hosts[verdict]) for verdict in _ordered(hosts)}
    decision = {
        "ok": ok,
        "counts": {**counts, "total": len(machines)},
        "hosts": {verdict: hosts[verdict] for verdict in _ordered(hosts)},
        "not_ok": [machine["name"] for machine in bad],
        "remarks": [machine["name"] for machine in machines if remarks_of(machine)],
        "allowed_verdicts": allowed,
    }
    summary = _summary(ok, len(machines), len(bad), *counted(decision))
    return {**decision, "summary": summary, "message": _message(ok, summary, bad, change)}


def _ordered(verdicts: t.Iterable[str]) -> list[str]:
    return sorted(verdicts, key=lambda verdict: (VERDICTS.index(verdict) if verdict in VERDICTS else -1, verdict))


def counted(decision: t.Mapping[str, t.Any]) -> tuple[str, str]:
    """What is not ready, and what is ready, each in its own words: ``1 failed, 2 stale`` and ``17 ok (2 with remarks), 1 waived``."""
    remarks = len(decision["remarks"])
    said = f" ({remarks} with {'a remark' if remarks == 1 else 'remarks'})" if remarks else ""
    texts = {
        verdict: f"{number} {one_line(verdict)}{said if verdict == 'ok' else ''}"
        for verdict, number in decision["counts"].items()
        if verdict != "total"
    }
    bad = [text for verdict, text in texts.items() if verdict not in decision["allowed_verdicts"]]
    good = [text for verdict, text in reversed(list(texts.items())) if verdict in decision["allowed_verdicts"]]
    return ", ".join(bad), ", ".join(good)


def _summary(ok: bool, total: int, bad: int, not_ready: str, ready: str) -> str:
    if not total:
        return f"{'GO' if ok else 'NO-GO'}: no machine was checked"
    noun = "machine" if total == 1 else "machines"
    if ok:
        return f"GO: {'the machine is' if total == 1 else f'all {total} machines are'} ready: {ready}"
    if not bad:
        return f"NO-GO: Enterprise Manager's answer about {total} {noun} is not good as a whole: {ready}"
    rest = f"; {total - bad} ready: {ready}" if total > bad else ""
    return f"NO-GO: {bad} of {total} {noun} {'is' if bad == 1 else 'are'} not ready: {not_ready}{rest}"


def _message(ok: bool, summary: str, bad: list[Machine], change: str | None, most: int = 15) -> str:
    subject = f"Change {change}: {summary}" if change else summary
    if ok or not bad:
        return subject
    first = "; ".join(f"{one_line(machine['name'])} is {machine['verdict']}: {_why(machine)}" for machine in bad[:most])
    rest = ", ".join(one_line(machine["name"]) for machine in bad[most:])
    return f"{subject}. {first}" + (f"; and {len(bad) - most} more: {rest}" if rest else "") + "."


def _why(machine: Machine) -> str:
    text = one_line(machine.get("message") or ", ".join(machine.get("reasons") or []) or "no reason given")
    return text.rstrip(".")
