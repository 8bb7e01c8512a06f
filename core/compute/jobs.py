"""Jobs: work in a worker that takes longer than a visitor waits, with progress; any visitor can watch it and call it off."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.cluster import Cluster, ConnectionLost
from core.compute.kept import KeptResults
from core.compute.lanes import Lane
from core.compute.recent import Recent
from core.errors import Cancelled, EngineUnavailable, InklingError

logger = logging.getLogger(__name__)

Arrays = Mapping[str, NDArray[np.generic]]
"""What a job gives: arrays by name, read-only. Numbers and text; never objects."""

Report = Callable[[float, str], None]
"""`report(share, message)`: how much is done, 0 to 1, and what goes on, in words for a page."""

JobFunction = Callable[..., dict[str, NDArray[Any]]]
"""`function(report, should_stop, *arguments)`. Raises `Cancelled` soon after `should_stop()` becomes true."""

_REMEMBERED = 64
"""Jobs whose end is remembered, results included: some hundred kilobytes each."""

_MOST_AT_ONCE = 32
"""Jobs that may wait or run. Each takes a thread here that does nothing but wait."""


_BEGINS_ANEW = "The process that did this was lost; another one is started and begins anew."


class JobState(StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, eq=False)
class JobProgress:
    """A job as of one moment. `share` runs from 0 to 1; `result` is None unless it is FINISHED."""

    key: str
    state: JobState
    share: float = 0.0
    message: str = ""
    result: Arrays | None = None


class _Job:
    """One attempt at a key. Its `id` tells late news of an attempt that was called off from those of the next."""

    def __init__(self, key: str, lane: Lane) -> None:
        self.id = uuid.uuid4().hex
        self.lane = lane
        self.progress = JobProgress(key, JobState.WAITING, message="Waiting for a free place.")
        self.ended = threading.Event()


class Jobs:
    """Starts jobs, once for each key however many ask, and remembers how they ended.

    Thread contract: any thread may call any method; only `wait` waits.
    """

    def __init__(self, wait_for_cluster: Callable[[], Cluster], cluster: Callable[[], Cluster | None], kept: KeptResults) -> None:
        self._wait_for_cluster = wait_for_cluster
        self._cluster = cluster
        self._kept = kept
        self._lock = threading.Lock()
        self._active: dict[str, _Job] = {}
        self._ended: Recent[str, JobProgress] = Recent(_REMEMBERED)

    def start(self, key: str, lane: Lane, keep: bool, function: JobFunction, arguments: tuple[Any, ...]) -> JobProgress:
        """See `ComputeService.start_job`."""
        known = self.progress(key)
        if known is not None and known.state not in (JobState.FAILED, JobState.CANCELLED):
            return known
        with self._lock:
            # Somebody else may have been quicker.
            if key in self._active:
                return self._active[key].progress
            if len(self._active) >= _MOST_AT_ONCE:
                raise EngineUnavailable(f"{_MOST_AT_ONCE} jobs are waiting already. Call one off, or try again when some have ended.")
            job = self._active[key] = _Job(key, lane)
        threading.Thread(target=self._run, args=(job, keep, function, arguments), name=f"job-{key[:40]}", daemon=True).start()
        return job.progress

    def progress(self, key: str) -> JobProgress | None:
        """The job as of now; None if it was never started, or its end is forgotten."""
        with self._lock:
            job = self._active.get(key)
        if job is not None:
            return job.progress
        ended = self._ended.get(key)
        if ended is None and (arrays := self._kept.load(key)) is not None:
            ended = JobProgress(key, JobState.FINISHED, 1.0, result=arrays)
            self._ended.put(key, ended)
        return ended

    def wait(self, key: str, seconds: float) -> JobProgress | None:
        """The job as of its end, or as of `seconds` from now."""
        with self._lock:
            job = self._active.get(key)
        if job is not None:
            job.ended.wait(seconds)
        return self.progress(key)

    def cancel(self, key: str) -> None:
        """Call a job off. Idempotent: one that has ended stays as it is."""
        with self._lock:
            job = self._active.get(key)
        if job is None:
            return
        self._end(job, JobProgress(key, JobState.CANCELLED, message="Called off. Nothing of it was kept."))
        cluster = self._cluster()
        if cluster is not None:
            cluster.stop(job.id)

    def clear(self, lane: Lane) -> None:
        """Call off whatever takes a place in this lane, or waits for one."""
        with self._lock:
            keys = [key for key, job in self._active.items() if job.lane == lane]
        for key in keys:
            # One whose worker does not hear it in time comes to its end there, and is not heard of any more.
            with suppress(EngineUnavailable):
                self.cancel(key)

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take a worker's report of how far a job is."""
        with self._lock:
            job = next((job for job in self._active.values() if job.id == message["job"]), None)
            if job is not None:
                job.progress = replace(job.progress, state=JobState.RUNNING, share=message["share"], message=message["message"])

    def _run(self, job: _Job, keep: bool, function: JobFunction, arguments: tuple[Any, ...]) -> None:
        """The one place where the outcome of a job is classified."""
        key = job.progress.key
        try:
            result = self._work(job, function, arguments)
            for array in result.values():
                array.setflags(write=False)
            if keep:
                self._kept.store(key, result)
            last = JobProgress(key, JobState.FINISHED, 1.0, result=result)
        except Cancelled as error:
            last = JobProgress(key, JobState.CANCELLED, message=str(error))
        except InklingError as error:
            last = JobProgress(key, JobState.FAILED, message=str(error))
        except Exception as error:
            logger.exception("The job %s failed", key)
            last = JobProgress(key, JobState.FAILED, message=f"The work failed in a way Inkling did not expect: {error}")
        self._end(job, last)
        self._forget_stop(job)

    def _work(self, job: _Job, function: JobFunction, arguments: tuple[Any, ...]) -> Any:
        """A job gives arrays and changes nothing, so one whose worker dies is done once more. Not twice: it may be what kills it."""
        try:
            return self._wait_for_cluster().work(job.lane, job.id, function, *arguments)
        except ConnectionLost:
            with self._lock:
                job.progress = replace(job.progress, state=JobState.WAITING, share=0.0, message=_BEGINS_ANEW)
            return self._wait_for_cluster().work(job.lane, job.id, function, *arguments)

    def _forget_stop(self, job: _Job) -> None:
        """Take back a request to stop, so that the scheduler does not remember it for ever."""
        cluster = self._cluster()
        if job.progress.state == JobState.CANCELLED and cluster is not None:
            with suppress(EngineUnavailable):
                cluster.forget_stop(job.id)

    def _end(self, job: _Job, last: JobProgress) -> None:
        with self._lock:
            # Otherwise it was called off, which stands.
            if self._active.get(last.key) is job:
                del self._active[last.key]
                job.progress = last
                self._ended.put(last.key, last)
        job.ended.set()
