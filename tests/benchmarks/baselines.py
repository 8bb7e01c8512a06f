"""How long the baselines take, what they reach, and how soon Cancel is heard: `python -m tests.benchmarks.baselines [SET ...]`.

As the worker does it for a run with the usual settings: from all images that the run learned from, about all that it held back and all
test images. Without arguments on the bundled digits, and on MNIST, Fashion-MNIST and CIFAR-10 where they are at hand
(`INKLING_DATASETS`). `taskset -c 0,1` keeps it to two cores; the processor's seconds tell how long it would take with none busy elsewhere.
"""

from __future__ import annotations

import sys
import time
from threading import Event, Timer

import numpy as np

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet, Split
from core.errors import Cancelled, DatasetError
from core.networks.spec import TrainingSpec
from core.predictions.baselines import BASELINES, answer_baselines, score_baselines
from core.rates import format_percent, format_range
from core.settings import load_settings, usable_cores
from core.training.splitting import ValidationSplit, split_images

LIMITS = {"mnist": 45.0, "fashion_mnist": 45.0, "cifar10": 90.0}
"""Seconds for all rules and both halves, on two cores."""

KNOWN = {"mnist": 0.969, "fashion_mnist": 0.855}
"""Test accuracy of five nearest neighbours from all 60,000 images."""

HEARD = 1.0
"""Seconds after which Cancel has to be heard at the latest."""


def measure(image_set: ImageSet, split: ValidationSplit) -> None:
    """Print the seconds of each baseline and of all, and what they reach on the held-back training images and on the test images."""
    began, worked = time.perf_counter(), time.process_time()
    first: dict[str, float] = {}
    reports: list[float] = []

    def note(share: float, message: str) -> None:
        reports.append(time.perf_counter())
        first.setdefault(message.split(":")[0], reports[-1] - began)

    answers = answer_baselines(image_set, split.training, split.validation, note)
    total, busy = time.perf_counter() - began, time.process_time() - worked
    cores = usable_cores()
    limit = f" (wanted: under {LIMITS[image_set.name]:.0f} s on two cores)" if image_set.name in LIMITS else ""
    print(
        f"{image_set.name}: {total:.1f} s in all{limit}; the processor was at work for {busy:.1f} s, {busy / min(2, cores):.1f} s each of "
        f"{min(2, cores)} cores; learned from {int(answers['fitted']):,} images; {len(reports):,} reports, "
        f"{np.diff(reports).max():.1f} s apart at most"
    )
    ends = [*list(first.values())[1:], total]
    seconds = [end - start for start, end in zip(first.values(), ends, strict=True)]
    halves = zip(score_baselines(answers, image_set, Split.TRAINING), score_baselines(answers, image_set, Split.TEST), seconds, strict=True)
    for held_back, test, took in halves:
        print(
            f"  {BASELINES[held_back.name].title:<29}{took:6.1f} s   validation {format_percent(held_back.accuracy):>6} "
            f"({format_range(*held_back.interval)} of {held_back.count:,})   test {format_percent(test.accuracy):>6} "
            f"({format_range(*test.interval)} of {test.count:,}){'' if test.is_settled else '   not settled'}",
            flush=True,
        )


def measure_all(image_set: ImageSet) -> None:
    """Print what five nearest neighbours reach from all training images, beside what is known of them."""
    everything = np.arange(len(image_set.y_train), dtype=np.int32)
    answers = answer_baselines(image_set, everything, everything[:0])
    [found] = [one for one in score_baselines(answers, image_set, Split.TEST) if one.name == "neighbours"]
    print(f"  from all {found.fitted_on:,} images: {found.accuracy:.2%} (known: {KNOWN[image_set.name]:.1%})", flush=True)


def measure_cancel(image_set: ImageSet, split: ValidationSplit, name: str) -> None:
    """Print how long after Cancel in the middle of a rule, at no particular moment, the work has ended."""
    asked: list[float] = []
    stop = Event()

    def cancel() -> None:
        asked.append(time.perf_counter())
        stop.set()

    timer = Timer(0.73, cancel)

    def watch(share: float, message: str) -> None:
        if message.startswith(BASELINES[name].title) and not timer.is_alive() and not asked:
            timer.start()

    try:
        answer_baselines(image_set, split.training, split.validation, watch, stop.is_set)
        print(f"  {BASELINES[name].title} was done before Cancel.")
    except Cancelled:
        heard = time.perf_counter() - asked[0]
        print(f"  Cancel in {BASELINES[name].title.lower()}: heard after {heard:.2f} s (wanted: under {HEARD:.0f} s)", flush=True)


def main() -> None:
    catalog = Catalog(load_settings())
    for name in sys.argv[1:] or ("digits", "mnist", "fashion_mnist", "cifar10"):
        try:
            image_set = catalog.load(name)
        except DatasetError as error:
            print(f"{name}: skipped. {error}")
            continue
        split = split_images(TrainingSpec(dataset=name), image_set.y_train)
        measure(image_set, split)
        for rule in ("logistic_regression", "neighbours"):
            measure_cancel(image_set, split, rule)
        if name in KNOWN:
            measure_all(image_set)


if __name__ == "__main__":
    main()
