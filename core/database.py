"""`Database`: one SQLite file of Inkling's own, shared by threads and processes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import StorageError
from core.storage import ADVICE, storage_errors

_LOCK_SECONDS = 10.0
"""How long to wait while another process writes. Each of our transactions takes milliseconds."""

_RETRY_SECONDS = 0.01


class Database:
    """A file that is opened, and where it is missing made, at the first use.

    Thread contract: any thread may call any method; one connection is shared behind a lock.
    Several processes may use the same file: a `transaction` takes SQLite's write lock first.
    Every method raises `StorageError` when the file can't be used, is damaged, is not Inkling's or of a newer version.
    """

    def __init__(self, path: Path, versions: Sequence[Sequence[str]], *, what: str, if_deleted: str, application: int = 0) -> None:
        """`versions[n]` are the statements that bring a file of version n to the next; those of 0 make a new one.

        `what` the file is, and what happens `if_deleted`, is said where it can't be used. Where an `application` id is given,
        a file that bears another is refused and not changed.
        """
        self._path, self._versions, self._application = path, versions, application
        self._what, self._if_deleted = what, if_deleted
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """The connection, this thread's alone meanwhile. Outside a `transaction` each statement stands for itself."""
        with self._lock, storage_errors(self._path, self._what, self._if_deleted):
            if self._connection is not None and not self._is_in_place():
                # What would be written to it would be gone with the next start.
                self.close()
            if self._connection is None:
                self._connection = self._connect()
                self._identity = _identify(self._path)
            yield self._connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens at once for other threads and processes, or, after an exception, not at all."""
        with self.open() as connection, _transaction(connection):
            yield connection

    def close(self) -> None:
        """Let go of the file. The next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _is_in_place(self) -> bool:
        """False if the open file was removed, or another was put in its place. Costs a few microseconds."""
        return self._identity is not None and self._identity == _identify(self._path)

    def _connect(self) -> sqlite3.Connection:
        if self._path.exists() and not os.access(self._path.parent, os.W_OK):
            return self._connect_to_read()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            # In a transaction, because another process may be making the same tables.
            with _transaction(connection):
                self._prepare(connection)
            # Only now, when the file is known to be ours: this changes it.
            _write_ahead(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        """On a disk that can't be written to, what is there can be read all the same: SQLite has to be told that nobody changes it."""
        address = f"{self._path.absolute().as_uri()}?immutable=1"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            self._check(connection)
            if _read(connection, "user_version") < len(self._versions):
                raise StorageError(f"{self._what}, {self._path}, is of an older version of Inkling and can't be written to. {ADVICE}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self._check(connection)
        version, newest = _read(connection, "user_version"), len(self._versions)
        if version < newest:
            for statements in self._versions[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {self._application}")
            connection.execute(f"PRAGMA user_version = {newest}")

    def _check(self, connection: sqlite3.Connection) -> None:
        """Raises `StorageError` for a file that is not ours, or newer than this Inkling."""
        version, newest = _read(connection, "user_version"), len(self._versions)
        is_new = version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        if self._application and _read(connection, "application_id") != (0 if is_new else self._application):
            raise StorageError(f"{self._path} is a database, but not Inkling's. Move that file elsewhere and try again.")
        if version > newest:
            raise StorageError(
                f"{self._what}, {self._path}, was written by a newer version of Inkling (format {version}; expected {newest})."
                " Update Inkling, or set INKLING_HOME to another folder."
            )


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _identify(path: Path) -> tuple[int, int] | None:
    """Which file that is, under whatever name; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _read(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let others read while one writes: SQLite's write-ahead log."""
    patience_ends = time.monotonic() + _LOCK_SECONDS
    # The switch needs the file for itself, and is the one thing for which SQLite does not wait. Once one has done it, it holds for all.
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience_ends:
                raise
            time.sleep(_RETRY_SECONDS)
    # This can lose the last moments to a power cut, never to a crash of Inkling, and never damages the file.
    connection.execute("PRAGMA synchronous = NORMAL")
