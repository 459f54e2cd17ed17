# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters evidence and listing in playbooks: the examples of the guide, as they stand there."""

from __future__ import annotations

import re
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from support.commands import Ansible

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "guide_verify.rst"


def examples() -> list[dict[str, t.Any]]:
    section = GUIDE.read_text(encoding="utf-8").partition("\nEvidence\n--------\n")[2]
    blocks = re.findall(r"\.\. code-block:: yaml\+jinja\n\n((?:    .*\n|\n)+)", section)
    return [task for block in blocks for task in yaml.safe_load(textwrap.dedent(block))]


@pytest.mark.ends
def test_examples_of_the_guide(ansible: Ansible, simulator: t.Any) -> None:
    tasks = examples()
    assert len(tasks) == 4
    play = [{"name": "Play", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    run = ansible.playbook(yaml.safe_dump(play, sort_keys=False, allow_unicode=True), em=simulator)
    assert run.rc == 0, run.output
    page, text = ((ansible.directory / f"mail.{end}").read_text(encoding="utf-8") for end in ("html", "txt"))
    for part in (page, text):
        assert "NO-GO" in part
        assert "db02" in part
        assert re.search(r"Next run: 20\d\d-", part)
    (table,) = [each["result"]["msg"] for each in run.results if each["task"].endswith("next runs")]
    assert table[0].endswith(" jobs")
    assert table[2].split() == ["NAME", "NEXT", "RUN"]
    assert len(table) > 4
