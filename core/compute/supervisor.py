"""The thread that keeps an engine running and hands it the runs that wait."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from core.compute.cluster import Cluster, ConnectionLost, Engine
from core.compute.endings import Ending, EngineLost, TrainingRaised, WorkerLost
from core.compute.run_queue import RunQueue
from core.compute.status import READY, EngineState, describe_recovery
from core.datasets.image_set import ImageSet
from core.errors import EngineUnavailable, InklingError
from core.runs.store import RunStore

logger = logging.getLogger(__name__)

MAX_FAILURES = 5
"""Engines in a row that may fail to start, or die before they are ready, until it is left at that."""

FIRST_PAUSE = 1.0
"""Seconds before the next start after such a failure. They double with each. One that was ready once is started again at once."""

_LONGEST_PAUSE = 30.0
_LOOK_SECONDS = 0.25
"""How often to look whether the engine still lives when nothing else happens."""

_ATTEMPTS = 3
"""How often a run is handed to workers that die before it has begun."""


class Supervisor:
    """Starts the engine, starts it again when it dies, and dispatches runs first come first served.

    Thread contract: any thread may call any method; none of them waits for the engine, but for `wait_for_cluster` and `close`.
    `on_message` and `on_end` are called from several threads and must return at once.
    """

    def __init__(
        self,
        engine: Engine,
        queue: RunQueue,
        store: RunStore,
        load_dataset: Callable[[str], ImageSet],
        on_message: Callable[[Mapping[str, Any]], None],
        on_end: Callable[[str, Ending], None],
        make_way: Callable[[], None],
    ) -> None:
        """`make_way` calls off what holds a place of the trainings without being one."""
        self._engine, self._queue, self._store, self._load_dataset = engine, queue, store, load_dataset
        self._on_message, self._on_end, self._make_way = on_message, on_end, make_way
        self._changed = threading.Condition()
        self._state, self._message = EngineState.WARMING_UP, "The engine is warming up. Training can be started already; it waits for it."
        self._cluster: Cluster | None = None
        self._was_ready = False
        self._to_prepare: list[str] = []
        self._attempts: Counter[str] = Counter()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, name="engine-supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def state(self) -> tuple[EngineState, str]:
        """Where the engine is, and a sentence on it."""
        with self._changed:
            return self._state, self._message

    def wake(self) -> None:
        """Something is to be dispatched."""
        self._wake.set()

    def prepare(self, name: str) -> None:
        """Send this data set to the workers when there is time."""
        if name not in self._to_prepare:
            self._to_prepare.append(name)
            self.wake()

    def cluster(self) -> Cluster | None:
        """The cluster, None while there is none."""
        with self._changed:
            return self._cluster

    def wait_for_cluster(self, timeout: float) -> Cluster:
        """One that can be reached. Raises `EngineUnavailable` if there is none within `timeout` seconds, at once if there will be none."""
        # One that was lost may be the present one until that is noticed.
        self.wake()
        with self._changed:
            self._changed.wait_for(lambda: self._has_living_cluster() or self._state == EngineState.FAILED, timeout)
            if self._cluster is None:
                raise EngineUnavailable(self._message)
            return self._cluster

    def close(self, timeout: float) -> None:
        """End the engine and this thread, within `timeout` seconds. Idempotent."""
        self._closing.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _keep_running(self) -> None:
        try:
            self._run_until_closed()
        except Exception as error:
            self._give_up(f"The engine failed in a way Inkling did not expect ({type(error).__name__}: {error}).")
            raise

    def _run_until_closed(self) -> None:
        failures = 0
        try:
            while not self._closing.is_set():
                self._was_ready = False
                problem = self._run_once()
                failures = 0 if self._was_ready else failures + 1
                if self._closing.is_set():
                    break
                logger.warning("The engine went away: %s", problem)
                if failures > MAX_FAILURES:
                    self._give_up(f"{problem} It did not come back after {MAX_FAILURES} attempts.")
                    return
                self._set_state(EngineState.WARMING_UP, f"{problem} It is started again; runs that wait keep their places.")
                self._closing.wait(min(FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE) if failures else 0.0)
            self._set_state(EngineState.FAILED, "Inkling is closing.")
        finally:
            self._engine.close()

    def _run_once(self) -> str:
        """One life of an engine, from its start to its end. Returns why it ended."""
        try:
            cluster = self._engine.connect(self._on_message)
        except EngineUnavailable as error:
            return str(error)
        try:
            self._set_cluster(cluster)
            return self._serve(cluster)
        except EngineUnavailable as error:
            return str(error)
        finally:
            self._set_cluster(None)
            for run_id in self._queue.running:
                self._take_back(run_id, EngineLost(), began=self._closing.is_set() or cluster.has_begun(run_id))
            # Letting go of one that is gone takes a while, and the next one is there already.
            closing = threading.Thread(target=cluster.close, name="engine-closing", daemon=True)
            closing.start()
            if self._closing.is_set():
                closing.join()

    def _serve(self, cluster: Cluster) -> str:
        while not self._closing.is_set() and cluster.is_alive():
            self._look_at_workers(cluster)
            self._dispatch_all(cluster)
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()
        return "The engine was lost."

    def _look_at_workers(self, cluster: Cluster) -> None:
        cold = cluster.cold_lanes()
        if not cold:
            self._was_ready = True
            if self.state()[0] != EngineState.READY:
                self._set_state(EngineState.READY, READY)
        elif self._was_ready:
            self._set_state(EngineState.WARMING_UP, describe_recovery(cold))

    def _dispatch_all(self, cluster: Cluster) -> None:
        if self._queue.waiting or self._queue.running:
            # Here and not on a page: nobody may be looking at the one that measures how long a training takes. And as long as
            # one is trained, since a page may have begun just before it knew.
            self._make_way()
        if self._queue.waiting:
            # Dask would have a run wait at a worker that trains another, while the one that died is started again.
            places = cluster.slots()
            while cluster.is_alive() and (run_id := self._queue.take(places)) is not None:
                self._dispatch(cluster, run_id)
        if self._to_prepare:
            self._prepare_one(cluster, self._to_prepare.pop(0))

    def _dispatch(self, cluster: Cluster, run_id: str) -> None:
        try:
            record = self._store.load(run_id)
            cluster.train(record, self._load_dataset(record.spec.dataset), self._store.learned(run_id), self._on_lost)
        except EngineUnavailable as error:
            self._take_back(run_id, EngineLost(), began=cluster.is_alive() and not isinstance(error, ConnectionLost))
        except InklingError as error:
            self._on_end(run_id, TrainingRaised(True, type(error).__name__, str(error)))

    def _on_lost(self, run_id: str, ending: Ending) -> None:
        self._take_back(run_id, ending, began=not isinstance(ending, WorkerLost) or ending.began)

    def _take_back(self, run_id: str, ending: Ending, *, began: bool) -> None:
        """End a run whose training was lost, or let it wait again if nothing of it was done and it is not what kills its workers."""
        self._attempts[run_id] += 1
        if began or self._attempts[run_id] >= _ATTEMPTS:
            self._on_end(run_id, ending)
        else:
            self._queue.put_back(run_id)
            self.wake()

    def _prepare_one(self, cluster: Cluster, name: str) -> None:
        try:
            cluster.prepare(self._load_dataset(name))
        except InklingError as error:
            # Nobody waits for this. Whoever then presses Train is told.
            logger.warning("The data set %s could not be prepared: %s", name, error)
        self.wake()

    def _give_up(self, problem: str) -> None:
        self._set_state(EngineState.FAILED, f"{problem} Restart Inkling to try again.")
        for run_id in self._queue.drain():
            self._on_end(run_id, EngineLost())

    def _set_state(self, state: EngineState, message: str) -> None:
        with self._changed:
            self._state, self._message = state, message
            self._changed.notify_all()

    def _has_living_cluster(self) -> bool:
        return self._cluster is not None and self._cluster.is_alive()

    def _set_cluster(self, cluster: Cluster | None) -> None:
        with self._changed:
            self._cluster = cluster
            self._changed.notify_all()
