# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of content in the README is the content."""

from __future__ import annotations

import re

from .plugins import COLLECTION, ROOT, content


def test_readme_lists_the_content() -> None:
    """Every plugin, role and playbook is named, and nothing is named that does not exist."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in content() if f"`{name}`" not in text and f"{COLLECTION}.{name}" not in text]
    assert not missing
    named = set(re.findall(rf"{re.escape(COLLECTION)}\.(\w+)", text)) - {"em"}
    assert named <= set(content())
