# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes each mistake of devtool/mutations.py in a copy and says which step caught it: 'dev.py mutate [WORD…]'."""

from __future__ import annotations

import shutil
import subprocess
import sys

from devtool import artifact, environments, process
from devtool.mutations import MUTATIONS, Mutation
from devtool.paths import BUILD

COPY = BUILD / "mutate" / "copy"
# Set-up that is dear and that no mutation changes.
_SHARED = ("venvs", "home", "interpreters", "pip-cache")
# Made here: an environment that the copy made would be gone with it.
_ENVIRONMENTS = (
    "dev",
    "demo",
    "tools",
    "browser",
    "module",
    f"core-{environments.MAIN_CORE}",
    f"core-{next(iter(environments.CORES))}",
)


def main(arguments: list[str]) -> int:
    chosen = [each for each in MUTATIONS if not arguments or any(word in each.name for word in arguments)]
    if not chosen:
        raise process.ToolError(f"there is no such mistake; there are: {', '.join(each.name for each in MUTATIONS)}")
    for name in _ENVIRONMENTS:
        environments.ensure(name)
    missed = [each.name for each in chosen if not _caught(each)]
    print(f"\n{len(chosen) - len(missed)} caught, {len(missed)} missed{''.join(f'; {name}' for name in missed)}")
    return 1 if missed else 0


def _caught(mutation: Mutation) -> bool:
    _fresh_copy()
    if mutation.released:
        _tool("release")
    path = COPY / mutation.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise process.ToolError(
            f"{mutation.name}: {mutation.file} holds {mutation.old!r} {text.count(mutation.old)} times"
        )
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    code, shown = _tool("pytest", "-q", *mutation.only) if mutation.only else _tool("test", mutation.step)
    found = next((line.strip() for line in shown.splitlines() if mutation.says in line), None)
    caught = code != 0 and found is not None
    print(f"{'caught' if caught else 'MISSED':7} {mutation.name}\n        {mutation.file}: {mutation.step}: ", end="")
    print(
        (found or shown[-500:])
        .replace(f"{COPY}/", "")
        .replace(".build/tree/ansible_collections/backup_ops/veeam_em/", "")[:200],
        flush=True,
    )
    return caught


def _fresh_copy() -> None:
    """What is tracked or would be; the copy never meets the work tree again."""
    shutil.rmtree(COPY, ignore_errors=True)
    artifact.copy(COPY)
    (COPY / ".build").mkdir()
    for name in _SHARED:
        (BUILD / name).mkdir(parents=True, exist_ok=True)
        (COPY / ".build" / name).symlink_to(BUILD / name)


def _tool(*arguments: str) -> tuple[int, str]:
    """The development tool of the copy: exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, COPY / "tests" / "tools" / "dev.py", *arguments],
        cwd=COPY, env=process.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, f"{done.stdout}\n{done.stderr}"
