from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RunNotFound, RunNotReady, StorageError
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory, RunState
from core.training.events import ArtefactReady, Mark, Marked

SPEC = TrainingSpec(recipe="digits-64", epochs=3, seed=7)


def test_a_new_run_is_queued_and_found_again(store, open_store):
    record = store.create(SPEC, "abc")
    assert re.fullmatch("[0-9a-f]{12}", record.id)
    assert (record.state, record.spec, record.dataset_sha256) == (RunState.QUEUED, SPEC, "abc")
    assert store.load(record.id) == open_store().load(record.id) == record


def test_runs_are_listed_newest_first_and_by_state(store):
    first, second, third = (store.create(SPEC, "abc").id for _ in range(3))
    store.finish(second, RunState.STOPPED)
    assert [record.id for record in store.list()] == [third, second, first]
    assert [record.id for record in store.list(limit=2)] == [third, second]
    assert [record.id for record in store.list(states=(RunState.STOPPED, RunState.FAILED))] == [second]
    assert store.list(states=()) == ()


@pytest.mark.parametrize("run_id", ["0123456789ab", "", "../../etc", "0123456789AB", "0123456789ab\n", "a" * 5000])
def test_an_unknown_id_is_told_with_a_way_on_and_touches_nothing(store, home, run_id):
    for ask in (store.load, store.history, store.latest_weights, store.result, lambda one: store.artefact(one, "model.keras")):
        with pytest.raises(RunNotFound, match="Choose one from the list") as caught:
            ask(run_id)
        assert len(str(caught.value)) < 300
    assert not home.exists()


def test_what_a_run_says_reads_the_same_while_it_lives_and_from_its_folder(store, open_store, started, step_at, epoch_at):
    run_id = store.create(SPEC, "abc").id
    events = [started, step_at(1), step_at(20), epoch_at(1), step_at(40), epoch_at(2)]
    for event in events:
        store.append(run_id, event)
    expected = RunHistory(started, (step_at(1), step_at(20), step_at(40)), (epoch_at(1), epoch_at(2)))
    assert store.history(run_id) == expected
    assert open_store().history(run_id) == expected
    store.finish(run_id, RunState.FINISHED)
    assert store.history(run_id) == expected


def test_the_record_follows_the_events(store, open_store, started, step_at, epoch_at):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, started)
    assert store.load(run_id).state == RunState.RUNNING
    assert store.load(run_id).started is not None
    assert not store.load(run_id).has_weights
    store.append(run_id, step_at(1))
    assert store.load(run_id).epochs_done == 0
    store.append(run_id, epoch_at(2))
    store.append(run_id, ArtefactReady("weights/epoch-0002.npz", b"w2"))
    record = store.load(run_id)
    last = epoch_at(2)
    assert (record.epochs_done, record.loss, record.accuracy) == (2, last.loss, last.accuracy)
    assert (record.validation_loss, record.validation_accuracy, record.images_per_second) == (0.7, 1 / 3, 98765.4)
    assert record.has_weights
    assert open_store().load(run_id) == record


def test_asking_again_for_a_history_without_news_costs_nothing(store, step_at):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, step_at(1))
    assert store.history(run_id) is store.history(run_id)


def test_a_run_that_went_back_to_its_best_epoch_is_as_good_as_that(store, open_store, started, epoch_at):
    run_id = store.create(SPEC, "abc").id
    for event in (started, epoch_at(1), epoch_at(2), replace(epoch_at(3), validation_accuracy=0.2)):
        store.append(run_id, event)
    assert store.load(run_id).validation_accuracy == 0.2
    store.append(run_id, Marked(Mark.BEST_KEPT, 3, 60, 1.0, 2))
    assert store.history(run_id).kept_epoch == epoch_at(2)
    store.finish(run_id, RunState.FINISHED)
    for seen in (store, open_store()):
        record = seen.load(run_id)
        assert (record.epochs_done, record.validation_accuracy) == (3, epoch_at(2).validation_accuracy)


def test_a_stopped_run_is_as_good_as_the_weights_that_it_was_stopped_with(store, open_store, home, started, epoch_at):
    run_id = store.create(SPEC, "abc").id
    for event in (started, epoch_at(1), ArtefactReady("weights/final.npz", b"final")):
        store.append(run_id, event)
    kept = {"kept_at": 1.5, "loss": 0.2, "accuracy": 0.9, "validation_loss": 0.3, "validation_accuracy": 0.985}
    store.finish(run_id, RunState.STOPPED, result={"seconds": 12.5, "steps": 54, "kept": kept})
    outcome = json.loads((home / "runs" / run_id / "result.json").read_text())
    assert outcome["result"] == {"seconds": 12.5, "steps": 54}, "each number is there once"
    for seen in (store, open_store()):
        record = seen.load(run_id)
        assert {name: getattr(record, name) for name in kept} == kept
        assert (record.epochs_done, record.seconds) == (1, 12.5)


def test_a_run_that_was_lost_is_as_good_as_the_last_weights_that_it_handed_over(store, open_store, started, epoch_at):
    """Those of large networks come once a second at most, so that epochs were told whose weights are nowhere."""
    ended = {}
    for state in (RunState.INTERRUPTED, RunState.FAILED):
        run_id = ended[state] = store.create(SPEC, "abc").id
        for event in (started, epoch_at(1), ArtefactReady("weights/epoch-0001.npz", b"1"), replace(epoch_at(2), accuracy=0.9)):
            store.append(run_id, event)
        store.finish(run_id, state, error="It was lost.")
    for run_id in ended.values():
        record = open_store().load(run_id)
        assert (record.epochs_done, record.kept_at, record.accuracy) == (2, 1.0, epoch_at(1).accuracy)
        assert record.seconds == epoch_at(2).seconds


def test_the_newest_weights_are_the_final_ones_or_those_of_the_last_epoch(store):
    run_id = store.create(SPEC, "abc").id
    with pytest.raises(RunNotReady, match="not finished its first epoch"):
        store.latest_weights(run_id)
    for name in ("epoch-0009", "epoch-0010"):
        store.append(run_id, ArtefactReady(f"weights/{name}.npz", name.encode()))
    assert store.latest_weights(run_id) == b"epoch-0010"
    store.append(run_id, ArtefactReady("weights/final.npz", b"final"))
    assert store.latest_weights(run_id) == b"final"
    assert store.artefact(run_id, "weights/epoch-0009.npz") == b"epoch-0009"


def test_a_run_that_ended_without_weights_says_so(store):
    run_id = store.create(SPEC, "abc").id
    store.finish(run_id, RunState.FAILED, error="It broke.")
    with pytest.raises(RunNotReady, match=r"ended \(failed\)"):
        store.latest_weights(run_id)
    with pytest.raises(RunNotReady, match=r"no model\.keras"):
        store.artefact(run_id, "model.keras")


@pytest.mark.parametrize("name", ["../spec.json", "spec.json", "weights/../../x", "/etc/passwd", "weights/epoch-1.npz", "model.keras\n"])
def test_only_files_that_runs_have_are_written_or_read(store, home, name):
    run_id = store.create(SPEC, "abc").id
    before = sorted(home.rglob("*"))
    with pytest.raises(StorageError, match="not a file of a run"):
        store.append(run_id, ArtefactReady(name, b"x"))
    with pytest.raises(StorageError, match="not a file of a run"):
        store.artefact(run_id, name)
    assert sorted(home.rglob("*")) == before


def test_an_outcome_is_recorded_once_and_never_changes(store, open_store, step_at):
    run_id = store.create(SPEC, "abc").id
    store.finish(run_id, RunState.FAILED, error="The loss is not a number.", result={"steps": 5})
    ended = store.load(run_id)
    store.finish(run_id, RunState.FINISHED)
    open_store().finish(run_id, RunState.INTERRUPTED, error="late")
    store.append(run_id, step_at(9))
    store.append(run_id, ArtefactReady("weights/final.npz", b"late"))
    assert store.load(run_id) == open_store().load(run_id) == ended
    assert (ended.state, ended.error) == (RunState.FAILED, "The loss is not a number.")
    assert store.result(run_id) == {"steps": 5}
    assert store.history(run_id).steps == ()
    assert not ended.has_weights


def test_of_many_who_end_a_run_at_the_same_time_one_wins(store, open_store):
    run_id = store.create(SPEC, "abc").id
    stores = [store, open_store(), open_store()]
    barrier = threading.Barrier(12)

    def end(number: int) -> None:
        barrier.wait()
        stores[number % 3].finish(run_id, RunState.FAILED, error=str(number), result={"number": number})

    threads = [threading.Thread(target=end, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = open_store()
    assert fresh.load(run_id).error == str(fresh.result(run_id)["number"])


def test_a_run_can_not_end_in_a_state_that_is_not_final(store):
    run_id = store.create(SPEC, "abc").id
    with pytest.raises(ValueError, match="running"):
        store.finish(run_id, RunState.RUNNING)


def test_the_folder_explains_itself(store, home, started, epoch_at):
    run_id = store.create(SPEC, "abc").id
    store.append(run_id, started)
    store.append(run_id, epoch_at(1))
    store.finish(run_id, RunState.FINISHED, result={"steps": 36})
    folder = home / "runs" / run_id
    assert json.loads((folder / "spec.json").read_text())["recipe"] == "digits-64"
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["dataset_sha256"] == "abc"
    assert environment["training"]["environment"] == {"tensorflow": "2.21.0"}
    result = json.loads((folder / "result.json").read_text())
    assert (result["state"], result["epochs_done"], result["result"]) == ("finished", 1, {"steps": 36})
    assert (folder / "history.csv").read_text().startswith("kind,epoch,step,loss,accuracy,")
    assert not [path for path in folder.rglob("*") if path.suffix == ".tmp"]


def test_pages_can_read_while_a_run_is_written(store, step_at):
    run_id = store.create(SPEC, "abc").id
    lengths: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            steps = store.history(run_id).steps
            assert [event.step for event in steps] == list(range(len(steps)))
            lengths.append(len(steps))

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(300):
        store.append(run_id, step_at(step))
    done.set()
    reader.join()
    assert lengths == sorted(lengths)
    assert len(store.history(run_id).steps) == 300


def test_two_stores_on_one_home_see_each_others_runs(store, open_store, epoch_at):
    other = open_store()
    mine, theirs = store.create(SPEC, "abc").id, other.create(SPEC, "abc").id
    other.append(theirs, epoch_at(1))
    assert {record.id for record in store.list()} == {mine, theirs}
    assert store.load(theirs).epochs_done == 1
    assert store.history(theirs).epochs == (epoch_at(1),)
    other.append(theirs, epoch_at(2))
    assert len(store.history(theirs).epochs) == 2


def test_nothing_is_written_before_it_is_needed(store, home: Path):
    assert not home.exists()
    assert store.list() == ()


@pytest.mark.parametrize("address", ["![a](http://h.test/x.png)", "**b**", "../../etc/passwd", "x" * 41])
def test_an_address_that_can_be_no_id_is_not_repeated(store, address):
    with pytest.raises(RunNotFound, match=r"^There is no such run\.") as caught:
        store.load(address)
    assert address not in str(caught.value)
