"""What every worker does when it starts: loads TensorFlow in the background, and does once what it will be asked to do.

The answering worker goes first. A drawing can be read some seconds earlier when the training workers do not load TensorFlow beside it,
and nobody has a training ready that soon; a training that comes nevertheless waits for nothing.

Dask imports this module in each worker before it takes work (`--preload core.compute.worker`).
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]

from core.compute.lanes import Lane
from core.compute.loading import load_tensorflow
from core.datasets.image_set import ImageSet, build_image_set
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec

# Before TensorFlow loads: its notices about the processor are not for users, and a worker has no terminal.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# scikit-learn's threads otherwise spin while they wait for one another: t-SNE beside a training took four times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_warming = threading.Lock()
_warm: set[Lane] = set()

_TINY_SPEC = TrainingSpec(hidden=(DenseLayer(units=2),), epochs=1, validation_split=0.5)


_HEAD_START = 20.0
"""Seconds after which a training worker warms up even if nothing told it that the answering worker is warm."""

_NICENESS = 5
"""On a scale from -20 to 19: beside a page that is being drawn, a worker gets a quarter of the time, and alone all of it."""


def dask_setup(worker: Any) -> None:
    """Dask's hook. Returns at once, so that the worker can be reached while TensorFlow loads."""
    _give_way()
    lane = Lane.TRAIN if Lane.TRAIN in worker.state.total_resources else Lane.ANSWER
    warming = threading.Timer(_HEAD_START if lane == Lane.TRAIN else 0.0, warm_up, (lane,))
    warming.name, warming.daemon = "warm-up", True
    warming.start()


def warm_up(lane: Lane, after: None = None) -> None:
    """Load TensorFlow and train, or ask, a network: the first time takes seconds longer than any other.

    Idempotent; whoever calls while that goes on waits for it. `after` may be the future of another warm-up, which is then done first.
    """
    with _warming:
        if lane in _warm:
            return
        if not _warm:
            # The share of the cores that the engine gave this worker.
            cores = os.environ.get("INKLING_CORES")
            load_tensorflow(None if cores is None else int(cores))
        if lane == Lane.TRAIN:
            _train_something()
        else:
            _answer_something()
        _warm.add(lane)


def _give_way() -> None:
    """Let the pages of this computer go first: a visitor waits for a page, and a training that takes a little longer is not noticed."""
    process = psutil.Process()
    process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else max(process.nice(), _NICENESS))


def _train_something() -> None:
    from core.training.loop import train

    train(_TINY_SPEC, _tiny_set(), lambda event: None)


def _answer_something() -> None:
    """What is asked first in most homes: what the network that comes with Inkling sees in a drawing."""
    from core.compute.models import shipped_source
    from core.compute.reading import read_images
    from core.compute.tasks import build_predictor
    from core.shipped.card import shipped_model_key

    key, source = shipped_model_key(), shipped_source()
    read_images(build_predictor(key, source), key, np.zeros((1, *source.image_shape), np.uint8))


def _tiny_set() -> ImageSet:
    images, labels = np.zeros((8, 2, 2), np.uint8), np.arange(8) % 2
    return build_image_set(name="tiny", title="Tiny", x_train=images, y_train=labels, x_test=images, y_test=labels, origin="made up")
