"""`DrawingStore`: the kept drawings of this machine, in one SQLite file."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.database import Database
from core.datasets.image_set import fingerprint
from core.drawing.ink import Ink
from core.drawings.kept import MAX_DRAWINGS, Answer, KeptDrawing, NewDrawing, check_drawing, check_label
from core.errors import DrawingError, StorageError

_APPLICATION = 0x496E6B44
""""InkD" in ASCII: by SQLite's application id, a file of drawings is told from any other."""

# AUTOINCREMENT: a number that was deleted is never given to another drawing, so that what follows from one can be kept under it.
_SCHEMA = """
CREATE TABLE drawings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    kept REAL NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    ink BLOB NOT NULL,
    reader TEXT,
    title TEXT,
    read_as TEXT,
    probability REAL
)
"""

_COLUMNS = "id, fingerprint, label, kept, height, width, reader, title, read_as, probability"
_INSERT = """
INSERT INTO drawings (fingerprint, label, kept, height, width, ink, reader, title, read_as, probability)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO NOTHING
"""

_AT_ONCE = 500
"""Ids in one question to SQLite, which takes a thousand or more."""


class DrawingStore:
    """Keeps drawings, each only once, with their labels.

    Thread contract: any thread may call any method, and several processes may use the same file.
    Everything handed out is frozen. Every method raises `StorageError` when the file can't be used.
    """

    def __init__(self, home: Path) -> None:
        """`home` is Inkling's own folder. Nothing on disk is touched yet."""
        self._path = home / "drawings.sqlite"
        self._database = Database(
            self._path,
            versions=((_SCHEMA,),),
            what="The collection of drawings",
            if_deleted="the drawings in it are lost",
            application=_APPLICATION,
        )

    def add(self, drawing: NewDrawing) -> bool:
        """Keep a drawing; False if one with exactly this ink is there already, which then stays as it is.

        Raises `DrawingError` if it can't be kept: see `check_drawing`, or the collection is full.
        """
        return self.add_all([drawing]) == 1

    def add_all(self, drawings: Iterable[NewDrawing]) -> int:
        """Keep all of these, or, if one of them can't be kept, none. Returns how many were not there yet. Raises as `add`."""
        added = 0
        with self._database.transaction() as connection:
            for drawing in drawings:
                check_drawing(drawing)
                added += connection.execute(_INSERT, _row(drawing)).rowcount
            if _count(connection) > MAX_DRAWINGS:
                raise DrawingError(
                    f"The collection would hold more than {MAX_DRAWINGS:,} drawings, the most that it takes."
                    " Save it as a file on My handwriting and delete some there."
                )
        return added

    def find_label(self, ink: Ink) -> str | None:
        """What exactly this ink is kept as; None if it is not."""
        with self._database.open() as connection:
            found = connection.execute("SELECT label FROM drawings WHERE fingerprint = ?", (_name(ink),)).fetchone()
            return found[0] if found else None

    def count(self) -> int:
        with self._database.open() as connection:
            return _count(connection)

    def list(self) -> tuple[KeptDrawing, ...]:
        """All drawings without their ink, in the order in which they were kept."""
        with self._database.open() as connection:
            return tuple(_build(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM drawings ORDER BY id"))

    def inks(self, ids: Sequence[int]) -> Iterator[Ink]:
        """The ink of each of these, one after the other: all together may be gigabytes.

        Raises `DrawingError` if one is not there (any more).
        """
        for first in range(0, len(ids), _AT_ONCE):
            packed = self._packed(ids[first : first + _AT_ONCE])
            for id in ids[first : first + _AT_ONCE]:
                if id not in packed:
                    raise DrawingError("One of the drawings is not there any more; it was deleted meanwhile. Reload the page.")
                yield self._unpack(*packed[id])

    def relabel(self, ids: Sequence[int], label: str) -> None:
        """Correct what these drawings are. Raises `DrawingError` if that is no name of a class."""
        check_label(label)
        with self._database.transaction() as connection:
            connection.executemany("UPDATE drawings SET label = ? WHERE id = ?", [(label, id) for id in ids])

    def delete(self, ids: Sequence[int]) -> None:
        """Remove these, for good. One that is gone already counts as removed."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM drawings WHERE id = ?", [(id,) for id in ids])

    def close(self) -> None:
        """Let go of the file. The next call opens it again."""
        self._database.close()

    def _packed(self, ids: Sequence[int]) -> dict[int, tuple[int, int, bytes]]:
        marks = ", ".join("?" * len(ids))
        with self._database.open() as connection:
            rows = connection.execute(f"SELECT id, height, width, ink FROM drawings WHERE id IN ({marks})", tuple(ids))
            return {id: (height, width, ink) for id, height, width, ink in rows}

    def _unpack(self, height: int, width: int, packed: bytes) -> Ink:
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(packed, height * width)
        except (zlib.error, TypeError) as error:
            raise self._damaged() from error
        if len(data) != height * width or unpacker.unconsumed_tail:
            raise self._damaged()
        return np.frombuffer(data, np.uint8).reshape(height, width)

    def _damaged(self) -> StorageError:
        return StorageError(f"The collection of drawings, {self._path}, is damaged. Delete that file; the drawings in it are lost.")


def _name(ink: Ink) -> str:
    """The same for the same ink alone: its bytes do not tell 2 x 3 from 3 x 2 pixels. Half a hash is plenty for a few thousand."""
    return f"{ink.shape[0]}x{ink.shape[1]}-{fingerprint(ink)[:32]}"


def _row(drawing: NewDrawing) -> tuple[object, ...]:
    ink, answer = np.ascontiguousarray(drawing.ink), drawing.answer
    of_answer = (answer.reader, answer.title, answer.read_as, answer.probability) if answer else (None,) * 4
    return (_name(ink), drawing.label, drawing.kept, *ink.shape, zlib.compress(ink.tobytes()), *of_answer)


def _build(row: tuple[Any, ...]) -> KeptDrawing:
    id, name, label, kept, height, width, reader, title, read_as, probability = row
    answer = Answer(reader, title, read_as, probability) if reader is not None else None
    return KeptDrawing(id, name, label, kept, height, width, answer)


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM drawings").fetchone()[0])
