"""TensorFlow and Keras, loaded without the packages that Keras looks for and Inkling's workers never need."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any

_NOT_NEEDED = frozenset({"matplotlib", "pandas", "sklearn"})
"""Keras imports them for its own plots, for tables as training data and for its scikit-learn wrappers, and does without where they
are not installed. They are a third of the seconds that loading Keras takes."""


def load_tensorflow(threads: int | None) -> None:
    """Load TensorFlow and Keras, to compute with that many threads; None leaves it to TensorFlow."""
    with _unseen(_NOT_NEEDED):
        import keras  # noqa: F401
        import tensorflow as tf
    if threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


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
