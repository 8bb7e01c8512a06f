"""A connection to a Dask cluster, our own engine's or an existing one: the only user of Dask's client."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from core.compute.child import EngineChild, Scheduler, start_engine
from core.compute.endings import REPORTED, Ending, EngineLost, TrainingRaised, WorkerLost
from core.compute.lanes import Lane
from core.compute.readiness import READINESS, READY
from core.compute.recent import Recent
from core.datasets.image_set import ImageSet
from core.errors import EngineUnavailable
from core.runs.record import RunRecord
from core.runs.store import Learned
from core.settings import SETS_IN_MEMORY, Settings

_CONNECT_SECONDS = 15.0
_CONTROL_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_RESULT_SECONDS = 30.0
_LOST = "The connection to the engine was lost. It is started again; wait a moment and try again."
_SLOW = "The engine did not answer in time. Wait a moment and try again."
_PRIORITY = {Lane.TRAIN: 0, Lane.STUDY: 0, Lane.JOB: 0, Lane.ANSWER: 10}
_MISSED = 3
"""Looks at the workers in a row, without that of a training, after which it will not come back."""

OnMessage = Callable[[Mapping[str, Any]], None]


class ConnectionLost(EngineUnavailable):
    """The engine, or the worker that was asked, died before it had answered. Another takes its place."""


class Cluster(Protocol):
    """What Inkling asks of a place that computes.

    Thread contract: any thread may call any method. All but `is_alive` and `close` raise `EngineUnavailable`
    when the cluster can't be reached or does not answer in time.
    """

    def is_alive(self) -> bool:
        """False once the engine or the connection to it is gone for good."""

    def cold_lanes(self) -> frozenset[Lane]:
        """Which of `TRAIN` and `ANSWER` have no worker that is ready, with TensorFlow loaded: at the start, and after one has died."""

    def slots(self) -> int:
        """How many trainings can run side by side at the moment: workers that are there for them, at work or not."""

    def has_begun(self, run_id: str) -> bool:
        """Whether a training that has not ended has said anything yet."""

    def train(self, record: RunRecord, image_set: ImageSet, learned: Learned | None, on_lost: Callable[[str, Ending], None]) -> None:
        """Start a training, from what another has `learned` if it continues one.

        What it says comes as messages; `on_lost(run_id, ending)` is called if it ends without having said how.
        """

    def stop(self, run_id: str) -> None:
        """Ask a training to stop. Idempotent; also heard by one that has not begun."""

    def forget_stop(self, run_id: str) -> None:
        """To be called when a run has ended, asked to or not."""

    def steer(self, run_id: str, *, pause: bool, rate_factor: float) -> None:
        """Tell a training what is wished of it from now on. Also heard by one that has not begun."""

    def prepare(self, image_set: ImageSet) -> None:
        """Send the set to the workers, if they do not have it."""

    def ask(self, lane: Lane, timeout: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function in the answering worker and return what it returns. An `ImageSet` among the arguments is sent only once.

        What the function raises is raised here.
        """

    def work(self, lane: Lane, job_id: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """As `ask`, for as long as it takes. `function(report, should_stop, *arguments)` hears `stop(job_id)`, and what it reports
        comes as messages `{"job": job_id, "share": ..., "message": ...}`. To be called by a thread that has nothing else to do.
        """

    def close(self) -> None:
        """Let go of the cluster. Bounded in time, idempotent."""


class Engine(Protocol):
    """Where clusters come from.

    Thread contract: one thread alone calls `connect`, and any thread `close`.
    """

    def connect(self, on_message: OnMessage) -> Cluster:
        """A cluster, another one than before if that was lost. `on_message` gets each message of a training, in order.

        Takes about a second. Raises `EngineUnavailable`.
        """

    def close(self) -> None:
        """End what was started. Idempotent; takes a few seconds at most."""


class OwnEngine:
    """An engine of our own, started when it is first needed, and again when it has died. See `Engine`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: EngineChild | None = None
        self._last: Scheduler | None = None

    def connect(self, on_message: OnMessage) -> Cluster:
        if self._child is None or not self._child.is_alive():
            # One that has died still holds its pipe.
            self.close()
            self._child, self._last = start_engine(self._settings), None
        try:
            self._last = self._child.scheduler(other_than=self._last)
            return DaskCluster(self._last.address, self._last.credentials, on_message, child=self._child)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._child is not None:
            self._child.close()


class ExistingCluster:
    """The cluster of `INKLING_SCHEDULER`, which is not ours to start or to end. See `Engine`."""

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler

    def connect(self, on_message: OnMessage) -> Cluster:
        return _join(self._scheduler, on_message)

    def close(self) -> None:
        pass


def find_engine(settings: Settings) -> Engine:
    """The engine that the settings name. Nothing is started yet."""
    return OwnEngine(settings) if settings.scheduler is None else ExistingCluster(settings.scheduler)


def _join(scheduler: str, on_message: OnMessage) -> Cluster:
    try:
        cluster = DaskCluster(scheduler, None, on_message, child=None)
    except (EngineUnavailable, TypeError, ValueError) as error:
        advice = "Check INKLING_SCHEDULER, that the scheduler runs, and Dask's settings for TLS."
        raise EngineUnavailable(f"No Dask cluster could be reached at {scheduler}. {advice}") from error
    if cluster.slots() == 0:
        cluster.close()
        raise EngineUnavailable(
            f"The Dask cluster at {scheduler} has no worker with the resource {Lane.TRAIN}. Start one with --resources TRAIN=1."
        )
    return cluster


@dataclass
class _Training:
    """A run's task and the address of the worker that it was given.

    Attributes:
        has_begun, is_over: whether it has said anything, and its last.
        missed: how often its worker was looked for in vain.
    """

    future: Any
    worker: str
    on_lost: Callable[[str, Ending], None]
    has_begun: bool = False
    is_over: bool = False
    missed: int = 0


class DaskCluster:
    """See `Cluster`. Arrays are sent once for each set, and forgotten when it is not among the last few."""

    def __init__(
        self,
        address: str,
        credentials: dict[str, Any] | None,
        on_message: OnMessage,
        *,
        child: EngineChild | None,
    ) -> None:
        import dask.config
        from distributed.security import Security

        from core.compute.client import HandClosedClient

        # A network's weights may well be larger than Dask thinks an argument should be.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
        self._child = child
        # Unique, so that several servers on one cluster do not hear each other.
        self._topic = f"inkling-{uuid.uuid4().hex}"
        self._sets: Recent[str, Any] = Recent(SETS_IN_MEMORY)
        self._scattering = threading.Lock()
        self._trainings: dict[str, _Training] = {}
        self._placed: set[str] = set()
        """Runs that were given to a worker, once at least."""
        self._workers: dict[str, dict[str, Any]] = {}
        security = Security(require_encryption=True, **credentials) if credentials else None
        with _dask_errors():
            self._client = HandClosedClient(address, security=security, timeout=_CONNECT_SECONDS, set_as_default=False, name="inkling")
            try:
                self._client.subscribe_topic(self._topic, lambda event: self._hear(event[1], on_message))
            except BaseException:
                self._client.close()
                raise

    def is_alive(self) -> bool:
        # A client that reconnects has lost its subscription and its futures, so a broken connection is replaced, not mended.
        return self._client.status == "running" and (self._child is None or self._child.is_alive())

    def cold_lanes(self) -> frozenset[Lane]:
        warm: set[str] = set()
        for worker in self._look().values():
            readiness = worker["metrics"].get(READINESS)
            if readiness == READY:
                warm.update(worker["resources"].keys())
            elif readiness:
                raise EngineUnavailable(f"The workers could not get ready ({readiness}); engine.log in Inkling's home may say more.")
        return frozenset({Lane.TRAIN, Lane.ANSWER} - warm)

    def slots(self) -> int:
        return len(self._trainers(self._look()))

    def has_begun(self, run_id: str) -> bool:
        training = self._trainings.get(run_id)
        return training is None or training.has_begun

    def train(self, record: RunRecord, image_set: ImageSet, learned: Learned | None, on_lost: Callable[[str, Ending], None]) -> None:
        from core.compute.tasks import run_training

        with self._reaching():
            names = (self._topic, _stop_name(record.id), _wishes_name(record.id))
            arguments = (record.id, record.spec.model_dump_json(), self._scatter(image_set), learned, *names)
            # Dask itself would have a run wait at a worker that trains another, if it holds the images already.
            trainers = self._trainers(self._look())
            if not trainers:
                raise ConnectionLost("The worker that was free has died.")
            # A training that has said its last may not have let go of its worker yet.
            worker = min(trainers - {training.worker for training in self._trainings.values() if not training.is_over} or trainers)
            place = _placement(Lane.TRAIN) | {"workers": [worker]}
            # Dask would give what became of a key before, for as long as it remembers it.
            again = f"-{uuid.uuid4().hex}" if record.id in self._placed else ""
            self._placed.add(record.id)
            future = self._client.submit(run_training, *arguments, key=f"train-{record.id}{again}", **place)
            self._trainings[record.id] = _Training(future, worker, on_lost)
            future.add_done_callback(lambda done: self._look_at(record.id, done))

    def stop(self, run_id: str) -> None:
        self._control("event_set", run_id)

    def forget_stop(self, run_id: str) -> None:
        self._control("event_clear", run_id)
        self._wish(run_id, None)

    def steer(self, run_id: str, *, pause: bool, rate_factor: float) -> None:
        self._wish(run_id, {"pause": pause, "rate_factor": rate_factor})

    def prepare(self, image_set: ImageSet) -> None:
        with self._reaching():
            self._scatter(image_set)

    def ask(self, lane: Lane, timeout: float, function: Callable[..., Any], *arguments: Any) -> Any:
        with self._reaching():
            return self._wait(self._client.submit(function, *self._send(arguments), pure=False, **_placement(lane)), timeout)

    def work(self, lane: Lane, job_id: str, function: Callable[..., Any], *arguments: Any) -> Any:
        from core.compute.tasks import run_job

        with self._reaching():
            call = (run_job, job_id, self._topic, _stop_name(job_id), function, *self._send(arguments))
            return self._wait(self._client.submit(*call, key=f"job-{job_id}-{uuid.uuid4().hex}", **_placement(lane)), math.inf)

    def close(self) -> None:
        self._client.close()

    def _send(self, arguments: tuple[Any, ...]) -> list[Any]:
        return [self._scatter(argument) if isinstance(argument, ImageSet) else argument for argument in arguments]

    def _wait(self, future: Any, timeout: float) -> Any:
        ended = threading.Event()
        future.add_done_callback(lambda done: ended.set())
        deadline = time.monotonic() + timeout
        # Nothing else tells that the engine is gone: a future of a lost client stays pending for ever.
        while not ended.wait(min(_LOOK_SECONDS, max(0.0, deadline - time.monotonic()))):
            if not self.is_alive():
                raise ConnectionLost(_LOST)
            if time.monotonic() >= deadline:
                raise EngineUnavailable(_SLOW)
        return future.result(timeout=_RESULT_SECONDS)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        if not self.is_alive():
            raise ConnectionLost(_LOST)
        with _dask_errors():
            yield

    def _look(self) -> dict[str, dict[str, Any]]:
        """The workers by address, as the scheduler knows them, or as it knew them when it was last in time to say so."""
        with self._reaching():
            try:
                call = self._client.scheduler.identity
                self._workers = self._client.sync(call, n_workers=-1, callback_timeout=_CONTROL_SECONDS)["workers"]
            except TimeoutError:
                # It is busy. One that is gone is noticed otherwise.
                return self._workers
        for run_id, training in list(self._trainings.items()):
            # A worker may have died just before it was given the run, which would then wait for it for ever.
            if training.worker not in self._workers and training.future.status == "pending":
                training.missed += 1
                if training.missed > _MISSED:
                    self._end(run_id, WorkerLost(training.has_begun))
        return self._workers

    def _trainers(self, workers: Mapping[str, Mapping[str, Any]]) -> set[str]:
        return {address for address, worker in workers.items() if worker["resources"].get(Lane.TRAIN)}

    def _scatter(self, image_set: ImageSet) -> Any:
        """The set's place in the cluster. Every worker gets a copy, so that losing one does not lose the set."""
        with self._scattering:
            future = self._sets.get(image_set.sha256)
            if future is None or future.status != "finished":
                name = f"{image_set.name}-{uuid.uuid4().hex}"
                future = self._client.scatter({name: image_set}, broadcast=True, direct=self._child is not None)[name]
                self._sets.put(image_set.sha256, future)
            return future

    def _hear(self, message: Mapping[str, Any], on_message: OnMessage) -> None:
        training = self._trainings.get(message.get("run", ""))
        if training is not None:
            training.has_begun = True
            training.is_over = message["kind"] in REPORTED
        on_message(message)

    def _look_at(self, run_id: str, future: Any) -> None:
        """A training's task is over. One that is finished has said everything itself."""
        self._end(run_id, None if future.status == "finished" else _read_loss(future, began=self.has_begun(run_id)))

    def _end(self, run_id: str, ending: Ending | None) -> None:
        training = self._trainings.pop(run_id, None)
        if training is not None and ending is not None:
            training.on_lost(run_id, ending)

    def _control(self, operation: str, run_id: str) -> None:
        """What Dask's `Event` does, but with a time limit."""
        with self._reaching():
            call = getattr(self._client.scheduler, operation)
            self._client.sync(call, name=_stop_name(run_id), callback_timeout=_CONTROL_SECONDS)

    def _wish(self, run_id: str, wishes: dict[str, Any] | None) -> None:
        """What Dask's `set_metadata` does, but with a time limit."""
        with self._reaching():
            call = self._client.scheduler.set_metadata
            self._client.sync(call, keys=[_wishes_name(run_id)], value=wishes, callback_timeout=_CONTROL_SECONDS)


def _stop_name(run_id: str) -> str:
    return f"inkling-stop-{run_id}"


def _wishes_name(run_id: str) -> str:
    return f"inkling-wishes-{run_id}"


def _placement(lane: Lane) -> dict[str, Any]:
    return {"resources": {lane.value: 1}, "priority": _PRIORITY[lane], "retries": 0}


def _read_loss(future: Any, *, began: bool) -> Ending:
    from distributed import KilledWorker

    if future.status != "error":
        return EngineLost()
    error = future.exception()
    if isinstance(error, KilledWorker):
        return WorkerLost(began)
    return TrainingRaised(False, type(error).__name__, str(error))


@contextmanager
def _dask_errors() -> Iterator[None]:
    """Turn what Dask says about a cluster that is gone or slow into `EngineUnavailable`."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.client import ClosedClientError

    try:
        yield
    except TimeoutError as error:
        raise EngineUnavailable(_SLOW) from error
    except (KilledWorker, CancelledError, ClosedClientError, OSError) as error:
        raise ConnectionLost(_LOST) from error
