"""A visitor without a browser: speaks Streamlit's own protocol, as one tab does, so that sixty of them fit on two cores.

It draws nothing. It goes from page to page, answers the fragments that look by themselves, and remembers every error that it
was shown. What a browser alone can do (canvas, charts) is for the other tests here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ButtonGroup_pb2 import ButtonGroup
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

Result = TypeVar("Result")

PATIENCE = 120.0
"""Seconds for which a page may take to be drawn before a visitor gives up. A guard against hanging, not a wish."""


@dataclass
class Visitor:
    """One tab.

    `errors` holds (address, text) of every error that was drawn, `elements` the widgets that the page last drew, by their ids,
    `fragments` the fragment that each of them is in, `texts` what is written on the page, and `fragment_seconds` how long the
    fragments that look by themselves took.
    """

    socket: ClientConnection
    pages: dict[str, str] = field(default_factory=dict)
    address: str = ""
    query: str = ""
    errors: list[tuple[str, str]] = field(default_factory=list)
    elements: dict[str, Element] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    session_id: str = ""
    fragment_seconds: list[float] = field(default_factory=list)
    _hashes: dict[str, str] = field(default_factory=dict)
    _asked: str = ""
    _run: str = ""
    _finished: asyncio.Event = field(default_factory=asyncio.Event)
    _fragment_finished: asyncio.Event = field(default_factory=asyncio.Event)
    _lookers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _looked: dict[str, float] = field(default_factory=dict)

    async def arrive(self, query: str = "") -> None:
        """Open the first page, and wait until all of it is drawn."""
        self.query = query
        await self._ask("")
        await self.drawn()

    async def go(self, page: str, query: str | None = None) -> None:
        """Switch to this page, by its address (`score`), without waiting for anything."""
        self._stop_looking()
        self.address, self.elements, self.texts = page, {}, []
        self.query = self.query if query is None else query
        await self._ask(self.pages[page])

    async def drawn(self) -> None:
        """Wait until the script run that was asked for last has ended."""
        await asyncio.wait_for(self._finished.wait(), PATIENCE)

    async def send(self, state: WidgetState) -> None:
        """Change a widget on the page, and wait until what follows from it is drawn: the page, or the fragment that it is in."""
        fragment = self.fragments.get(state.id, "")
        done = self._fragment_finished if fragment else self._finished
        done.clear()
        await self._ask(self.pages.get(self.address, ""), (state,), fragment)
        await asyncio.wait_for(done.wait(), PATIENCE)

    async def press(self, label: str, option: str) -> None:
        """Press this button of a row of buttons."""
        state = WidgetState(id=self._row(label).id)
        state.string_array_value.data.append(option)
        await self.send(state)

    def pressed(self, label: str) -> list[str]:
        """Which buttons of a row look pressed: as the server says or, where it says nothing, as it is at first."""
        row = self._row(label)
        return list(row.raw_values) if row.set_value else [row.options[index].content for index in row.default]

    def _row(self, label: str) -> ButtonGroup:
        rows = (element.button_group for element in self.elements.values() if element.WhichOneof("type") == "button_group")
        return next(row for row in rows if row.label == label)

    async def _ask(self, page_hash: str, states: tuple[WidgetState, ...] = (), fragment: str = "") -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash, rerun.fragment_id = self.query, page_hash, fragment
        rerun.is_auto_rerun = bool(fragment) and not states
        rerun.widget_states.widgets.extend(states)
        rerun.cached_message_hashes.extend(self._hashes)
        if not fragment:
            self._asked, self._run = page_hash, ""
            self._finished.clear()
        await self.socket.send(message.SerializeToString())

    async def listen(self) -> None:
        """Take in what the server sends until it hangs up."""
        with contextlib.suppress(websockets.ConnectionClosed):
            async for data in self.socket:
                message = ForwardMsg()
                message.ParseFromString(data)
                self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "auto_rerun":
            self._look(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "script_finished":
            self._note_end(message)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._note_element(message.delta.new_element, message.delta.fragment_id)
        elif kind == "new_session":
            self.session_id = message.new_session.initialize.session_id
            self._note_begin(message)

    def _note_begin(self, message: ForwardMsg) -> None:
        """Whatever came before is of the page that was left: that may go on being drawn, and end, while the next is on its way."""
        run = message.metadata.run
        if not run.fragment_ids and self._asked in ("", message.new_session.page_script_hash):
            self._run, self.elements, self.fragments, self.texts = run.script_run_id, {}, {}, []

    def _note_end(self, message: ForwardMsg) -> None:
        if message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            now = time.perf_counter()
            self.fragment_seconds += [now - asked for asked in self._looked.values()]
            self._looked.clear()
            self._fragment_finished.set()
        elif message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN and message.metadata.run.script_run_id == self._run:
            self._finished.set()

    def _note_element(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "alert" and element.alert.format == Alert.ERROR:
            self.errors.append((self.address, element.alert.body))
        elif kind == "exception":
            self.errors.append((self.address, f"{element.exception.type}: {element.exception.message}"))
        elif kind == "markdown":
            self.texts.append(element.markdown.body)
        elif kind and hasattr(getattr(element, kind), "id"):
            widget = getattr(element, kind).id
            self.elements[widget], self.fragments[widget] = element, fragment

    def _look(self, fragment: str, interval: float) -> None:
        """Run this fragment again every `interval` seconds, until the page is left."""
        if fragment in self._lookers:
            return

        async def look() -> None:
            while True:
                await asyncio.sleep(interval)
                self._looked.setdefault(fragment, time.perf_counter())
                await self._ask(self.pages.get(self.address, ""), fragment=fragment)

        self._lookers[fragment] = asyncio.create_task(look())

    def _stop_looking(self) -> None:
        for task in self._lookers.values():
            task.cancel()
        self._lookers.clear()
        self._looked.clear()

    async def leave(self) -> None:
        """Close the tab."""
        self._stop_looking()
        await self.socket.close()


@asynccontextmanager
async def visit(url: str) -> AsyncIterator[Visitor]:
    """A visitor of the server at this address, who leaves at the end."""
    stream = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
    async with websockets.connect(stream, subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE) as socket:
        visitor = Visitor(socket)
        listening = asyncio.create_task(visitor.listen())
        try:
            yield visitor
        finally:
            await visitor.leave()
            await asyncio.wait_for(listening, PATIENCE)


def run_apart(visits: Coroutine[Any, Any, Result]) -> Result:
    """What these visits give, run in a thread of their own: Playwright's event loop runs in the one that tests are in."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, visits).result()
