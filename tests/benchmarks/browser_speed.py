"""What a person in front of the screen waits for, measured in a real Chromium against a server started as README says.

    python -m tests.benchmarks.browser_speed

MNIST is used for the training if `INKLING_DATASETS` has it, otherwise the bundled digits for many epochs.
The browser draws on the same cores that train, as it does on a laptop.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from core.datasets.catalog import Catalog, DatasetState
from core.runs.store import RunStore
from core.settings import load_settings
from tests.benchmarks.first_drawing import measure_strokes, percentile, report_strokes
from tests.browser.hand import wait_until_idle
from tests.browser.serving import CHROMIUM, CHROMIUM_ARGUMENTS, Server

PAGES = ("Samples", "Build and train", "Score", "Draw", "Start")
HEADINGS = {"Start": "Inkling"}
TIMEOUT_MS = 120_000
STEP_METRIC = "[...document.querySelectorAll('[data-testid=stMetric]')].find(e => e.innerText.startsWith('Step'))"


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@contextmanager
def opened(server: Server) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(server.url)
        page.get_by_role("button", name="Build a network").wait_for()
        yield page
        browser.close()


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=HEADINGS.get(name, name), exact=True, level=1).wait_for()


def choose_recipe(page: Page, title: str) -> None:
    page.get_by_test_id("stSelectbox").filter(has_text="Recipe").locator("input").click()
    page.get_by_role("option", name=title, exact=True).click()
    wait_until_idle(page)


def measure_start(home: Path) -> float:
    """From starting the command to a page whose buttons can be pressed; the browser itself is up already."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page()
        began = time.perf_counter()
        server = Server(home)
        page.goto(server.url)
        page.get_by_role("button", name="Build a network").wait_for()
        took = time.perf_counter() - began
        browser.close()
    server.stop()
    return took


def measure_training(page: Page, home: Path, recipe: str) -> dict[str, float]:
    """Train pressed to the first point; the rate of updates; what an open page costs; Stop pressed to a model that can be scored."""
    go_to(page, "Build and train")
    choose_recipe(page, recipe)
    page.wait_for_timeout(2000)
    train = page.get_by_role("button", name="Train", exact=True)
    has_point = f"(() => {{ const m = {STEP_METRIC}; return m && !/\\n0$/.test(m.innerText.trim()); }})()"
    first = seconds(lambda: (train.click(), page.wait_for_function(has_point)))
    page.evaluate(
        f"""() => {{ window.updates = []; let last = '';
            new MutationObserver(() => {{ const m = {STEP_METRIC}; if (m && m.innerText !== last) {{
                last = m.innerText; window.updates.push(performance.now()); }} }})
            .observe(document.body, {{subtree: true, childList: true, characterData: true}}); }}"""
    )
    store, run_id, address = RunStore(home), page.url.partition("run=")[2], page.url
    began = len(store.history(run_id).steps)
    page.wait_for_timeout(3000)
    updates = page.evaluate("window.updates")
    left = len(store.history(run_id).steps)
    page.goto("about:blank")
    page.wait_for_timeout(3000)
    returned = len(store.history(run_id).steps)
    page.goto(address)
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    page.wait_for_timeout(1000)
    stopped = seconds(lambda: (stop.click(), page.get_by_role("link", name="See what it gets wrong").wait_for()))
    speeds = [step.images_per_second for step in store.history(run_id).steps]
    open_page, closed_page = statistics.median(speeds[began:left]), statistics.median(speeds[left + 1 : returned])
    rate = (len(updates) - 1) / (updates[-1] - updates[0]) * 1000
    return {"first point": first, "updates a second": rate, "stop": stopped, "cost": 1 - open_page / closed_page}


def measure_switches(page: Page, rounds: int) -> list[float]:
    """From a click in the navigation to the new page's heading, with everything below it drawn."""
    times = []
    for _ in range(rounds):
        for name in PAGES:
            times.append(seconds(lambda name=name: (go_to(page, name), wait_until_idle(page))))
            page.wait_for_timeout(200)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=30, help="strokes to measure")
    arguments = parser.parse_args()
    ready = {entry.name for entry in Catalog(load_settings()).entries() if entry.state == DatasetState.READY}
    recipe = "MNIST, one layer of 512" if "mnist" in ready else "Digits, one layer of 64"
    with tempfile.TemporaryDirectory() as folder:
        starts = [measure_start(Path(folder) / f"start-{number}") for number in range(3)]
        server = Server(Path(folder) / "home")
        with opened(server) as page:
            expect(page.get_by_text("The engine is ready.").first).to_be_visible(timeout=TIMEOUT_MS)
            training = measure_training(page, Path(folder) / "home", recipe)
            go_to(page, "Draw")
            strokes = measure_strokes(page, arguments.repeats)
            switches = measure_switches(page, 6)
        server.stop()
    rows = [
        ("server start to first page usable", f"{statistics.median(starts):.2f} s (worst of 3: {max(starts):.2f} s)", "3 s"),
        (f"Train pressed to first point ({recipe})", f"{training['first point']:.2f} s", "2 s"),
        ("live updates a second", f"{training['updates a second']:.1f}", "4"),
        ("training slowed by an open page that draws it", f"{training['cost']:.1%}", "3 %"),
        ("Stop pressed to usable model", f"{training['stop']:.2f} s", "0.5 s"),
        ("stroke lifted to bars changed, 95th percentile", report_strokes(strokes), "200 ms"),
        (
            "page switch, 95th percentile",
            f"{percentile(switches, 0.95) * 1000:.0f} ms (median {statistics.median(switches) * 1000:.0f})",
            "400 ms",
        ),
    ]
    for what, measured, required in rows:
        print(f"{what:<62} {measured:<34} required: {required}")


if __name__ == "__main__":
    main()
