# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs blocks against a simulator: what can share a process does, and nothing that would change this machine is run."""

from __future__ import annotations

import copy
import dataclasses
import re
import shlex
import typing as t
from pathlib import Path

import yaml

from support.commands import Ansible, Run

from .blocks import COLLECTION, ROOT, Block

Data = t.Any
_HARMLESS = frozenset({
    "add_host", "assert", "copy", "debug", "fail", "group_by", "import_playbook", "import_role", "include_role", "import_tasks", "include_tasks",
    "meta", "set_fact", "set_stats",
})  # fmt: skip
"""Of ansible.builtin; in place of every other action that is not ours stands a debug task."""
_DECIDE = frozenset({"assert", "ansible.builtin.assert", "fail", "ansible.builtin.fail", f"{COLLECTION}.gate"})
"""What may fail in an example: to say no is what it is for."""
_KEYWORDS = frozenset({
    "name", "register", "delegate_to", "run_once", "loop", "loop_control", "when", "vars", "tags", "become", "check_mode", "changed_when",
    "failed_when", "ignore_errors", "no_log", "environment", "args", "notify", "until", "retries", "delay", "with_items", "module_defaults",
    "throttle", "async", "poll", "any_errors_fatal", "diff", "connection", "remote_user",
})  # fmt: skip
_BLOCKS = ("block", "rescue", "always")
_GROUPS = {
    **dict.fromkeys(("maintenance_window", "window", "prod", "test"), ("web01", "web02", "db01")),
    "web": ("web01", "web02"),
    "databases": ("db01", "db02"),
}
_LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
VARIABLES = {
    "em_password": "{{ lookup('ansible.builtin.env', 'VEEAM_EM_PASSWORD') }}",
    "em_fingerprint": "{{ lookup('ansible.builtin.env', 'EXAMPLE_FINGERPRINT') }}",
    "window": "maintenance_window",
    "maintenance_window": ["web01", "web02"],
}


def is_play(data: Data) -> bool:
    return isinstance(data, list) and any("hosts" in each or "ansible.builtin.import_playbook" in each for each in data)


def is_tasks(data: Data) -> bool:
    return isinstance(data, list) and all(isinstance(each, dict) for each in data) and not is_play(data)


def without_danger(tasks: list[Data]) -> list[Data]:
    """The tasks with a stand-in for whatever would do something to the machine that the tests run on."""
    return [_without_danger(task) for task in tasks]


def _without_danger(task: Data) -> Data:
    task = copy.deepcopy(task)
    for part in _BLOCKS:
        if part in task:
            task[part] = without_danger(task[part])
    for action in [key for key in task if key not in _KEYWORDS and key not in _BLOCKS]:
        short = action.removeprefix("ansible.builtin.")
        if not action.startswith(f"{COLLECTION}.") and short not in _HARMLESS:
            del task[action]
            task["ansible.builtin.debug"] = {"msg": f"Here would be {action}"}
    return task


def safe_play(play: Data) -> Data:
    play = copy.deepcopy(play)
    for part in ("tasks", "pre_tasks", "post_tasks", "handlers"):
        if part in play:
            play[part] = without_danger(play[part])
    play["vars"] = {**VARIABLES, **play.get("vars", {})}
    return {"gather_facts": False, "connection": "local", **play, "become": False}


def faults(run: Run) -> list[str]:
    """Tasks that failed, but for those whose business it is to decide."""
    found = []
    for each in run.results:
        if each["status"] not in ("failed", "ignored", "unreachable"):
            continue
        result = each["result"]
        decided = each["action"] in _DECIDE or result.get("failed_when_result") is True
        if not decided or "error" in result:
            found.append(f"{each['task']}: {result.get('msg')}")
    if not run.results and run.rc:
        found.append(run.output[-1500:])
    return found


@dataclasses.dataclass
class Place:
    """A folder with what commands of examples name, and a simulator that they reach under the names that the examples use."""

    ansible: Ansible
    em: t.Any
    old: t.Any
    fingerprint: str

    def __post_init__(self) -> None:
        self.folder = self.ansible.directory
        self.commands = 0

    def reachable(self, text: str) -> str:
        """Names of the documentation's world replaced by those of the simulators. Documented ports stay where they are defaults."""
        text = re.sub(
            r"(host(?:name)?: )em-old\.example\.test(.*?port: )9399",
            rf"\g<1>{self.old.host}\g<2>{self.old.port}",
            text,
            flags=re.DOTALL,
        )
        text = text.replace("em01.example.test:9398", f"{self.em.host}:{self.em.port}")
        # A second server is the same one by another name, which its certificate has, too.
        text = re.sub(r"(host(?:name)?: )em02\.example\.test", r"\g<1>localhost", text)
        text = re.sub(r"(host(?:name)?: )em\d*[\w.-]*\.example\.test", rf"\g<1>{self.em.host}", text)
        text = re.sub(r"(user(?:name)?: )EXAMPLE\\\S+", rf"\g<1>{self.em.username}", text)
        text = re.sub(r"(ca_path: )/\S+", rf"\g<1>{self.em.ca_path}", text)
        text = re.sub(r"(dest: )/(?:\w+/)+", r"\g<1>./", text)
        return text.replace(
            "lookup('ansible.builtin.file', '/etc/ansible/em_password')",
            "lookup('ansible.builtin.env', 'VEEAM_EM_PASSWORD')",
        )

    def environment(self, **more: str) -> dict[str, str]:
        # Many small tasks: what each costs besides its work is most of it.
        return {"EXAMPLE_FINGERPRINT": self.fingerprint, "ANSIBLE_PIPELINING": "true", **more}

    def file(self, name: str) -> None:
        """A file that a command names and no block has given."""
        path = self.folder / name
        if path.exists() or name.startswith(("/", "~")):
            return
        if name.endswith(("enterprise_manager.yml", "veeam_em.yml")):
            path.write_text(f"plugin: {COLLECTION}.enterprise_manager\nsince: 2d\n")
            return
        groups = {name: {"hosts": dict.fromkeys(hosts)} for name, hosts in _GROUPS.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({"all": {"vars": _LOCAL, "children": groups}}))

    def playbook(self, plays: list[Data], inventory: str = "hosts.yml") -> Run:
        self.file(inventory)
        path = self.folder / "example.yml"
        path.write_text(yaml.safe_dump(plays, sort_keys=False, width=10000))
        self.commands += 1
        return self.ansible.run("ansible-playbook", "-i", inventory, path.name, em=self.em, env=self.environment())

    def tasks(self, given: list[Block]) -> dict[str, list[str]]:
        """All blocks of tasks in one run, a play each; what failed of each."""
        plays = []
        for block in given:
            tasks = without_danger(yaml.safe_load(self.reachable(block.text)))
            for task in tasks:
                if "ca_fingerprint" in str(task):
                    # The simulator's authority would be set beside it, which is refused.
                    task["environment"] = {"VEEAM_EM_CA_PATH": ""}
            # What stops a play by deciding must not keep the tasks after it from being tried.
            play = {"name": block.name, "hosts": "localhost", "ignore_errors": True, "tasks": tasks}
            plays.append(safe_play(play))
        run = self.playbook(plays)
        counted = {each["task"] for each in run.results}
        found = {}
        for block in given:
            names = {task.get("name") for task in block.data}
            wrong = [each for each in faults(run) if each.partition(":")[0] in names]
            missing = [f"{name} has not run: {run.output[-800:]}" for name in names - counted]
            found[block.name] = [*wrong, *missing]
        return found

    def inventory(self, data: Data) -> Run:
        path = self.folder / "enterprise_manager.yml"
        path.write_text(yaml.safe_dump(data, sort_keys=False, width=10000))
        self.commands += 1
        return self.ansible.run("ansible-inventory", "-i", path.name, "--list", em=self.em, env=self.environment())

    def console(self, command: str) -> Run:
        """A command as it stands there, with the files that it names."""
        words = shlex.split(command)
        for option, value in zip(words, words[1:], strict=False):
            if option == "-i":
                self.file(value)
        play = next((word for word in words if word.endswith(".yml") and not (self.folder / word).exists()), None)
        if play is not None and "ansible-playbook" in words:
            (self.folder / play).write_text(
                yaml.safe_dump([{"name": "Patch", "hosts": "all", "gather_facts": False, "tasks": []}])
            )
        self.commands += 1
        return self.ansible.run("sh", "-c", self.reachable(command), em=self.em, env=self.environment())


def commands_of(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the output that is shown below it. Prompts are optional where no output is shown."""
    text = re.sub(r"\\\n\s*", "", block.text)
    lines = [line for line in text.splitlines() if line.strip()]
    prompted = any(line.startswith("$ ") for line in lines)
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("$ ") or not prompted:
            found.append((line.removeprefix("$ ").partition("   #")[0], []))
        elif found:
            found[-1][1].append(line)
    return found


def shows(output: str, wanted: list[str]) -> str | None:
    """Whether the lines come in this order, numbers and ages aside; ``...`` stands for anything. What is missing, or None."""

    def plain(line: str) -> str:
        return " ".join(re.sub(r"\d+", "0", line).split())

    rest = iter([plain(line) for line in output.splitlines()])
    for line in wanted:
        pattern = re.escape(plain(line)).replace(re.escape("..."), ".*")
        if plain(line) == "...":
            continue
        if not any(re.fullmatch(pattern, each) for each in rest):
            return line
    return None


def own_options() -> frozenset[str]:
    """What an inventory file can have."""
    text = (ROOT / "plugins" / "inventory" / "enterprise_manager.py").read_text(encoding="utf-8")
    documented = yaml.safe_load(re.search(r'DOCUMENTATION = r"""\n(.*?)^"""', text, re.MULTILINE | re.DOTALL)[1])  # type: ignore[index]
    return frozenset(
        {
            *documented["options"],
            "keyed_groups",
            "groups",
            "compose",
            "strict",
            "cache",
            "cache_plugin",
            "cache_timeout",
            "cache_connection",
        }
    )


def role_of(data: Data) -> str | None:
    """The role whose variables these are."""
    roles = [path.name for path in (ROOT / "roles").iterdir() if path.is_dir()]
    return next(
        (
            role
            for role in roles
            if isinstance(data, dict) and data and all(str(key).startswith(f"{role}_") for key in data)
        ),
        None,
    )


def arguments_of(role: str) -> set[str]:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return {option for spec in specs["argument_specs"].values() for option in spec["options"]}


def make_targets() -> set[str]:
    return set(re.findall(r"^(\w+): ;", (Path(ROOT) / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
