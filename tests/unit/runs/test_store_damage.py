"""What is left when disks, files and processes let us down."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.errors import RunNotFound, StorageError
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import ArtefactReady

SPEC = TrainingSpec()
DEAD_PID = 2**22 + 1
"""Above the largest process id that Linux gives out."""


def set_owner(home: Path, run_id: str, pid: int | None, started: float | None) -> None:
    with sqlite3.connect(home / "inkling.sqlite") as connection:
        connection.execute("UPDATE runs SET owner_pid = ?, owner_started = ? WHERE id = ?", (pid, started, run_id))
    connection.close()


def test_a_line_that_a_crash_cut_off_is_left_out(store, open_store, home, step_at):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, step_at(1))
    store.append(run_id, step_at(2))
    path = home / "runs" / run_id / "history.csv"
    whole = path.read_bytes()
    last_line = whole.rindex(b"\n", 0, -1) + 1
    for size in range(last_line, len(whole)):
        path.write_bytes(whole[:size])
        assert open_store().history(run_id).steps == (step_at(1),)


def test_nothing_is_read_past_a_damaged_line(store, open_store, home, step_at):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, step_at(1))
    with (home / "runs" / run_id / "history.csv").open("ab") as file:
        file.write(b"\xff\xfe,garbage\n")
    store.append(run_id, step_at(2))
    assert open_store().history(run_id).steps == (step_at(1),)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"optimiser": "magic"}', b"\xff\xfe", b"[" * 100_000, b'{"epochs": ' + b"9" * 5_000 + b"}"]
)
def test_a_damaged_spec_is_named_and_other_runs_go_on(store, open_store, home, damage):
    broken, whole = store.create(SPEC, "abc").id, store.create(SPEC, "abc").id
    (home / "runs" / broken / "spec.json").write_bytes(damage)
    fresh = open_store()
    with pytest.raises(StorageError, match=r"spec\.json is damaged"):
        fresh.load(broken)
    assert [record.id for record in fresh.list()] == [whole]
    (reason,) = fresh.unreadable()
    assert "spec.json is damaged" in reason


def test_a_run_whose_folder_is_gone_is_not_found_and_other_runs_go_on(store, open_store, home):
    gone, whole = store.create(SPEC, "abc").id, store.create(SPEC, "abc").id
    shutil.rmtree(home / "runs" / gone)
    fresh = open_store()
    with pytest.raises(RunNotFound):
        fresh.load(gone)
    assert [record.id for record in fresh.list()] == [whole]
    set_owner(home, gone, DEAD_PID, 1.0)
    fresh.interrupt_abandoned()
    with pytest.raises(RunNotFound):
        fresh.load(gone)


def test_an_index_of_a_newer_version_is_refused_and_left_as_it_is(store, open_store, home):
    store.create(SPEC, "abc")
    store.close()
    with sqlite3.connect(home / "inkling.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="newer version of Inkling"):
        open_store().list()
    with pytest.raises(StorageError, match="newer version of Inkling"):
        open_store().create(SPEC, "abc")


def test_a_damaged_index_says_how_to_repair_it(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    store.close()
    for path in home.glob("inkling.sqlite*"):
        path.unlink()
    (home / "inkling.sqlite").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StorageError, match="rebuilt from the runs' folders"):
        open_store().list()
    (home / "inkling.sqlite").unlink()
    assert open_store().load(run_id).spec == SPEC


def test_a_lost_index_is_rebuilt_from_the_folders(store, open_store, home, started, epoch_at):
    done, cut_off, damaged = (store.create(SPEC, "abc").id for _ in range(3))
    store.append(done, started)
    store.append(done, epoch_at(1))
    store.finish(done, RunState.FAILED, error="The reason.")
    store.append(cut_off, epoch_at(2))
    store.append(cut_off, ArtefactReady("weights/epoch-0002.npz", b"w"))
    (home / "runs" / damaged / "environment.json").write_bytes(b"{")
    before = store.load(done)
    store.close()
    for path in home.glob("inkling.sqlite*"):
        path.unlink()

    fresh = open_store()
    fresh.interrupt_abandoned()
    assert fresh.load(done) == before
    record = fresh.load(cut_off)
    assert (record.state, record.epochs_done, record.has_weights) == (RunState.INTERRUPTED, 2, True)
    assert {record.id for record in fresh.list()} == {done, cut_off}
    with pytest.raises(StorageError, match=r"environment\.json is damaged"):
        fresh.load(damaged)


def test_runs_of_a_process_that_is_gone_are_interrupted_and_keep_what_they_learned(store, open_store, home, started, epoch_at):
    queued, running, finished = (store.create(SPEC, "abc").id for _ in range(3))
    store.append(running, started)
    store.append(running, epoch_at(1))
    store.append(running, ArtefactReady("weights/epoch-0001.npz", b"w1"))
    store.finish(finished, RunState.FINISHED)
    for run_id in (queued, running, finished):
        set_owner(home, run_id, DEAD_PID, 1.0)

    fresh = open_store()
    assert set(fresh.interrupt_abandoned()) == {queued, running}
    assert fresh.load(queued).state == RunState.INTERRUPTED
    assert "kept" in fresh.load(running).error
    assert fresh.load(running).epochs_done == 1
    assert fresh.history(running).epochs == (epoch_at(1),)
    assert fresh.latest_weights(running) == b"w1"
    assert fresh.load(finished).state == RunState.FINISHED
    assert fresh.interrupt_abandoned() == ()


def test_a_process_id_that_was_used_again_does_not_keep_a_run_alive(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    set_owner(home, run_id, os.getpid(), psutil.Process().create_time() - 3600)
    assert open_store().interrupt_abandoned() == (run_id,)


def test_runs_of_living_processes_are_left_alone(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    assert open_store().interrupt_abandoned() == ()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        set_owner(home, run_id, other.pid, psutil.Process(other.pid).create_time())
        assert open_store().interrupt_abandoned() == ()
        other.kill()
    assert open_store().interrupt_abandoned() == (run_id,)


def test_a_crash_between_the_result_file_and_the_index_keeps_the_result(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    store.finish(run_id, RunState.FINISHED, result={"steps": 3})
    with sqlite3.connect(home / "inkling.sqlite") as connection:
        connection.execute("UPDATE runs SET state = 'running', ended = NULL WHERE id = ?", (run_id,))
    connection.close()
    set_owner(home, run_id, DEAD_PID, 1.0)
    fresh = open_store()
    fresh.interrupt_abandoned()
    assert fresh.load(run_id).state == RunState.FINISHED


def test_a_home_that_can_not_be_written_to_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = RunStore(tmp_path / "file" / "home")
    with pytest.raises(StorageError, match="INKLING_HOME"):
        store.check_writable()
    with pytest.raises(StorageError, match="INKLING_HOME"):
        store.create(SPEC, "abc")
    with pytest.raises(StorageError, match="INKLING_HOME"):
        store.list()


def test_a_writable_home_is_made_and_left_clean(store, home):
    store.check_writable()
    assert list(home.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full to stand for a full disk")
def test_a_full_disk_is_told_and_the_curve_in_memory_goes_on(store, home, step_at):
    run_id = store.create(SPEC, "abc").id
    path = home / "runs" / run_id / "history.csv"
    path.unlink()
    path.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="disk is full"):
        store.append(run_id, step_at(1))
    assert store.history(run_id).steps == (step_at(1),)


def test_an_outcome_that_the_disk_refuses_is_still_seen_while_the_process_lives(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    shutil.rmtree(home / "runs" / run_id)
    with pytest.raises(StorageError):
        store.finish(run_id, RunState.FAILED, error="The disk is full.")
    assert (store.load(run_id).state, store.load(run_id).error) == (RunState.FAILED, "The disk is full.")
    store.finish(run_id, RunState.FINISHED)
    assert store.load(run_id).state == RunState.FAILED


def test_deleting_a_run_makes_room_before_it_needs_any(store, home, monkeypatch):
    run_id = store.create(SPEC, "abc", state=RunState.RUNNING).id
    store.finish(run_id, RunState.FINISHED)

    def refuse(run: str) -> None:
        assert not list((home / "runs").iterdir()), "its files are still there"
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store._index, "delete", refuse)
    with pytest.raises(StorageError, match="full"):
        store.delete(run_id)
    monkeypatch.undo()
    assert store.list() == ()
    with pytest.raises(RunNotFound):
        store.load(run_id)


def test_a_copy_of_a_runs_folder_is_a_run_of_its_own(store, open_store, home):
    run_id = store.create(SPEC, "abc", state=RunState.RUNNING).id
    store.append(run_id, ArtefactReady("weights/final.npz", b"w"))
    store.finish(run_id, RunState.FINISHED)
    shutil.copytree(home / "runs" / run_id, home / "runs" / "0123456789ab")
    fresh = open_store()
    fresh.interrupt_abandoned()
    assert {record.id: record.state for record in fresh.list()} == {run_id: RunState.FINISHED, "0123456789ab": RunState.FINISHED}
    fresh.delete("0123456789ab")
    assert [record.id for record in fresh.list()] == [run_id]


OTHER = b'{"kind": "list", "training": 3, "created": 1.0, "dataset_sha256": "a", "state": 7, "name": 5, "note": [], "continues": 9}'


@pytest.mark.parametrize("name", ["environment.json", "result.json", "about.json", "glimpse.json", "marks.csv", "history.csv"])
def test_a_file_that_holds_another_document_is_told_or_does_no_harm(store, open_store, home, name):
    run_id = store.create(SPEC, "abc", state=RunState.RUNNING).id
    store.finish(run_id, RunState.FINISHED, result={"steps": 1})
    (home / "runs" / run_id / name).write_bytes(OTHER)
    fresh = open_store()
    fresh.interrupt_abandoned()
    told = []
    for read in (fresh.load, fresh.history, fresh.result, fresh.glimpse, fresh.learned, fresh.history_file):
        try:
            read(run_id)
        except StorageError as error:
            told.append(str(error))
    assert bool(told) == (name in ("environment.json", "result.json"))
    # Also where the index has lost it.
    (home / "inkling.sqlite").unlink()
    again = open_store()
    again.interrupt_abandoned()
    again.list()
