"""The real thing: a real engine, real workers, real trainings, and real `kill -9`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.compute.child import start_engine
from core.compute.jobs import JobState
from core.compute.lanes import Lane
from core.compute.scoring import score_images, scoring_key
from core.compute.service import ComputeService, EngineState
from core.compute.tasks import find_predictor
from core.datasets.image_set import Split
from core.errors import Cancelled, DatasetError, InklingError
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import Mark

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHORT = TrainingSpec(dataset="digits", epochs=4, seed=3)
ENDLESS = TrainingSpec(dataset="digits", epochs=500, batch_size=1)
BREAKS = TrainingSpec(dataset="digits", hidden=(DenseLayer(activation="exponential"),), learning_rate=10, scaling="none")


def replace_epochs(spec, epochs):
    return spec.model_copy(update={"epochs": epochs})


def count_pixels(report, should_stop, image_set, times):
    for turn in range(times):
        report(turn / times, "Counted once more.")
        time.sleep(0.3)
    return {"total": np.array(image_set.x_train.sum())}


def count_for_ever(report, should_stop):
    while not should_stop():
        report(0.5, "Counting.")
        time.sleep(0.01)
    raise Cancelled("Called off.")


def echo(report, should_stop, numbers):
    return {"numbers": numbers}


def raise_error(report, should_stop, expected):
    if expected:
        raise DatasetError("That can't be.")
    raise ZeroDivisionError("a bug")


def answer_with(report, should_stop, key, source):
    return {"probabilities": find_predictor(key, source).probabilities(np.zeros((1, 8, 8), np.uint8))}


@dataclass
class Lab:
    service: ComputeService
    store: RunStore

    def is_ready(self) -> bool:
        return self.service.status().state == EngineState.READY

    def has_ended(self, run_id: str) -> bool:
        return self.store.load(run_id).state.is_final

    def has_steps(self, run_id: str, at_least: int = 1) -> bool:
        return len(self.store.history(run_id).steps) >= at_least

    def trainer_pid(self, run_id: str) -> int:
        """The process that trains this run, as Dask's scheduler knows it."""
        client = self.service._supervisor.cluster()._client
        (address,) = (address for address, keys in client.processing().items() if f"train-{run_id}" in keys)
        return client.run(os.getpid, workers=[address])[address]

    def answerer_pid(self) -> int:
        """The process that answers."""
        client = self.service._supervisor.cluster()._client
        workers = client.scheduler_info(n_workers=-1)["workers"]
        return client.run(os.getpid, workers=[address for address in workers if workers[address]["resources"].get("ANSWER")]).popitem()[1]

    def scheduler_pid(self) -> int:
        return self.service._supervisor.cluster()._client.run_on_scheduler(os.getpid)

    def engine_pid(self) -> int:
        return self.service._supervisor.cluster()._child.process.pid


def open_lab(home: Path, settings, load_dataset) -> Lab:
    store = RunStore(home)
    service = ComputeService(settings, store, load_dataset)
    service.start()
    return Lab(service, store)


@pytest.fixture(scope="module")
def lab(tmp_path_factory, settings_for, load_dataset, wait_until) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("home")
    lab = open_lab(home, settings_for(home), load_dataset)
    wait_until(lab.is_ready, 180)
    yield lab
    lab.service.close()
    lab.store.close()


def test_a_training_runs_to_its_end_and_everything_of_it_is_kept(lab, wait_until):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    record, history = lab.store.load(run_id), lab.store.history(run_id)
    assert (record.state, record.error, record.epochs_done) == (RunState.FINISHED, None, 4)
    assert [event.epoch for event in history.epochs] == [1, 2, 3, 4]
    assert history.started.environment["tensorflow"]
    assert history.steps
    assert record.accuracy > 0.7
    assert lab.store.result(run_id)["steps"] == history.epochs[-1].step
    assert lab.store.artefact(run_id, "model.keras").startswith(b"PK")


def look_inside(predictor, images):
    return {"hidden": predictor.hidden(images)}


def score_all(lab, run_id, digits):
    key, source = lab.service.model_source(run_id)
    lab.service.start_job(scoring_key(key, Split.TEST), score_images, key, source, digits, Split.TEST, lane=Lane.STUDY)
    ended = lab.service.wait_for_job(scoring_key(key, Split.TEST), 60)
    assert ended.state == JobState.FINISHED, ended.message
    return ended.result["probabilities"]


def test_answers_are_those_of_the_network_itself(lab, digits, wait_until):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    from core.predictions.predictor import Predictor

    predictor = Predictor(SHORT, digits.image_shape, digits.class_count, digits.max_value, lab.store.latest_weights(run_id))
    expected = predictor.probabilities(digits.x_test)
    np.testing.assert_allclose(lab.service.predict(run_id, digits.x_test[:7]), expected[:7], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(score_all(lab, run_id, digits), expected, rtol=1e-5, atol=1e-7)
    hidden = lab.service.consult(run_id, look_inside, digits.x_test[:3])["hidden"]
    np.testing.assert_allclose(hidden, predictor.hidden(digits.x_test[:3]), rtol=1e-5, atol=1e-7)


def test_a_wrong_question_comes_back_as_a_users_mistake(lab, wait_until):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    with pytest.raises(InklingError, match="shape"):
        lab.service.predict(run_id, np.zeros((1, 28, 28), np.uint8))


def test_stop_is_felt_at_once_and_keeps_a_usable_network(lab, digits, wait_until):
    run_id = lab.service.submit(ENDLESS)
    wait_until(lambda: lab.has_steps(run_id, 3), 30)
    began = time.monotonic()
    lab.service.stop(run_id)
    wait_until(lambda: lab.store.load(run_id).has_weights, 5)
    assert time.monotonic() - began < 1
    assert lab.service.predict(run_id, digits.x_test[:2]).shape == (2, 10)
    wait_until(lambda: lab.has_ended(run_id), 5)
    assert lab.store.load(run_id).state == RunState.STOPPED


def test_runs_wait_for_their_turn_and_a_waiting_one_can_be_stopped(lab, wait_until):
    running = lab.service.submit(ENDLESS)
    wait_until(lambda: lab.has_steps(running), 30)
    second, third = lab.service.submit(SHORT), lab.service.submit(SHORT)
    assert [lab.service.queue_position(run_id) for run_id in (running, second, third)] == [None, 1, 2]
    lab.service.stop(second)
    assert lab.store.load(second).state == RunState.STOPPED
    assert lab.service.queue_position(third) == 1
    lab.service.stop(running)
    wait_until(lambda: lab.has_ended(third), 30)
    assert lab.store.load(third).state == RunState.FINISHED


def test_a_training_that_breaks_says_why(lab, wait_until):
    run_id = lab.service.submit(BREAKS)
    wait_until(lambda: lab.has_ended(run_id), 30)
    record = lab.store.load(run_id)
    assert record.state == RunState.FAILED
    assert "learning rate" in record.error


def test_answers_come_while_a_training_runs(lab, digits, wait_until):
    done = lab.service.submit(SHORT)
    running = lab.service.submit(ENDLESS)
    wait_until(lambda: lab.has_ended(done) and lab.has_steps(running), 30)
    assert lab.service.predict(done, digits.x_test[:1]).shape == (1, 10)
    assert lab.store.load(running).state == RunState.RUNNING
    lab.service.stop(running)
    wait_until(lambda: lab.has_ended(running), 5)


def test_nothing_listens_beyond_this_machine(lab):
    engine = lab.service._supervisor.cluster()._child.process.pid
    processes = [psutil.Process(engine), *psutil.Process(engine).children(recursive=True)]
    listening = [one.laddr.ip for process in processes for one in process.net_connections("inet") if one.status == psutil.CONN_LISTEN]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_the_scheduler_keeps_next_to_nothing_of_what_was_said(lab, wait_until):
    client = lab.service._supervisor.cluster()._client
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    kept = client.get_events(lab.service._supervisor.cluster()._topic)
    assert len(kept) <= 1


def test_a_killed_worker_interrupts_its_run_and_the_next_run_works(lab, wait_until):
    run_id, waiting = lab.service.submit(ENDLESS), lab.service.submit(SHORT)
    wait_until(lambda: lab.store.load(run_id).has_weights, 30)
    os.kill(lab.trainer_pid(run_id), signal.SIGKILL)
    wait_until(lambda: lab.has_ended(run_id), 5)
    record = lab.store.load(run_id)
    assert record.state == RunState.INTERRUPTED
    assert "kept" in record.error
    assert lab.store.latest_weights(run_id)
    wait_until(lambda: lab.has_ended(waiting), 180)
    assert lab.store.load(waiting).state == RunState.FINISHED


def test_a_run_whose_worker_was_killed_goes_on_from_its_last_kept_epoch(lab, wait_until):
    run_id, waiting = lab.service.submit(ENDLESS), lab.service.submit(SHORT)
    wait_until(lambda: lab.store.load(run_id).epochs_done >= 3, 60)
    os.kill(lab.trainer_pid(run_id), signal.SIGKILL)
    wait_until(lambda: lab.has_ended(run_id), 5)
    interrupted = lab.store.load(run_id)
    assert interrupted.state == RunState.INTERRUPTED
    last_kept = max(lab.store.weights_by_epoch(run_id))
    continued = lab.service.continue_run(run_id, 1)
    wait_until(lambda: lab.has_ended(waiting) and lab.has_ended(continued), 180)
    assert lab.store.load(waiting).state == RunState.FINISHED
    record, history = lab.store.load(continued), lab.store.history(continued)
    assert (record.state, record.error, record.continues, record.epochs_done) == (RunState.FINISHED, None, run_id, last_kept + 1)
    before = lab.store.history(run_id).epochs[:last_kept]
    assert history.epochs[:last_kept] == before
    # It has not begun anew.
    assert history.epochs[-1].loss < before[0].loss


def test_a_killed_engine_interrupts_its_run_and_comes_back(lab, digits, wait_until):
    run_id, waiting = lab.service.submit(ENDLESS), lab.service.submit(SHORT)
    wait_until(lambda: lab.store.load(run_id).has_weights, 30)
    engine = psutil.Process(lab.service._supervisor.cluster()._child.process.pid)
    workers = engine.children(recursive=True)
    engine.kill()
    wait_until(lambda: lab.has_ended(run_id), 5)
    assert lab.store.load(run_id).state == RunState.INTERRUPTED
    assert psutil.wait_procs(workers, timeout=5)[1] == []
    wait_until(lambda: lab.has_ended(waiting), 180)
    assert lab.store.load(waiting).state == RunState.FINISHED
    assert lab.service.predict(run_id, digits.x_test[:1]).shape == (1, 10)


def test_two_trainings_run_side_by_side_and_one_survives_the_others_worker(tmp_path, settings_for, load_dataset, wait_until):
    lab = open_lab(tmp_path, replace(settings_for(tmp_path), workers=2), load_dataset)
    first, second = lab.service.submit(ENDLESS), lab.service.submit(ENDLESS)
    wait_until(lambda: lab.has_steps(first) and lab.has_steps(second), 180)
    # Both came before their workers were warm: the engine is ready all the same, and stays so when one dies.
    wait_until(lab.is_ready, 60)
    os.kill(lab.trainer_pid(first), signal.SIGKILL)
    wait_until(lambda: lab.has_ended(first), 5)
    steps = len(lab.store.history(second).steps)
    wait_until(lambda: lab.has_steps(second, steps + 2), 5)
    assert lab.store.load(second).state == RunState.RUNNING
    assert lab.is_ready()
    lab.service.close()
    assert lab.store.load(second).state == RunState.INTERRUPTED
    lab.store.close()


def test_an_existing_cluster_is_used_when_one_is_named(tmp_path, settings_for, load_dataset, digits, wait_until):
    import dask.config

    engine = start_engine(settings_for(tmp_path))
    scheduler = engine.scheduler()
    files = {name: tmp_path / f"{name}.pem" for name in scheduler.credentials}
    for name, path in files.items():
        path.write_text(scheduler.credentials[name])
    tls = {"ca-file": "tls_ca_file", "client.cert": "tls_client_cert", "client.key": "tls_client_key"}
    with dask.config.set({f"distributed.comm.tls.{key}": str(files[name]) for key, name in tls.items()}):
        lab = open_lab(tmp_path, replace(settings_for(tmp_path), scheduler=scheduler.address), load_dataset)
        run_id = lab.service.submit(SHORT)
        wait_until(lambda: lab.has_ended(run_id), 180)
        assert lab.store.load(run_id).state == RunState.FINISHED
        assert lab.service.predict(run_id, digits.x_test[:1]).shape == (1, 10)
        abandoned = lab.service.submit(ENDLESS)
        wait_until(lambda: lab.has_steps(abandoned), 30)
        lab.service.close()
        assert lab.store.load(abandoned).state == RunState.INTERRUPTED

        # The cluster is not ours, so it lives on; what nobody wants any more gives its place back by itself.
        assert engine.is_alive()
        lab = open_lab(tmp_path, replace(settings_for(tmp_path), scheduler=scheduler.address), load_dataset)
        run_id = lab.service.submit(SHORT)
        wait_until(lambda: lab.has_ended(run_id), 30)
        assert lab.store.load(run_id).state == RunState.FINISHED
        lab.service.close()
    engine.close()
    lab.store.close()


PAGE_SERVER = """
import json, sys, time
from dataclasses import replace
from pathlib import Path
from core.compute.service import ComputeService
from core.datasets.catalog import Catalog
from core.networks.spec import TrainingSpec
from core.runs.store import RunStore
from core.settings import load_settings

began = time.monotonic()
home = Path(sys.argv[1])
settings = replace(load_settings({}), home=home, workers=1)
store, load = RunStore(home), Catalog(settings).load
service = ComputeService(settings, store, load)
service.start()
service.status()
start_seconds = time.monotonic() - began
run_id = service.submit(TrainingSpec(epochs=2))
while not store.load(run_id).state.is_final:
    time.sleep(0.01)
service.predict(run_id, load("digits").x_test[:1])
running = service.submit(TrainingSpec(epochs=500, batch_size=1))
while not store.history(running).epochs:
    time.sleep(0.01)
print(json.dumps({
    "engine": service._supervisor.cluster()._child.process.pid,
    "running": running,
    "start_seconds": start_seconds,
    "heavy": [name for name in ("tensorflow", "keras") if name in sys.modules],
}), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def killed_page_server(tmp_path_factory):
    """What a page server said, trained and left behind when it was killed in the middle of a training."""
    home = tmp_path_factory.mktemp("killed")
    with subprocess.Popen([sys.executable, "-c", PAGE_SERVER, str(home)], stdout=subprocess.PIPE, cwd=ROOT, text=True) as server:
        said = json.loads(server.stdout.readline())
        engine = psutil.Process(said["engine"])
        family = [engine, *engine.children(recursive=True)]
        server.kill()
    return said, family, home


def test_the_page_server_never_loads_tensorflow_and_starts_at_once(killed_page_server):
    said, _, _ = killed_page_server
    assert said["heavy"] == []
    assert said["start_seconds"] < 1


def test_kill_9_of_the_page_server_leaves_no_process_behind(killed_page_server):
    _, family, _ = killed_page_server
    assert len(family) >= 3
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_kill_9_of_the_page_server_leaves_an_interrupted_run_with_its_history(killed_page_server):
    said, _, home = killed_page_server
    store = RunStore(home)
    assert store.interrupt_abandoned() == (said["running"],)
    assert store.load(said["running"]).state == RunState.INTERRUPTED
    assert store.history(said["running"]).epochs
    store.close()


def test_the_lanes_are_names_that_dask_knows_as_resources(lab):
    workers = lab.service._supervisor.cluster()._client.scheduler_info()["workers"].values()
    resources = [set(worker["resources"]) for worker in workers]
    assert sorted(map(len, resources)) == [1, 3]
    assert set().union(*resources) == set(Lane)


def test_a_job_reports_ends_with_arrays_and_gets_its_image_set(lab, wait_until, digits):
    key = "count-pixels"
    assert lab.service.start_job(key, count_pixels, digits, 3).state == JobState.WAITING
    seen = []

    def has_ended() -> bool:
        progress = lab.service.job(key)
        seen.append((progress.state, progress.message))
        return progress.state.is_final

    wait_until(has_ended, 30)
    progress = lab.service.job(key)
    assert progress.state == JobState.FINISHED, progress.message
    assert progress.result["total"] == digits.x_train.sum()
    assert (JobState.RUNNING, "Counted once more.") in seen


def test_a_job_is_called_off_in_the_worker_and_the_next_one_takes_its_place(lab, wait_until):
    lab.service.start_job("endless", count_for_ever)
    wait_until(lambda: lab.service.job("endless").state == JobState.RUNNING, 30)
    lab.service.cancel_job("endless")
    assert lab.service.job("endless").state == JobState.CANCELLED
    lab.service.start_job("next", echo, np.arange(4))
    assert lab.service.wait_for_job("next", 10).state == JobState.FINISHED


def test_a_long_job_keeps_nobody_from_an_answer(lab, wait_until, digits):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    lab.service.start_job("endless again", count_for_ever)
    wait_until(lambda: lab.service.job("endless again").state == JobState.RUNNING, 30)
    assert lab.service.predict(run_id, digits.x_test[:2]).shape == (2, 10)
    assert score_all(lab, run_id, digits).shape == (len(digits.x_test), 10)
    lab.service.cancel_job("endless again")


def test_a_question_under_way_survives_its_worker(lab, wait_until, digits):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    lab.service.predict(run_id, digits.x_test[:1])
    answering = lab.answerer_pid()
    lab.service.start_job("survives", count_pixels, digits, 3)
    wait_until(lambda: lab.service.job("survives").state == JobState.RUNNING, 30)
    os.kill(answering, signal.SIGKILL)
    assert lab.service.predict(run_id, digits.x_test[:3]).shape == (3, 10)
    assert lab.answerer_pid() != answering
    assert lab.service.wait_for_job("survives", 60).result["total"] == digits.x_train.sum()
    wait_until(lab.is_ready, 60)


def test_whatever_process_dies_the_engine_is_back_and_says_meanwhile_what_is_lost(lab, wait_until, digits):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 60)
    for find_pid in (lab.engine_pid, lab.scheduler_pid, lab.answerer_pid):
        wait_until(lab.is_ready, 120)
        os.kill(find_pid(), signal.SIGKILL)
        wait_until(lambda: not lab.is_ready(), 30)
        assert "lost" in lab.service.status().message
        wait_until(lab.is_ready, 120)
        assert lab.service.predict(run_id, digits.x_test[:1]).shape == (1, 10)


def test_the_process_that_is_forked_has_no_threads_that_a_fork_would_lose(lab):
    # Besides the first one: the one that waits for the end of its standard input, which holds no lock.
    assert psutil.Process(lab.engine_pid()).num_threads() == 2


def tell_niceness(report, should_stop):
    return {"niceness": np.array(psutil.Process().nice())}


def test_workers_give_way_to_pages(lab):
    lab.service.start_job("niceness", tell_niceness)
    assert lab.service.wait_for_job("niceness", 30).result["niceness"] > psutil.Process().nice()


def test_what_a_job_raises_is_told_in_words(lab):
    lab.service.start_job("refused", raise_error, True)
    assert lab.service.wait_for_job("refused", 10).message == "That can't be."
    lab.service.start_job("broken", raise_error, False)
    assert "ZeroDivisionError: a bug" in lab.service.wait_for_job("broken", 10).message


def test_a_network_reaches_a_job_as_its_newest_weights(lab, wait_until):
    run_id = lab.service.submit(SHORT)
    wait_until(lambda: lab.has_ended(run_id), 30)
    key, source = lab.service.model_source(run_id)
    assert key.startswith(run_id)
    lab.service.start_job(f"answer {key}", answer_with, key, source)
    result = lab.service.wait_for_job(f"answer {key}", 30)
    assert result.state == JobState.FINISHED, result.message
    assert result.result["probabilities"].shape == (1, 10)


def test_a_run_is_paused_changes_its_rate_and_goes_on(lab, wait_until):
    run_id = lab.service.submit(ENDLESS)
    wait_until(lambda: lab.has_steps(run_id), 30)
    lab.service.pause(run_id)
    wait_until(lambda: lab.store.load(run_id).state == RunState.PAUSED, 30)
    lab.service.change_rate(run_id, 0.5)
    lab.service.resume(run_id)
    # The worker takes the three wishes up one after the other, so the run may
    # be seen as going on before its new rate is written down.
    told = {Mark.PAUSED, Mark.RESUMED, Mark.RATE_CHANGED}
    wait_until(lambda: {mark.mark for mark in lab.store.history(run_id).marks} >= told, 30)
    wait_until(lambda: lab.store.load(run_id).state == RunState.RUNNING, 30)
    assert lab.store.history(run_id).marks[0].mark == Mark.PAUSED
    lab.service.stop(run_id)
    wait_until(lambda: lab.has_ended(run_id), 30)
    assert lab.store.load(run_id).state == RunState.STOPPED


def test_a_run_that_has_ended_is_continued_where_it_ended(lab, wait_until):
    whole, part = lab.service.submit(replace_epochs(SHORT, 4)), lab.service.submit(replace_epochs(SHORT, 2))
    wait_until(lambda: lab.has_ended(whole) and lab.has_ended(part), 60)
    continued = lab.service.continue_run(part, 2)
    wait_until(lambda: lab.has_ended(continued), 60)
    record, history = lab.store.load(continued), lab.store.history(continued)
    assert (record.state, record.error, record.continues) == (RunState.FINISHED, None, part)
    assert [event.loss for event in history.epochs] == [event.loss for event in lab.store.history(whole).epochs]
