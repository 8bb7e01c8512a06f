"""The engine process, as its parent sees it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import core
from core.errors import EngineUnavailable
from core.settings import Settings

_START_SECONDS = 60.0
"""It takes one; a laptop waking up with a cold disk may take ten."""

_AGAIN_SECONDS = 20.0
"""For a scheduler that takes the place of another, which takes a fraction of a second unless libraries are being loaded."""

_END_SECONDS = 3.0

_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""As Dask's nanny has it, since they are read when a process starts: each worker has its share of the cores already,
and memory that is let go of is given back."""


@dataclass(frozen=True)
class Scheduler:
    """What a Dask client needs to reach it."""

    address: str
    credentials: dict[str, Any]


class EngineChild:
    """A running engine process. It starts another scheduler when the one it has dies.

    Thread contract: any thread may call any method.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._changed = threading.Condition()
        self._scheduler: Scheduler | None = None
        self._reader = threading.Thread(target=self._read, name="engine-handover", daemon=True)
        self._reader.start()

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def scheduler(self, other_than: Scheduler | None = None) -> Scheduler:
        """The scheduler that there is now, waited for if need be. Raises `EngineUnavailable` if none comes up in time."""
        seconds = _START_SECONDS if other_than is None else _AGAIN_SECONDS
        with self._changed:
            self._changed.wait_for(lambda: not self._reader.is_alive() or self._scheduler not in (None, other_than), seconds)
            if self._scheduler is None or self._scheduler == other_than or not self.is_alive():
                raise EngineUnavailable("The engine did not start.")
            return self._scheduler

    def close(self) -> None:
        """End the engine and its workers, within a few seconds. Idempotent."""
        _end(self.process)
        self._reader.join(_END_SECONDS)

    def _read(self) -> None:
        """In a thread: take what the process hands over, one line for each scheduler, until it ends."""
        with contextlib.suppress(ValueError), _pipe(self.process.stdout) as pipe:  # A line may be cut off.
            for line in pipe:
                handover = json.loads(line)
                with self._changed:
                    self._scheduler = Scheduler(handover.pop("address"), handover)
                    self._changed.notify_all()
        with self._changed:
            self._scheduler = None
            self._changed.notify_all()


def start_engine(settings: Settings) -> EngineChild:
    """Start the engine process and wait, about a second, until its scheduler can be reached.

    What it and its workers say goes to `<home>/engine.log`, which starts afresh each time.
    Raises `EngineUnavailable` if it does not come up.
    """
    with _open_log(settings.home) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.compute.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_environment(settings),
            # Ctrl-C in the terminal is for the page server, which then closes the engine's pipe.
            start_new_session=True,
        )
    child = EngineChild(process)
    try:
        child.scheduler()
    except EngineUnavailable as error:
        child.close()
        raise EngineUnavailable(f"{error} The reason is in {settings.home / 'engine.log'}.") from error
    return child


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        _pipe(process.stdin).close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        # Its workers see that it is gone and exit by themselves.
        process.kill()
        process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    root = str(Path(core.__file__).parent.parent)
    search = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
    return {**_ENVIRONMENT, **os.environ, "PYTHONPATH": search, "INKLING_WORKERS": str(settings.workers)}


@contextmanager
def _open_log(home: Path) -> Iterator[IO[bytes] | int]:
    """The engine's log, or nowhere when the home can't be written to: that is told elsewhere, and training works even so."""
    with contextlib.ExitStack() as stack:
        try:
            home.mkdir(parents=True, exist_ok=True)
            log: IO[bytes] | int = stack.enter_context((home / "engine.log").open("wb"))
        except OSError:
            log = subprocess.DEVNULL
        yield log


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the engine was started without pipes")
    return pipe
