# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from veeam_em_simulator.query.grammar import Comparison, FilterError, Group, parse_filter


def c(field: str, operator: str, value: str) -> Comparison:
    return Comparison(field, operator, value)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Result==Failed", c("Result", "==", "Failed")),
        ('Name=="a b"', c("Name", "==", "a b")),
        ("Name==a b", c("Name", "==", "ab")),
        ('Name=="say ""hi"""', c("Name", "==", 'say "hi"')),
        ('Name==""Backup""', c("Name", "==", '"Backup"')),
        ('Name==""', c("Name", "==", "")),
        ('Name=="a;b,(c)==d"', c("Name", "==", "a;b,(c)==d")),
        ("FreeSpace<107374182400", c("FreeSpace", "<", "107374182400")),
        ("((Result!=Failed))", c("Result", "!=", "Failed")),
        ("a>=1;b<=2", Group(True, (c("a", ">=", "1"), c("b", "<=", "2")))),
        ("a==1,b==2;c==3", Group(False, (c("a", "==", "1"), Group(True, (c("b", "==", "2"), c("c", "==", "3")))))),
        ("(a==1,b==2);c==3", Group(True, (Group(False, (c("a", "==", "1"), c("b", "==", "2"))), c("c", "==", "3")))),
        ("t>2026-01-05T00:00:00.5Z", c("t", ">", "2026-01-05T00:00:00.5Z")),
        ("u==urn:veeam:Job:1-2", c("u", "==", "urn:veeam:Job:1-2")),
        (' a == "x" ; b == 2 ', Group(True, (c("a", "==", "x"), c("b", "==", "2")))),
    ],
)
def test_an_expression_is_understood(text: str, parsed: object) -> None:
    assert parse_filter(text) == parsed


@pytest.mark.parametrize("text", ["Result", "Result==", "==Failed", "(a==1", "a==1)", "a==1;;b==2", "a=1", 'a=="x', "a==1 and b==2=", "a==1,"])
def test_nonsense_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(FilterError, match="position"):
        parse_filter(text)
