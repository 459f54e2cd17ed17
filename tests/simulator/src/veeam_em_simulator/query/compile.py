# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter expressions as SQL with parameters."""

from __future__ import annotations

from typing import Any

from veeam_em_simulator.clock import parse_time
from veeam_em_simulator.identifiers import guid_of
from veeam_em_simulator.query.fields import Field, Kind, QueryType
from veeam_em_simulator.query.grammar import Comparison, FilterError, Group

Sql = tuple[str, list[Any]]
_OPERATORS = {"==": "=", "!=": "<>", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}


def find_field(query_type: QueryType, name: str) -> Field:
    field = query_type.fields.get(name.lower())
    if field is None:
        raise FilterError(f"The property '{name}' of the type {query_type.name} cannot be used in a query.")
    return field


def condition(query_type: QueryType, node: Comparison | Group, *, exact_names: bool) -> Sql:
    """The WHERE expression of a filter."""
    if isinstance(node, Group):
        parts = [condition(query_type, part, exact_names=exact_names) for part in node.parts]
        joined = (" AND " if node.every else " OR ").join(text for text, _ in parts)
        return f"({joined})", [value for _, values in parts for value in values]
    return _comparison(find_field(query_type, node.field), node, exact_names=exact_names)


def order_by(field: Field, *, descending: bool, exact_names: bool) -> str:
    """The ORDER BY expression of a sort field."""
    direction = "DESC" if descending else "ASC"
    if field.kind is Kind.ENUM:
        cases = " ".join(f"WHEN '{value}' THEN {number}" for number, value in enumerate(field.values))
        return f"CASE {field.column} {cases} END {direction}"
    if field.kind is Kind.TEXT and not exact_names:
        return f"em_fold({field.column}) {direction}"
    return f"{field.column} {direction}"


def _comparison(field: Field, node: Comparison, *, exact_names: bool) -> Sql:
    operator = _OPERATORS[node.operator]
    if field.kind is Kind.ENUM:
        return _enum(field, node)
    if field.kind is Kind.TEXT:
        value: Any = node.value if exact_names else node.value.casefold()
        form = "{}" if exact_names else "em_fold({})"
        if field.via is not None:
            column, table = field.via
            return f"{column} IN (SELECT v.id FROM {table} v WHERE {form.format('v.name')} {operator} ?)", [value]
        return f"{form.format(field.column)} {operator} ?", [value]
    try:
        value = _value(field, node.value)
    except ValueError as error:
        raise FilterError(f"The value '{node.value}' does not fit the property '{field.name}'.") from error
    if operator == "<>":
        return f"({field.column} <> ? OR {field.column} IS NULL)", [value]
    return f"{field.column} {operator} ?", [value]


def _value(field: Field, text: str) -> Any:
    if field.kind is Kind.TIME:
        return parse_time(text)
    if field.kind is Kind.NUMBER:
        number = float(text) if "." in text else int(text)
        if abs(number) >= 1 << 63:
            raise ValueError(text)
        return number
    if field.kind is Kind.BOOLEAN:
        lowered = text.lower()
        if lowered not in ("true", "false"):
            raise ValueError(text)
        return int(lowered == "true")
    return guid_of(text)


def _enum(field: Field, node: Comparison) -> Sql:
    """Enums compare by their place in the declared order, whatever the case of the literal."""
    places = {value.lower(): number for number, value in enumerate(field.values)}
    place = places.get(node.value.lower())
    if field.open and place is None and node.operator in ("==", "!="):
        return f"em_fold({field.column}) {_OPERATORS[node.operator]} ?", [node.value.casefold()]
    if field.open and node.operator == "!=":
        return f"{field.column} <> ?", [field.values[place or 0]]
    if place is None:
        raise FilterError(f"The value '{node.value}' does not fit the property '{field.name}'.")
    tests = {
        "==": lambda n: n == place,
        "!=": lambda n: n != place,
        ">=": lambda n: n >= place,
        "<=": lambda n: n <= place,
        ">": lambda n: n > place,
        "<": lambda n: n < place,
    }
    wanted = [value for number, value in enumerate(field.values) if tests[node.operator](number)]
    if len(wanted) == 1:
        return f"{field.column} = ?", list(wanted)
    return f"{field.column} IN ({', '.join('?' * len(wanted))})", list(wanted)
