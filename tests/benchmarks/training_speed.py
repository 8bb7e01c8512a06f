"""Inkling's training loop against `keras.Model.fit` and a plain PyTorch loop: the same network, data and batch size, side by side.

    INKLING_DATASETS=folder python -m tests.benchmarks.training_speed [--recipe mnist-cnn] [--repeats 5] [--images 60000] [--scaled-for-fit]

Each repeat trains a first epoch, which includes compiling, and a second one, which does not. The ways take turns,
PyTorch in a process of its own.
A ratio is the median of the ratios of second epochs that ran one after the other: other work on the machine slows all of them.
Inkling's side is all of `train`, with its events, live validation and looks inside the network.
With `--scaled-for-fit`, `fit` is spared the scaling: it gets the pixels as floats from 0 to 1, prepared before the clock starts.

PyTorch is no part of Inkling. It may live in an environment of its own (`--torch-python`); without it its columns stay empty.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.errors import DatasetError
from core.networks.building import build_network, build_optimiser
from core.networks.plan import plan_layers
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.settings import load_settings
from core.training.events import EpochEnded
from core.training.loop import train

REQUIRED = {
    "mnist-128": (10.0, 4.0),
    "mnist-512": (4.5, 2.5),
    "cifar10-200-150": (4.0, None),
    "mnist-784-32-sgd": (1.3, 1.0),
    "mnist-cnn": (2.0, 1.3),
}
"""How many times as fast as `fit`, and as PyTorch."""

TORCH_LOOP = Path(__file__).with_name("torch_loop.py")


@dataclass(frozen=True)
class Measurement:
    """Images per second of the first epoch, from the call on, and of the second alone."""

    first: float
    second: float


def measure_inkling(spec: TrainingSpec, image_set: ImageSet) -> Measurement:
    """The events carry wall-clock times, so that reporting and all else that live training does is counted."""
    # Another image set in between, so that nothing compiled is left over from the last time.
    fresh = dataclasses.replace(image_set)
    ends = [0.0]
    train(spec, fresh, lambda event: ends.append(event.seconds) if isinstance(event, EpochEnded) else None)
    return _measurement(image_set, ends)


def measure_fit(spec: TrainingSpec, image_set: ImageSet, *, scaled: bool) -> Measurement:
    """`fit` on the same network and pixels, or on the network without its scaling step and pixels scaled beforehand."""
    import keras

    ends = [0.0]
    images = image_set.x_train.astype("float32") / image_set.max_value if scaled else image_set.x_train
    network = spec.model_copy(update={"scaling": "none"}) if scaled else spec
    began = time.perf_counter()
    model = build_network(network, image_set.image_shape, image_set.class_count, image_set.max_value)
    model.compile(build_optimiser(spec), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter() - began))
    model.fit(images, image_set.y_train, batch_size=spec.batch_size, epochs=spec.epochs, verbose=0, callbacks=[clock])
    return _measurement(image_set, ends)


def measure_torch(spec: TrainingSpec, image_set: ImageSet, python: str) -> Measurement:
    """See `torch_loop`: it runs in a process of its own, while this one waits."""
    ours = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npz"
        np.savez(path, x=image_set.x_train, y=image_set.y_train)
        task = {
            "images": str(path),
            "max_value": image_set.max_value,
            "layers": _torch_layers(spec, image_set),
            "parameters": sum(math.prod(variable.shape) for variable in ours.trainable_variables),
            **spec.model_dump(include={"optimiser", "learning_rate", "batch_size", "epochs"}),
        }
        # -P: beside it lies our statistics.py, which PyTorch would take for Python's own.
        output = subprocess.run([python, "-P", TORCH_LOOP], input=json.dumps(task), capture_output=True, text=True, check=True).stdout
    return _measurement(image_set, [0.0, *json.loads(output)])


def _torch_layers(spec: TrainingSpec, image_set: ImageSet) -> list[dict[str, Any]]:
    steps = plan_layers(spec, image_set.image_shape, image_set.class_count)
    return [
        {"kind": step.kind, "inputs": step.input_shape[-1], "outputs": step.output_shape[-1]}
        | (step.layer.model_dump() if step.layer else {})
        for step in steps
        if step.kind not in ("image", "divide", "channels")
    ]


def has_torch(python: str) -> bool:
    return subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode == 0


def _measurement(image_set: ImageSet, ends: list[float]) -> Measurement:
    return Measurement(*(len(image_set.x_train) / (later - earlier) for earlier, later in itertools.pairwise(ends)))


def compare(name: str, image_set: ImageSet, repeats: int, *, scaled: bool, torch_python: str | None) -> str:
    """One line of the table."""
    spec = RECIPES[name].spec.model_copy(update={"epochs": 2, "validation_split": 0.0, "schedule": "constant"})
    ours, fits, torches = [], [], []
    for _ in range(repeats):
        ours.append(measure_inkling(spec, image_set))
        fits.append(measure_fit(spec, image_set, scaled=scaled))
        if torch_python:
            torches.append(measure_torch(spec, image_set, torch_python))
    required = dict(zip(("fit", "torch"), REQUIRED[name], strict=True))
    first = statistics.median(mine.first / theirs.first for mine, theirs in zip(ours, fits, strict=True))
    columns = [f"{_median(ours):,.0f}", *_columns(ours, fits, required["fit"]), *_columns(ours, torches, required["torch"]), f"{first:.1f}"]
    return f"| {name} | {' | '.join(columns)} |"


def _columns(ours: Sequence[Measurement], theirs: Sequence[Measurement], required: float | None) -> tuple[str, str, str]:
    """Their speed, the ratio with its range, and whether it is what is wanted."""
    if not theirs:
        return ("", "", "")
    ratios = sorted(mine.second / other.second for mine, other in zip(ours, theirs, strict=True))
    ratio = statistics.median(ratios)
    verdict = "" if required is None else f"{required:g}: {'reached' if ratio >= required else 'MISSED'}"
    return f"{_median(theirs):,.0f}", f"{ratio:.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})", verdict


def _median(measurements: Sequence[Measurement]) -> float:
    return statistics.median(measurement.second for measurement in measurements)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", action="append", choices=REQUIRED, help="only this one; may be given several times")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--images", type=int, help="train on so many images alone (default: all)")
    parser.add_argument("--scaled-for-fit", action="store_true", help="give fit pixels that are scaled already")
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch and NumPy (default: this one)")
    options = parser.parse_args()
    catalog = Catalog(load_settings())
    torch_python = options.torch_python if has_torch(options.torch_python) else None
    if torch_python is None:
        print(f"{options.torch_python} has no PyTorch, so it is left out; --torch-python names another interpreter.\n")
    print(
        "| recipe | Inkling, images/s | fit | ratio | required | PyTorch | ratio | required | first epoch, compiling included, to fit's |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in options.recipe or REQUIRED:
        try:
            image_set = catalog.load(RECIPES[name].spec.dataset)
        except DatasetError as error:
            print(f"| {name} | skipped: {error} |")
            continue
        cut = dataclasses.replace(image_set, x_train=image_set.x_train[: options.images], y_train=image_set.y_train[: options.images])
        print(compare(name, cut, options.repeats, scaled=options.scaled_for_fit, torch_python=torch_python), flush=True)


if __name__ == "__main__":
    main()
