"""Uploaded files in the page server's memory: how much may wait there, and how it is let go.

Streamlit 1.67 keeps each file, up to 200 MB, until its session ends, whether or not a page ever asks for it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFile

MIB = 1024**2
MOST_OF_A_SESSION = 400 * MIB
"""Bytes that may wait for one session: two files of the largest size."""

MOST_OF_ALL = 800 * MIB
"""Bytes that may wait for all sessions together. A file waits for a moment only, until a page has copied it to the disk."""

UNUSED_SECONDS = 60.0
"""For how long a file may lie there that no field of any page holds. It is there before its page knows of it, but not for long."""

_PATH = "/_stcore/upload_file/"


def let_go(files: Sequence[UploadedFile]) -> None:
    """Forget these files. For uploads that have been copied elsewhere and whose widget is not shown any more."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


class UploadLimit:
    """Turns an upload away that there is no room for. An ASGI middleware; lives in the server's event loop.

    `waiting` tells the bytes in memory by session; other than of the server's own files for tests.
    """

    def __init__(self, app: ASGIApp, waiting: Callable[[], Counter[str]] | None = None) -> None:
        self._app = app
        self._waiting = waiting or (lambda: _waiting_bytes(get_instance()))
        self._arriving: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith(_PATH):
            await self._app(scope, receive, send)
            return
        session = scope["path"].removeprefix(_PATH).split("/")[0]
        size = _announced_size(scope["headers"])
        taken = self._waiting() + self._arriving
        if taken[session] + size > MOST_OF_A_SESSION or taken.total() + size > MOST_OF_ALL:
            await PlainTextResponse(_NO_ROOM, status_code=413)(scope, receive, send)
            return
        self._arriving[session] += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._arriving[session] -= size
            self._arriving += Counter()  # Drops the sessions that have nothing on its way.


_NO_ROOM = (
    "Too many uploaded files are waiting in memory, so this one was not taken. "
    "Remove a file that you no longer need from the page, or wait a minute, and bring it again."
)


class UnusedUploads:
    """Lets go of files that no field of their session holds. Thread contract: belongs to the server's event loop."""

    def __init__(self, runtime: Runtime, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self._unused_since: dict[tuple[str, str], float] = {}

    def let_go(self) -> None:
        """Look once. A file goes when it was unused at each look for `UNUSED_SECONDS`, or its session is over."""
        files = _uploaded_files(self._runtime)
        if files is None:
            return
        sessions = {info.session.id: info.session for info in self._runtime._session_mgr.list_sessions()}
        now, unused = self._clock(), dict[tuple[str, str], float]()
        for session_id, names in {session: list(held) for session, held in tuple(files.file_storage.items())}.items():
            session = sessions.get(session_id)
            if session is None:
                files.remove_session_files(session_id)
                continue
            held = _held_files(session.session_state, names)
            unused |= {(session_id, name): self._unused_since.get((session_id, name), now) for name in names if name not in held}
        for (session_id, name), since in unused.items():
            if now - since >= UNUSED_SECONDS:
                files.remove_file(session_id, name)
        self._unused_since = unused


def _held_files(state: SessionState, names: Sequence[str]) -> set[str]:
    """The ids of the files in a session's fields, of those with these `names`."""
    try:
        values = list(state.filtered_state.values())
    except (RuntimeError, KeyError):
        # A script of this session changes it at this moment, and may hold any of them.
        return set(names)
    fields = (value if isinstance(value, list) else [value] for value in values)
    return {file.file_id for field in fields for file in field if isinstance(file, UploadedFile)}


def _announced_size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The bytes that a request says it brings; the most that is taken at all where it does not say."""
    announced = dict(headers).get(b"content-length", b"")
    return int(announced) if announced.isdigit() and len(announced) < 16 else MOST_OF_A_SESSION // 2


def _waiting_bytes(runtime: Runtime) -> Counter[str]:
    files = _uploaded_files(runtime)
    held = tuple(files.file_storage.items()) if files is not None else ()
    return Counter({session: sum(len(file.data) for file in tuple(own.values())) for session, own in held})


def _uploaded_files(runtime: Runtime) -> MemoryUploadedFileManager | None:
    manager = runtime.uploaded_file_mgr
    return manager if isinstance(manager, MemoryUploadedFileManager) else None
