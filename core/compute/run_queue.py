"""Who waits and who is being trained, first come first served."""

from __future__ import annotations

import threading


class RunQueue:
    """Ids of runs that have not ended, in the order they were submitted.

    The queue is Inkling's own and not Dask's, which would hand waiting runs to a busy worker early,
    and count them among the victims when that worker is killed.

    Thread contract: any thread may call any method; each is one step for all others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._running: list[str] = []

    @property
    def waiting(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._waiting)

    @property
    def running(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._running)

    def add(self, run_id: str) -> None:
        with self._lock:
            self._waiting.append(run_id)

    def position(self, run_id: str) -> int | None:
        """1 for the next one; None for a run that is not waiting."""
        with self._lock:
            return self._waiting.index(run_id) + 1 if run_id in self._waiting else None

    def withdraw(self, run_id: str) -> bool:
        """Take out a run that is waiting; False if it is not."""
        with self._lock:
            if run_id not in self._waiting:
                return False
            self._waiting.remove(run_id)
            return True

    def take(self, places: int) -> str | None:
        """The next run, which now counts as running; None if nobody waits or all `places` are taken."""
        with self._lock:
            if not self._waiting or len(self._running) >= places:
                return None
            self._running.append(self._waiting.pop(0))
            return self._running[-1]

    def put_back(self, run_id: str) -> None:
        """A run that was taken in vain is next again; nothing happens if it has left the queue meanwhile."""
        with self._lock:
            if run_id in self._running:
                self._running.remove(run_id)
                self._waiting.insert(0, run_id)

    def release(self, run_id: str) -> None:
        """The run no longer takes a place. Idempotent."""
        with self._lock:
            if run_id in self._running:
                self._running.remove(run_id)

    def drain(self) -> tuple[str, ...]:
        """Take out everybody, waiting or running."""
        with self._lock:
            everybody = (*self._running, *self._waiting)
            self._running, self._waiting = [], []
            return everybody
