"""The SQLite index of all runs: what a list needs, and who is working on what. The folders hold the rest."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.database import Database
from core.runs.record import RunState

_FIRST = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    dataset_sha256 TEXT NOT NULL,
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    error TEXT,
    epochs_done INTEGER NOT NULL DEFAULT 0,
    loss REAL,
    accuracy REAL,
    validation_loss REAL,
    validation_accuracy REAL,
    images_per_second REAL,
    has_weights INTEGER NOT NULL DEFAULT 0,
    owner_pid INTEGER,
    owner_started REAL
)
"""

_VERSIONS = (
    (_FIRST,),
    (
        "ALTER TABLE runs ADD COLUMN name TEXT",
        "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN continues TEXT",
    ),
    (
        "ALTER TABLE runs ADD COLUMN kept_at REAL",
        "ALTER TABLE runs ADD COLUMN trained_seconds REAL",
    ),
)

COLUMNS = (
    *("id", "state", "dataset_sha256", "created", "started", "ended", "error", "epochs_done", "loss", "accuracy"),
    *("validation_loss", "validation_accuracy", "kept_at", "images_per_second", "has_weights", "trained_seconds"),
    *("name", "note", "continues"),
)
"""What a `RunRecord` is made of, but for its spec. The two owner columns are the index's own."""

Row = dict[str, Any]


class RunIndex:
    """Rows of plain values, one for each run.

    Thread contract: any thread may call any method; one connection is shared behind a lock.
    Several processes may use the same file: every change happens in a `transaction`, which takes SQLite's write lock first.
    Every method raises `StorageError` when the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _VERSIONS, what="The index of runs", if_deleted="the index is rebuilt from the runs' folders")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once for other threads and processes, or, after an exception, not at all."""
        with self._database.transaction():
            yield

    def insert(self, row: Mapping[str, Any]) -> None:
        with self._database.open() as connection:
            columns = ", ".join(row)
            connection.execute(f"INSERT INTO runs ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))

    def update(self, run_id: str, values: Mapping[str, Any]) -> bool:
        """Change a run that has not ended; False if it has, or is not there: a final state never changes again."""
        active = _placeholders(_ACTIVE)
        with self._database.open() as connection:
            changes = ", ".join(f"{column} = ?" for column in values)
            statement = f"UPDATE runs SET {changes} WHERE id = ? AND state IN ({active})"
            return connection.execute(statement, (*values.values(), run_id, *_ACTIVE)).rowcount == 1

    def label(self, run_id: str, *, name: str | None, note: str) -> None:
        """Change what the user calls a run and wrote about it, whether it has ended or not."""
        with self._database.open() as connection:
            connection.execute("UPDATE runs SET name = ?, note = ? WHERE id = ?", (name, note, run_id))

    def delete(self, run_id: str) -> None:
        with self._database.open() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def find(self, run_id: str) -> Row | None:
        with self._database.open() as connection:
            found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM runs WHERE id = ?", (run_id,)).fetchone()
            return dict(zip(COLUMNS, found, strict=True)) if found else None

    def newest(self, limit: int, states: Collection[RunState]) -> list[Row]:
        """At most `limit` rows, newest first."""
        where = f"WHERE state IN ({_placeholders(states)})"
        statement = f"SELECT {', '.join(COLUMNS)} FROM runs {where} ORDER BY created DESC, rowid DESC LIMIT ?"
        with self._database.open() as connection:
            found = connection.execute(statement, (*states, limit)).fetchall()
            return [dict(zip(COLUMNS, row, strict=True)) for row in found]

    def active_owners(self) -> list[tuple[str, int, float]]:
        """Id, process id and process creation time (seconds since 1970) for every run that has not ended."""
        with self._database.open() as connection:
            statement = f"SELECT id, owner_pid, owner_started FROM runs WHERE state IN ({_placeholders(_ACTIVE)})"
            return list(connection.execute(statement, _ACTIVE))

    def ids(self) -> set[str]:
        with self._database.open() as connection:
            return {run_id for (run_id,) in connection.execute("SELECT id FROM runs")}

    def close(self) -> None:
        """Let go of the file. The next call opens it again."""
        self._database.close()


_ACTIVE = tuple(state for state in RunState if not state.is_final)


def _placeholders(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
