"""Which process a run or an upload belongs to, and whether that process still lives."""

from __future__ import annotations

import os
from functools import cache

import psutil  # type: ignore[import-untyped]

_TOLERANCE = 2.0
"""Seconds by which two readings of one process's creation time may differ: the clock may have been set in between."""


@cache
def current_owner() -> tuple[int, float]:
    """This process's id and the time of its creation (seconds since 1970): ids are used again, both together are not."""
    return os.getpid(), psutil.Process().create_time()


def owner_lives(pid: int | None, started: float | None) -> bool:
    """Whether the process that was created at `started` still runs under this id."""
    if pid is None or started is None:
        return False
    try:
        process = psutil.Process(pid)
        is_same = abs(float(process.create_time()) - started) < _TOLERANCE
        return is_same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
