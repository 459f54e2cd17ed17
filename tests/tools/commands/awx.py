# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the files of docs/awx that are made from the role awx_setup."""

from __future__ import annotations

from devtool import awx_files
from devtool.paths import ROOT


def main(_arguments: list[str]) -> int:
    for path, text in awx_files.files().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0
