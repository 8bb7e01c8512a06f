"""What a user does to runs: name, annotate, delete, continue; and what a run says beside its curves."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from core.errors import InklingError, RunNotFound
from core.networks.spec import TrainingSpec
from core.runs.folder import _parse_spec
from core.runs.record import RunState
from core.runs.store import MAX_NAME, MAX_NOTE
from core.training.events import ArtefactReady, EpochEnded, Glimpsed, LayerHealth, Mark, Marked, StepsTaken

SPEC = TrainingSpec(recipe="digits-64", epochs=3, seed=7)
GLIMPSE = Glimpsed(2, 72, (3, 5), np.ones((2, 10), "<f4").tobytes(), (LayerHealth("dense_1", 0.1, 0.2, 0.3, 0.4),), b"\x00\x3c", (1, 1, 1))


@pytest.mark.parametrize("has_ended", [False, True])
def test_a_name_and_a_note_are_kept_while_a_run_is_trained_and_afterwards(store, open_store, has_ended):
    run_id = store.create(SPEC, "abc").id
    if has_ended:
        store.finish(run_id, RunState.FINISHED)
    store.describe(run_id, name="  Größe <b>64</b> ", note="First try.\nSlow.")
    for one in (store, open_store()):
        record = one.load(run_id)
        assert (record.name, record.note) == ("Größe <b>64</b>", "First try.\nSlow.")
        assert one.list()[0].name == record.name
    store.describe(run_id, name=" ")
    assert (store.load(run_id).name, store.load(run_id).note) == (None, "")


@pytest.mark.parametrize(("name", "note"), [("x" * (MAX_NAME + 1), ""), ("a\nb", ""), ("fine", "x" * (MAX_NOTE + 1))])
def test_a_name_or_note_that_can_not_be_shown_is_refused_and_changes_nothing(store, name, note):
    run_id = store.create(SPEC, "abc").id
    store.describe(run_id, name="before", note="before")
    with pytest.raises(InklingError, match="expected at most"):
        store.describe(run_id, name=name, note=note)
    assert (store.load(run_id).name, store.load(run_id).note) == ("before", "before")


def test_names_survive_a_lost_index(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    store.finish(run_id, RunState.FINISHED)
    store.describe(run_id, name="Mine", note="A note.")
    store.close()
    for path in home.glob("inkling.sqlite*"):
        path.unlink()
    assert (open_store().load(run_id).name, open_store().load(run_id).note) == ("Mine", "A note.")


def test_an_index_of_the_first_version_is_brought_along(store, open_store, home):
    run_id = store.create(SPEC, "abc").id
    store.finish(run_id, RunState.FINISHED)
    store.close()
    with sqlite3.connect(home / "inkling.sqlite") as connection:
        for column in ("name", "note", "continues", "kept_at", "trained_seconds"):
            connection.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    later = open_store()
    assert later.load(run_id).name is None
    later.describe(run_id, name="Mine")
    assert [record.name for record in later.list()] == ["Mine"]


def test_a_run_of_an_earlier_version_says_what_it_had(store, open_store, home, started, epoch_at):
    """Its index and its folder know neither what its last weights were measured to be nor how long its training took."""
    run_id = store.create(SPEC, "abc").id
    for event in (started, epoch_at(1), epoch_at(2)):
        store.append(run_id, event)
    store.finish(run_id, RunState.STOPPED)
    store.close()
    path = home / "runs" / run_id / "result.json"
    outcome = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in outcome.items() if name not in ("kept_at", "trained_seconds")}))
    with sqlite3.connect(home / "inkling.sqlite") as connection:
        for column in ("kept_at", "trained_seconds"):
            connection.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    record = open_store().load(run_id)
    assert (record.validation_accuracy, record.kept_at, record.epochs_done) == (epoch_at(2).validation_accuracy, None, 2)
    assert record.seconds == record.ended - record.started
    (home / "inkling.sqlite").unlink()
    rebuilt = open_store()
    rebuilt.interrupt_abandoned()
    assert rebuilt.load(run_id).validation_accuracy == epoch_at(2).validation_accuracy


def test_a_deleted_run_is_gone_with_all_its_files(store, open_store, home):
    kept, gone = store.create(SPEC, "abc").id, store.create(SPEC, "abc").id
    store.append(gone, ArtefactReady("weights/final.npz", b"w"))
    for run_id in (kept, gone):
        store.finish(run_id, RunState.FINISHED)
    store.delete(gone)
    for one in (store, open_store()):
        with pytest.raises(RunNotFound):
            one.load(gone)
        assert [record.id for record in one.list()] == [kept]
    assert [path.name for path in (home / "runs").iterdir()] == [kept]


def test_a_run_that_is_trained_can_not_be_deleted(store):
    run_id = store.create(SPEC, "abc").id
    with pytest.raises(InklingError, match="Stop it first"):
        store.delete(run_id)
    assert store.load(run_id).state == RunState.QUEUED


def test_what_a_crash_left_of_a_deletion_is_removed_at_the_next_start(store, open_store, home):
    (home / "runs" / ".deleted-0123456789ab" / "weights").mkdir(parents=True)
    open_store().interrupt_abandoned()
    assert list((home / "runs").iterdir()) == []


def test_marks_and_the_last_glimpse_read_the_same_from_memory_and_disk(store, open_store, started):
    run_id = store.create(SPEC, "abc").id
    assert store.glimpse(run_id) is None
    marks = (Marked(Mark.RATE_CHANGED, 1, 20, 0.5, 0.1), Marked(Mark.PAUSED, 2, 40, 1.0), Marked(Mark.RESUMED, 2, 40, 1.0))
    for event in (started, *marks, replace(GLIMPSE, step=36), GLIMPSE):
        store.append(run_id, event)
    for one in (store, open_store()):
        assert one.history(run_id).marks == marks
        assert one.glimpse(run_id) == GLIMPSE


def test_a_run_is_paused_until_it_goes_on(store, open_store, started):
    run_id = store.create(SPEC, "abc").id
    for event, state in (
        (started, RunState.RUNNING),
        (Marked(Mark.PAUSED, 1, 3, 0.1), RunState.PAUSED),
        (Marked(Mark.RATE_CHANGED, 1, 3, 0.1, 2.0), RunState.PAUSED),
        (Marked(Mark.RESUMED, 1, 3, 0.1), RunState.RUNNING),
    ):
        store.append(run_id, event)
        assert store.load(run_id).state == open_store().load(run_id).state == state
        assert not state.is_final


def test_a_damaged_glimpse_or_name_is_no_reason_to_lose_a_run(store, home, started):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, started)
    store.finish(run_id, RunState.FINISHED)
    for name in ("glimpse.json", "about.json", "marks.csv"):
        (home / "runs" / run_id / name).write_bytes(b'{"\xff half a file')
    assert store.glimpse(run_id) is None
    assert store.history(run_id).marks == ()
    assert store.load(run_id).name is None


def test_a_run_that_continues_another_begins_with_its_curves_and_weights(store, open_store, started):
    old = store.create(SPEC, "abc").id
    rate = {"learning_rate": 0.25}
    for event in (
        started,
        StepsTaken(1, 18, 1.0, 0.5, None, None, 1.0, 0.1, **rate),
        EpochEnded(1, 36, 0.9, 0.6, 0.8, 0.7, 1.0, 0.2, **rate),
        Marked(Mark.RATE_CHANGED, 1, 30, 0.15, 0.5),
        ArtefactReady("weights/epoch-0001.npz", b"first"),
        StepsTaken(2, 50, 0.7, 0.7, None, None, 1.0, 0.3, **rate),
        Marked(Mark.PAUSED, 2, 50, 0.3),
    ):
        store.append(old, event)
    store.finish(old, RunState.STOPPED)
    new = store.create(SPEC, "abc", continues=store.load(old))
    assert (new.continues, new.epochs_done, new.has_weights, new.state) == (old, 1, True, RunState.QUEUED)
    for one in (store, open_store()):
        history = one.history(new.id)
        assert [point.step for point in (*history.steps, *history.epochs)] == [18, 36]
        assert history.epochs[0].learning_rate == 0.25
        assert [mark.step for mark in history.marks] == [30]
        assert one.latest_weights(new.id) == b"first"
        assert one.load(new.id).continues == old
    store.append(new.id, ArtefactReady("weights/epoch-0001.npz", b"other"))
    assert store.latest_weights(old) == b"first"
    store.finish(new.id, RunState.FINISHED)
    store.delete(old)
    assert list(open_store().weights_by_epoch(new.id)) == [1]


def test_histories_of_the_first_version_are_read(store, home, started, step_at, epoch_at):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, started)
    store.finish(run_id, RunState.FINISHED)
    (home / "runs" / run_id / "history.csv").write_text(
        "kind,epoch,step,loss,accuracy,validation_loss,validation_accuracy,images_per_second,seconds\n"
        "StepsTaken,1,5,0.5,0.25,,,100.0,0.1\nEpochEnded,1,36,0.4,0.5,0.6,0.75,100.0,0.2\n"
    )
    history = store.history(run_id)
    assert history.steps == (StepsTaken(1, 5, 0.5, 0.25, None, None, 100.0, 0.1),)
    assert history.epochs == (EpochEnded(1, 36, 0.4, 0.5, 0.6, 0.75, 100.0, 0.2),)


def test_the_files_of_a_run_can_be_asked_for(store, started, epoch_at):
    run_id = store.create(SPEC, "abc").id
    for event in (started, epoch_at(1)):
        store.append(run_id, event)
    assert not store.has_artefact(run_id, "model.keras")
    store.append(run_id, ArtefactReady("model.keras", b"PK"))
    assert store.has_artefact(run_id, "model.keras")
    heading, line, end = store.history_file(run_id).decode().split("\n")
    assert heading.startswith("kind,epoch,step,loss,accuracy")
    assert (line.split(",")[:3], end) == (["EpochEnded", "1", "36"], "")
    for ask in (lambda one: store.has_artefact(one, "model.keras"), store.history_file):
        with pytest.raises(RunNotFound):
            ask("0123456789ab")


def test_a_list_asked_for_again_does_not_read_the_settings_again(store, open_store):
    for seed in (1, 2):
        store.finish(store.create(SPEC.model_copy(update={"seed": seed}), "abc").id, RunState.FINISHED)
    fresh = open_store()
    first, second = ([record.spec for record in fresh.list()] for _ in range(2))
    assert [spec.seed for spec in first] == [2, 1]
    assert all(one is other for one, other in zip(first, second, strict=True))
    assert _parse_spec.cache_info().maxsize >= 10_000


def test_a_name_that_another_inkling_gives_outlives_the_end_of_the_run(store, open_store):
    run_id = store.create(SPEC, "abc", state=RunState.RUNNING).id
    store.history(run_id)
    open_store().describe(run_id, name="Ada", note="named meanwhile")
    store.finish(run_id, RunState.FINISHED)
    assert (store.load(run_id).name, store.load(run_id).note) == ("Ada", "named meanwhile")
