"""What the first drawing waits for, in a real Chromium, on a fresh install without any data set and without a network.

    python -m tests.benchmarks.first_drawing [--visits 5] [--strokes 40]

1. From a server that has just come up, with an empty home, to a digit opened, drawn and read right: each visit has a server of its own.
   The browser is up already, and draws as soon as there is a canvas, while the engine still loads TensorFlow.
2. From lifting the pen to bars that have changed, on a server that has been read from before. It is measured inside the page, from the
   browser's own event to the first frame in which the answer's words or the bars' pixels differ.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.hand import EMPTY, canvas_box, clear, draw, wait_until_idle
from tests.browser.serving import CHROMIUM, CHROMIUM_ARGUMENTS, OFFLINE, Server
from tests.unit.drawing.pen import load_strokes

TIMEOUT_MS = 120_000
DIGIT = 7
UNCHANGED_MS = 3000

READ_AS = "(words) => [...document.querySelectorAll('[data-testid=stMarkdownContainer]')].some((e) => e.innerText.startsWith(words))"

# `textContent`, because `innerText` has the browser lay out the page at every frame, which is what is to be timed.
WATCH = """(unchanged) => {
    const look = () => {
        const chart = document.querySelector('[data-testid=stVegaLiteChart]');
        const words = [...document.querySelectorAll('[data-testid=stMarkdownContainer]')].map((e) => e.textContent.trim());
        const drawn = chart?.querySelector('canvas')?.toDataURL() ?? chart?.querySelector('svg')?.outerHTML ?? '';
        return drawn && drawn + words.find((text) => /^(Read as|Unlike)/.test(text));
    };
    document.addEventListener('mouseup', () => {
        const before = look(), began = performance.now();
        window.waited = null;
        const check = () => {
            const now = look(), took = performance.now() - began;
            if (now && now !== before) window.waited = took;
            else if (took > unchanged) window.waited = -1;
            else requestAnimationFrame(check);
        };
        requestAnimationFrame(check);
    }, true);
}"""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def open_page(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(TIMEOUT_MS)
    return page


def visit(browser: Browser, home: Path) -> float:
    """Seconds from a server that answers to a digit that is drawn and read right."""
    strokes = next(drawn.strokes for drawn in load_strokes() if drawn.digit == DIGIT)
    server = Server(home, **OFFLINE)
    page = open_page(browser)
    began = time.perf_counter()
    try:
        page.goto(f"{server.url}/draw")
        page.get_by_text(EMPTY).first.wait_for()
        canvas_box(page)
        draw(page, strokes)
        # Looked for at each frame; Playwright's own waiting looks every half second.
        page.wait_for_function(READ_AS, arg=f"Read as {DIGIT} ")
        return time.perf_counter() - began
    finally:
        page.close()
        server.stop()


def measure_strokes(page: Page, count: int) -> list[float]:
    """Seconds from lifting the pen to changed bars, of strokes on an empty canvas and of those that follow. The Draw page is open.

    A stroke that changes nothing, because the network was as sure before, is left out, and another is drawn.
    """
    page.evaluate(WATCH, UNCHANGED_MS)
    times: list[float] = []
    for drawn in [one for one in load_strokes() if len(one.strokes) > 1] * count:
        for stroke in drawn.strokes:
            # As long as a person takes from one stroke to the next, and until nothing else is being drawn.
            page.wait_for_timeout(400)
            wait_until_idle(page)
            page.evaluate("window.waited = null")
            draw(page, [stroke])
            page.wait_for_function("window.waited !== null")
            waited = float(page.evaluate("window.waited"))
            times += [waited / 1000] if waited > 0 else []
            if len(times) == count:
                return times
        clear(page)
    raise RuntimeError(f"only {len(times)} of {count} strokes changed the bars")


def report_strokes(times: list[float]) -> str:
    return f"{percentile(times, 0.95) * 1000:.0f} ms (median {statistics.median(times) * 1000:.0f}, {len(times)} strokes)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--strokes", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        visits = [visit(browser, Path(folder) / str(number)) for number in range(arguments.visits)]
        print(
            f"server up to a digit read right, fresh install, offline: median {statistics.median(visits):.1f} s"
            f" (worst of {len(visits)}: {max(visits):.1f} s)   required: 10 s",
            flush=True,
        )
        server = Server(Path(folder) / "strokes", **OFFLINE)
        page = open_page(browser)
        page.goto(f"{server.url}/draw")
        page.get_by_text(EMPTY).first.wait_for()
        measure_strokes(page, 3)
        clear(page)
        print(
            f"stroke lifted to bars changed, 95th percentile: {report_strokes(measure_strokes(page, arguments.strokes))}   required: 200 ms"
        )
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
