"""Working on many items, by several threads where that pays, with a bounded number of them in memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from core.datasets.importing.source import ShouldStop
from core.errors import Cancelled

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_THREADS = 4
_STOP_POLL = 0.05

# Pillow lets other threads run while it unpacks a picture, but for small ones that is a small part of the work. Measured on two
# cores with pictures of 1 kB: a second thread gains a tenth of the time, and delays others in this process, who show pages,
# by up to 4 ms at the 95th percentile instead of 0.3 ms.
_PAYS_FROM = 16_384


def threads_for(mean_bytes: float) -> int:
    """How many threads should decode pictures whose files have this size."""
    return min(_MOST_THREADS, os.cpu_count() or 1) if mean_bytes >= _PAYS_FROM else 1


def map_ahead(work: Callable[[Item], Result], items: Iterable[Item], threads: int, should_stop: ShouldStop) -> Iterator[Result]:
    """The results in the order of the items, which are drawn one by one in the calling thread, a few ahead of their turn.

    `work` must not fail. Raises `Cancelled` within a twentieth of a second after `should_stop()` becomes true;
    a thread in the middle of an item ends with it, and its result is dropped.
    """
    if threads == 1:
        for item in items:
            _check(should_stop)
            yield work(item)
        return
    pool = ThreadPoolExecutor(threads, "decode")
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            _check(should_stop)
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * threads:
                yield _wait(pending.popleft(), should_stop)
        while pending:
            yield _wait(pending.popleft(), should_stop)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _wait(future: Future[Result], should_stop: ShouldStop) -> Result:
    while True:
        _check(should_stop)
        try:
            return future.result(timeout=_STOP_POLL)
        except TimeoutError:
            continue


def _check(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Cancelled("The import was called off. Nothing of it was kept.")
