# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the code blocks of README, guides, role READMEs and plugin examples by itself."""

from __future__ import annotations

import dataclasses
import re
import textwrap
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "backup_ops.veeam_em"
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"^(?P<indent> *)\.\. code-block:: *(?P<language>[\w+-]+)$")
_EXAMPLES = re.compile(r'^EXAMPLES = r?"""\n(?P<text>.*?)^"""', re.MULTILINE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Block:
    """One code block, or one document of a plugin's examples."""

    path: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def data(self) -> t.Any:
        return yaml.safe_load(self.text)

    @property
    def file_name(self) -> str | None:
        """A first comment that is the name of a file tells what the block is to be called."""
        match = re.match(r"# ([\w.-]+\.(?:yml|yaml|json|ini))\s*(?::.*)?$", self.text.splitlines()[0])
        return match[1] if match else None


def pages() -> list[Path]:
    """Whatever people read that has code in it."""
    found = [
        ROOT / "README.md",
        *(ROOT / "roles").glob("*/README.md"),
        *(ROOT / "docs" / "docsite" / "rst").glob("*.rst"),
    ]
    return sorted(found)


def plugins() -> list[Path]:
    kinds = ("modules", "inventory", "filter", "lookup", "action")
    return sorted(path for kind in kinds for path in (ROOT / "plugins" / kind).glob("[a-z]*.py"))


def blocks() -> list[Block]:
    """All of them, in the order of the files."""
    return [block for path in (*pages(), *plugins()) for block in blocks_of(path)]


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(ROOT))
    if path.suffix == ".md":
        return [
            Block(name, _line(text, match.start()), match["language"], textwrap.dedent(match["text"]))
            for match in _FENCE.finditer(text)
        ]
    return list(_of_rst(name, text) if path.suffix == ".rst" else _of_plugin(name, text))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _of_rst(name: str, text: str) -> t.Iterator[Block]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = _DIRECTIVE.match(line)
        if found is None:
            continue
        depth = len(found["indent"])
        taken = []
        for following in lines[number + 1 :]:
            if following.strip() and len(following) - len(following.lstrip()) <= depth:
                break
            taken.append(following)
        content = textwrap.dedent("\n".join(each for each in taken if not each.strip().startswith(":")))
        yield Block(name, number + 1, found["language"], content.strip("\n") + "\n")


def _of_plugin(name: str, text: str) -> t.Iterator[Block]:
    found = _EXAMPLES.search(text)
    if found is None:
        return
    # Documents are told apart by a line of dashes; comments before it belong to the next one.
    line = _line(text, found.start("text"))
    for document in re.split(r"^---\n", found["text"], flags=re.MULTILINE):
        if yaml.safe_load(document) is not None:
            yield Block(name, line, "yaml", document)
        line += document.count("\n") + 1
