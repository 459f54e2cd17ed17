# SPDX-License-Identifier: GPL-3.0-or-later
"""The database behind the simulated Enterprise Manager: SQLite in memory, with the estate of the start behind a rollback."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from veeam_em_simulator.store.tables import INDICES, TABLES, text_indices

Row = sqlite3.Row


class Database:
    """All that happens after `seal` is one open transaction, so `restore` brings back the start exactly, whatever was done."""

    def __init__(self, *, folded_names: bool) -> None:
        self._folded = folded_names
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("em_fold", 1, _fold, deterministic=True)
        self._columns: dict[str, list[str]] = {}
        self._connection.execute("BEGIN")
        for table, columns in TABLES.items():
            self._connection.execute(f"CREATE TABLE {table} ({columns})")
            self._columns[table] = re.findall(r"(\w+) (?:TEXT|INTEGER|REAL)", columns)

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Adds rows, each with the values in the order of the table's columns; a row of the same id is replaced."""
        marks = ", ".join("?" * len(self._columns[table]))
        self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)

    def seal(self) -> None:
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
