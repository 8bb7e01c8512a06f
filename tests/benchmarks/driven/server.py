"""The dashboard's own server, which besides does what it is told on a Unix socket: `streamlit run` this file, as `kills` does.

Everything is the server's own: its pages, its services, its engine. A line of JSON says what to do, a line of JSON what came of it.
"""

from __future__ import annotations

import json
import os
import socketserver
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.drawings.kept import NewDrawing
from core.networks.spec import TrainingSpec
from core.shipped.card import SHIPPED
from pages.components import services, serving
from tests.benchmarks.kills import SOCKET

ROOT = Path(__file__).parents[3]


def ask(seed: int) -> dict[str, Any]:
    """A prediction that nobody can have kept: the image is drawn by lot."""
    image = np.random.default_rng(seed).integers(0, 256, (1, 28, 28)).astype(np.uint8)
    probabilities = services.compute().predict(SHIPPED, image)
    return {"sum": float(probabilities.sum())}


def train(**settings: Any) -> dict[str, Any]:
    """Submit a run."""
    return {"run": services.compute().submit(TrainingSpec(dataset="digits", **settings))}


def write(seed: int) -> dict[str, Any]:
    """Put a line into each of the tables that visitors fill: a drawing that is kept, and test images that were opened."""
    generator = np.random.default_rng(seed)
    ink = generator.integers(0, 256, (40, 30)).astype(np.uint8)
    services.drawings().add(NewDrawing("7", ink, time.time()))
    services.ledger().open_test("a" * 64, f"{seed:012x}")
    return {}


def status() -> dict[str, Any]:
    """The engine, as a page sees it."""
    found = services.compute().status()
    return {"state": found.state, "message": found.message, "running": found.running, "waiting": found.waiting}


def processes() -> dict[str, Any]:
    """The ids of the processes that compute."""
    cluster: Any = services.compute()._supervisor.cluster()
    if cluster is None:
        return {}
    client = cluster._client
    workers = client.scheduler_info(n_workers=-1)["workers"]
    found = client.run(os.getpid)
    trainers = [pid for address, pid in found.items() if "TRAIN" in workers[address]["resources"]]
    answerers = [pid for address, pid in found.items() if "ANSWER" in workers[address]["resources"]]
    return {
        "training worker": trainers,
        "answering worker": answerers,
        "engine": [client.run_on_scheduler(os.getpid)],
        "parent": [cluster._child.process.pid],
    }


OPERATIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "ask": ask,
    "train": train,
    "write": write,
    "status": status,
    "processes": processes,
}


class _Driver(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        told = json.loads(self.rfile.readline())
        try:
            answer = OPERATIONS[told.pop("do")](**told)
        except Exception as error:  # noqa: BLE001 - whatever it is, the benchmark counts it
            answer = {"error": f"{type(error).__name__}: {error}"}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@asynccontextmanager
async def _driven(app: st.App) -> AsyncIterator[None]:
    async with serving.lifespan(app):
        Path(os.environ[SOCKET]).unlink(missing_ok=True)
        driver = _Server(os.environ[SOCKET], _Driver)
        threading.Thread(target=driver.serve_forever, name="driver", daemon=True).start()
        try:
            yield
        finally:
            driver.shutdown()


if __name__ != "__main__":
    app = st.App(ROOT / "dashboard.py", lifespan=_driven)
