"""Jobs with a cluster written by hand, which works when the test says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.compute.jobs import Jobs, JobState
from core.compute.kept import KeptResults
from core.compute.lanes import Lane
from core.errors import Cancelled, EngineUnavailable


class FakeCluster:
    """Calls the function in the thread that waits for it, once `may_work` is set, and lets it hear a stop."""

    def __init__(self) -> None:
        self.may_work = threading.Event()
        self.begun: list[tuple[Lane, str]] = []
        self.stops: dict[str, threading.Event] = {}
        self.forgotten: list[str] = []

    def work(self, lane: Lane, job_id: str, function: Callable[..., Any], *arguments: Any) -> Any:
        self.begun.append((lane, job_id))
        stop = self.stops.setdefault(job_id, threading.Event())
        while not self.may_work.wait(0.005):
            if stop.is_set():
                raise Cancelled("Stopped in the worker.")
        return function(lambda share, message: None, stop.is_set, *arguments)

    def stop(self, job_id: str) -> None:
        self.stops.setdefault(job_id, threading.Event()).set()

    def forget_stop(self, job_id: str) -> None:
        self.forgotten.append(job_id)


def count(report: Any, should_stop: Any, most: int) -> dict[str, np.ndarray]:
    return {"numbers": np.arange(most)}


def refuse(report: Any, should_stop: Any) -> dict[str, np.ndarray]:
    raise EngineUnavailable("No place for this.")


def break_down(report: Any, should_stop: Any) -> dict[str, np.ndarray]:
    raise ZeroDivisionError("a bug")


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    cluster = FakeCluster()
    yield cluster
    cluster.may_work.set()


@pytest.fixture
def jobs(cluster: FakeCluster, tmp_path: Path) -> Jobs:
    return Jobs(lambda: cluster, lambda: cluster, KeptResults(tmp_path))


def test_a_job_waits_runs_and_ends_with_its_result(jobs, cluster, wait_until):
    assert jobs.progress("count") is None
    assert jobs.start("count", Lane.JOB, False, count, (3,)).state == JobState.WAITING
    wait_until(lambda: cluster.begun)
    [(lane, job_id)] = cluster.begun
    assert lane == Lane.JOB
    jobs.receive({"job": job_id, "share": 0.5, "message": "Half-way there."})
    running = jobs.progress("count")
    assert (running.state, running.share, running.message) == (JobState.RUNNING, 0.5, "Half-way there.")
    cluster.may_work.set()
    finished = jobs.wait("count", 5)
    assert (finished.state, finished.share) == (JobState.FINISHED, 1.0)
    np.testing.assert_array_equal(finished.result["numbers"], [0, 1, 2])
    assert not finished.result["numbers"].flags.writeable


def test_however_many_ask_the_work_is_done_once(jobs, cluster, wait_until):
    for _ in range(5):
        jobs.start("count", Lane.JOB, False, count, (3,))
    cluster.may_work.set()
    assert jobs.wait("count", 5).state == JobState.FINISHED
    assert jobs.start("count", Lane.JOB, False, count, (3,)).state == JobState.FINISHED
    assert len(cluster.begun) == 1


def test_a_job_that_is_called_off_ends_at_once_and_can_be_begun_anew(jobs, cluster, wait_until):
    jobs.start("count", Lane.JOB, False, count, (3,))
    wait_until(lambda: cluster.begun)
    first = cluster.begun[0][1]
    jobs.cancel("count")
    jobs.cancel("count")
    assert jobs.progress("count").state == JobState.CANCELLED
    assert cluster.stops[first].is_set()
    wait_until(lambda: cluster.forgotten == [first])
    jobs.start("count", Lane.JOB, False, count, (4,))
    jobs.receive({"job": first, "share": 0.9, "message": "Late news."})
    assert jobs.progress("count").message != "Late news."
    cluster.may_work.set()
    assert len(jobs.wait("count", 5).result["numbers"]) == 4


def test_calling_off_what_has_ended_or_never_began_changes_nothing(jobs, cluster):
    cluster.may_work.set()
    jobs.cancel("count")
    jobs.start("count", Lane.JOB, False, count, (3,))
    jobs.wait("count", 5)
    jobs.cancel("count")
    assert jobs.progress("count").state == JobState.FINISHED


@pytest.mark.parametrize(("function", "message"), [(refuse, "No place for this."), (break_down, "did not expect: a bug")])
def test_a_job_that_fails_says_why_and_can_be_begun_anew(jobs, cluster, function, message):
    cluster.may_work.set()
    jobs.start("job", Lane.STUDY, False, function, ())
    failed = jobs.wait("job", 5)
    assert failed.state == JobState.FAILED
    assert message in failed.message
    jobs.start("job", Lane.STUDY, False, count, (2,))
    assert jobs.wait("job", 5).state == JobState.FINISHED


def test_a_job_without_an_engine_fails_with_the_reason(tmp_path):
    def no_engine():
        raise EngineUnavailable("The engine did not start.")

    jobs = Jobs(no_engine, lambda: None, KeptResults(tmp_path))
    jobs.start("count", Lane.JOB, False, count, (3,))
    assert jobs.wait("count", 5).message == "The engine did not start."


def test_only_results_that_are_to_be_kept_outlive_the_program(cluster, tmp_path):
    cluster.may_work.set()
    jobs = Jobs(lambda: cluster, lambda: cluster, KeptResults(tmp_path))
    jobs.start("kept", Lane.JOB, True, count, (3,))
    jobs.start("lost", Lane.JOB, False, count, (3,))
    assert jobs.wait("kept", 5).state == jobs.wait("lost", 5).state == JobState.FINISHED

    later = Jobs(lambda: cluster, lambda: cluster, KeptResults(tmp_path))
    assert later.progress("lost") is None
    np.testing.assert_array_equal(later.progress("kept").result["numbers"], [0, 1, 2])
    assert later.start("kept", Lane.JOB, True, count, (3,)).state == JobState.FINISHED
    assert len(cluster.begun) == 2


def test_too_many_jobs_are_refused_in_a_sentence(jobs, cluster, monkeypatch):
    monkeypatch.setattr("core.compute.jobs._MOST_AT_ONCE", 2)
    for name in ("one", "two"):
        jobs.start(name, Lane.JOB, False, count, (3,))
    with pytest.raises(EngineUnavailable, match="2 jobs are waiting already"):
        jobs.start("three", Lane.JOB, False, count, (3,))
    assert jobs.start("one", Lane.JOB, False, count, (3,)).state == JobState.WAITING
