"""How the cost grows with the work: `INKLING_DATASETS=folder python -m tests.benchmarks.growth [--repeats 3]`.

Each row varies one thing and gives the exponent of the cost: the slope of a straight line through the logarithms.
1 means that twice the work takes twice as long, 0 that it makes no difference. The sizes take turns within each repeat,
so that other work on the machine slows all of them alike; of each size the quickest counts.

Trainings are of MNIST with one hidden layer, batches of 32 and Adam, compiling left out. Runs are small, real folders in a store.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import RunStore
from core.settings import load_settings
from core.training.events import EpochEnded, TrainingEvent, TrainingStarted
from core.training.loop import train

IMAGES = (7_500, 15_000, 30_000, 60_000)
UNITS = (64, 128, 256, 512, 1024)
EPOCHS = (2, 4, 8, 16)
RUNS = (10, 100, 1_000)


def seconds_training(image_set: ImageSet, units: int, epochs: int) -> float:
    """Seconds from the first step on. The network is compiled anew, and that is left out."""
    spec = TrainingSpec(dataset=image_set.name, hidden=(DenseLayer(units=units),), epochs=epochs + 1)
    ends: list[float] = []
    train(spec, dataclasses.replace(image_set), lambda event: ends.append(event.seconds) if isinstance(event, EpochEnded) else None)
    return ends[-1] - ends[0]


def fill_store(store: RunStore, count: int) -> None:
    """Runs that have ended, with one epoch each."""
    spec = TrainingSpec()
    for number in range(count):
        record = store.create(spec, "0" * 64)
        for event in one_epoch(number):
            store.append(record.id, event)
        store.finish(record.id, RunState.FINISHED, result={"seconds": 1.0})


def one_epoch(number: int) -> tuple[TrainingEvent, ...]:
    accuracy = number % 100 / 100
    return (
        TrainingStarted(parameters=2, training_images=90, validation_images=10, steps_per_epoch=3, environment={}),
        EpochEnded(1, 3, loss=1.0, accuracy=accuracy, validation_loss=1.0, validation_accuracy=accuracy, images_per_second=1, seconds=1),
    )


def seconds_with_runs(count: int, action: Callable[[RunStore], object]) -> float:
    """Seconds that something takes in a store of so many runs: the quickest of ten times."""
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        fill_store(store, count)
        quickest = min(timed(lambda: action(store)) for _ in range(10))
        store.close()
        return quickest


def timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def show(what: str, sizes: Sequence[int], measure: Callable[[int], float], repeats: int) -> None:
    """One row of the table."""
    rounds = [[measure(size) for size in sizes] for _ in range(repeats)]
    seconds = [min(column) for column in zip(*rounds, strict=True)]
    exponent = np.polyfit([math.log(size) for size in sizes], [math.log(value) for value in seconds], 1)[0]
    cells = ", ".join(f"{size:,}: {value:.3g} s" for size, value in zip(sizes, seconds, strict=True))
    print(f"| {what} | {cells} | {exponent:.2f} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="how often each size is measured (default: 3)")
    repeats = parser.parse_args().repeats
    mnist = Catalog(load_settings()).load("mnist")

    def cut(images: int) -> ImageSet:
        return dataclasses.replace(mnist, x_train=mnist.x_train[:images], y_train=mnist.y_train[:images])

    print("| what grows | cost | exponent |\n| --- | --- | --- |")
    show("training images (128 units, 2 epochs)", IMAGES, lambda images: seconds_training(cut(images), 128, 2), repeats)
    show("units of the hidden layer (15,000 images, 2 epochs)", UNITS, lambda units: seconds_training(cut(15_000), units, 2), repeats)
    show("epochs (128 units, 15,000 images)", EPOCHS, lambda epochs: seconds_training(cut(15_000), 128, epochs), repeats)
    show("runs in the store: list the newest 50", RUNS, lambda runs: seconds_with_runs(runs, lambda store: store.list()), repeats)
    show("runs in the store: begin another one", RUNS, lambda runs: seconds_with_runs(runs, lambda store: fill_store(store, 1)), repeats)


if __name__ == "__main__":
    main()
