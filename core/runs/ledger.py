"""What people did with test images on this machine: how often they were opened, and what was said of their labels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.database import Database
from core.datasets.image_set import Split

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS openings (
        dataset_sha256 TEXT NOT NULL, run_id TEXT NOT NULL, opened REAL NOT NULL,
        PRIMARY KEY (dataset_sha256, run_id)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS votes (
        dataset_sha256 TEXT NOT NULL, split TEXT NOT NULL, position INTEGER NOT NULL, verdict TEXT NOT NULL, run_id TEXT NOT NULL,
        given REAL NOT NULL, PRIMARY KEY (dataset_sha256, split, position)
    )
    """,
)


class Verdict(StrEnum):
    """What somebody thinks of an image that a network reads otherwise than its label says."""

    LABEL_WRONG = "label wrong"
    AMBIGUOUS = "ambiguous"
    NETWORK_WRONG = "network wrong"


@dataclass(frozen=True)
class Vote:
    """One image's verdict. `position` is its place in that half; `run_id` the network it was looked at with; `given` seconds since 1970."""

    split: Split
    position: int
    verdict: Verdict
    run_id: str
    given: float


class Ledger:
    """Openings and votes, in one SQLite file beside the index of runs. They belong to a set's content, not to its name.

    Thread contract: any thread may call any method, and several processes may use the same file.
    Every method raises `StorageError` when the file can't be used.
    """

    def __init__(self, home: Path) -> None:
        """`home` is Inkling's own folder. Nothing on disk is touched yet."""
        self._database = Database(
            home / "ledger.sqlite",
            versions=(_SCHEMA,),
            what="The ledger of test images",
            if_deleted="its votes and openings are lost",
        )

    def open_test(self, dataset_sha256: str, run_id: str) -> None:
        """Note that a run's answers to the test images of a set are looked at. Once for each run: a second look tells nothing new."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO openings VALUES (?, ?, ?)", (dataset_sha256, run_id, time.time()))

    def is_open(self, dataset_sha256: str, run_id: str) -> bool:
        with self._database.open() as connection:
            found = connection.execute("SELECT 1 FROM openings WHERE dataset_sha256 = ? AND run_id = ?", (dataset_sha256, run_id))
            return found.fetchone() is not None

    def count_openings(self, dataset_sha256: str) -> int:
        """Of how many runs, deleted ones included, the answers to this set's test images were looked at."""
        with self._database.open() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM openings WHERE dataset_sha256 = ?", (dataset_sha256,)).fetchone()[0])

    def vote(self, dataset_sha256: str, split: Split, position: int, verdict: Verdict | None, run_id: str) -> None:
        """Give an image a verdict in place of any earlier one; None takes it back."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM votes WHERE dataset_sha256 = ? AND split = ? AND position = ?", (dataset_sha256, split.value, position)
            )
            if verdict is not None:
                row = (dataset_sha256, split.value, position, verdict.value, run_id, time.time())
                connection.execute("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?, ?, ?)", row)

    def votes(self, dataset_sha256: str) -> tuple[Vote, ...]:
        """All verdicts on images of a set, in the order of the file, the test half first."""
        with self._database.open() as connection:
            chosen = "SELECT split, position, verdict, run_id, given FROM votes WHERE dataset_sha256 = ? ORDER BY split, position"
            rows = connection.execute(chosen, (dataset_sha256,)).fetchall()
        return tuple(Vote(Split(split), position, Verdict(verdict), *rest) for split, position, verdict, *rest in rows)

    def close(self) -> None:
        """Let go of the file. The next call opens it again."""
        self._database.close()
