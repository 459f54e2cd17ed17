# SPDX-License-Identifier: GPL-3.0-or-later
"""What is suggested for a misspelt word, and how the sentence of an error ends."""

from __future__ import annotations

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError, advice, nearest, one_of
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._info.doctor.check import Check, Status

KNOWN = ["max_age", "needed_at", "Backup"]


@pytest.mark.parametrize(("word", "meant"), [("max_ages", "max_age"), ("MAXAGE", "max_age"), ("bakcup", "Backup")])
def test_nearest(word: str, meant: str) -> None:
    assert nearest(word, KNOWN) == [meant]
    assert advice(word, iter(KNOWN)) == f"did you mean {meant}?"


def test_nothing_is_near() -> None:
    assert nearest("something else", KNOWN) == []
    assert nearest("bakcup", KNOWN, likeness=0.95) == []
    assert advice("something else", iter(KNOWN)) == "use max_age, needed_at, Backup"


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_one_of(words: list[str], text: str) -> None:
    assert one_of(words) == text


def test_a_sentence_has_one_end() -> None:
    assert (
        str(SettingsError("there is no key nam", hint=advice("nam", ["name"])))
        == "there is no key nam; did you mean name?"
    )
    assert str(SettingsError("it is wrong.", hint="repair it.")) == "it is wrong; repair it."
    assert Check("name", Status.WARNING, "it is wrong.", "is that meant?").line.endswith(
        "it is wrong. -> is that meant?"
    )
