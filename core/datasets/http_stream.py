"""One HTTP answer, read by a helper thread, so that whoever waits for it can stop waiting at any moment.

A blocked name look-up, connection or read can't be interrupted in Python, but it can be left behind.
"""

from __future__ import annotations

import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO
from urllib.parse import urlsplit

CHUNK = 1 << 16
_QUEUED_CHUNKS = 16
_END = b""


@dataclass(frozen=True)
class Answer:
    """The head of an HTTP answer: success, or 416 to a range request. Other statuses are raised as errors. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]


class HttpStream:
    """Yields the `Answer`, then chunks of the body, then `b""` at its end, each within the time that the caller cares to wait.

    Thread contract: for one consumer. After `close` the helper thread ends as soon as its socket lets go of it, within `patience` seconds,
    and touches nothing but that socket.
    """

    def __init__(self, url: str, headers: Mapping[str, str], *, patience: float) -> None:
        self._url = url
        self._headers = dict(headers)
        self._patience = patience
        self._items: queue.Queue[Answer | bytes | Exception] = queue.Queue(maxsize=_QUEUED_CHUNKS)
        self._closed = threading.Event()
        # A daemon, so that a stalled server does not keep the program from ending.
        threading.Thread(target=self._read, name=f"download {url}", daemon=True).start()

    def next(self, seconds: float) -> Answer | bytes | None:
        """The next item, or None if there is none after `seconds`.

        Raises as the connection did: `OSError` (which `urllib.error.URLError` and `TimeoutError` are), `HTTPException`,
        or `ValueError` for an address that is none.
        """
        try:
            item = self._items.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Lose interest. Returns at once; may be called again."""
        self._closed.set()

    def _read(self) -> None:
        try:
            with _open(self._url, self._headers, self._patience) as response:
                self._put(Answer(response.status, {key.lower(): value for key, value in response.headers.items()}))
                while not self._closed.is_set() and (chunk := response.read1(CHUNK)):
                    self._put(chunk)
            self._put(_END)
        except urllib.error.HTTPError as error:
            error.close()
            self._put(Answer(416, {}) if error.code == 416 and "Range" in self._headers else error)
        except (OSError, HTTPException, ValueError) as error:
            self._put(error)

    def _put(self, item: Answer | bytes | Exception) -> None:
        while not self._closed.is_set():
            try:
                self._items.put(item, timeout=0.2)
            except queue.Full:
                continue
            return


class _HttpOnly(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to http and https alone; urllib would also follow one to ftp."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise urllib.error.HTTPError(req.full_url, code, f"redirects to {newurl}, which is not allowed", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, headers: Mapping[str, str], patience: float) -> HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "Inkling", **headers})
    response: HTTPResponse = urllib.request.build_opener(_HttpOnly).open(request, timeout=patience)
    return response
