# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of the gate: reads the settings, asks, decides, writes the evidence. Private to the collection.

Whatever can't be known is a no-go with evidence and artifacts: a call ends with a result in every case, and never with silence.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ...module_utils._times import UTC
from .._evidence.document import Document
from .._evidence.files import one_text
from .._evidence.text import one_line
from . import evidence_files, sentences
from .ansible_play import broken_sources, groups_of, hosts_that_stay, is_controller, read_play_state
from .artifacts import artifacts
from .comparison import compare
from .decision import NO_ANSWER, Answer, Outcome, decide, no_answer, nothing, read_answer, unknown, verdicts_of_hosts
from .given import Settings, listed, read_settings
from .parts import part_of, to_parts
from .play_state import PlayState
from .provenance import provenance
from .question import Question, make_question
from .settings import PREFIX
from .table import last_line, table
from .values import Failed, Refusal, is_unset, sequence
from .variables import WATCHED, HostVariables

REGISTER = "__verify_backups_gate"
"""Under this name the role registers the result of a call, from which later calls of the same play know whom it let go."""

Ask = t.Callable[[Question, Settings], t.Dict[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What a call gets from Ansible."""

    task: t.Any
    play: t.Any
    loader: t.Any
    here: t.Sequence[str]
    """The hosts at work in this batch."""
    check_mode: bool
    defaults: t.Any
    """What task, module_defaults and environment say of the connection, with their templates."""
    has_fact: bool
    """Whether the role has given each host the gate's fact."""
    ask: Ask
    """Asks Enterprise Manager; the result of protection_info, which may be a failure."""

    @property
    def inventory(self) -> t.Any:
        return self.task.get_variable_manager()._inventory


class Call:
    """Everything that happens between the question and the result."""

    def __init__(self, surroundings: Surroundings, now: t.Callable[[], dt.datetime]) -> None:
        self._at = surroundings
        self._now = now
        self._variables = HostVariables(
            surroundings.task, surroundings.play, surroundings.loader, surroundings.defaults
        )
        self.warnings: list[str] = []

    def window(self, pattern: str | list[str]) -> dict[str, t.Any]:
        """Whether there is a host at all for a play that follows; a no-go when there is none.

        The pattern goes to the inventory as it would go there from the play.
        """
        settings = self._read({}, set())
        reason = self._broken()
        if reason is None and not self._at.inventory.get_hosts(pattern, ignore_restrictions=True):
            reason = sentences.no_host(self._at.inventory, pattern)
        if reason is None:
            return {"ok": True, "stop": False}
        return self._refused(settings, reason)

    def run(self) -> dict[str, t.Any]:
        state = read_play_state(self._at.task, self._at.play, self._at.here, self._known_by_earlier_call)
        hosts = self._hosts(state)
        raw = {name: self._variables.of_host(host, REGISTER) for name, host in hosts.items()}
        for name in self._named_beside(raw):
            hosts[name] = self._at.inventory.get_host(name)
            raw[name] = self._variables.of_host(hosts[name], REGISTER)
        settings = self._read(raw, {name for name, host in hosts.items() if is_controller(host, raw[name])})
        _check_defaults(raw)
        reason = self._broken() or sentences.unreached(state, self._variables.hidden if self._at.has_fact else ())
        if reason is not None:
            return self._refused(settings, reason, state)
        askable = [name for name in state.in_question if not hosts[name].implicit or settings.hosts[name].label != name]
        question = make_question(settings, askable, self._at.inventory.hosts)
        self.warnings += question.notes
        if not question.asked and (
            (settings.common["machines"] is None and settings.common["hosts"] is None)
            or not settings.common["allow_empty"]
        ):
            return self._refused(settings, sentences.nothing(settings), state)
        answer = self._answer(question, settings) if question.asked else nothing()
        return self._decided(settings, state, question, answer)

    def _hosts(self, state: PlayState) -> dict[str, t.Any]:
        inventory = self._at.inventory
        return {name: inventory.get_host(name) for name in state.in_question}

    def _named_beside(self, raw: t.Mapping[str, t.Any]) -> list[str]:
        """Hosts that the question names and that are not at work here."""
        first: t.Mapping[str, t.Any] = next(iter(raw.values()), {})
        named = first.get(f"{PREFIX}hosts")
        if is_unset(named):
            return []
        try:
            listed_hosts = [str(name).strip() for name in sequence(named)]
        except Refusal:
            return []
        return [name for name in dict.fromkeys(listed_hosts) if name in self._at.inventory.hosts and name not in raw]

    def _read(self, raw: t.Mapping[str, t.Any], controllers: set[str]) -> Settings:
        settings = read_settings(self._variables.of_play(), raw, controllers)
        for name in settings.strangers:
            self.warnings.append(f"{name} is not a variable of the gate and has no effect.")
        return settings

    def _known_by_earlier_call(self, name: str) -> bool:
        self._variables.of_host(self._at.inventory.get_host(name), REGISTER)
        return self._remembered(name) is not None

    def _remembered(self, name: str) -> dict[str, t.Any] | None:
        """What an earlier call of this very play said about a host."""
        memory = self._variables.memory.get(name)
        if not isinstance(memory, t.Mapping) or memory.get("play") != self._at.play._uuid:
            return None
        return part_of(memory.get("per_host"), name)

    def _went(self, name: str) -> bool:
        if name not in self._variables.memory:
            self._variables.of_host(self._at.inventory.get_host(name), REGISTER)
        return bool((self._remembered(name) or {}).get("go"))

    def _before(self, state: PlayState | None) -> tuple[list[str], list[str]]:
        """The hosts of earlier batches that went and those that were left out, as the last of these batches knows them."""
        for name in reversed(state.done if state else ()):
            if self._known_by_earlier_call(name):
                memory = self._variables.memory[name]
                return str(memory.get("went") or "").splitlines(), str(memory.get("all_left_out") or "").splitlines()
        return [], []

    def _answer(self, question: Question, settings: Settings) -> Answer:
        result = self._at.ask(question, settings)
        if (result.get("error") or {}).get("kind") == "bad_option" or result.get("error_of_caller"):
            raise Refusal(str(result["msg"]))
        self.warnings += result["warnings"]
        answer = read_answer(question, result)
        if answer.masked:
            self.warnings.append(
                "A secret, such as the password, is part of a machine's name: Ansible hides it in messages, the report shows the names. "
                "Choose another password."
            )
        return answer

    def _decided(self, settings: Settings, state: PlayState, question: Question, answer: Answer) -> dict[str, t.Any]:
        earlier = {
            name: found for name in state.in_question for found in (self._remembered(name),) if found and found["go"]
        }
        verdicts, missing = verdicts_of_hosts(settings, state, question, answer, earlier)
        document = self._document(settings, answer, missing)
        if answer.problem:
            evidence_files.overrule(document, f"Enterprise Manager gave no answer: {answer.problem}")
        went = settings.common["on_not_ok"] == "exclude" and any(self._went(name) for name in state.done)
        outcome = decide(settings, state, question, verdicts, document["decision"], went)
        if answer.problem and settings.common["on_not_ok"] != "report":
            outcome = outcome.stopped(document["decision"]["message"])
        staying = self._staying(outcome)
        if staying:
            evidence_files.overrule(document, sentences.staying(staying))
            outcome = outcome.stopped(document["decision"]["message"])
        grouped = [name for name in outcome.hosts if name not in state.to_come and not self._is_stranger(name)]
        return self._finish(settings, question, document, outcome, grouped, state)

    def _staying(self, outcome: Outcome) -> list[str]:
        """Hosts that the role would say it leaves out, and that would be patched all the same."""
        names = outcome.excluded if self._at.has_fact and not outcome.stop else ()
        return hosts_that_stay(
            self._at.task, names, lambda name: self._variables.all_of(self._at.inventory.get_host(name))
        )

    def _is_stranger(self, name: str) -> bool:
        return name not in self._at.inventory.hosts

    def _refused(self, settings: Settings, reason: str, state: PlayState | None = None) -> dict[str, t.Any]:
        """A no-go that no machine shows."""
        question = Question(())
        document = self._document(settings, no_answer(question, reason), [])
        evidence_files.overrule(document, reason)
        verdicts = {
            name: {**unknown(name, NO_ANSWER, reason), "go": False}
            for name in (state.in_question if state else ())
            if not self._is_stranger(name)
        }
        outcome = Outcome(verdicts, document["decision"]["message"])
        return self._finish(settings, question, document, outcome, list(verdicts), state)

    def _document(self, settings: Settings, answer: Answer, missing: list[dict[str, t.Any]]) -> Document:
        variables = self._variables.all_of(None)
        play = self._at.play.get_name()
        told = provenance(settings, variables, play, groups_of(self._at.play.hosts, self._at.inventory.groups))
        document = evidence_files.make_document(settings, answer, missing, told, self._now())
        self.warnings += compare(document, settings.common["earlier"], evidence_files.folder_of(settings))
        return document

    def _finish(
        self,
        settings: Settings,
        question: Question,
        document: Document,
        outcome: Outcome,
        grouped: list[str],
        state: PlayState | None,
    ) -> dict[str, t.Any]:
        common = settings.common
        files: list[str] = []
        unwritten = None
        if settings.writes_files and not self._at.check_mode:
            name = evidence_files.stem(document, evidence_files.digest(question, settings))
            try:
                files = evidence_files.write_files(document, settings, name)
                if not common["artifact_format"] and evidence_files.ends_with_the_job(files[0], document["provenance"]):
                    self.warnings.append(
                        f"The evidence in {common['report_dir']} ends with the container of the job: mount a folder for it, or set "
                        "verify_backups_artifact_format."
                    )
            except (OSError, ValueError) as error:  # a ValueError is a path that no file system takes
                said = getattr(error, "strerror", None) or error
                unwritten = f"The evidence could not be written to {one_line(common['report_dir'])}: {said}"
        report = one_text(document, common["artifact_format"]) if common["artifact_format"] else None
        stop = bool(outcome.stop or unwritten)
        reason = unwritten or sentences.beyond(outcome.stop, document)
        shown = table(document, everything=common["show_table"] == "all") if common["show_table"] else ""
        if shown and files and not stop:
            shown += f"\nReport: {files[0]}"
        before = self._before(state)
        go = [name for name in outcome.go if name in grouped and not unwritten]
        went = [*(name for name in before[0] if name not in outcome.hosts), *go]
        excluded = [*(name for name in before[1] if name not in outcome.hosts), *(() if stop else outcome.excluded)]
        found: dict[str, t.Any] = {
            "ok": document["decision"]["ok"],
            "stop": stop,
            "msg": last_line(document, reason, files),
            "text": shown,
            "play": self._at.play._uuid,
            "per_host": to_parts(outcome.hosts),
            "excluded": "\n".join(outcome.excluded) if not stop else "",
            "left_out": sentences.left_out(outcome, len(self._at.here)) if outcome.excluded and not stop else "",
            "go_hosts": "\n".join(go),
            "no_go_hosts": "\n".join(name for name in grouped if name not in go),
            "each": bool(state and state.to_come) or bool(outcome.excluded and not stop),
            "went": "\n".join(went),
            "all_left_out": "\n".join(excluded),
        }
        if common["set_stats"]:
            data = artifacts(document, went, excluded, files, report)
            found["ansible_stats"] = {"data": data, "aggregate": False, "per_host": False}
        return found

    def _broken(self) -> str | None:
        broken = broken_sources(self._at.inventory)
        if not broken:
            return None
        return f"The inventory could not be read as a whole, so hosts may be missing: {listed(broken)}"


def _check_defaults(raw: t.Mapping[str, t.Mapping[str, t.Any]]) -> None:
    """Ansible fills these in for the first host alone, which would then decide where all are asked about."""
    kinds: list[tuple[t.Any, list[str]]] = []
    for name, values in raw.items():
        found = values.get(WATCHED)
        value = "" if isinstance(found, Failed) else found
        names = next((names for other, names in kinds if other == value), None)
        if names is None:
            kinds.append((value, names := []))
        names.append(name)
    if len(kinds) > 1:
        few, many = sorted((names for _value, names in kinds), key=len)[:2]
        raise Refusal(
            f"The connection that the task, module_defaults or the environment give is another one at {listed(few)} than at {listed(many)}. "
            "Ask each Enterprise Manager in a play of its own."
        )


def utc_now() -> dt.datetime:
    return dt.datetime.now(UTC)
