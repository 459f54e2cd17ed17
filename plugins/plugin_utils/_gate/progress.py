# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module says while it runs, which Ansible would show only at its end. Private to the collection."""

from __future__ import annotations

import threading
import typing as t
from pathlib import Path

_LOOK_EVERY = 0.5


class Progress:
    """Shows the lines that a module adds to a file, as they come; a context manager."""

    def __init__(self, path: Path, show: t.Callable[[str], None]) -> None:
        self._path = path
        self._show = show
        self._shown = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()
        self.look()

    def look(self) -> None:
        """Shows what is new; a line that has no end yet is left for the next time."""
        lines = self._path.read_text(encoding="utf-8").split("\n")[:-1]
        for line in lines[self._shown :]:
            self._show(line)
        self._shown = len(lines)

    def _watch(self) -> None:
        while not self._end.wait(_LOOK_EVERY):
            self.look()
