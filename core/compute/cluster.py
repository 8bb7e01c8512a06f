"""A connection to a Dask cluster, our own engine's or an existing one: the only user of Dask's client."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from core.compute.child import EngineChild, start_engine
from core.compute.endings import Ending, EngineLost, TrainingRaised, WorkerLost
from core.compute.lanes import Lane
from core.compute.recent import Recent
from core.datasets.image_set import ImageSet
from core.errors import EngineUnavailable
from core.runs.record import RunRecord
from core.runs.store import Learned
from core.settings import SETS_IN_MEMORY, Settings

_CONNECT_SECONDS = 15.0
_CONTROL_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_RESULT_SECONDS = 30.0
_LOST = "The connection to the engine was lost. It is started again; wait a moment and try again."
_PRIORITY = {Lane.TRAIN: 0, Lane.STUDY: 0, Lane.JOB: 0, Lane.ANSWER: 10}


class Cluster(Protocol):
    """What Inkling asks of a place that computes.

    Thread contract: any thread may call any method. All but `is_alive`, `slots` and `close` raise `EngineUnavailable`
    when the cluster can't be reached or does not answer in time.
    """

    def is_alive(self) -> bool:
        """False once the engine or the connection to it is gone for good."""

    def is_warm(self) -> bool:
        """Whether TensorFlow is loaded in the workers."""

    def slots(self) -> int:
        """How many trainings can run side by side."""

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
        """Let go of the cluster, and end it if it is our own. Bounded in time, idempotent."""


def connect(settings: Settings, on_message: Callable[[Mapping[str, Any]], None]) -> Cluster:
    """Start an engine, or connect to the cluster of `INKLING_SCHEDULER`. `on_message` gets each message of a training, in order.

    Takes about three seconds. Raises `EngineUnavailable`.
    """
    if settings.scheduler is not None:
        return _join(settings.scheduler, on_message)
    child = start_engine(settings)
    try:
        return DaskCluster(child.address, child.credentials, on_message, child=child, slots=settings.workers)
    except BaseException:
        child.close()
        raise


def _join(scheduler: str, on_message: Callable[[Mapping[str, Any]], None]) -> Cluster:
    try:
        cluster = DaskCluster(scheduler, None, on_message, child=None, slots=None)
    except (EngineUnavailable, TypeError, ValueError) as error:
        advice = "Check INKLING_SCHEDULER, that the scheduler runs, and Dask's settings for TLS."
        raise EngineUnavailable(f"No Dask cluster could be reached at {scheduler}. {advice}") from error
    if cluster.slots() == 0:
        cluster.close()
        raise EngineUnavailable(
            f"The Dask cluster at {scheduler} has no worker with the resource {Lane.TRAIN}. Start one with --resources TRAIN=1."
        )
    return cluster


class DaskCluster:
    """See `Cluster`. Arrays are sent once for each set, and forgotten when it is not among the last few."""

    def __init__(
        self,
        address: str,
        credentials: dict[str, Any] | None,
        on_message: Callable[[Mapping[str, Any]], None],
        *,
        child: EngineChild | None,
        slots: int | None,
    ) -> None:
        import dask.config
        from distributed.security import Security

        from core.compute.client import HandClosedClient

        # A network's weights may well be larger than Dask thinks an argument should be.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
        self._child = child
        self._slots = slots
        # Unique, so that several servers on one cluster do not hear each other.
        self._topic = f"inkling-{uuid.uuid4().hex}"
        self._sets: Recent[str, Any] = Recent(SETS_IN_MEMORY)
        self._scattering = threading.Lock()
        self._trainings: dict[str, Any] = {}
        security = Security(require_encryption=True, **credentials) if credentials else None
        with _dask_errors():
            self._client = HandClosedClient(address, security=security, timeout=_CONNECT_SECONDS, set_as_default=False, name="inkling")
            try:
                self._client.subscribe_topic(self._topic, lambda event: on_message(event[1]))
                self._answerer, *self._trainers = self._start_warming()
            except BaseException:
                self._client.close()
                raise

    def is_alive(self) -> bool:
        # A client that reconnects has lost its subscription and its futures, so a broken connection is replaced, not mended.
        return self._client.status == "running" and (self._child is None or self._child.is_alive())

    def is_warm(self) -> bool:
        if self._answerer.status == "error":
            with self._reaching():
                reason = self._answerer.exception(timeout=_CONTROL_SECONDS)
            raise EngineUnavailable(
                f"The workers could not get ready ({type(reason).__name__}: {reason}); engine.log in Inkling's home may say more."
            )
        # A training that came first loads TensorFlow itself; what was to warm its worker up then waits until it ends, or dies with it.
        are_trainers_warm = bool(self._trainings) or all(future.done() for future in self._trainers)
        return bool(self._answerer.done()) and are_trainers_warm

    def slots(self) -> int:
        if self._slots is not None:
            return self._slots
        with self._reaching():
            workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
            return int(sum(worker["resources"].get(Lane.TRAIN, 0) for worker in workers))

    def train(self, record: RunRecord, image_set: ImageSet, learned: Learned | None, on_lost: Callable[[str, Ending], None]) -> None:
        from core.compute.tasks import run_training

        with self._reaching():
            names = (self._topic, _stop_name(record.id), _wishes_name(record.id))
            arguments = (record.id, record.spec.model_dump_json(), self._scatter(image_set), learned, *names)
            future = self._client.submit(run_training, *arguments, key=f"train-{record.id}", **_placement(Lane.TRAIN))
            self._trainings[record.id] = future
            future.add_done_callback(lambda done: self._look_at(record.id, done, on_lost))

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
            sent = [self._scatter(argument) if isinstance(argument, ImageSet) else argument for argument in arguments]
            return self._client.submit(function, *sent, pure=False, **_placement(lane)).result(timeout=timeout)

    def work(self, lane: Lane, job_id: str, function: Callable[..., Any], *arguments: Any) -> Any:
        from core.compute.tasks import run_job

        ended = threading.Event()
        with self._reaching():
            sent = [self._scatter(argument) if isinstance(argument, ImageSet) else argument for argument in arguments]
            call = (run_job, job_id, self._topic, _stop_name(job_id), function, *sent)
            future = self._client.submit(*call, key=f"job-{job_id}", **_placement(lane))
            future.add_done_callback(lambda done: ended.set())
            # Nothing else tells that the engine is gone: a future of a lost client stays pending for ever.
            while not ended.wait(_LOOK_SECONDS):
                if not self.is_alive():
                    raise EngineUnavailable(_LOST)
            return future.result(timeout=_RESULT_SECONDS)

    def close(self) -> None:
        try:
            self._client.close()
        finally:
            if self._child is not None:
                self._child.close()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        if not self.is_alive():
            raise EngineUnavailable(_LOST)
        with _dask_errors():
            yield

    def _start_warming(self) -> list[Any]:
        """The futures of the answering worker and of each training worker, which begins when the first is warm."""
        from core.compute.worker import warm_up

        answering = self._client.submit(warm_up, Lane.ANSWER, pure=False, **_placement(Lane.ANSWER))
        training = [self._client.submit(warm_up, Lane.TRAIN, answering, pure=False, **_placement(Lane.TRAIN)) for _ in range(self.slots())]
        return [answering, *training]

    def _scatter(self, image_set: ImageSet) -> Any:
        """The set's place in the cluster. Every worker gets a copy, so that losing one does not lose the set."""
        with self._scattering:
            future = self._sets.get(image_set.sha256)
            if future is None or future.status != "finished":
                name = f"{image_set.name}-{uuid.uuid4().hex}"
                future = self._client.scatter({name: image_set}, broadcast=True, direct=self._child is not None)[name]
                self._sets.put(image_set.sha256, future)
            return future

    def _look_at(self, run_id: str, future: Any, on_lost: Callable[[str, Ending], None]) -> None:
        """A training's task is over. One that is finished has said everything itself."""
        self._trainings.pop(run_id, None)
        if future.status != "finished":
            on_lost(run_id, _read_loss(future))

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


def _read_loss(future: Any) -> Ending:
    from distributed import KilledWorker

    if future.status != "error":
        return EngineLost()
    error = future.exception()
    if isinstance(error, KilledWorker):
        return WorkerLost()
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
        raise EngineUnavailable("The engine did not answer in time. Wait a moment and try again.") from error
    except (KilledWorker, CancelledError, ClosedClientError, OSError) as error:
        raise EngineUnavailable(_LOST) from error
