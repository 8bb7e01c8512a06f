"""The time a training takes: what was spent paused does not count."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class TrainingClock:
    """Seconds since a training began. One thread only."""

    def __init__(self, already: float = 0.0, clock: Callable[[], float] = time.perf_counter) -> None:
        """`already`: seconds that the training took before it was interrupted."""
        self._clock = clock
        self._began = clock() - already

    def seconds(self) -> float:
        return self._clock() - self._began

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Time stands still within the block."""
        stopped = self._clock()
        yield
        self._began += self._clock() - stopped


@dataclass
class Speed:
    """Images used and the seconds that their steps took."""

    images: int = 0
    seconds: float = 0.0

    def add(self, images: int, seconds: float) -> None:
        self.images += images
        self.seconds += seconds

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0
