"""Small made sets and a home of their own for the tests of `core.datasets`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from core.datasets.image_set import ImageSet, build_image_set
from core.settings import Settings

MakeSet = Callable[..., ImageSet]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home and one more folder, neither of which exists yet."""
    return Settings(home=tmp_path / "home", dataset_folders=(tmp_path / "shelf",), workers=1, cores=1, scheduler=None)


@pytest.fixture
def make_set() -> MakeSet:
    """Builds a set of random pixels: `make_set(name="small", training=12, test=6, classes=3, shape=(4, 5), seed=0, ...)`."""

    def make(
        name: str = "small",
        training: int = 12,
        test: int = 6,
        classes: int = 3,
        shape: tuple[int, ...] = (4, 5),
        seed: int = 0,
        **others: object,
    ) -> ImageSet:
        generator = np.random.default_rng(seed)
        return build_image_set(
            name=name,
            x_train=generator.integers(0, 256, (training, *shape), dtype=np.uint8),
            y_train=np.arange(training) % classes,
            x_test=generator.integers(0, 256, (test, *shape), dtype=np.uint8),
            y_test=np.arange(test) % classes,
            **{"title": "Small", "origin": "Made up.", **others},
        )

    return make


@dataclass
class Served:
    """How the test server answers for one address. Everything may be changed between requests."""

    data: bytes = b""
    etag: str | None = '"one"'
    ranges: bool = True
    status: int = 200
    redirect: str | None = None
    break_after: int | None = None
    stall_after: int | None = None
    seconds_per_chunk: float = 0.0
    requests: list[dict[str, str]] = field(default_factory=list)


class DownloadServer:
    """A real HTTP server on the loopback interface that can be slow, broken, stalled or plain wrong."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def offer(self, name: str, data: bytes = b"", **others: object) -> Served:
        """Put something at an address; what comes back may be made worse by the test."""
        self.files[name] = Served(data, **others)
        return self.files[name]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served = outer.files.get(self.path.lstrip("/"), Served(status=404))
                served.requests.append(dict(self.headers.items()))
                if served.redirect is not None:
                    self.send_response(302)
                    self.send_header("Location", served.redirect)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif served.status != 200:
                    self.send_error(served.status)
                else:
                    self._send(served)

            def _send(self, served: Served) -> None:
                start = self._start(served)
                if start >= len(served.data) > 0 and start > 0:
                    self.send_error(416)
                    return
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(served.data) - 1}/{len(served.data)}")
                if served.etag:
                    self.send_header("ETag", served.etag)
                self.send_header("Content-Length", str(len(served.data) - start))
                self.end_headers()
                self._send_body(served, served.data[start:])

            def _start(self, served: Served) -> int:
                wanted = self.headers.get("Range")
                if wanted is None or not served.ranges or self.headers.get("If-Range", served.etag) != served.etag:
                    return 0
                return int(wanted.removeprefix("bytes=").removesuffix("-"))

            def _send_body(self, served: Served, body: bytes) -> None:
                size = 1_000
                for position in range(0, len(body), size):
                    if served.break_after is not None and position >= served.break_after:
                        self.close_connection = True
                        return
                    if served.stall_after is not None and position >= served.stall_after:
                        outer.released.wait(30)
                        return
                    try:
                        self.wfile.write(body[position : position + size])
                    except OSError:
                        return  # Whoever asked has gone, which some tests are about.
                    time.sleep(served.seconds_per_chunk)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: what was asked is in `Served.requests`."""

        return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[DownloadServer]:
    # A proxy that this machine may use for the outside has no business here.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = DownloadServer()
    yield running
    running.close()
