"""Following scikit-learn's t-SNE while it works: it takes no callback, but with `verbose=2` it prints a line every 50 iterations."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TextIO

from core.errors import Cancelled

_ITERATION = re.compile(r"\[t-SNE\] Iteration (\d+)")
_BEGUN = 0.05
"""Share of the time that finding each image's neighbours takes, before the first iteration."""

_one_at_a_time = threading.Lock()
_LOOK_EVERY = 0.2


@contextlib.contextmanager
def listening(report: Callable[[float, str], None], should_stop: Callable[[], bool], iterations: int) -> Iterator[None]:
    """Turn what t-SNE prints inside, on this thread, into reports; raise `Cancelled` from its next line once `should_stop()` is true.

    Standard output belongs to the whole process, so what other threads print meanwhile, or anything else here, passes through;
    and only one can listen at a time: a second waits, or is cancelled.
    """
    while not _one_at_a_time.acquire(timeout=_LOOK_EVERY):
        _check(should_stop)
    try:
        with contextlib.redirect_stdout(_Ear(sys.stdout, report, should_stop, iterations)):
            yield
    finally:
        _one_at_a_time.release()


class _Ear(io.TextIOBase):
    """A text stream in the place of standard output.

    Thread contract: other threads may write at any time and reach the real output; lines are read on the thread that made it.
    """

    def __init__(self, output: TextIO, report: Callable[[float, str], None], should_stop: Callable[[], bool], iterations: int) -> None:
        self._output, self._report, self._should_stop, self._iterations = output, report, should_stop, iterations
        self._thread = threading.get_ident()
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return self._output.write(text)
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._hear(line)
        return len(text)

    def flush(self) -> None:
        self._output.flush()

    def _hear(self, line: str) -> None:
        _check(self._should_stop)
        if not line.startswith("[t-SNE]"):
            self._output.write(f"{line}\n")
            return
        found = _ITERATION.match(line)
        done = int(found[1]) if found else 0
        message = f"Iteration {done:,} of {self._iterations:,}." if found else "Finding each image's neighbours."
        if found or "neighbors" in line:
            share = _BEGUN + (1 - _BEGUN) * min(done / self._iterations, 1.0)
            # Whoever is told may print, and that is not for this stream.
            with contextlib.redirect_stdout(self._output):
                self._report(share if found else 0.0, message)


def _check(should_stop: Callable[[], bool]) -> None:
    if should_stop():
        raise Cancelled("The map was called off. Nothing of it was kept.")
