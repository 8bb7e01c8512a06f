"""What visitors leave behind in the server: sessions, and uploaded files that no page holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from pages.components.sessions import ParkedSessions
from pages.components.uploads import MOST_OF_A_SESSION, MOST_OF_ALL, UNUSED_SECONDS, UnusedUploads, UploadLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Session:
    """A session, as far as what is tested here looks at one."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.ended = 0
        self.session_state: Any = SimpleNamespace(filtered_state={})

    def shutdown(self) -> None:
        self.ended += 1


def parked(session: Session) -> SessionInfo:
    return SessionInfo(client=None, session=session, script_run_count=1)  # type: ignore[arg-type]


def test_a_session_is_ended_once_its_time_is_over() -> None:
    clock, session = Clock(), Session("a")
    store = ParkedSessions(120, clock)
    store.save(parked(session))
    clock.now += 119
    store.end_overdue()
    assert store.get("a") is not None
    clock.now += 1
    assert store.get("a") is None
    store.end_overdue()
    store.end_overdue()
    assert session.ended == 1
    assert store.list() == []


def test_a_session_whose_visitor_came_back_is_not_ended() -> None:
    clock, session = Clock(), Session("a")
    store = ParkedSessions(120, clock)
    store.save(parked(session))
    store.delete("a")
    clock.now += 500
    store.end_overdue()
    assert session.ended == 0


class Server:
    """An upload that takes until it is let through, behind the limit."""

    def __init__(self, waiting: dict[str, int]) -> None:
        self.taken = 0
        self.release = asyncio.Event()
        self.limit = UploadLimit(self._take, lambda: Counter(waiting))

    async def _take(self, scope: Any, receive: Any, send: Any) -> None:
        self.taken += 1
        await self.release.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def put(self, session: str, size: int | None, method: str = "PUT") -> int:
        headers = [] if size is None else [(b"content-length", str(size).encode())]
        statuses = []

        async def send(message: Any) -> None:
            statuses.append(message.get("status"))

        scope = {"type": "http", "method": method, "path": f"/_stcore/upload_file/{session}/file", "headers": headers}
        await self.limit(scope, None, send)  # type: ignore[arg-type]
        return int(statuses[0])


def answered(server: Server, *uploads: tuple[str, int | None]) -> list[int]:
    """The statuses of uploads that all arrive at the same time."""

    async def all_at_once() -> list[int]:
        asyncio.get_running_loop().call_later(0.05, server.release.set)
        return await asyncio.gather(*(server.put(session, size) for session, size in uploads))

    return asyncio.run(all_at_once())


LARGE = 190 * 1024**2


def test_a_session_may_have_two_of_the_largest_files_on_their_way() -> None:
    assert answered(Server({}), *[("a", LARGE)] * 6) == [204, 204, 413, 413, 413, 413]


def test_what_waits_already_counts_too() -> None:
    assert answered(Server({"a": LARGE}), ("a", LARGE), ("a", LARGE), ("b", LARGE)) == [204, 413, 204]


def test_all_sessions_together_have_a_limit() -> None:
    assert answered(Server({str(one): MOST_OF_A_SESSION for one in range(2)}), ("new", 1)) == [413]
    assert answered(Server({str(one): MOST_OF_ALL // 4 for one in range(4)}), ("new", 1)) == [413]
    assert answered(Server({str(one): MOST_OF_ALL // 4 for one in range(3)}), ("new", 1)) == [204]


@pytest.mark.parametrize("size", [None, 10**30])
def test_an_upload_of_unknown_size_counts_as_a_large_one(size: int | None) -> None:
    assert answered(Server({}), *[("a", size)] * 3) == [204, 204, 413]


def test_room_comes_back_when_uploads_have_ended() -> None:
    server = Server({})
    server.release.set()

    async def one_after_the_other() -> list[int]:
        return [await server.put("a", LARGE) for _ in range(6)]

    assert asyncio.run(one_after_the_other()) == [204] * 6


def test_other_requests_pass() -> None:
    server = Server({"a": MOST_OF_ALL})
    server.release.set()
    assert asyncio.run(server.put("a", 1, method="DELETE")) == 204


class Waiting:
    """Files of one session `a` in the server's memory, and looks at them."""

    def __init__(self) -> None:
        self.files = MemoryUploadedFileManager("/")
        self.session = Session("a")
        self.sessions = [self.session]
        manager = SimpleNamespace(list_sessions=lambda: [parked(session) for session in self.sessions])
        self.clock = Clock()
        runtime: Any = SimpleNamespace(uploaded_file_mgr=self.files, _session_mgr=manager)
        self.unused = UnusedUploads(runtime, self.clock)

    def bring(self, name: str) -> UploadedFile:
        record = UploadedFileRec(name, f"{name}.png", "image/png", b"x" * 10)
        self.files.add_file("a", record)
        return UploadedFile(record, FileURLs())

    def look_for(self, seconds: float) -> list[str]:
        """Look every five seconds for so long; what is there then."""
        for _ in range(int(seconds / 5)):
            self.unused.let_go()
            self.clock.now += 5
        self.unused.let_go()
        return sorted(self.files.file_storage.get("a", {}))


def test_a_file_that_no_field_holds_goes_and_one_that_is_held_stays() -> None:
    waiting = Waiting()
    held, listed = waiting.bring("held"), waiting.bring("listed")
    waiting.bring("stray")
    waiting.session.session_state.filtered_state = {"photo": held, "many": [listed], "number": 3}
    assert waiting.look_for(UNUSED_SECONDS - 5) == ["held", "listed", "stray"]
    assert waiting.look_for(10) == ["held", "listed"]


def test_a_file_counts_as_unused_from_when_its_field_let_go_of_it() -> None:
    waiting = Waiting()
    waiting.session.session_state.filtered_state = {"photo": waiting.bring("held")}
    waiting.look_for(10 * UNUSED_SECONDS)
    waiting.session.session_state.filtered_state = {}
    assert waiting.look_for(UNUSED_SECONDS - 5) == ["held"]
    assert waiting.look_for(10) == []


def test_files_of_a_session_that_is_over_go_at_once() -> None:
    waiting = Waiting()
    waiting.bring("stray")
    waiting.sessions.clear()
    assert waiting.look_for(0) == []


def test_no_file_goes_while_its_session_can_not_be_looked_at() -> None:
    class Changing:
        @property
        def filtered_state(self) -> dict[str, Any]:
            raise RuntimeError("dictionary changed size during iteration")

    waiting = Waiting()
    waiting.bring("stray")
    waiting.session.session_state = Changing()
    assert waiting.look_for(3 * UNUSED_SECONDS) == ["stray"]
