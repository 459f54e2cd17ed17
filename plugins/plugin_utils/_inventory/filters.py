# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The include and exclude conditions of the inventory plugin: the first one that is true decides. Private to the collection."""

from __future__ import annotations

import dataclasses
import typing as t

from ...module_utils._errors import SettingsError
from .expressions import Expressions

Evaluate = t.Callable[[str, t.Dict[str, t.Any]], t.Any]
_KINDS = ("include", "exclude")


@dataclasses.dataclass(frozen=True)
class Filter:
    """One condition; ``condition`` is an expression, or a boolean that holds for every host."""

    position: int
    includes: bool
    condition: str | bool

    def __str__(self) -> str:
        return f"filters[{self.position}] ({'include' if self.includes else 'exclude'}: {self.condition})"


def read_filters(entries: t.Any) -> list[Filter]:
    """The option ``filters``, checked. Raises SettingsError."""
    found = []
    for position, entry in enumerate(entries or []):
        if not isinstance(entry, dict) or len(entry) != 1 or next(iter(entry)) not in _KINDS:
            raise SettingsError(
                f"filters[{position}] is neither an include nor an exclude condition",
                hint="write each filter as one 'include: condition' or 'exclude: condition'",
            )
        kind, condition = next(iter(entry.items()))
        if not isinstance(condition, (str, bool)) or condition == "":
            raise SettingsError(
                f"filters[{position}] has the condition {condition!r}", hint="write an expression, true or false"
            )
        found.append(Filter(position, kind == "include", condition))
    return found


class HostFilter:
    """Decides for one host after the other."""

    def __init__(self, filters: t.Sequence[Filter], evaluate: Evaluate, expressions: Expressions) -> None:
        self._filters = filters
        self._evaluate = evaluate
        self._expressions = expressions

    def keeps(self, name: str, variables: dict[str, t.Any]) -> bool:
        """What the first true condition says; a host that none is true for stays. Raises SettingsError."""
        return next((one.includes for one in self._filters if self._is_true(one, name, variables)), True)

    def _is_true(self, one: Filter, name: str, variables: dict[str, t.Any]) -> bool:
        condition = one.condition
        if isinstance(condition, bool):
            return condition
        worked, result = self._expressions.attempt(str(one), name, self._evaluate, condition, variables)
        if worked and not isinstance(result, bool):
            raise SettingsError(
                f"{one} gives {type(result).__name__} and not true or false for {name!r}",
                hint="write a comparison or a test, such as 'jobs | length > 0' or 'name is defined'",
            )
        return worked and result
