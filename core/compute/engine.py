"""The engine: `python -m core.compute.engine`, the process that starts Dask's scheduler and workers, and starts again what dies.

It is a process of its own because a cluster can't be started inside a page: Streamlit's page is `__main__`,
which `multiprocessing` would run again in every worker. Its scheduler listens on loopback alone, with TLS credentials made
for this one life of it. For each life of the scheduler it hands over address and credentials as one line of JSON on its standard
output. Nothing else is ever written there: whatever the libraries say goes to standard error.

On Linux it loads TensorFlow once and computes nothing itself. So it stays a process of one thread, as forking needs it,
and a worker that was killed is back in about a second: loading TensorFlow again would take it four, and ten on a busy machine.
That is why Dask's own nanny is not used, nor its `LocalCluster`: that one also gives a worker up for good which is not back
within 15 seconds. On other systems a process can't be forked once Apple's or Microsoft's libraries are in it, and each loads its own.

It lives as long as its standard input is open. The pipe closes when the parent closes it or dies, in whichever way;
then the engine kills the others and exits. They watch a pipe to the engine in the same manner.
"""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, TextIO

import psutil  # type: ignore[import-untyped]

from core.compute.lanes import ANSWER_RESOURCES, TRAIN_RESOURCES
from core.compute.loading import load_libraries
from core.compute.processes import run_scheduler, run_worker
from core.settings import load_settings

if sys.platform == "linux":
    _context = multiprocessing.get_context("fork")
else:
    _context = multiprocessing.get_context("spawn")
_FORKS = sys.platform == "linux"

_START_SECONDS = 60.0
"""For the scheduler, which takes a fifth of a second when it is forked."""

_YOUNG_SECONDS = 10.0
"""A worker that dies younger than this may do so again and again."""

_LONGEST_PAUSE = 30.0


def main() -> None:
    """Start everything and keep it running until standard input ends."""
    settings = load_settings()
    scratch = tempfile.mkdtemp(prefix="inkling-engine-")
    with _private_stdout() as handover, contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, scratch, ignore_errors=True)
        threading.Thread(target=_end_with_input, args=(scratch,), name="end-with-input", daemon=True).start()
        Engine(settings.workers, settings.cores, scratch, handover).keep_running()


class Engine:
    """The scheduler and its workers. When a worker dies another takes its place; when the scheduler dies, everything is new."""

    def __init__(self, training_workers: int, cores: int, scratch: str, handover: TextIO) -> None:
        """`training_workers` share the `cores`; the answering worker may use all of them, since what it does is short."""
        from distributed.security import Security

        self._security = Security.temporary()
        self._scratch, self._handover = scratch, handover
        self._address = ""
        self._scheduler: BaseProcess
        share = max(1, cores // training_workers)
        # The answering worker first, with a thread for each lane: a drawing is what people come with.
        kinds = [(len(ANSWER_RESOURCES), ANSWER_RESOURCES, cores), *[(1, TRAIN_RESOURCES, share)] * training_workers]
        self._workers = [_Place(partial(self._start_worker, *kind)) for kind in kinds]

    def keep_running(self) -> None:
        """For ever. Raises `RuntimeError` or `EOFError` if there is no scheduler to be had."""
        # Before TensorFlow is loaded, so that runs can be handed over meanwhile.
        self._start_scheduler()
        if _FORKS:
            # The first worker need not wait for what only trainings use.
            load_libraries(when_loaded=self._workers[0].fill)
            # Objects that the collector leaves alone stay shared between the processes.
            gc.freeze()
        while True:
            if not self._scheduler.is_alive():
                for place in self._workers:
                    place.clear()
                self._start_scheduler()
            pauses = [pause for place in self._workers if (pause := place.fill()) is not None]
            alive = [place.process.sentinel for place in self._workers if place.process is not None]
            wait([self._scheduler.sentinel, *alive], timeout=min(pauses, default=None))

    def _start_scheduler(self) -> None:
        hears, tells = _context.Pipe(duplex=False)
        with hears:
            with tells:
                self._scheduler = _start(run_scheduler, tells, self._security)
            if not hears.poll(_START_SECONDS):
                raise RuntimeError(f"the scheduler did not start within {_START_SECONDS:g} s")
            # Raises `EOFError` if the scheduler ended instead.
            self._address = hears.recv_bytes().decode()
        credentials = {name: getattr(self._security, name) for name in ("tls_ca_file", "tls_client_cert", "tls_client_key")}
        print(json.dumps({"address": self._address, **credentials}), file=self._handover, flush=True)

    def _start_worker(self, *kind: Any) -> BaseProcess:
        return _start(run_worker, self._address, self._security, self._scratch, *kind)


@dataclass
class _Place:
    """Where one worker works, and after it died the next one."""

    start: Callable[[], BaseProcess]
    process: BaseProcess | None = None
    born: float = 0.0
    deaths: int = 0
    """Of young ones in a row."""

    def fill(self) -> float | None:
        """Start a worker if there is none and it is time. Returns the seconds until then; None if there is one."""
        if self.process is not None and not self.process.is_alive():
            self.process = None
            self.deaths = self.deaths + 1 if time.monotonic() - self.born < _YOUNG_SECONDS else 0
        if self.process is None:
            # The first time at once: somebody killed it, or the system did.
            pause = min(2.0 ** (self.deaths - 2), _LONGEST_PAUSE) if self.deaths > 1 else 0.0
            left = self.born + pause - time.monotonic()
            if left > 0:
                return left
            self.process, self.born = self.start(), time.monotonic()
        return None

    def clear(self) -> None:
        """Kill who is there, which is nobody's fault."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
        self.process, self.deaths = None, 0


def _start(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    process = _context.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


@contextmanager
def _private_stdout() -> Iterator[TextIO]:
    """The standard output for the caller alone; everybody else's goes to standard error from now on, also that of C++ code."""
    with os.fdopen(os.dup(1), "w") as handover:
        os.dup2(2, 1)
        yield handover


def _end_with_input(scratch: str) -> None:
    """In a thread, since the others may be busy for seconds. Workers hold nothing worth saving."""
    while os.read(0, 1024):
        pass
    for child in psutil.Process().children():
        child.kill()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
