"""The engine: `python -m core.compute.engine`, a child process with the Dask scheduler and the workers' nannies in it.

It is a process of its own because a cluster can't be started inside a page: Streamlit's page is `__main__`,
which `multiprocessing` would run again in every worker. It listens on loopback alone, with TLS credentials made
for this one life of it, and hands address and credentials over as one line of JSON on its standard output.
Nothing else is ever written there: whatever the libraries say goes to standard error.

It lives as long as its standard input is open. The pipe closes when the parent closes it or dies, in whichever way;
then the engine kills its workers and exits. The workers watch a pipe to the engine in the same manner.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from core.compute.lanes import ANSWER_RESOURCES, TRAIN_RESOURCES
from core.settings import load_settings

_DASK_CONFIG = {
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


def main() -> None:
    """Start, hand over, wait for the end of standard input, and take everything down."""
    settings = load_settings()
    with _private_stdout() as handover, tempfile.TemporaryDirectory(prefix="inkling-engine-") as scratch:
        address, credentials = _start_cluster(settings.workers, settings.cores, scratch)
        print(json.dumps({"address": address, **credentials}), file=handover, flush=True)
        sys.stdin.buffer.read()
        _kill_workers()
    # Not `sys.exit`: Dask would first try to bring its killed workers back and then say goodbye to each.
    os._exit(0)


@contextmanager
def _private_stdout() -> Iterator[TextIO]:
    """The standard output for the caller alone; everybody else's goes to standard error from now on, also that of C++ code."""
    with os.fdopen(os.dup(1), "w") as handover:
        os.dup2(2, 1)
        yield handover


def _start_cluster(training_workers: int, cores: int, scratch: str) -> tuple[str, dict[str, str]]:
    # Read when Dask is imported, here and in the workers.
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "warning")
    import dask.config
    from distributed import Nanny, Scheduler, SpecCluster
    from distributed.security import Security

    dask.config.set(_DASK_CONFIG)
    security = Security.temporary()
    local = {"host": "127.0.0.1", "protocol": "tls://", "security": security, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    common = {**local, "memory_limit": 0, "local_directory": scratch}

    def worker(threads: int, resources: dict[str, float], share: int) -> dict[str, Any]:
        return {"cls": Nanny, "options": {**common, "nthreads": threads, "resources": resources, "env": {"INKLING_CORES": str(share)}}}

    share = max(1, cores // training_workers)
    workers = {f"train-{number}": worker(1, TRAIN_RESOURCES, share) for number in range(training_workers)}
    # The answering worker has a thread for each lane. It may use all cores: what it does is short.
    workers["answer"] = worker(len(ANSWER_RESOURCES), ANSWER_RESOURCES, cores)
    cluster = SpecCluster(workers, {"cls": Scheduler, "options": local}, security=security)
    names = ("tls_ca_file", "tls_client_cert", "tls_client_key")
    return cluster.scheduler_address, {name: getattr(security, name) for name in names}


def _kill_workers() -> None:
    """Workers hold nothing worth saving, and a training can't be asked to end within a bounded time."""
    for child in multiprocessing.active_children():
        child.kill()


if __name__ == "__main__":
    main()
