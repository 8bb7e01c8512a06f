"""Fetching one file over HTTP: continued after a break, cut off at its size, and checked against its SHA-256."""

from __future__ import annotations

import hashlib
import time
import urllib.error
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from core.datasets.http_stream import Answer, HttpStream
from core.datasets.sources import RemoteFile
from core.errors import Cancelled, DownloadError
from core.files import remove, storage_error

PATIENCE = 20.0
"""Seconds without a byte after which a server counts as gone: longer than a weak wireless network's gaps."""

_POLL = 0.2


class FileFetcher:
    """Fetches one file into `part`, which stays there when the connection breaks off, so that the next attempt can continue.

    Beside it, `<part>.version` holds what the server called this version of the file (its ETag or date), so that halves of two
    versions are never put together.

    Thread contract: for one thread.

    Attributes:
        on_bytes: called with the bytes there are so far, a few times a second at least.
        should_stop: asked a few times a second; once true, `fetch` raises `Cancelled`.
    """

    def __init__(
        self, file: RemoteFile, part: Path, *, on_bytes: Callable[[int], None], should_stop: Callable[[], bool], patience: float = PATIENCE
    ) -> None:
        self._file = file
        self._part = part
        self._version = version_path(part)
        self._on_bytes = on_bytes
        self._should_stop = should_stop
        self._patience = patience

    def fetch(self) -> None:
        """Make `part` the complete, verified file.

        Raises `DownloadError` with the reason alone, `StorageError` if it can't be written, and `Cancelled`; the partial file
        is kept after a break and a cancel, and removed if it can't be right or the disk is full.
        """
        try:
            have = self._part.stat().st_size if self._part.exists() else 0
            if have > self._file.bytes:
                have = 0
            if have < self._file.bytes and not self._receive(have):
                self._receive(0)
            matches = has_sha256(self._part, self._file.sha256)
        except OSError as error:
            remove_part(self._part)
            raise storage_error(f"{self._file.name} could not be written to {self._part.parent}", error) from error
        if not matches:
            remove_part(self._part)
            raise DownloadError(
                f"{self._file.url} is not the file that was expected: its SHA-256 is not {self._file.sha256}. What came was removed."
            )

    def _receive(self, have: int) -> bool:
        """Receive what is missing after the first `have` bytes. False if the server can't continue from there."""
        stream = HttpStream(self._file.url, self._resume_headers(have), patience=self._patience)
        try:
            answer = self._next(stream, have)
            if not isinstance(answer, Answer) or (have and not _can_continue(answer, have)):
                return False
            size = self._write(stream, answer, have if answer.status == 206 else 0)
        finally:
            stream.close()
        if size < self._file.bytes:
            raise DownloadError(
                f"the connection to {_host(self._file)} broke off after {size:,} of {self._file.bytes:,} bytes."
                " These are kept, and the next attempt continues from there."
            )
        return True

    def _write(self, stream: HttpStream, answer: Answer, size: int) -> int:
        """Append the body after the first `size` bytes; returns the size of the file then."""
        with self._part.open("ab" if size else "wb") as out:
            self._on_bytes(size)
            self._version.write_text(_read_version(answer), encoding="utf-8")
            while isinstance(chunk := self._next(stream, size), bytes) and chunk:
                size += len(chunk)
                if size > self._file.bytes:
                    out.close()
                    remove_part(self._part)
                    raise DownloadError(f"{self._file.url} is longer than the {self._file.bytes:,} bytes expected. What came was removed.")
                out.write(chunk)
                self._on_bytes(size)
        return size

    def _next(self, stream: HttpStream, size: int) -> Answer | bytes:
        """The stream's next item, with every failure of the network told in plain words."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if self._should_stop():
                raise Cancelled(f"The download of {self._file.name} was called off.")
            try:
                item = stream.next(_POLL)
            except (OSError, HTTPException, ValueError) as error:
                raise DownloadError(self._explain(error)) from error
            if item is not None:
                return item
            self._on_bytes(size)
        raise DownloadError(self._explain(TimeoutError()))

    def _explain(self, error: Exception) -> str:
        host = _host(self._file)
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(error, urllib.error.HTTPError):
            return f"the server answered {error.code} ({error.reason}) for {self._file.url}."
        if isinstance(reason, TimeoutError):
            return (
                f"{host} sent nothing for {self._patience:g} seconds. What came before is kept, and the next attempt continues from there."
            )
        return f"there is no connection to {host} ({getattr(reason, 'strerror', None) or reason}). Is this machine on the network?"

    def _resume_headers(self, have: int) -> dict[str, str]:
        if have == 0:
            return {}
        version = self._version.read_text(encoding="utf-8") if self._version.exists() else ""
        return {"Range": f"bytes={have}-", **({"If-Range": version} if version else {})}


def part_path(path: Path) -> Path:
    """Where `path` grows until it is complete."""
    return path.with_name(f"{path.name}.part")


def version_path(part: Path) -> Path:
    """Where the version of a partial file is noted."""
    return part.with_name(f"{part.name}.version")


def remove_part(part: Path) -> None:
    """Remove a partial file and the note of its version."""
    remove(part)
    remove(version_path(part))


def has_sha256(path: Path, expected: str) -> bool:
    """Whether the file's SHA-256, in lower-case hexadecimal, is `expected`. Raises `OSError` if it can't be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == expected


def _read_version(answer: Answer) -> str:
    """What the server calls this version of the file; empty if it says nothing that can be sent back to it."""
    version = answer.headers.get("etag") or answer.headers.get("last-modified") or ""
    # A weak ETag does not promise the same bytes, so it is no ground for joining two halves (RFC 9110, section 13.1.5).
    return version if version.isascii() and version.isprintable() and not version.startswith("W/") else ""


def _can_continue(answer: Answer, have: int) -> bool:
    """Whether the answer to a range request is of use: the rest from `have` on (206), or the whole file again (200)."""
    if answer.status == 206:
        return answer.headers.get("content-range", "").startswith(f"bytes {have}-")
    return answer.status != 416


def _host(file: RemoteFile) -> str:
    return urlsplit(file.url).netloc
