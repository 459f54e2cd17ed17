# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of the cookbook are run, and what they show is what the page says, and what two estates have in them."""

from __future__ import annotations

import re
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from support.commands import Ansible, Run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "guide_cookbook.rst"
_BLOCK = re.compile(r"^(?:\.\. code-block)?::(?: (\w+))?\n\n((?:    .*\n|\n)+)", re.MULTILINE)
_FILTER = re.compile(r"\|\s*([\w.]+)")
FILTERS = {"length", "join", "default", "selectattr", "backup_ops.veeam_em.listing"}
CSV = "sessions.csv"
NIGHT_FAILED = [
    *(f"app{number:02}" for number in range(2, 11)),
    *(f"web{number:02}" for number in range(6, 21)),
]
NIGHT_LEFT = [f"hv{number:02}" for number in range(6, 11)]


def blocks() -> list[tuple[str, str]]:
    """Language and text of each code block of the page; the first one is the play around the tasks."""
    return [(kind, textwrap.dedent(text).strip()) for kind, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))][
        1:
    ]


def recipes() -> list[tuple[list[dict[str, t.Any]], list[str]]]:
    """The tasks of each recipe, and the lines that the page shows below them."""
    found = blocks()
    assert [kind for kind, _text in found] == ["yaml", ""] * 10
    return [(yaml.safe_load(tasks), shown.splitlines()) for (_, tasks), (_, shown) in zip(found[::2], found[1::2])]


def said(result: dict[str, t.Any]) -> list[str]:
    """What a debug task showed, one text for each item of its loop."""
    messages = [item["msg"] for item in result["results"]] if "results" in result else [result["msg"]]
    return [str(text) for message in messages for text in (message if isinstance(message, list) else [message])]


def answers(ansible: Ansible, em: t.Any) -> list[list[str]]:
    """What each recipe shows; all of them in one run."""
    plays = []
    for number, (tasks, _shown) in enumerate(recipes()):
        named = [{**task, "name": f"{number}: {task['name']}"} for task in tasks]
        for task in named:
            if "ansible.builtin.copy" in task:
                task["ansible.builtin.copy"]["dest"] = str(ansible.directory / CSV)
        plays.append({"name": str(number), "hosts": "localhost", "gather_facts": False, "tasks": named})
    run: Run = ansible.playbook(yaml.safe_dump(plays, sort_keys=False, width=10000), em=em)
    assert run.rc == 0, run.output
    last = {}
    for each in run.results:
        assert each["status"] in ("ok", "skipped"), each
        last[int(each["task"].partition(":")[0])] = each
    csv = (ansible.directory / CSV).read_text(encoding="utf-8-sig").splitlines()
    return [
        csv if each["action"].endswith("copy") else [] if each["status"] == "skipped" else said(each["result"])
        for _number, each in sorted(last.items())
    ]


def first_words(lines: list[str]) -> list[str]:
    return [line.partition(" ")[0] for line in lines]


def plain(lines: list[str]) -> list[str]:
    """Without what differs from day to day."""
    return [re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", line) for line in lines]


def test_tasks_are_short() -> None:
    for kind, text in blocks():
        if kind == "yaml":
            assert len(text.splitlines()) <= 17, text
            assert max(map(len, text.splitlines())) <= 100 - 4, text
            assert set(_FILTER.findall(text)) <= FILTERS, text


@pytest.mark.simulator(estate="demo")
def test_what_the_page_shows(ansible: Ansible, simulator: t.Any) -> None:
    found = answers(ansible, simulator)
    for (tasks, shown), lines in zip(recipes(), found, strict=True):
        assert plain(lines) == plain(shown), tasks[0]["name"]


@pytest.mark.simulator(estate="night-of-failures")
def test_a_night_of_failures(ansible: Ansible, simulator: t.Any) -> None:
    failed, disabled, full, without, running, newest, twice, csv, counts, compared = answers(ansible, simulator)
    assert sorted(first_words(failed)) == sorted(NIGHT_FAILED)
    assert all("): " in line for line in failed)
    assert (disabled, full, without, running, twice) == ([], [], [], [], [])
    assert first_words(newest) == ["web01"]
    assert sorted(csv[1:]) == [f'"{name}","failed","vbr01.example.test"' for name in ("Applications", "Web")]
    assert counts == ["{'vbr01.example.test': 2, 'vbr02.example.test': 1}"]
    assert compared == [
        "Not in Enterprise Manager: twin01, crm01",
        "Of several machines: ",
        "Not in the CMDB: 38 machines",
    ]
