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
"""It takes two; a laptop waking up with a cold disk may take ten."""

_END_SECONDS = 3.0


@dataclass(frozen=True)
class EngineChild:
    """A running engine. `address` and `credentials` are what a Dask client needs to reach it.

    Thread contract: any thread may call any method.
    """

    process: subprocess.Popen[bytes]
    address: str
    credentials: dict[str, Any]

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """End the engine and its workers, within a few seconds. Idempotent."""
        _end(self.process)


def start_engine(settings: Settings) -> EngineChild:
    """Start the engine process and wait, about two seconds, for what it hands over.

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
    watchdog = threading.Timer(_START_SECONDS, process.kill)
    watchdog.start()
    try:
        handover = json.loads(_pipe(process.stdout).readline())
    except ValueError as error:
        _end(process)
        raise EngineUnavailable(f"The engine did not start; the reason is in {settings.home / 'engine.log'}.") from error
    finally:
        watchdog.cancel()
    return EngineChild(process, handover.pop("address"), handover)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        _pipe(process.stdin).close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        # Its workers see that it is gone and exit by themselves.
        process.kill()
        process.wait()
    _pipe(process.stdout).close()


def _environment(settings: Settings) -> dict[str, str]:
    root = str(Path(core.__file__).parent.parent)
    search = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH")) if part)
    return {**os.environ, "PYTHONPATH": search, "INKLING_WORKERS": str(settings.workers)}


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
