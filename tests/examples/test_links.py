# SPDX-License-Identifier: GPL-3.0-or-later
"""Links of everything that people read: those into the repository lead somewhere, the others are well-formed."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .blocks import ROOT, pages

REPOSITORY = "https://github.com/backup-ops/veeam_em/"
_MARKDOWN = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)|<(?P<bare>https?://[^>\s]+)>")
_RST = re.compile(r"`[^`<]*<(?P<target>[^>`]+)>`_")
_REFERENCE = re.compile(r":ref:`(?:[^`<]*<)?(?P<label>[^>`]+)>?`")
_DOCUMENTED = re.compile(r"(?:L\([^,]+,\s*|U\(|link: )(?P<target>https?://[^)\s]+)")
FILES = sorted([
    *pages(), *ROOT.glob("*.md"), ROOT / "tests" / "simulator" / "README.md", ROOT / "galaxy.yml",
    *(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "doc_fragments").glob("*.py"), *(ROOT / "docs" / "docsite").glob("*.yml"),
])  # fmt: skip


def links_of(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [match["target"] or match["bare"] for match in _MARKDOWN.finditer(text)]
    if path.suffix == ".rst":
        return [match["target"] for match in _RST.finditer(text) if "://" in match["target"]]
    if path.suffix == ".py":
        return [match["target"] for match in _DOCUMENTED.finditer(text)]
    return re.findall(r"https?://[^\s'\"]+", text)


def anchors_of(path: Path) -> set[str]:
    """As the forge makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def fault(link: str, origin: Path) -> str | None:
    """What is wrong with a link."""
    if link.startswith(REPOSITORY):
        inside = link.removeprefix(REPOSITORY)
        if inside.startswith(("blob/main/", "tree/main/")):
            return inner(ROOT / inside[len("blob/main/") :].partition("#")[0], inside.partition("#")[2])
        known = ("issues", "releases", "discussions", "security", "actions", "pulls", "")
        return None if inside.partition("/")[0] in known else "a place that the forge does not have"
    parts = urlsplit(link)
    if not parts.scheme:
        path = origin.parent / link.partition("#")[0] if link.partition("#")[0] else origin
        return inner(path, link.partition("#")[2])
    good = parts.scheme in ("https", "http") and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.hostname or "")
    return None if good and "//" not in parts.path else "not well-formed"


def inner(path: Path, anchor: str) -> str | None:
    if not path.exists():
        return f"{path.relative_to(ROOT)} does not exist"
    return (
        None if not anchor or anchor in anchors_of(path) else f"{path.relative_to(ROOT)} has no heading for #{anchor}"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path: Path) -> None:
    found = {link: fault(link, path) for link in links_of(path)}
    assert {link: wrong for link, wrong in found.items() if wrong} == {}


def test_references_between_pages_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in pages() if path.suffix == ".rst"]
    labels = {label for text in texts for label in re.findall(r"^\.\. _([\w.]+):$", text, re.MULTILINE)}
    used = {match["label"] for text in texts for match in _REFERENCE.finditer(text)}
    assert used
    assert {label for label in used if ".docsite." in label} <= labels


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (f"{REPOSITORY}blob/main/no/such.md", "does not exist"),
        (f"{REPOSITORY}blob/main/README.md#no-such", "has no heading"),
        (f"{REPOSITORY}wiki", "does not have"),
        ("no-such.md", "does not exist"),
        ("https://exa mple.test/", "not well-formed"),
        ("htps://example.test/", "not well-formed"),
    ],
)
def test_a_bad_link_is_noticed(link: str, words: str) -> None:
    assert words in (fault(link, ROOT / "README.md") or "")


def test_links_are_found() -> None:
    assert sum(len(links_of(path)) for path in FILES) > 20
