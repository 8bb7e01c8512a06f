"""What Explore > Statistics costs: the computations alone, and every part of the page, the first time and again.

    INKLING_DATASETS=folder python -m tests.benchmarks.statistics [--dataset mnist] [--dataset cifar10]

The computations read all training images. The page is run without a browser (Streamlit's `AppTest`), with nothing kept at first but the set
itself in memory: one part after the other, then all of them again. Times are of the server; they hold the drawing of all pictures.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from core.datasets.balance import measure_balance
from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.datasets.ink_measures import summarise_ink
from core.datasets.statistics import average_class, count_values
from core.errors import DatasetError
from core.runs.store import RunStore
from core.settings import load_settings
from pages.components import services
from tests.app.conftest import FakeCompute

ROOT = Path(__file__).parents[2]
PARTS = ("Classes", "Pixel values", "Mean and spread", "Ink, size and place", "One-hot labels", "Flattening")
ROUNDS = 5
"""How often each part is opened again. The median counts: one full garbage collection of Python, 0.2 s, falls into some round."""

FIRST, AGAIN = 1.5, 0.05
"""Seconds that all statistics may take the first time, and one part again, for MNIST."""


def computations(image_set: ImageSet) -> dict[str, Callable[[], object]]:
    images, labels = image_set.x_train, image_set.y_train
    wanted: dict[str, Callable[[], object]] = {
        "hash of the contents": lambda: image_set.sha256,
        "balance": lambda: measure_balance(image_set),
        "pixel values": lambda: count_values(images, image_set.max_value),
        "mean and spread": lambda: [average_class(images, labels, label) for label in range(image_set.class_count)],
    }
    if image_set.is_grey:
        wanted["ink"] = lambda: summarise_ink(images, labels, image_set.max_value)
    return wanted


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def peak_megabytes(action: Callable[[], object]) -> float:
    """Memory that NumPy and Python take on top of what is there. Tracing costs time, so it is a run of its own."""
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def measure_core(image_set: ImageSet) -> None:
    """A line for each computation."""
    for name, action in computations(image_set).items():
        print(f"{image_set.name}, {name}: {seconds(action) * 1000:.0f} ms, {peak_megabytes(action):.1f} MB on top", flush=True)


def measure_page(dataset: str) -> None:
    """A line for each part, and the sums that the requirement is about."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["INKLING_HOME"] = home
        services.close()
        store = RunStore(services.settings().home)
        services.provide(store=store, compute=FakeCompute(store))
        image_set = services.catalog().load(dataset)
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=300)
        app.session_state["dataset"] = "digits"
        app.run()
        # With the small set first, so that neither imports nor matplotlib's fonts are counted.
        app.switch_page("pages/explore/statistics.py").run()
        for part in PARTS:
            app.segmented_control(key="part").set_value(part).run()
        st.cache_data.clear()
        image_set.__dict__.pop("sha256", None)
        app.selectbox(key="dataset").set_value(dataset)
        first = {part: seconds(app.segmented_control(key="part").set_value(part).run) for part in PARTS}
        rounds = [{part: seconds(app.segmented_control(key="part").set_value(part).run) for part in PARTS} for _ in range(ROUNDS)]
        again = {part: statistics.median(one[part] for one in rounds) for part in PARTS}
        services.close()
    for part in PARTS:
        print(f"{dataset}, page, {part}: first {first[part] * 1000:.0f} ms, again {again[part] * 1000:.0f} ms")
    total, slowest = sum(first.values()), max(again.values())
    verdicts = ["reached" if value < most else "MISSED" for value, most in ((total, FIRST), (slowest, AGAIN))]
    wanted = [f" (under {FIRST} s: {verdicts[0]})", f" (under {AGAIN * 1000:.0f} ms: {verdicts[1]})"] if dataset == "mnist" else ["", ""]
    print(
        f"{dataset}, page: all parts the first time {total:.2f} s{wanted[0]}, the slowest again {slowest * 1000:.0f} ms{wanted[1]}",
        flush=True,
    )


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", action="append", help="which sets (default: mnist and cifar10)")
    for dataset in parser.parse_args().dataset or ["mnist", "cifar10"]:
        try:
            measure_core(Catalog(load_settings()).load(dataset))
            measure_page(dataset)
        except DatasetError as error:
            print(f"{dataset}: skipped: {error}")


if __name__ == "__main__":
    main()
