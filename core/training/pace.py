"""How many steps to run at once: as many as fit in a chunk's time, learned from the chunks before."""

from __future__ import annotations

import math

CHUNK_SECONDS = 0.2
"""Long enough that looking at the result costs next to nothing, short enough that curves flow and Stop is felt at once."""

_GROWTH = 8
"""A chunk is at most this many times the one before, so that one lucky measurement can't make Stop wait."""


class Pace:
    """Chooses the size of the next chunk. The first is a single step, so that the first point of the curve comes at once.

    Not safe for several threads; each training has its own.
    """

    def __init__(self, chunk_seconds: float = CHUNK_SECONDS) -> None:
        self._chunk_seconds = chunk_seconds
        self._steps = 1

    def next_chunk(self, remaining: int) -> int:
        """Steps to run now, from 1 to `remaining`. The steps left in the epoch are dealt out evenly: no stump at its end."""
        return math.ceil(remaining / math.ceil(remaining / self._steps))

    def record(self, steps: int, seconds: float) -> None:
        """Take note that `steps` steps took `seconds`."""
        affordable = int(steps * self._chunk_seconds / max(seconds, 1e-6))
        self._steps = max(1, min(affordable, self._steps * _GROWTH))
