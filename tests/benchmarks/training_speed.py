"""Inkling's training loop against `keras.Model.fit`: the same network, data and batch size, side by side in one process.

    INKLING_DATASETS=folder python -m tests.benchmarks.training_speed [--repeats 5] [--scaled-for-fit]

Each repeat trains a first epoch, which includes compiling, and a second one, which does not; the two ways take turns.
The ratio is the median of the ratios of second epochs that ran one after the other: other work on the machine slows both.
With `--scaled-for-fit`, `fit` is spared the scaling: it gets the pixels as floats from 0 to 1, prepared before the clock starts.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from dataclasses import dataclass

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.errors import DatasetError
from core.networks.building import build_network, build_optimiser
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.settings import load_settings
from core.training.events import EpochEnded
from core.training.loop import train

REQUIRED = {"mnist-128": 8.0, "mnist-512": 4.0, "cifar10-200-150": 4.0}


@dataclass(frozen=True)
class Measurement:
    """Images per second of the first epoch, from the call on, and of the second alone."""

    first: float
    second: float


def measure_inkling(spec: TrainingSpec, image_set: ImageSet) -> Measurement:
    """The events carry wall-clock times, so that reporting and all else that live training does is counted."""
    ends = [0.0]
    train(spec, image_set, lambda event: ends.append(event.seconds) if isinstance(event, EpochEnded) else None, lambda: False)
    return _measurement(image_set, ends)


def measure_fit(spec: TrainingSpec, image_set: ImageSet, *, scaled: bool) -> Measurement:
    """`fit` on the same network and pixels, or on the network without its scaling step and pixels scaled beforehand."""
    import keras

    ends = [0.0]
    images = image_set.x_train.astype("float32") / image_set.max_value if scaled else image_set.x_train
    network = spec.model_copy(update={"scale_inputs": not scaled})
    began = time.perf_counter()
    model = build_network(network, image_set.image_shape, image_set.class_count, image_set.max_value)
    model.compile(build_optimiser(spec), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter() - began))
    model.fit(images, image_set.y_train, batch_size=spec.batch_size, epochs=spec.epochs, verbose=0, callbacks=[clock])
    return _measurement(image_set, ends)


def _measurement(image_set: ImageSet, ends: list[float]) -> Measurement:
    return Measurement(*(len(image_set.x_train) / (later - earlier) for earlier, later in itertools.pairwise(ends)))


def compare(name: str, image_set: ImageSet, repeats: int, *, scaled: bool) -> str:
    """One line of the table."""
    spec = RECIPES[name].spec.model_copy(update={"epochs": 2, "validation_split": 0.0})
    pairs = [(measure_inkling(spec, image_set), measure_fit(spec, image_set, scaled=scaled)) for _ in range(repeats)]
    speed, fit, ratio = _medians([(ours.second, fits.second) for ours, fits in pairs])
    first, first_fit, first_ratio = _medians([(ours.first, fits.first) for ours, fits in pairs])
    verdict = "reached" if ratio >= REQUIRED[name] else "MISSED"
    return (
        f"| {name} | {speed:,.0f} | {fit:,.0f} | {ratio:.1f} | {REQUIRED[name]:g}: {verdict}"
        f" | {first:,.0f} | {first_fit:,.0f} | {first_ratio:.1f} |"
    )


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Of both, and of the ratio of each pair."""
    return (
        statistics.median(ours for ours, _ in pairs),
        statistics.median(fits for _, fits in pairs),
        statistics.median(ours / fits for ours, fits in pairs),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--scaled-for-fit", action="store_true", help="give fit pixels that are scaled already")
    options = parser.parse_args()
    catalog = Catalog(load_settings())
    print("| recipe | Inkling, images/s | fit, images/s | ratio | required | first epoch, compiling included | fit | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in REQUIRED:
        try:
            print(compare(name, catalog.load(RECIPES[name].spec.dataset), options.repeats, scaled=options.scaled_for_fit), flush=True)
        except DatasetError as error:
            print(f"| {name} | skipped: {error} |")


if __name__ == "__main__":
    main()
