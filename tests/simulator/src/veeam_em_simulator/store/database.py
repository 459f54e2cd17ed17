# SPDX-License-Identifier: GPL-3.0-or-later
"""The database behind the simulated Enterprise Manager: SQLite in memory, with the estate of the start behind a rollback."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from veeam_em_simulator.store.tables import INDICES, TABLES, text_indices

Row = sqlite3.Row
_FEW_ROWS = 2_000


class Database:
    """All that happens after `seal` is one open transaction, so `restore` brings back the start exactly, whatever was done."""

    def __init__(self, *, folded_names: bool) -> None:
        self._folded = folded_names
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("em_fold", 1, _fold, deterministic=True)
        self._connection.create_function("em_sees", 2, _sees, deterministic=True)
        self._columns: dict[str, list[str]] = {}
        self._rows = 0
        self._connection.execute("BEGIN")
        for table, columns in TABLES.items():
            self._connection.execute(f"CREATE TABLE {table} ({columns})")
            self._columns[table] = re.findall(r"(\w+) (?:TEXT|INTEGER|REAL)", columns)

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Adds rows, each with the values in the order of the table's columns; a row of the same id is replaced."""
        marks = ", ".join("?" * len(self._columns[table]))
        self._rows += self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows).rowcount

    def seal(self) -> None:
        """Ends the filling. Indices only pay where there are many rows; answers are the same without."""
        if self._rows > _FEW_ROWS:
            for statement in (*INDICES, *text_indices(folded=self._folded)):
                self._connection.execute(statement)
            self._connection.execute("ANALYZE")
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    def restore(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.execute("BEGIN")

    def close(self) -> None:
        self._connection.close()

    def rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        return self._connection.execute(statement, values).fetchall()

    def one(self, statement: str, values: Sequence[Any] = ()) -> Row | None:
        found: Row | None = self._connection.execute(statement, values).fetchone()
        return found

    def value(self, statement: str, values: Sequence[Any] = ()) -> Any:
        row = self._connection.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def execute(self, statement: str, values: Sequence[Any] = ()) -> int:
        return self._connection.execute(statement, values).rowcount


def _fold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _sees(patterns: str, name: str | None) -> bool:
    """Whether a name fits one of the patterns, one a line."""
    return name is not None and any(fnmatchcase(name.casefold(), pattern) for pattern in patterns.casefold().split("\n"))
