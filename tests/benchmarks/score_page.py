"""What Predict > Score lets people wait for, in the engine and in a real Chromium: `python -m tests.benchmarks.score_page`.

MNIST must be at hand (`INKLING_DATASETS`, or `../shared/datasets` beside the repository). For the score of 60,000 images, MNIST is
turned round: its training half is what the network is asked about.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from core.compute.jobs import JobState
from core.compute.lanes import Lane
from core.compute.scoring import score_images, scoring_key
from core.compute.service import ComputeService, EngineState
from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet, Split
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.runs.store import RunStore
from core.settings import Settings, load_settings
from tests.benchmarks.browser_speed import go_to, percentile, seconds, wait_until_idle
from tests.benchmarks.engine_latency import ROOT, seconds_until
from tests.browser.serving import CHROMIUM, CHROMIUM_ARGUMENTS, Server

FIRST, AGAIN, CLICK, SWITCH = 1.5, 0.05, 0.5, 0.5
PATIENCE_MS = 120_000
SHARED = ROOT.parent / "shared" / "datasets"
TURNED = "mnist_turned"
# Whatever the chart's version: it gets a new key when somebody chooses a cell by the boxes beside it.
CELLS = "[class*=st-key-confusion] .layer_0_marks path"
_WARM_UP, _IDLE_ROUNDS = 1, 10
OTHER_PAGES = ("Samples", "Build and train", "Runs", "Start")


def quick(recipe: str, seed: int, dataset: str = "mnist") -> TrainingSpec:
    """One short epoch: how good the network is, does not matter here."""
    return RECIPES[recipe].spec.model_copy(update={"epochs": 1, "training_images": 5_000, "seed": seed, "dataset": dataset})


def turn_round(image_set: ImageSet, home: Path) -> None:
    """Store MNIST with its halves exchanged."""
    (home / "datasets").mkdir(parents=True)
    arrays = {"x_train": image_set.x_test, "y_train": image_set.y_test, "x_test": image_set.x_train, "y_test": image_set.y_train}
    np.savez(home / "datasets" / f"{TURNED}.npz", **arrays)


def train(service: ComputeService, store: RunStore, spec: TrainingSpec) -> str:
    run_id = service.submit(spec)
    seconds_until(lambda: store.load(run_id).state.is_final)
    return run_id


def score_once(service: ComputeService, run_id: str, image_set: ImageSet) -> float:
    """As the page does it, for all test images."""
    began = time.perf_counter()
    model_key, source = service.model_source(run_id)
    key = scoring_key(model_key, Split.TEST)
    progress = service.job(key)
    if progress is None:
        service.start_job(key, score_images, model_key, source, image_set, Split.TEST, lane=Lane.STUDY, keep=True)
        progress = service.wait_for_job(key, 60)
    if progress.state != JobState.FINISHED:
        raise RuntimeError(f"scoring ended as {progress.state}: {progress.message}")
    return time.perf_counter() - began


def prepare(settings: Settings, networks: int) -> tuple[str, list[str], list[tuple[str, list[float], float]]]:
    """A run on MNIST, runs with a slow network on MNIST turned round, and what scoring takes without a browser."""
    catalog = Catalog(settings)
    store, image_set = RunStore(settings.home), catalog.load("mnist")
    turn_round(image_set, settings.home)
    service = ComputeService(settings, store, cache(Catalog(settings).load))
    service.start()
    seconds_until(lambda: service.status().state == EngineState.READY)
    runs = [train(service, store, quick("mnist-128", seed)) for seed in (1, 2, 3, 4)]
    first, *later = [score_once(service, run_id, image_set) for run_id in runs]
    again = [score_once(service, run_id, image_set) for run_id in runs * 5]
    slow = [train(service, store, quick("mnist-cnn", seed, TURNED)) for seed in range(networks)]
    service.close()
    store.close()
    rows = [
        ("scoring 10,000 MNIST images, the first of all", [first], FIRST),
        ("scoring 10,000 MNIST images, of other networks", later, FIRST),
        ("scoring 10,000 MNIST images, again", again, AGAIN),
    ]
    return runs[0], slow, rows


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def open_page(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()
    return page


def open_test_set(page: Page) -> None:
    page.get_by_role("button", name="Open the test set").click()


def find_cells(page: Page, most: int) -> list[tuple[str, str]]:
    """True class and what it was read as of some cells that hold images."""
    labels = page.locator(CELLS).evaluate_all("cells => cells.map(cell => cell.getAttribute('aria-label'))")
    found = sorted({(true, read) for label in labels for read, true in re.findall(r"read as: (\w+); true class: (\w+);", label)})
    return [found[place] for place in np.random.default_rng(5).permutation(len(found))[:most]]


def measure_clicks(browser: Browser, server: Server, run_id: str, clicks: int) -> list[float]:
    """From a click on a cell of the confusion matrix to its images on the screen."""
    page = open_page(browser, f"{server.url}/score?run={run_id}&view=Confusion")
    open_test_set(page)
    page.locator(".st-key-behind_tiles_confusion canvas").first.wait_for()
    wait_until_idle(page)
    page.wait_for_timeout(1000)
    times = []
    for true, read in find_cells(page, clicks):
        box = page.locator(f'{CELLS}[aria-label^="read as: {read}; true class: {true};"]').bounding_box() or {}
        images = page.locator(f'.st-key-behind_tiles_confusion [aria-label*=" images: {true} read as {read}."] canvas').first
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        times.append(seconds(lambda middle=middle, images=images: (page.mouse.click(*middle), images.wait_for())))
        wait_until_idle(page)
        page.wait_for_timeout(300)
    page.close()
    return times


def measure_switches(browser: Browser, server: Server, runs: list[str]) -> tuple[list[float], list[float], list[float]]:
    """Page switches of one visitor while nothing goes on, and while another has 60,000 images scored; and how long each score took."""
    visitor = open_page(browser, server.url)
    rounds = iter(range((_WARM_UP + _IDLE_ROUNDS) * len(OTHER_PAGES)))
    idle = _switch_until(visitor, lambda: next(rounds, None) is None)[_WARM_UP * len(OTHER_PAGES) :]
    switches, scores = [], []
    for run_id in runs:
        page = open_page(browser, f"{server.url}/score?run={run_id}")
        wait_until_idle(page)
        began = time.perf_counter()
        open_test_set(page)
        done = page.get_by_test_id("stMetric").first
        switches += _switch_until(visitor, lambda done=done: done.is_visible())
        scores.append(time.perf_counter() - began)
        page.close()
    return idle, switches, scores


def _switch_until(visitor: Page, is_over: Callable[[], bool]) -> list[float]:
    """One page after the other; the last, during which it was over, does not count."""
    times: list[float] = []
    while True:
        for name in OTHER_PAGES:
            taken = seconds(lambda name=name: (go_to(visitor, name), wait_until_idle(visitor)))
            if is_over():
                return times
            times.append(taken)


def describe(what: str, times: list[float], most: float) -> str:
    worst = percentile(times, 0.95)
    verdict = "reached" if worst <= most else "MISSED"
    median = statistics.median(times)
    return f"{what:<66} {worst * 1000:>6.0f} ms (median {median * 1000:>5.0f}, of {len(times):>3})  under {most * 1000:.0f} ms: {verdict}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=30, help="clicks on cells to measure")
    parser.add_argument("--networks", type=int, default=4, help="slow networks that are asked about 60,000 images")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings()
        folders = (*settings.dataset_folders, SHARED)
        settings = replace(settings, home=Path(folder), dataset_folders=folders)
        run_id, slow, rows = prepare(settings, arguments.networks)
        server = Server(Path(folder), INKLING_DATASETS=os.pathsep.join(map(str, folders)))
        try:
            with chromium() as browser:
                clicks = measure_clicks(browser, server, run_id, arguments.clicks)
                idle, switches, scores = measure_switches(browser, server, slow)
        finally:
            server.stop()
    rows.append(("click on a cell to its images, 95th percentile", clicks, CLICK))
    rows.append(("page switch while nothing is scored, 95th percentile", idle, SWITCH))
    rows.append(("page switch while 60,000 images are scored, 95th percentile", switches, SWITCH))
    for row in rows:
        print(describe(*row))
    print(f"a score of 60,000 images by mnist-cnn took {statistics.median(scores):.1f} s; load now {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
