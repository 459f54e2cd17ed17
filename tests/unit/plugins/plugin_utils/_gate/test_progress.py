# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.progress import Progress


def test_lines_are_shown_once_each_and_only_when_they_have_an_end(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.write_text("one\ntw", encoding="utf-8")
    shown: list[str] = []
    progress = Progress(path, shown.append)
    progress.look()
    assert shown == ["one"]
    with progress, path.open("a", encoding="utf-8") as file:
        file.write("o\nthree\n")
    assert shown == ["one", "two", "three"]
