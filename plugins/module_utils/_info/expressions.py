# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks a filter expression that a user wrote, as far as the documentation tells what it may hold. Pure. Private to the collection.

The grammar is that of the EM pages query_comparison, query_and_or and query_grouping.
"""

from __future__ import annotations

import re

from .._errors import SettingsError, nearest, one_of
from .._records.resources import Resource

OPERATORS = ("==", "!=", ">=", "<=", ">", "<")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_TERM = re.compile(r"\s*(?P<field>[A-Za-z_]\w*)\s*(?P<operator>[^\w\s\"]*)", re.ASCII)
_BETWEEN_TERMS = re.compile(r"[();,]")
# Only what is nearly a known name is a mistake: servers filter by more fields than their pages list.
_NEARLY = 0.75
_UNLISTED = ("HierarchyObjRef", "VmName")
"""Fields of restore points that no page lists, and that live clients filter by."""


def check_expression(text: str, resource: Resource) -> None:
    """Raises SettingsError for an operator that does not exist, and for a field whose name is nearly one of the resource's."""
    for term in _BETWEEN_TERMS.split(_QUOTED.sub('""', text)):
        match = _TERM.match(term)
        if match is None:
            continue
        _check_operator(match["field"], match["operator"])
        _check_field(match["field"], resource)


def nearest_fields(name: str, resource: Resource) -> list[str]:
    """The fields that a misspelt one may mean."""
    return nearest(name, resource.fields, 3, _NEARLY)


def _check_operator(field: str, operator: str) -> None:
    if operator in OPERATORS:
        return
    raise SettingsError(
        f"filter compares {field} by {operator!r}" if operator else f"filter does not compare {field} with anything",
        hint=f"the operators are {' '.join(OPERATORS)}; a semicolon is AND, a comma is OR",
    )


def _check_field(field: str, resource: Resource) -> None:
    known = (*resource.fields, *_UNLISTED)
    if not resource.fields or field.lower() in {one.lower() for one in known}:
        return
    meant = nearest_fields(field, resource)
    if meant:
        raise SettingsError(
            f"filter names the field {field}, which a {resource.type_name} does not have",
            hint=f"did you mean {one_of(meant)}? Its fields are {', '.join(resource.fields)}",
        )
