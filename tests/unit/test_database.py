"""What all files of SQLite's have in common: made once, brought along, refused, and opened by many at the same time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.database import Database
from core.errors import StorageError

ROOT = Path(__file__).parents[2]
OURS = 0x1234
VERSIONS = (("CREATE TABLE things (name TEXT)",), ("ALTER TABLE things ADD COLUMN size REAL", "CREATE INDEX by_size ON things (size)"))


def make(path: Path, versions: tuple[tuple[str, ...], ...] = VERSIONS, application: int = OURS) -> Database:
    return Database(path, versions, what="The shelf", if_deleted="all is lost", application=application)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "shelf.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = make(path)
    yield database
    database.close()


def change(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def names(database: Database) -> list[str]:
    with database.open() as connection:
        return [name for (name,) in connection.execute("SELECT name FROM things ORDER BY rowid")]


def add(database: Database, name: str) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO things (name) VALUES (?)", (name,))


def test_a_file_is_made_at_the_first_use_and_not_before(database: Database, path: Path) -> None:
    assert not path.parent.exists()
    assert names(database) == []
    assert path.exists()


def test_closing_lets_go_and_the_next_use_opens_it_again(database: Database, path: Path) -> None:
    add(database, "a lamp")
    database.close()
    database.close()
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name]
    assert names(database) == ["a lamp"]


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO things (name) VALUES ('half')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    add(database, "whole")
    assert names(database) == ["whole"]


def test_an_older_file_is_brought_along_with_what_is_in_it(path: Path) -> None:
    older = make(path, VERSIONS[:1])
    add(older, "old")
    older.close()
    newer = make(path)
    with newer.transaction() as connection:
        connection.execute("UPDATE things SET size = 2")
    newer.close()
    assert names(make(path)) == ["old"]


def test_a_failure_on_the_way_to_a_newer_version_leaves_the_older_one(path: Path) -> None:
    older = make(path, VERSIONS[:1])
    add(older, "old")
    older.close()
    with pytest.raises(StorageError, match="The shelf"):
        names(make(path, (*VERSIONS, ("this is no SQL",))))
    assert names(make(path)) == ["old"]


def test_a_newer_file_is_left_alone(path: Path) -> None:
    make(path).close()
    change(path, f"PRAGMA application_id = {OURS}", "CREATE TABLE later (a)", "PRAGMA user_version = 7")
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"newer version of Inkling \(format 7; expected 2\)"):
        names(make(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("statement", ["CREATE TABLE things (name TEXT)", "PRAGMA application_id = 99", "PRAGMA user_version = 1"])
def test_a_file_of_somebody_else_is_left_alone(path: Path, statement: str) -> None:
    change(path, statement)
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not Inkling's"):
        names(make(path))
    assert path.read_bytes() == before


def test_what_is_no_database_says_what_is_lost_with_it(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database, but long enough to be taken for one" * 100)
    with pytest.raises(StorageError, match=r"The shelf, .*shelf\.sqlite, is damaged: .* all is lost\."):
        names(make(path))


def test_many_may_open_a_new_file_at_the_same_moment(path: Path) -> None:
    """To switch on the write-ahead log is refused at once, without waiting, while anybody else reads or writes."""
    for attempt in range(20):
        file = path.with_name(f"{attempt}.sqlite")
        databases = [make(file) for _ in range(8)]
        ready, failed = threading.Barrier(len(databases)), []

        def use(database: Database, ready: threading.Barrier = ready, failed: list[StorageError] = failed) -> None:
            ready.wait()
            try:
                add(database, "one")
            except StorageError as error:
                failed.append(error)

        threads = [threading.Thread(target=use, args=(database,)) for database in databases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(names(databases[0])) == len(databases)
        for database in databases:
            database.close()


def test_another_program_that_is_writing_is_waited_for(database: Database, path: Path) -> None:
    names(database)
    database.close()
    code = (
        "import sqlite3, sys, time\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN IMMEDIATE'); connection.execute(\"INSERT INTO things (name) VALUES ('theirs')\")\n"
        "print('writing', flush=True); time.sleep(0.3); connection.execute('COMMIT')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout is not None and other.stdout.readline()
        add(database, "ours")
    assert names(database) == ["theirs", "ours"]


def test_what_is_written_after_the_file_was_removed_is_there_after_a_restart(database: Database, path: Path) -> None:
    add(database, "before")
    for file in list(path.parent.iterdir()):
        file.unlink()
    path.parent.rmdir()
    add(database, "after")
    fresh = make(path)
    assert names(fresh) == names(database) == ["after"]
    fresh.close()


def test_a_file_on_a_disk_that_can_not_be_written_to_is_read_and_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = make(path)
    add(earlier, "kept")
    earlier.close()
    monkeypatch.setattr("core.database.os.access", lambda folder, how: False)
    database = make(path)
    assert names(database) == ["kept"]
    with pytest.raises(StorageError, match="INKLING_HOME"):
        add(database, "new")
    database.close()
    older = make(path, versions=(*VERSIONS, ("CREATE TABLE more (name TEXT)",)))
    with pytest.raises(StorageError, match="older version"):
        names(older)
    monkeypatch.undo()
    assert names(earlier) == ["kept"]
    earlier.close()
