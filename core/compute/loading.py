"""TensorFlow and Keras, loaded without the packages that Keras looks for and Inkling's workers never need."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any

_NOT_NEEDED = frozenset({"matplotlib", "pandas", "sklearn"})
"""Keras imports them for its own plots, for tables as training data and for its scikit-learn wrappers, and does without where they
are not installed. They are a third of the seconds that loading Keras takes."""


def load_libraries(when_loaded: Callable[[], object]) -> None:
    """Load everything that workers use, to be forked afterwards: nothing is computed, so no thread is started.

    `when_loaded` is called as soon as TensorFlow is there, before what only trainings use.
    """
    # First of all, since it says how TensorFlow is to be loaded.
    import core.compute.worker

    load_quietly()
    when_loaded()
    # After Keras, which would load more if it found it. Without pandas, whose Arrow would start a thread.
    with _unseen(_NOT_NEEDED - {"sklearn"}):
        import sklearn.model_selection  # noqa: F401

    import core.compute.reading
    import core.compute.scoring
    import core.compute.tasks
    import core.training.loop  # noqa: F401


def load_tensorflow(threads: int | None) -> None:
    """Load TensorFlow and Keras, to compute with that many threads; None leaves it to TensorFlow."""
    with _unseen(_NOT_NEEDED):
        import keras  # noqa: F401
        import tensorflow as tf
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def load_quietly() -> None:
    """Load both without the notices that TensorFlow's libraries write while they are loaded, to a terminal or to the engine's log.

    Whatever else is written to standard error meanwhile arrives, also what a library says before it ends the process. Does nothing
    where TensorFlow is loaded already.
    """
    if "tensorflow" not in sys.modules:
        with _without_notices():
            load_tensorflow(None)


_FILTER = r"""
import re, sys
for line in sys.stdin.buffer:
    if not re.match(rb"I\d{4} |WARNING: All log messages before absl::InitializeLog", line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""
"""The lines of the level "information", and the one that announces them. No environment variable reaches lines so early: TensorFlow
writes them before it has read `TF_CPP_MIN_LOG_LEVEL`."""


@contextmanager
def _without_notices() -> Iterator[None]:
    """Standard error passes through a process of its own, which drops the notices.

    A thread could not do it: this process may be ended by the very library that has something to say, and holds Python's lock meanwhile.
    """
    try:
        own = os.dup(2)
    except OSError:
        # There is no standard error, so that nobody is disturbed.
        yield
        return
    taken, given = os.pipe()
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", _FILTER], stdin=taken, stdout=subprocess.DEVNULL):
        os.dup2(given, 2)
        os.close(given)
        os.close(taken)
        try:
            yield
        finally:
            os.dup2(own, 2)
            os.close(own)


@contextmanager
def _unseen(packages: frozenset[str]) -> Iterator[None]:
    """For this thread, these packages are not installed. What is imported already stays, and other threads import as ever."""
    finder = _Absent(packages, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Absent(MetaPathFinder):
    """Python asks it first, in the thread that imports."""

    def __init__(self, packages: frozenset[str], thread: int) -> None:
        self._packages, self._thread = packages, thread

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname in self._packages and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
