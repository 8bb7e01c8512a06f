"""`ComputeService`: submit a training, watch it, stop it, ask a trained network. What pages know of the engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.cluster import ConnectionLost, Engine, find_engine
from core.compute.endings import ServiceClosed, Withdrawn
from core.compute.jobs import JobFunction, JobProgress, Jobs
from core.compute.kept import KeptResults
from core.compute.lanes import Lane
from core.compute.models import find_model_key, find_model_source
from core.compute.recent import Recent
from core.compute.run_queue import RunQueue
from core.compute.status import EngineState, EngineStatus, describe_ready
from core.compute.supervisor import Supervisor
from core.compute.tasks import Consultation, ModelSource, answer, consult
from core.compute.writer import RunWriter
from core.datasets.image_set import Images, ImageSet
from core.errors import EngineUnavailable, InklingError, RunNotReady, StorageError
from core.networks.advice import check_network
from core.networks.spec import TrainingSpec, read_spec
from core.runs.record import RunRecord
from core.runs.store import RunStore
from core.settings import Settings
from core.training.splitting import check_split
from core.training.steering import Steering

__all__ = ["ComputeService", "EngineState", "EngineStatus"]

Probabilities = NDArray[np.float32]

_STEERED = 16
"""Runs whose wishes are remembered: more than are ever trained at once."""

_ANSWER_SECONDS = 30.0
_STUDY_SECONDS = 120.0
_ENGINE_SECONDS = 10.0
"""How long a question waits for an engine that is just starting, which takes three seconds."""

_JOB_ENGINE_SECONDS = 60.0
"""A job takes longer anyway."""

_CLOSE_SECONDS = 5.0


class ComputeService:
    """Trains and answers in other processes; this one never loads TensorFlow.

    Thread contract: any thread may call any method. `start` and `submit` never wait for the engine; `stop` waits for it
    a few milliseconds; `predict` and `consult` wait for their answer, with a time limit; `close` takes at most ten seconds.

    What a run says is written to the store by one thread; read it there, with `RunStore.load` and `RunStore.history`.
    """

    def __init__(
        self,
        settings: Settings,
        store: RunStore,
        load_dataset: Callable[[str], ImageSet],
        *,
        engine: Engine | None = None,
    ) -> None:
        """`load_dataset` finds an `ImageSet` by name, quickly for one that was used lately, or raises `DatasetError`.

        The `engine` is that of the settings, unless another is given.
        """
        self._store = store
        self._load_dataset = load_dataset
        self._queue = RunQueue()
        self._writer = RunWriter(store, on_ended=self._release, on_refused=self._abandon)
        self._supervisor = Supervisor(
            engine or find_engine(settings),
            self._queue,
            store,
            load_dataset,
            on_message=self._receive,
            on_end=self._writer.put,
            make_way=lambda: self._jobs.clear(Lane.TRAIN),
        )
        wait_for_cluster = partial(self._supervisor.wait_for_cluster, _JOB_ENGINE_SECONDS)
        self._jobs = Jobs(wait_for_cluster, self._supervisor.cluster, KeptResults(settings.results))
        self._steerings: Recent[str, Steering] = Recent(_STEERED)
        self._closed = threading.Event()

    def start(self) -> None:
        """Start the engine in the background and mark the runs that an earlier Inkling left behind as interrupted."""
        try:
            self._store.check_writable()
            self._store.interrupt_abandoned()
        except StorageError as error:
            self._writer.problem = str(error)
        self._writer.start()
        self._supervisor.start()

    def status(self) -> EngineStatus:
        """The engine as of now. Costs nothing."""
        state, message = self._supervisor.state()
        running, waiting = len(self._queue.running), len(self._queue.waiting)
        if state == EngineState.READY:
            # One that nothing is in the way of is handed over at this moment.
            message = describe_ready(waiting if running else 0)
        return EngineStatus(state, message, running, waiting, self._writer.problem)

    def submit(self, spec: TrainingSpec, *, continues: RunRecord | None = None) -> str:
        """Create a run and train it as soon as there is a place, from the last epoch of the one it `continues`. Returns its id.

        Raises `DatasetError` if its data set can't be loaded, `SpecError` if the network can't be trained on it,
        `StorageError` if the run can't be kept, `EngineUnavailable` if there will be no engine any more.
        """
        image_set = self._load_dataset(spec.dataset)
        check_network(spec, image_set.image_shape, image_set.class_count, len(image_set.y_train))
        check_split(spec, image_set.y_train)
        state, message = self._supervisor.state()
        if self._closed.is_set():
            raise EngineUnavailable("Inkling is closing. Start it again to train.")
        if state == EngineState.FAILED:
            raise EngineUnavailable(message)
        record = self._store.create(spec, image_set.sha256, continues=continues)
        self._queue.add(record.id)
        self._supervisor.wake()
        return record.id

    def continue_run(self, run_id: str, epochs: int) -> str:
        """Train a run that has ended for so many more epochs, as a new run that begins where that one ended. Returns the new id.

        It goes on from the last epoch whose weights were kept: the very last one, unless a crash came before they were.

        Raises `RunNotReady` if the run is still trained or has no whole epoch to go on from, `SpecError` if that makes too many epochs,
        and what `submit` raises.
        """
        record = self._store.load(run_id)
        if not record.state.is_final:
            raise RunNotReady(f"Run {run_id} is still being trained. Wait for its end, or stop it.")
        kept = self._store.last_epoch_kept(record)
        if kept is None:
            raise RunNotReady(f"Run {run_id} ended ({record.state}) before its first epoch was over. Train it again.")
        self._image_set(record)
        spec = read_spec(record.spec.model_dump() | {"epochs": kept + epochs})
        return self.submit(spec, continues=replace(record, epochs_done=kept))

    def pause(self, run_id: str) -> None:
        """Ask a run to take no more steps until `resume`. Idempotent; one that has ended stays as it is."""
        self._steer(run_id, pause=True)

    def resume(self, run_id: str) -> None:
        """Ask a paused run to go on. Idempotent."""
        self._steer(run_id, pause=False)

    def change_rate(self, run_id: str, factor: float) -> None:
        """From now on multiply the learning rate that the schedule says by `factor`, 0.001 to 1,000.

        Raises `InklingError` for any other factor.
        """
        if not 1e-3 <= factor <= 1e3:
            raise InklingError(f"The learning rate can't be multiplied by {factor:g}; expected 0.001 to 1,000.")
        self._steer(run_id, rate_factor=float(factor))

    def steering(self, run_id: str) -> Steering:
        """What is wished of a run at the moment."""
        return self._steerings.get(run_id) or Steering()

    def stop(self, run_id: str) -> None:
        """Ask a run to stop; what it has learned is kept. One that waits is stopped at once, one that has ended stays as it is.

        Idempotent. Raises `RunNotFound`, and `EngineUnavailable` for a run that another Inkling is training.
        """
        if self._queue.withdraw(run_id):
            self._writer.end(run_id, Withdrawn())
        elif run_id in self._queue.running:
            self._stop_training(run_id)
        elif not self._store.load(run_id).state.is_final:
            raise EngineUnavailable(f"Run {run_id} is being trained by another Inkling on this computer. Stop it there.")

    def queue_position(self, run_id: str) -> int | None:
        """1 for the run that is next; None for one that does not wait."""
        return self._queue.position(run_id)

    def prepare_dataset(self, name: str) -> None:
        """Send a data set to the workers in the background, so that training on it starts faster."""
        self._supervisor.prepare(name)

    def predict(self, run_id: str, images: Images) -> Probabilities:
        """Class probabilities, `float32 (n, class_count)`, for `uint8` images as the run's data set has them, by the newest weights.

        `run_id` may be `core.shipped.card.SHIPPED`, here and wherever a network is asked.
        Raises `RunNotReady` while the run has no weights, `DatasetError` if its data set is gone, `EngineUnavailable`.
        """
        found: Probabilities = self._ask(run_id, partial(self._cluster_ask, Lane.ANSWER, _ANSWER_SECONDS, answer), images)
        return found

    def consult(self, run_id: str, function: Consultation, *arguments: Any, lane: Lane = Lane.ANSWER) -> dict[str, NDArray[Any]]:
        """What `function(predictor, *arguments)` gives in the answering worker, by the run's newest weights. Waits for it.

        For questions that take less than a second; others are jobs, or go to `Lane.STUDY`, so that no drawing waits for them.
        `function` has to be importable by the worker and gives arrays by name. Raises what it raises, and what `predict` raises.
        """
        seconds = _ANSWER_SECONDS if lane == Lane.ANSWER else _STUDY_SECONDS
        ask = partial(self._cluster_ask, lane, seconds, consult)
        found: dict[str, NDArray[Any]] = self._ask(run_id, ask, function, arguments)
        return found

    def start_job(self, key: str, function: JobFunction, *arguments: Any, lane: Lane = Lane.JOB, keep: bool = False) -> JobProgress:
        """Run `function(report, should_stop, *arguments)` in the answering worker. Returns at once.

        A training calls off what is in `Lane.TRAIN`: it is not to wait for that.

        Idempotent: while a job with this key waits, runs or is finished, that one is meant; one that failed or was called off is
        begun anew. So `key` has to name everything that the result depends on. `function` has to be importable by the worker and
        gives arrays by name. An `ImageSet` among the arguments is sent only once. With `keep` the result outlives Inkling, on the disk.

        Raises `EngineUnavailable` if too many jobs wait; everything else is told by the job's progress.
        """
        return self._jobs.start(key, lane, keep, function, arguments)

    def job(self, key: str) -> JobProgress | None:
        """The job as of now; None if there is none with this key (any more)."""
        return self._jobs.progress(key)

    def wait_for_job(self, key: str, seconds: float) -> JobProgress | None:
        """As `job`, but waits for its end, `seconds` at most."""
        return self._jobs.wait(key, seconds)

    def cancel_job(self, key: str) -> None:
        """Call a job off. Idempotent; one that has ended stays as it is."""
        with contextlib.suppress(EngineUnavailable):
            self._jobs.cancel(key)

    def model_key(self, run_id: str) -> str:
        """Names the newest weights of a run, at no cost: what follows from them can be kept under it. Raises `RunNotReady`."""
        return find_model_key(self._store, run_id)

    def model_source(self, run_id: str) -> tuple[str, ModelSource]:
        """The newest weights of a run for a job: their key, and what `core.compute.tasks.find_predictor` builds the network from.

        Raises `RunNotReady` while the run has no weights, `DatasetError` if its data set is gone or has changed.
        """
        return self.model_key(run_id), find_model_source(self._store, self._load_dataset, run_id)

    def close(self) -> None:
        """End everything. Runs that have not ended become `INTERRUPTED`. Idempotent; takes at most ten seconds."""
        if self._closed.is_set():
            return
        self._closed.set()
        for run_id in self._queue.drain():
            self._writer.put(run_id, ServiceClosed())
        self._writer.close(_CLOSE_SECONDS)
        self._supervisor.close(_CLOSE_SECONDS)

    def _receive(self, message: Mapping[str, Any]) -> None:
        """For the cluster: a worker says something of a job or of a run."""
        if "job" in message:
            self._jobs.receive(message)
        else:
            self._writer.receive(message)

    def _ask(self, run_id: str, ask: Callable[..., Any | None], *subject: Any) -> Any:
        """Ask the answering worker. The network itself is sent only if the worker does not have it."""
        found = ask(self.model_key(run_id), *subject)
        if found is None:
            key, source = self.model_source(run_id)
            found = ask(key, *subject, source)
        if found is None:
            raise EngineUnavailable("The answering worker forgot the network right away. Try again.")
        return found

    def _cluster_ask(self, lane: Lane, timeout: float, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return self._supervisor.wait_for_cluster(_ENGINE_SECONDS).ask(lane, timeout, function, *arguments)
        except ConnectionLost:
            # A question changes nothing, so it is asked once more. Not a third time: it may be what kills its worker.
            return self._supervisor.wait_for_cluster(_ENGINE_SECONDS).ask(lane, timeout, function, *arguments)

    def _image_set(self, record: RunRecord) -> ImageSet:
        """The images that the run was trained on. Raises `DatasetError` if there are others by that name now."""
        image_set = self._load_dataset(record.spec.dataset)
        record.check_images(image_set)
        return image_set

    def _steer(self, run_id: str, **wishes: Any) -> None:
        if run_id not in self._queue.running:
            if not self._store.load(run_id).state.is_final:
                raise EngineUnavailable(f"Run {run_id} waits for its turn, or is being trained by another Inkling on this computer.")
            return
        steering = replace(self.steering(run_id), **wishes)
        self._steerings.put(run_id, steering)
        cluster = self._supervisor.cluster()
        if cluster is not None:
            cluster.steer(run_id, pause=steering.pause, rate_factor=steering.rate_factor)

    def _stop_training(self, run_id: str) -> None:
        cluster = self._supervisor.cluster()
        # Without one the run has just been lost with the engine, which is being recorded at this moment.
        if cluster is not None:
            cluster.stop(run_id)

    def _abandon(self, run_id: str) -> None:
        """For the writer: a run that can't be kept need not be trained any further."""
        with contextlib.suppress(EngineUnavailable):
            self._stop_training(run_id)

    def _release(self, run_id: str) -> None:
        """For the writer: the run has ended, and its place is free."""
        self._queue.release(run_id)
        self._supervisor.wake()
        cluster = self._supervisor.cluster()
        if cluster is not None:
            with contextlib.suppress(EngineUnavailable):
                cluster.forget_stop(run_id)
