"""What every worker does when it starts: loads TensorFlow in the background, and does once what it will be asked to do.

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


_NICENESS = 5
"""On a scale from -20 to 19: beside a page that is being drawn, a worker gets a quarter of the time, and alone all of it."""


def dask_setup(worker: Any) -> None:
    """Dask's hook. Returns at once, so that the worker can be reached while TensorFlow loads."""
    _give_way()
    lane = Lane.TRAIN if Lane.TRAIN in worker.state.total_resources else Lane.ANSWER
    threading.Thread(target=warm_up, args=(lane,), name="warm-up", daemon=True).start()


def warm_up(lane: Lane) -> None:
    """Load TensorFlow and train, or ask, a tiny network: the first time takes seconds longer than any other.

    Idempotent; whoever calls while that goes on waits for it.
    """
    with _warming:
        if lane in _warm:
            return
        if not _warm:
            _load_tensorflow()
        if lane == Lane.TRAIN:
            _train_something()
        else:
            _answer_something()
        _warm.add(lane)


def _give_way() -> None:
    """Let the pages of this computer go first: a visitor waits for a page, and a training that takes a little longer is not noticed."""
    process = psutil.Process()
    process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else max(process.nice(), _NICENESS))


def _load_tensorflow() -> None:
    """The number of threads comes from `INKLING_CORES`, the share of the cores that the engine gave this worker."""
    import keras  # noqa: F401
    import tensorflow as tf

    cores = os.environ.get("INKLING_CORES")
    if cores is not None:
        tf.config.threading.set_intra_op_parallelism_threads(int(cores))
        tf.config.threading.set_inter_op_parallelism_threads(int(cores))


def _train_something() -> None:
    from core.training.loop import train

    train(_TINY_SPEC, _tiny_set(), lambda event: None)


def _answer_something() -> None:
    from core.networks.building import build_network
    from core.networks.weights import pack_weights
    from core.predictions.predictor import Predictor

    tiny = _tiny_set()
    network = (_TINY_SPEC, tiny.image_shape, tiny.class_count, tiny.max_value)
    Predictor(*network, pack_weights(build_network(*network).get_weights()))


def _tiny_set() -> ImageSet:
    images, labels = np.zeros((8, 2, 2), np.uint8), np.arange(8) % 2
    return build_image_set(name="tiny", title="Tiny", x_train=images, y_train=labels, x_test=images, y_test=labels, origin="made up")
