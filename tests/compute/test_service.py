"""The service's own logic, with a cluster written by hand: everything but Dask and TensorFlow is real."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.compute.cluster import Cluster, ConnectionLost
from core.compute.endings import Ending, TrainingRaised, TrainingReturned, WorkerLost, message_to_dict
from core.compute.jobs import JobState
from core.compute.lanes import Lane
from core.compute.service import ComputeService, EngineState
from core.compute.status import READY
from core.compute.supervisor import MAX_FAILURES
from core.compute.tasks import ModelSource, consult
from core.datasets.image_set import Images, ImageSet
from core.errors import Cancelled, DatasetError, EngineUnavailable, InklingError, RunNotFound, RunNotReady, SpecError
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import Learned, RunStore
from core.training.events import ArtefactReady, EpochEnded, TrainingEvent, TrainingStarted

SPEC = TrainingSpec(dataset="digits")
EPOCH = EpochEnded(1, 45, 0.5, 0.8, None, None, 1000.0, 0.1)


class FakeCluster:
    """Trains nothing; tests speak for its workers. Answers with ones."""

    def __init__(self, on_message: Callable[[Mapping[str, Any]], None]) -> None:
        self.on_message = on_message
        self.alive = True
        self.cold: frozenset[Lane] = frozenset()
        self.dies_when_asked_to_train = self.dies_with_it = False
        self.losing = self.losing_trainings = 0
        self.closed = False
        self.on_lost: dict[str, Callable[[str, Ending], None]] = {}
        self.begun: set[str] = set()
        self.stopped: list[str] = []
        self.places = 1
        self.working: dict[Lane, str] = {}
        self.learned: dict[str, Learned | None] = {}
        self.wishes: list[tuple[str, bool, float]] = []
        self.prepared: list[str] = []
        self.known_models: set[str] = set()
        self.asked: list[tuple[Lane, bool]] = []

    def is_alive(self) -> bool:
        return self.alive

    def cold_lanes(self) -> frozenset[Lane]:
        return self.cold

    def slots(self) -> int:
        return self.places

    def has_begun(self, run_id: str) -> bool:
        return run_id in self.begun

    def train(self, record: Any, image_set: ImageSet, learned: Learned | None, on_lost: Callable[[str, Ending], None]) -> None:
        if self.dies_when_asked_to_train:
            self.alive = False
            raise EngineUnavailable("The connection was lost.")
        if self.losing_trainings:
            self.losing_trainings -= 1
            raise ConnectionLost("A worker died.")
        self.on_lost[record.id] = on_lost
        self.learned[record.id] = learned

    def stop(self, run_id: str) -> None:
        self.stopped.append(run_id)

    def forget_stop(self, run_id: str) -> None:
        pass

    def steer(self, run_id: str, *, pause: bool, rate_factor: float) -> None:
        self.wishes.append((run_id, pause, rate_factor))

    def prepare(self, image_set: ImageSet) -> None:
        self.prepared.append(image_set.name)

    def ask(self, lane: Lane, timeout: float, function: Any, key: str, *arguments: Any) -> Any:
        if self.losing:
            self.losing -= 1
            self.alive = not self.dies_with_it
            raise ConnectionLost("The worker died.")
        source = arguments[-1] if isinstance(arguments[-1], ModelSource) else None
        self.asked.append((lane, source is not None))
        if source is None and key not in self.known_models:
            return None
        self.known_models.add(key)
        if function is consult:
            return arguments[0](self, *arguments[1])
        return np.ones((len(arguments[0]), 10), np.float32)

    def work(self, lane: Lane, job_id: str, function: Any, *arguments: Any) -> Any:
        """Work that never ends unless it is called off, or the engine is."""
        self.working[lane] = job_id
        while self.alive and job_id not in self.stopped:
            time.sleep(0.005)
        raise Cancelled("Called off.")

    def close(self) -> None:
        self.alive, self.closed = False, True

    def say(self, run_id: str, *messages: TrainingEvent | TrainingReturned | TrainingRaised) -> None:
        self.begun.add(run_id)
        for message in messages:
            self.on_message(message_to_dict(run_id, message))


def measure_images(predictor: object, images: Images) -> dict[str, Any]:
    """A question to a network, which the fake engine answers in its place."""
    return {"shape": np.array(images.shape)}


class Engines:
    """Stands in for starting an engine: hands out fake clusters, or fails while `broken`."""

    def __init__(self) -> None:
        self.may_start = threading.Event()
        self.may_start.set()
        self.broken = self.closed = False
        self.cold: frozenset[Lane] = frozenset()
        self.clusters: list[FakeCluster] = []

    def connect(self, on_message: Callable[[Mapping[str, Any]], None]) -> Cluster:
        self.may_start.wait(10)
        if self.broken:
            raise EngineUnavailable("The engine did not start.")
        self.clusters.append(FakeCluster(on_message))
        self.clusters[-1].cold = self.cold
        return self.clusters[-1]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def engines() -> Engines:
    return Engines()


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def service(tmp_path, store, engines, settings_for, load_dataset, monkeypatch):
    monkeypatch.setattr("core.compute.supervisor.FIRST_PAUSE", 0.01)
    service = ComputeService(settings_for(tmp_path), store, load_dataset, engine=engines)
    service.start()
    yield service
    engines.may_start.set()
    service.close()


@pytest.fixture
def cluster(service, engines, wait_until) -> FakeCluster:
    wait_until(lambda: engines.clusters)
    return engines.clusters[0]


@pytest.fixture
def train(service, cluster, wait_until):
    """Submit a run and see it reach the cluster."""

    def submit() -> str:
        run_id = service.submit(SPEC)
        wait_until(lambda: run_id in cluster.on_lost)
        return run_id

    return submit


def test_a_run_submitted_while_the_engine_starts_waits_for_it(service, engines, store, wait_until):
    engines.may_start.clear()
    run_id = service.submit(SPEC)
    assert (service.status().state, service.status().waiting) in [(EngineState.WARMING_UP, 1), (EngineState.READY, 1)] or engines.clusters
    engines.may_start.set()
    wait_until(lambda: engines.clusters and run_id in engines.clusters[-1].on_lost)
    wait_until(lambda: service.status().state == EngineState.READY)
    assert service.status().running == 1


def test_the_engine_is_ready_once_it_is_warm(tmp_path, store, settings_for, load_dataset, wait_until):
    engines = Engines()
    engines.cold = frozenset({Lane.TRAIN, Lane.ANSWER})
    service = ComputeService(settings_for(tmp_path), store, load_dataset, engine=engines)
    service.start()
    run_id = service.submit(SPEC)
    wait_until(lambda: engines.clusters and run_id in engines.clusters[0].on_lost)
    assert service.status().state == EngineState.WARMING_UP
    engines.clusters[0].cold = frozenset()
    wait_until(lambda: service.status().state == EngineState.READY)
    service.close()


def test_what_a_run_says_is_in_the_store_before_its_end_is(service, cluster, store, train, wait_until):
    run_id = train()
    weights = ArtefactReady("weights/final.npz", b"w")
    cluster.say(run_id, TrainingStarted(1, 2, 0, 4, {}), EPOCH, weights, TrainingReturned(False, {"steps": 45}))
    wait_until(lambda: store.load(run_id).state.is_final)
    record = store.load(run_id)
    assert (record.state, record.epochs_done, record.has_weights) == (RunState.FINISHED, 1, True)
    assert store.result(run_id) == {"steps": 45}


def test_runs_wait_in_line_and_move_up(service, cluster, store, train, wait_until):
    first = train()
    second, third = service.submit(SPEC), service.submit(SPEC)
    assert [service.queue_position(run_id) for run_id in (first, second, third)] == [None, 1, 2]
    wait_until(lambda: service.status().state == EngineState.READY)
    assert "2 runs wait" in service.status().message
    cluster.say(first, TrainingReturned(False, {}))
    wait_until(lambda: second in cluster.on_lost)
    assert [service.queue_position(run_id) for run_id in (second, third)] == [None, 1]


def test_a_waiting_run_is_stopped_at_once_and_never_trained(service, cluster, store, train, wait_until):
    first, second = train(), service.submit(SPEC)
    service.stop(second)
    assert store.load(second).state == RunState.STOPPED
    service.stop(second)
    cluster.say(first, TrainingReturned(False, {}))
    wait_until(lambda: store.load(first).state.is_final)
    wait_until(lambda: service.status().running == 0)
    assert second not in cluster.on_lost


def test_stop_reaches_the_worker_and_is_idempotent(service, cluster, store, train, wait_until):
    run_id = train()
    service.stop(run_id)
    service.stop(run_id)
    assert set(cluster.stopped) == {run_id}
    cluster.say(run_id, ArtefactReady("weights/final.npz", b"w"), TrainingReturned(True, {}))
    wait_until(lambda: store.load(run_id).state == RunState.STOPPED)
    service.stop(run_id)
    assert store.load(run_id).state == RunState.STOPPED


def test_stopping_an_unknown_run_or_one_of_another_process_says_so(service, store):
    with pytest.raises(RunNotFound):
        service.stop("0123456789ab")
    foreign = store.create(SPEC, "abc").id
    with pytest.raises(EngineUnavailable, match="another Inkling"):
        service.stop(foreign)


def test_a_users_mistake_ends_the_run_with_its_message(service, cluster, store, train, wait_until):
    run_id = train()
    cluster.say(run_id, TrainingRaised(True, "TrainingFailed", "Try a smaller learning rate.", "Traceback"))
    wait_until(lambda: store.load(run_id).state == RunState.FAILED)
    assert store.load(run_id).error == "Try a smaller learning rate."


def test_a_bug_ends_the_run_with_its_type_and_leaves_the_traceback_in_a_file(service, cluster, store, train, wait_until):
    run_id = train()
    cluster.say(run_id, TrainingRaised(False, "ValueError", "odd", "Traceback of a bug"))
    wait_until(lambda: store.load(run_id).state == RunState.FAILED)
    assert "ValueError: odd" in store.load(run_id).error
    assert store.artefact(run_id, "error.txt") == b"Traceback of a bug"


def test_a_message_that_makes_no_sense_ends_its_run_and_no_other(service, cluster, store, train, wait_until):
    run_id = train()
    cluster.on_message({"run": run_id, "kind": "Nonsense"})
    wait_until(lambda: store.load(run_id).state == RunState.FAILED)
    other = train()
    cluster.say(other, TrainingReturned(False, {}))
    wait_until(lambda: store.load(other).state == RunState.FINISHED)


def test_a_lost_worker_interrupts_its_run_and_the_next_one_goes_on(service, cluster, store, train, wait_until):
    run_id = train()
    cluster.say(run_id, EPOCH)
    cluster.on_lost[run_id](run_id, WorkerLost())
    wait_until(lambda: store.load(run_id).state == RunState.INTERRUPTED)
    assert store.history(run_id).epochs == (EPOCH,)
    train()


def measure_nothing() -> dict[str, Any]:
    """A job, which the fake engine never ends."""
    return {}


def test_a_training_does_not_wait_for_what_holds_its_place_and_is_no_training(service, cluster, wait_until):
    service.start_job("timing", measure_nothing, lane=Lane.TRAIN)
    service.start_job("map", measure_nothing, lane=Lane.JOB)
    wait_until(lambda: set(cluster.working) == {Lane.TRAIN, Lane.JOB})
    run_id = service.submit(SPEC)
    wait_until(lambda: run_id in cluster.on_lost)
    # Before the run is handed over, and although no page looks.
    assert cluster.stopped == [cluster.working[Lane.TRAIN]]
    assert service.job("timing").state == JobState.CANCELLED and service.job("map").state == JobState.WAITING


def test_what_begins_beside_a_training_in_its_lane_is_called_off_too(service, train, wait_until):
    train()
    service.start_job("timing", measure_nothing, lane=Lane.TRAIN)
    wait_until(lambda: service.job("timing").state == JobState.CANCELLED)


def test_the_engine_is_busy_only_while_another_run_has_the_place(service, cluster, train, wait_until):
    wait_until(lambda: service.status().state == EngineState.READY)
    cluster.places = 0
    service.submit(SPEC)
    assert (service.status().running, service.status().waiting, service.status().message) == (0, 1, READY)
    cluster.places = 1
    wait_until(lambda: service.status().running == 1)
    service.submit(SPEC)
    assert "1 run waits for a free place" in service.status().message


def test_a_lost_engine_interrupts_what_ran_and_keeps_who_waits(service, engines, cluster, store, train, wait_until):
    running, waiting = train(), service.submit(SPEC)
    cluster.say(running, EPOCH)
    cluster.alive = False
    wait_until(lambda: store.load(running).state == RunState.INTERRUPTED)
    wait_until(lambda: len(engines.clusters) == 2 and waiting in engines.clusters[1].on_lost)
    wait_until(lambda: cluster.closed)
    assert not engines.closed
    assert store.load(waiting).state == RunState.QUEUED


def test_a_run_that_an_engine_dies_on_before_it_begins_is_trained_by_the_next(service, engines, cluster, store, wait_until):
    cluster.dies_when_asked_to_train = True
    run_id = service.submit(SPEC)
    wait_until(lambda: len(engines.clusters) == 2 and run_id in engines.clusters[1].on_lost)
    assert store.load(run_id).state == RunState.QUEUED


def test_an_engine_that_never_comes_up_is_given_up_and_says_why(service, engines, cluster, store, train, wait_until):
    running, waiting = train(), service.submit(SPEC)
    cluster.say(running, EPOCH)
    engines.broken = True
    cluster.alive = False
    wait_until(lambda: service.status().state == EngineState.FAILED)
    assert "did not start" in service.status().message
    wait_until(lambda: store.load(waiting).state == RunState.INTERRUPTED)
    assert store.load(running).state == RunState.INTERRUPTED
    with pytest.raises(EngineUnavailable, match="did not start"):
        service.submit(SPEC)
    began = time.monotonic()
    store_id = store.create(SPEC, service._load_dataset("digits").sha256).id
    store.append(store_id, ArtefactReady("weights/final.npz", b"w"))
    with pytest.raises(EngineUnavailable, match="did not start"):
        service.predict(store_id, np.zeros((1, 8, 8), np.uint8))
    assert time.monotonic() - began < 1


def test_a_disk_that_refuses_ends_the_run_visibly(service, cluster, store, train, wait_until, tmp_path):
    run_id = train()
    (tmp_path / "runs" / run_id / "history.csv").unlink()
    (tmp_path / "runs" / run_id / "history.csv").mkdir()
    cluster.say(run_id, EPOCH, EPOCH)
    wait_until(lambda: store.load(run_id).state == RunState.FAILED)
    assert "could not be kept" in store.load(run_id).error
    assert "history.csv" in service.status().problem
    wait_until(lambda: cluster.stopped == [run_id])
    cluster.say(run_id, TrainingReturned(True, {}))
    train()
    assert store.load(run_id).state == RunState.FAILED


def test_a_home_that_can_not_be_written_to_is_in_the_status(tmp_path, engines, settings_for, load_dataset):
    (tmp_path / "file").write_text("in the way")
    home = tmp_path / "file" / "home"
    service = ComputeService(settings_for(home), RunStore(home), load_dataset, engine=engines)
    service.start()
    assert "INKLING_HOME" in service.status().problem
    service.close()


def test_closing_interrupts_everything_and_takes_no_time(service, cluster, store, train):
    running, waiting = train(), service.submit(SPEC)
    began = time.monotonic()
    service.close()
    service.close()
    assert time.monotonic() - began < 2
    assert store.load(running).state == store.load(waiting).state == RunState.INTERRUPTED
    assert "closed" in store.load(running).error
    assert cluster.closed
    with pytest.raises(EngineUnavailable):
        service.submit(SPEC)


def test_runs_left_behind_are_interrupted_at_start(tmp_path, engines, settings_for, load_dataset):
    import sqlite3

    earlier = RunStore(tmp_path)
    run_id = earlier.create(SPEC, "abc").id
    earlier.close()
    with sqlite3.connect(tmp_path / "inkling.sqlite") as connection:
        connection.execute("UPDATE runs SET owner_started = 1.0")
    connection.close()
    store = RunStore(tmp_path)
    service = ComputeService(settings_for(tmp_path), store, load_dataset, engine=engines)
    service.start()
    assert store.load(run_id).state == RunState.INTERRUPTED
    service.close()
    store.close()


def test_what_can_not_be_trained_is_refused_before_a_run_is_made(service, store):
    huge = TrainingSpec(dataset="digits", hidden=tuple(DenseLayer(units=4096) for _ in range(5)))
    with pytest.raises(SpecError, match="parameters"):
        service.submit(huge)
    with pytest.raises(DatasetError, match="nothing"):
        service.submit(TrainingSpec(dataset="nothing"))
    assert store.list() == ()


def test_a_data_set_can_be_sent_ahead_and_a_wrong_name_harms_nobody(service, cluster, wait_until, train):
    service.prepare_dataset("nothing")
    service.prepare_dataset("digits")
    wait_until(lambda: cluster.prepared == ["digits"])
    train()


def test_a_network_travels_once_and_short_questions_have_a_lane_of_their_own(service, cluster, store, digits):
    run_id = store.create(SPEC, digits.sha256).id
    with pytest.raises(RunNotReady):
        service.predict(run_id, digits.x_test[:1])
    store.append(run_id, ArtefactReady("weights/epoch-0001.npz", b"w"))
    assert service.predict(run_id, digits.x_test[:3]).shape == (3, 10)
    service.predict(run_id, digits.x_test[:3])
    assert cluster.asked == [(Lane.ANSWER, False), (Lane.ANSWER, True), (Lane.ANSWER, False)]
    store.append(run_id, ArtefactReady("weights/epoch-0002.npz", b"w"))
    service.predict(run_id, digits.x_test[:3])
    assert cluster.asked[3:] == [(Lane.ANSWER, False), (Lane.ANSWER, True)]


def test_a_question_to_a_network_goes_to_the_lane_asked_for(service, cluster, store, digits):
    run_id = store.create(SPEC, digits.sha256).id
    store.append(run_id, ArtefactReady("weights/final.npz", b"w"))
    assert service.consult(run_id, measure_images, digits.x_test[:2], lane=Lane.STUDY)["shape"].tolist() == [2, *digits.image_shape]
    # The network travels only where it is not yet.
    assert cluster.asked == [(Lane.STUDY, False), (Lane.STUDY, True)]


def test_a_data_set_that_has_changed_since_is_not_scored_silently(service, store):
    run_id = store.create(SPEC, "another hash").id
    store.append(run_id, ArtefactReady("weights/final.npz", b"w"))
    with pytest.raises(DatasetError, match="has changed since"):
        service.model_source(run_id)


def test_pauses_and_rates_reach_the_training_as_one_state(service, cluster, train):
    run_id = train()
    service.pause(run_id)
    service.change_rate(run_id, 0.5)
    service.resume(run_id)
    assert cluster.wishes == [(run_id, True, 1.0), (run_id, True, 0.5), (run_id, False, 0.5)]
    assert service.steering(run_id).rate_factor == 0.5


@pytest.mark.parametrize("factor", [0, -1, 1e-9, 1e9, float("nan")])
def test_a_factor_that_makes_no_sense_is_refused(service, cluster, train, factor):
    run_id = train()
    with pytest.raises(InklingError, match="can't be multiplied by"):
        service.change_rate(run_id, factor)
    assert cluster.wishes == []


def test_steering_a_run_that_has_ended_changes_nothing_and_one_that_waits_is_told(service, cluster, store, train, wait_until):
    running, waiting = train(), service.submit(SPEC)
    with pytest.raises(EngineUnavailable, match="waits for its turn"):
        service.pause(waiting)
    cluster.say(running, TrainingReturned(False, {}))
    wait_until(lambda: store.load(running).state == RunState.FINISHED)
    service.pause(running)
    assert cluster.wishes == []


def test_a_run_is_continued_from_its_last_whole_epoch_as_a_new_one(service, cluster, store, train, wait_until):
    run_id = train()
    memory = ArtefactReady("weights/optimiser.npz", b"memory")
    cluster.say(run_id, EPOCH, ArtefactReady("weights/epoch-0001.npz", b"learned"), memory, TrainingReturned(True, {}))
    wait_until(lambda: store.load(run_id).state == RunState.STOPPED)
    continued = service.continue_run(run_id, 5)
    wait_until(lambda: continued in cluster.learned)
    assert cluster.learned[run_id] is None
    assert cluster.learned[continued] == Learned(b"learned", b"memory", 1, EPOCH.seconds)
    assert store.load(continued).spec.epochs == 6
    assert store.load(continued).continues == run_id
    assert store.history(continued).epochs == (EPOCH,)


def test_a_run_that_crashed_is_continued_from_the_last_epoch_whose_weights_were_kept(service, cluster, store, train, wait_until):
    run_id = train()
    second = replace(EPOCH, epoch=2, step=2 * EPOCH.step)
    cluster.say(run_id, EPOCH, ArtefactReady("weights/epoch-0001.npz", b"learned"), second)
    cluster.on_lost[run_id](run_id, WorkerLost())
    wait_until(lambda: store.load(run_id).state == RunState.INTERRUPTED)
    assert store.load(run_id).epochs_done == 2
    continued = service.continue_run(run_id, 5)
    wait_until(lambda: continued in cluster.learned)
    assert cluster.learned[continued] == Learned(b"learned", None, 1, EPOCH.seconds)
    assert store.load(continued).spec.epochs == 6
    assert store.history(continued).epochs == (EPOCH,)


def test_what_can_not_be_continued_is_refused_before_a_run_is_made(service, cluster, store, train, wait_until):
    run_id = train()
    with pytest.raises(RunNotReady, match="still being trained"):
        service.continue_run(run_id, 5)
    cluster.say(run_id, TrainingReturned(True, {}))
    wait_until(lambda: store.load(run_id).state == RunState.STOPPED)
    with pytest.raises(RunNotReady, match="before its first epoch"):
        service.continue_run(run_id, 5)
    changed = store.create(SPEC, "another hash").id
    for event in (EPOCH, ArtefactReady("weights/epoch-0001.npz", b"w")):
        store.append(changed, event)
    store.finish(changed, RunState.FINISHED)
    with pytest.raises(DatasetError, match="has changed since"):
        service.continue_run(changed, 5)
    with pytest.raises(SpecError, match="at most 500"):
        service.continue_run(_finished(store, service), 500)
    assert {record.id for record in store.list()} - {run_id, changed} == {
        record.id for record in store.list(states=(RunState.FINISHED,))
    } - {changed}


def _finished(store: RunStore, service: ComputeService) -> str:
    run_id = store.create(SPEC, service._load_dataset("digits").sha256).id
    for event in (EPOCH, ArtefactReady("weights/epoch-0001.npz", b"w")):
        store.append(run_id, event)
    store.finish(run_id, RunState.FINISHED)
    return run_id


def test_an_engine_that_was_ready_is_started_again_at_once_however_often_it_dies(service, engines, cluster, wait_until, monkeypatch):
    monkeypatch.setattr("core.compute.supervisor.FIRST_PAUSE", 1000.0)
    for lives in range(1, MAX_FAILURES + 3):
        wait_until(lambda: service.status().state == EngineState.READY)
        engines.clusters[-1].alive = False
        wait_until(lambda count=lives + 1: len(engines.clusters) == count)
    wait_until(lambda: service.status().state == EngineState.READY)


@pytest.mark.parametrize(
    ("cold", "said"),
    [
        ({Lane.TRAIN}, "The process that trains was lost"),
        ({Lane.ANSWER}, "The process that answers was lost"),
        ({Lane.TRAIN, Lane.ANSWER}, "The processes that train and answer were lost"),
    ],
)
def test_the_status_says_what_was_lost_until_it_is_back(service, cluster, wait_until, cold, said):
    wait_until(lambda: service.status().state == EngineState.READY)
    cluster.cold = frozenset(cold)
    wait_until(lambda: service.status().state == EngineState.WARMING_UP)
    assert said in service.status().message
    cluster.cold = frozenset()
    wait_until(lambda: service.status().message == READY)


@pytest.fixture
def trained(store, digits) -> str:
    """A run that can be asked."""
    run_id = store.create(SPEC, digits.sha256).id
    store.append(run_id, ArtefactReady("weights/final.npz", b"w"))
    return run_id


def test_a_question_whose_worker_dies_is_asked_once_more(service, cluster, trained, digits):
    cluster.losing = 1
    assert service.predict(trained, digits.x_test[:2]).shape == (2, 10)
    cluster.losing = 2
    with pytest.raises(EngineUnavailable, match="died"):
        service.predict(trained, digits.x_test[:2])


def test_a_question_whose_engine_dies_is_put_to_the_next_one(service, engines, cluster, trained, digits):
    cluster.losing, cluster.dies_with_it = 1, True
    assert service.predict(trained, digits.x_test[:2]).shape == (2, 10)
    assert engines.clusters[1].asked


def test_a_run_whose_worker_dies_before_it_begins_keeps_its_place(service, cluster, store, wait_until):
    cluster.losing_trainings = 2
    run_id = service.submit(SPEC)
    wait_until(lambda: run_id in cluster.on_lost)
    assert store.load(run_id).state == RunState.QUEUED


def test_a_run_that_had_not_begun_when_its_worker_or_its_engine_died_keeps_its_place(service, engines, cluster, store, train, wait_until):
    run_id = train()
    lost = cluster.on_lost.pop(run_id)
    lost(run_id, WorkerLost(began=False))
    wait_until(lambda: run_id in cluster.on_lost)
    cluster.alive = False
    wait_until(lambda: len(engines.clusters) == 2 and run_id in engines.clusters[1].on_lost)
    assert store.load(run_id).state == RunState.QUEUED
    engines.clusters[1].on_lost[run_id](run_id, WorkerLost(began=False))
    wait_until(lambda: store.load(run_id).state == RunState.INTERRUPTED)


def test_a_run_that_no_worker_survives_is_not_handed_out_for_ever(service, cluster, store, wait_until):
    cluster.losing_trainings = 1000
    run_id = service.submit(SPEC)
    wait_until(lambda: store.load(run_id).state == RunState.INTERRUPTED)
    assert cluster.losing_trainings > 900
