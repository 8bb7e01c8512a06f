"""The engine's two kinds of process: what each does from its start to its end. See `core.compute.engine`, which starts them."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

# Read when Dask is imported.
os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "warning")

DASK_CONFIG = {
    # A killed worker interrupts its run; nobody trains it again behind the user's back.
    "distributed.scheduler.allowed-failures": 0,
    # Everything is placed by resources, so there is nothing to move about.
    "distributed.scheduler.work-stealing": False,
    # It would take back the copies of the image sets that were scattered to every worker on purpose.
    "distributed.scheduler.active-memory-manager.start": False,
    # The scheduler keeps this many events of each topic, and one event can carry a whole network's weights.
    "distributed.admin.low-level-log-length": 1,
    # It would look into the training thread a hundred times a second.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.preload": ["core.compute.worker"],
    # Scheduler and workers open a web server each, on loopback, whatever one says; these leave nothing there to read.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}

_LOCAL: Mapping[str, Any] = {"host": "127.0.0.1", "protocol": "tls://", "dashboard": False, "dashboard_address": "127.0.0.1:0"}


def run_scheduler(told: Connection, security: Any) -> None:
    """Dask's scheduler, which says its address, in ASCII, as soon as it can be reached."""
    from distributed import Scheduler

    async def run() -> None:
        async with Scheduler(security=security, **_LOCAL) as scheduler:
            told.send_bytes(scheduler.address.encode())
            told.close()
            await scheduler.finished()

    _run_to_the_end(run())


def run_worker(address: str, security: Any, scratch: str, threads: int, resources: Mapping[str, float], cores: int) -> None:
    """A worker of the scheduler at `address`, which may compute on so many `cores`. Ends when the scheduler does."""
    from distributed import Worker

    os.environ["INKLING_CORES"] = str(cores)
    given = {"nthreads": threads, "resources": dict(resources), "local_directory": scratch, "memory_limit": 0}

    async def run() -> None:
        async with Worker(address, security=security, **_LOCAL, **given) as worker:
            await worker.finished()

    _run_to_the_end(run())


def _run_to_the_end(life: Any) -> None:
    import dask.config

    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    dask.config.set(DASK_CONFIG)
    asyncio.run(life)
    # Not by returning: a training in a thread can't be asked to end within a bounded time.
    os._exit(0)


def _end_with_parent() -> None:
    """Whatever becomes of the process that started this one, this one does not outlive it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
