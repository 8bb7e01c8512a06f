"""Many visitors at once, as a class on one server, without a browser each: `python -m tests.benchmarks.visitors`.

They share the processor with the server. `--quick` runs every part to its last line with few of them.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import http.client
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import psutil
from PIL import Image
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.browser.serving import OFFLINE, ROOT, Server
from tests.browser.visitor import Visitor, visit
from tests.unit.drawing.pen import draw_strokes, load_strokes

RECENT_SESSIONS_SECONDS = 2
"""How long the server keeps a session whose visitor has left, here: by default two minutes, which nobody wants to wait for."""

WITH_A_NETWORK = ("score", "mistakes", "compare", "break_it", "one_image")
MIB = 1024**2
Result = TypeVar("Result")


def train(home: Path, seed: int) -> str:
    """A network to look at; returns its run's id."""
    command = [sys.executable, "-m", "core", "train", "--recipe", "digits-64", "--epochs", "4", "--seed", str(seed), "--json"]
    environment = {**os.environ, **OFFLINE, "INKLING_HOME": str(home)}
    said = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    result: dict[str, str] = json.loads(said.splitlines()[-1])
    return result["run"]


async def warm_up(url: str, query: str) -> None:
    """Until the engine answers, which a visitor of Break it notices."""
    async with visit(url) as visitor:
        await visitor.arrive(query)
        for _ in range(100):
            began = time.perf_counter()
            visitor.errors.clear()
            await visitor.go("break_it")
            await visitor.drawn()
            if not visitor.errors and time.perf_counter() - began < 2:
                return
            await asyncio.sleep(1)


async def hurry(visitor: Visitor, chance: random.Random, visits: int) -> None:
    """Go from page to page, most of them left before they are drawn."""
    for _ in range(visits):
        await visitor.go(chance.choice(WITH_A_NETWORK if chance.random() < 0.8 else tuple(visitor.pages)))
        if chance.random() < 0.25:
            await visitor.drawn()
        else:
            await asyncio.sleep(chance.random())
    await visitor.drawn()


async def draw_digits(visitor: Visitor, chance: random.Random, count: int) -> list[float]:
    """Draw digits as a pupil does, one every two to six seconds. Returns how long each answer took, in seconds."""
    await visitor.go("draw")
    await visitor.drawn()
    digits, seconds = load_strokes(), []
    for _ in range(count):
        await asyncio.sleep(2 + 4 * chance.random())
        began = time.perf_counter()
        await visitor.send(stroke(visitor, chance.choice(digits).strokes))
        seconds.append(time.perf_counter() - began)
    return seconds


def stroke(visitor: Visitor, strokes: tuple[object, ...]) -> WidgetState:
    """What the canvas sends when a stroke is lifted."""
    picture = io.BytesIO()
    Image.fromarray(draw_strokes(strokes)).convert("RGBA").save(picture, "PNG")  # type: ignore[arg-type]
    path = [["M", 40, 40], ["Q", 60, 60, 90, 200]]
    drawn = {"type": "path", "path": path, "left": 40, "top": 40, "stroke": "#ffffff", "strokeWidth": 20, "width": 60, "height": 160}
    data = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
    canvas = next(
        widget
        for widget, element in visitor.elements.items()
        if element.WhichOneof("type") == "bidi_component"
        and "canvas" in element.bidi_component.component_name.replace("_care", "")
        and "care" not in element.bidi_component.component_name
    )
    return WidgetState(id=canvas, json_value=json.dumps({"drawing": {"raw": {"objects": [drawn]}, "data": data}}))


async def together(
    url: str, query: str, visitors: int, act: Callable[[Visitor, random.Random], Awaitable[Result]]
) -> list[tuple[Visitor, Result]]:
    """So many visitors, each doing this; they come within five seconds, not at one instant."""

    async def one(seed: int) -> tuple[Visitor, Result]:
        chance = random.Random(seed)
        await asyncio.sleep(5 * chance.random())
        async with visit(url) as visitor:
            await visitor.arrive(query)
            return visitor, await act(visitor, chance)

    return await asyncio.gather(*(one(seed) for seed in range(visitors)))


def handles(process: psutil.Process) -> Counter[str]:
    """How many files, sockets, event polls and pipes are open, by what they are."""
    found: Counter[str] = Counter()
    for handle in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found[str(handle.readlink()).partition(":[")[0]] += 1
    return found


def put_file(url: str, session: str, name: str, size: int) -> int:
    """Upload a file that no widget asked for. Returns the status."""
    address = urllib.parse.urlparse(url)
    head = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    connection.request("GET", "/_stcore/health")
    answer = connection.getresponse()
    answer.read()
    cookies = {part.split("=")[0]: part.split(";")[0].split("=", 1)[1] for part in answer.headers.get_all("Set-Cookie") or []}
    token = cookies.get("_streamlit_xsrf", "")
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request("PUT", f"/_stcore/upload_file/{session}/{name}", head + b"x" * size + b"\r\n--b--\r\n", headers)
    return connection.getresponse().status


async def upload(url: str, process: psutil.Process, size: int, patience: float) -> tuple[list[int], float, float]:
    """Six files that no page asked for: their statuses, and MiB of memory above the start then, and once they were let go."""
    async with visit(url) as visitor:
        await visitor.arrive()
        before = process.memory_info().rss
        statuses = [await asyncio.to_thread(put_file, url, visitor.session_id, f"file{number}", size) for number in range(6)]
        after = process.memory_info().rss
        await asyncio.sleep(patience)
        return statuses, (after - before) / MIB, (process.memory_info().rss - before) / MIB


def describe(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"median {statistics.median(ordered):.2f} s, 95th percentile {ordered[int(0.95 * (len(ordered) - 1))]:.2f} s, of {len(ordered)}"


def report(part: str, value: str, wanted: str, reached: bool | None = None) -> None:
    verdict = "" if reached is None else f" ({'reached' if reached else 'MISSED'})"
    print(f"{part}: {value}; wanted: {wanted}{verdict}", flush=True)


async def measure(server: Server, query: str, quick: bool) -> None:
    process, url = psutil.Process(server.process.pid), server.url
    await warm_up(url, query)
    await together(url, query, 4, lambda visitor, chance: hurry(visitor, chance, 6))
    await asyncio.sleep(RECENT_SESSIONS_SECONDS + 12)
    began, memory = handles(process), process.memory_info().rss
    visitors, visits = (6, 60) if quick else (60, 3_000)
    found = await together(url, query, visitors, lambda visitor, chance: hurry(visitor, chance, visits // visitors))
    broken = Counter(error for visitor, _ in found for error in visitor.errors)
    report(f"pages broken, {visits:,} hurried visits by {visitors}", str(broken.total()), "0", not broken)
    for (page, text), count in broken.most_common(5):
        print(f"  {count} on {page}: {text[:160]}")
    for crowd in (3,) if quick else (30, 60):
        answered = await together(url, query, crowd, lambda visitor, chance: draw_digits(visitor, chance, 3 if quick else 8))
        report(f"drawing answered, {crowd} visitors", describe([second for _, own in answered for second in own]), "0.46 s before, for 30")
        looks = [second for visitor, _ in answered for second in visitor.fragment_seconds]
        if looks:
            report(f"fragments, {crowd} visitors", describe(looks), "up to 2.1 s before")
    for _ in range(1 if quick else 4):
        await together(url, query, 5 if quick else 50, lambda visitor, chance: hurry(visitor, chance, 4))
    await asyncio.sleep(RECENT_SESSIONS_SECONDS + 15)
    ended = handles(process)
    more = ", ".join(f"{count} {kind}" for kind, count in (ended - began).items()) or "nothing"
    value = f"{ended.total()} (at the start {began.total()}); more than then: {more}"
    report("handles after all have left", value, "as at the start", not ended - began)
    report("memory after all have left", f"{(process.memory_info().rss - memory) / MIB:+.0f} MiB", "bounded")
    statuses, grown, left = await upload(url, process, (8 if quick else 190) * MIB, 5 if quick else 75)
    report(
        "six uploads nobody asked for",
        f"{statuses}, {grown:+.0f} MiB; after a minute {left:+.0f} MiB",
        "at most 400 MiB, then let go",
        grown < 900,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few visitors, in half a minute")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        query = f"run={train(home, 1)}&second={train(home, 2)}"
        server = Server(home, **OFFLINE, STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=str(RECENT_SESSIONS_SECONDS))
        try:
            asyncio.run(measure(server, query, quick))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
