# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action ``backup_ops.veeam_em.gate``; its documentation is in the module of this name."""

from __future__ import annotations

import sys
import tempfile
import typing as t
from pathlib import Path

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..plugin_utils._evidence.text import one_line
from ..plugin_utils._gate.ansible_play import hosts_of_this_task, is_true_at, raw_defaults, raw_options
from ..plugin_utils._gate.ask import MODULE, check_connection, connection_parts, explained, module_arguments
from ..plugin_utils._gate.call import REGISTER, Call, Surroundings, utc_now
from ..plugin_utils._gate.decision import possible_facts
from ..plugin_utils._gate.given import Settings
from ..plugin_utils._gate.progress import Progress
from ..plugin_utils._gate.question import Question
from ..plugin_utils._gate.settings import SETTINGS
from ..plugin_utils._gate.values import Refusal
from ..plugin_utils._gate.variables import FACT
from ..plugin_utils._trust import never_template

STEPS = ("all", "begin", "window", "ask", "group", "tell")
GO, NO_GO = "veeam_gate_go", "veeam_gate_no_go"
WINDOW = "veeam_gate_window"
"""Under this name the playbook registers whether there is a host at all."""

_DEPENDS = (
    f"A condition around the gate depends on what the gate itself brings, such as {FACT} or the groups {GO} and {NO_GO}, so the rest of it would be "
    "skipped. Ansible tests the condition of import_role, roles and import_playbook at every task; use include_role, where it counts once, or "
    "another condition."
)
_NOT_ASKED = (
    "the gate did not ask, so nothing goes on. Its tasks run once, and Ansible leaves them out when a condition is false for the first host; "
    "give the role no condition, or one that is the same for all hosts."
)

display = Display()


class ActionModule(ActionBase):
    """Runs once for all hosts of a batch."""

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        options = dict(self._task.args)
        step = options.pop("step", None) or "all"
        answer, window = options.pop("answer", None), options.pop("window", None)
        try:
            self._check_task(step, options, task_vars)
            if step == "begin":
                self._check_condition(task_vars)
                return {"changed": False}
            if step == "group":
                return self._group(answer)
            if step == "tell":
                return self._tell(answer)
            result = self._call(options, task_vars, window if step == "window" else None)
        except Refusal as refusal:
            result = self._refused(str(refusal), task_vars["ansible_play_batch"])
        except (AnsibleError, OSError) as error:
            # A workflow is told, and no answer of an earlier gate stands.
            sentence = f"The gate could not ask: {one_line(error)}"
            result = self._refused(sentence, task_vars["ansible_play_batch"])
        if step not in ("ask", "window"):
            return {**result, **self._tell(result)}
        return {"changed": False, **result}

    def _check_task(self, step: str, options: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        if step not in STEPS:
            raise Refusal(f"step has the value {step!r}; use one of {', '.join(STEPS)}.")
        for name in (REGISTER, FACT):
            if name in self._task.get_variable_manager().extra_vars:
                raise Refusal(f"{name} is what the gate finds out; it can't be given as an extra variable.")
        for name in options:
            if name in SETTINGS:
                raise Refusal(
                    f"The gate has no option {name}: set the variable verify_backups_{name}, which each host can have for itself."
                )
        check_connection(options, "The gate")
        if self._task.loop is not None or self._task.loop_with:
            raise Refusal(
                "The gate decides for all hosts at once and does not take a loop; name the machines in verify_backups_machines."
            )
        if not self._task.run_once and len(task_vars["ansible_play_batch"]) > 1:
            raise Refusal(
                "The gate decides for all hosts at once: give its task run_once: true, or use the role verify_backups."
            )

    def _check_condition(self, task_vars: dict[str, t.Any]) -> None:
        """What is true before the gate must be so afterwards, whatever it finds."""
        for fact in possible_facts(task_vars["inventory_hostname"]) if self._task.when else ():
            group = GO if fact["go"] else NO_GO
            groups = {**task_vars["groups"], group: task_vars["ansible_play_batch"]}
            later = {"groups": groups, "group_names": sorted({*task_vars["group_names"], group})}
            if not is_true_at(self._task, {**task_vars, **later, FACT: fact, REGISTER: {}, WINDOW: {}}):
                raise Refusal(_DEPENDS)

    def _call(self, options: dict[str, t.Any], task_vars: dict[str, t.Any], window: str | None) -> dict[str, t.Any]:
        def ask(question: Question, settings: Settings) -> dict[str, t.Any]:
            given = {**self._defaults_of_module(), **options}
            arguments = module_arguments(question, settings, given, self._task.check_mode)
            if "wait_running" not in arguments:
                return explained(self._run_module(arguments, task_vars), question)
            with tempfile.TemporaryDirectory(prefix="veeam-em-gate-") as folder:
                path = Path(folder, "progress")
                path.touch()
                with Progress(path, lambda line: display.display(one_line(line))):
                    return explained(self._run_module({**arguments, "progress_file": str(path)}, task_vars), question)

        surroundings = Surroundings(
            self._task,
            _play_of(self._task),
            self._loader,
            # A host that clear_host_errors brought back works here, and Ansible does not count it to the batch.
            list(dict.fromkeys([*task_vars["ansible_play_batch"], *(hosts_of_this_task() or ())])),
            self._task.check_mode,
            connection_parts([*self._raw_defaults(), *raw_options(self._task, _play_of(self._task))]),
            window is None and self._task.args.get("step") == "ask",
            ask,
        )
        call = Call(surroundings, utc_now)
        result = call.run() if window is None else call.window(_pattern(window))
        return {**never_template(result), **({"warnings": list(dict.fromkeys(call.warnings))} if call.warnings else {})}

    def _raw_defaults(self) -> list[t.Any]:
        keys = ("group/backup_ops.veeam_em.em", "backup_ops.veeam_em.gate", MODULE)
        written = [*(self._task.module_defaults or []), *raw_defaults(self._task, _play_of(self._task))]
        return [defaults[key] for defaults in written for key in keys if key in defaults]

    def _defaults_of_module(self) -> dict[str, t.Any]:
        """What module_defaults say of protection_info; those of the group have come with the task's own arguments.

        What is asked is told by the gate's variables alone, which is what the evidence shows.
        """
        found: dict[str, t.Any] = {}
        for defaults in self._task.module_defaults or []:
            found.update(self._templar.template(defaults.get(MODULE) or {}))
        check_connection(found, f"What module_defaults say of {MODULE}")
        return found

    def _refused(self, sentence: str, batch: t.Sequence[str]) -> dict[str, t.Any]:
        """Settings that can't be read may be those of the evidence, so there is none; a workflow is told all the same."""
        data = {
            "veeam_gate_ok": False, "veeam_gate_summary": f"NO-GO: {sentence}", "veeam_gate_counts": {"total": 0}, "veeam_gate_hosts": {},
            "veeam_gate_go_hosts": [], "veeam_gate_excluded": [], "veeam_gate_evidence": [], "veeam_gate_change_number": "",
        }  # fmt: skip
        refused: dict[str, t.Any] = never_template({
            "ok": False, "stop": True, "msg": f"NO-GO: {sentence}", "text": "", "per_host": "", "excluded": "", "left_out": "",
            "go_hosts": "", "no_go_hosts": "\n".join(batch),
            "each": True, "went": "", "all_left_out": "", "ansible_stats": {"data": data, "aggregate": False, "per_host": False},
        })  # fmt: skip
        return refused

    def _run_module(self, arguments: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """On the controller, whatever the connection of the host is that comes first, and without becoming anybody."""
        before = self._connection, self._play_context, self._task.delegate_to
        context = self._play_context.copy()
        # The shell of that host may be one of Windows, or one that is not here.
        context.shell, context.executable = None, C.config.get_config_value("DEFAULT_EXECUTABLE")
        local = self._shared_loader_obj.connection_loader.get("ansible.builtin.local", context, None)
        variables = {**task_vars, "ansible_python_interpreter": self._interpreter(task_vars)}
        try:
            self._connection, self._play_context, self._task.delegate_to = local, context, None
            result: dict[str, t.Any] = self._execute_module(
                module_name=MODULE, module_args=arguments, task_vars=variables
            )
        finally:
            self._remove_tmp_path(local._shell.tmpdir)
            self._connection, self._play_context, self._task.delegate_to = before
        return result

    def _interpreter(self, task_vars: dict[str, t.Any]) -> str:
        """What the inventory says for localhost, else the Python that runs Ansible."""
        manager = self._task.get_variable_manager()
        host = manager._inventory.hosts.get("localhost")
        found = host.get_vars().get("ansible_python_interpreter") if host else None
        return str(self._templar.template(found)) if found else sys.executable

    def _group(self, answer: t.Any) -> dict[str, t.Any]:
        """Groups for later plays. Before ansible-core 2.21 hosts are added by the results of a loop, so the task says it had one."""
        hosts = [(name, GO) for name in _lines(answer, "go_hosts")] + [
            (name, NO_GO) for name in _lines(answer, "no_go_hosts")
        ]
        if hasattr(self, "add_host"):
            for name, group in hosts:
                self.add_host(name, parent_group_names=[group])
            return {"changed": False}
        if not hosts:
            return {"changed": False}
        self._task.loop = [name for name, _group in hosts]
        results = [
            {"changed": False, "add_host": {"host_name": name, "groups": [group], "host_vars": {}}, "item": name, "ansible_loop_var": "item",
             "_ansible_item_label": f"{name}: {group}"}
            for name, group in hosts
        ]  # fmt: skip
        return {"changed": False, "results": results}

    def _tell(self, answer: t.Any) -> dict[str, t.Any]:
        """Shows what was found, once, and stops the play when it has to."""
        found = answer if isinstance(answer, t.Mapping) else {}
        shown = found.get("text") or (found.get("msg") if found.get("stop") is False else None)
        if shown:
            display.display(f"\n{shown}\n")
        if found.get("left_out"):
            display.display(f"{found['left_out']}\n", color="bright purple")
        if found.get("stop") is False:
            return {"changed": False, "msg": found.get("msg", "")}
        return {
            "changed": False,
            "failed": True,
            "msg": found.get("msg") or f"NO-GO: {_NOT_ASKED}",
        }


def _pattern(window: t.Any) -> str | list[str]:
    return [str(part) for part in window] if isinstance(window, (list, tuple)) else str(window)


def _lines(answer: t.Any, key: str) -> list[str]:
    return str(answer.get(key) or "").splitlines() if isinstance(answer, t.Mapping) else []


def _play_of(task: t.Any) -> t.Any:
    """The play of a task, whatever blocks and includes are between."""
    return task.play if hasattr(task, "play") else task._parent._play
