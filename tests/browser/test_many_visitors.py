"""Many visitors: in a hurry, and gone again. They need no Chromium: they speak the protocol."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.browser.serving import OFFLINE, ROOT, Server
from tests.browser.visitor import run_apart, visit

VISITORS, VISITS = 6, 40
# They share a choice, each page with a widget of its own for it.
SHARING = ("score", "mistakes", "break_it", "one_image")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server with one trained network, and the address parameters that lead to it."""
    home = tmp_path_factory.mktemp("hurried") / "home"
    command = [sys.executable, "-m", "core", "train", "--recipe", "digits-64", "--epochs", "1"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **OFFLINE, "INKLING_HOME": str(home)}, check=True, capture_output=True)
    server = Server(home, **OFFLINE)
    yield server, f"run={next((home / 'runs').iterdir()).name}"
    server.stop()


async def hurry(url: str, query: str, seed: int) -> list[tuple[str, str]]:
    """Go to pages at random, one in four seen to its end. Returns the errors that were shown."""
    chance = random.Random(seed)
    async with visit(url) as visitor:
        await visitor.arrive(query)
        for _ in range(VISITS):
            await visitor.go(chance.choice(SHARING if chance.random() < 0.8 else tuple(visitor.pages)))
            if chance.random() < 0.25:
                await visitor.drawn()
            else:
                await asyncio.sleep(chance.random() * 0.6)
        await visitor.drawn()
        return visitor.errors


@pytest.mark.slow
def test_no_page_breaks_when_visitors_go_on_before_it_is_drawn(trained: tuple[Server, str]) -> None:
    server, query = trained

    async def all_at_once() -> list[list[tuple[str, str]]]:
        return await asyncio.gather(*(hurry(server.url, query, seed) for seed in range(VISITORS)))

    assert run_apart(all_at_once()) == [[]] * VISITORS


@pytest.mark.slow
def test_a_choice_that_several_pages_share_goes_along_also_in_a_hurry(trained: tuple[Server, str]) -> None:
    """Validation, chosen on Score, is what Mistakes and Break it show, whatever was left half drawn in between."""
    server, query = trained

    async def choose_and_go_on() -> list[list[str]]:
        async with visit(server.url) as visitor:
            await visitor.arrive(query)
            await visitor.go("score")
            await visitor.drawn()
            await visitor.press("Images", "Validation")
            seen = []
            for page in ("mistakes", "score", "break_it", "mistakes"):
                await visitor.go("break_it" if page == "score" else "score")
                await asyncio.sleep(0.05)
                await visitor.go(page)
                await visitor.drawn()
                seen.append(visitor.pressed("Images"))
            return seen

    assert run_apart(choose_and_go_on()) == [["Validation"]] * 4


def settled_handles(process: psutil.Process) -> int:
    """How many files and sockets are open, once it was the same number for fifteen seconds: sessions are looked after every five."""
    counts = [process.num_fds()]
    while len(counts) < 15 or len(set(counts[-15:])) > 1:
        time.sleep(1)
        counts.append(process.num_fds())
    return counts[-1]


@pytest.mark.slow
def test_visitors_who_have_left_leave_nothing_open(tmp_path: Path) -> None:
    server = Server(tmp_path / "home", **OFFLINE, STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="1")
    process = psutil.Process(server.process.pid)

    async def look_around() -> None:
        async with visit(server.url) as visitor:
            await visitor.arrive()
            for page in ("samples", "build", "draw"):
                await visitor.go(page)
                await visitor.drawn()

    async def all_at_once() -> None:
        await asyncio.gather(*(look_around() for _ in range(8)))

    async def wait_for_engine() -> None:
        """Its connections are opened when it is up, which may be later than the first visitors are gone."""
        async with visit(server.url) as visitor:
            await visitor.arrive()
            while not any("The engine is ready" in text for text in visitor.texts):
                await asyncio.sleep(0.5)
                await visitor.go("runs")
                await visitor.drawn()

    try:
        run_apart(asyncio.wait_for(wait_for_engine(), 120))
        run_apart(all_at_once())  # Whatever is opened once and for all is open from here on.
        before = settled_handles(process)
        run_apart(all_at_once())
        assert settled_handles(process) <= before
    finally:
        server.stop()
