# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m generator ROOT [--check]``: writes the generated blocks, or says in which files they are not what the tables say."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from generator import blocks
from generator.sources import SOURCES

FOLDERS = ("plugins", "roles", "docs")
FILES = ("README.md",)
SUFFIXES = (".py", ".yml", ".md", ".rst")


def files(root: Path) -> list[Path]:
    found = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in SUFFIXES]
    return sorted([*found, *(root / name for name in FILES)])


def main(root: Path, check: bool) -> int:
    """Once more after something was written, as one text can be made of another."""
    count, drifted = run(root, check)
    if drifted and not check:
        run(root, check)
    print(f"{count} generated blocks, {drifted} files {'differ' if check else 'written'}")
    return 1 if not count or (check and drifted) else 0


def run(root: Path, check: bool) -> tuple[int, int]:
    """How many blocks there are, and how many files differed. Raises BlockError."""
    count = drifted = 0
    for path in files(root):
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(root))
        try:
            written, here = blocks.rewrite(text, SOURCES)
        except blocks.BlockError as error:
            raise blocks.BlockError(f"{name}: {error}") from error
        count += here
        if written == text:
            continue
        drifted += 1
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(
                    text.splitlines(True), written.splitlines(True), name, f"{name} by dev.py generate", n=1
                )
            )
        else:
            path.write_text(written, encoding="utf-8")
            print(f"written: {name}")
    return count, drifted


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), "--check" in sys.argv[2:]))
    except blocks.BlockError as error:
        sys.exit(str(error))
