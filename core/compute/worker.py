"""What every worker does when it starts: loads TensorFlow in the background, and does once what it will be asked to do.

Where each worker loads TensorFlow for itself, the answering worker goes first: a drawing can be read some seconds earlier then,
and nobody has a training ready that soon; a training that comes nevertheless waits for nothing.

Dask imports this module in each worker before it takes work (`--preload core.compute.worker`).
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]

from core.compute.lanes import Lane
from core.compute.loading import load_quietly, load_tensorflow
from core.compute.readiness import READINESS, READY
from core.datasets.image_set import ImageSet, build_image_set
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec

# Before TensorFlow loads: its notices about the processor are not for users, and a worker has no terminal.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# scikit-learn's threads otherwise spin while they wait for one another: t-SNE beside a training took four times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_loading, _warming = threading.Lock(), threading.Lock()
_warm: set[Lane] = set()
_readiness = ""

_at_start = 0 if sys.platform == "win32" else psutil.Process().nice()

_TINY_SPEC = TrainingSpec(hidden=(DenseLayer(units=2),), epochs=1, validation_split=0.5)


_HEAD_START = 8.0
"""Seconds for which a training worker that has to load TensorFlow waits, so that the answering worker has it first."""

_NICENESS = 5
"""More than what Inkling was started with, on a scale from -20 to 19: beside a page that is being drawn, a worker gets a quarter of
the time, and alone all of it."""


def dask_setup(worker: Any) -> None:
    """Dask's hook. Returns at once, so that the worker can be reached while it warms up."""
    worker.metrics[READINESS] = lambda worker: _readiness
    lane = Lane.TRAIN if Lane.TRAIN in worker.state.total_resources else Lane.ANSWER
    has_to_load = "tensorflow" not in sys.modules
    warming = threading.Timer(_HEAD_START if lane == Lane.TRAIN and has_to_load else 0.0, _warm_up_and_say, (lane,))
    warming.name, warming.daemon = "warm-up", True
    warming.start()


def _warm_up_and_say(lane: Lane) -> None:
    global _readiness
    try:
        warm_up(lane)
    except BaseException as error:
        _readiness = f"{type(error).__name__}: {error}"
        raise


def warm_up(lane: Lane) -> None:
    """Load TensorFlow and train, or ask, a network: the first time takes a second longer than any other.

    Idempotent; whoever calls while that goes on waits for it.
    """
    load()
    with _warming:
        if lane in _warm:
            return
        if lane == Lane.TRAIN:
            _train_something()
        else:
            _answer_something()
            give_way()
        _be_ready(lane)


def _be_ready(lane: Lane) -> None:
    global _readiness
    _warm.add(lane)
    _readiness = READY


def begin_training() -> None:
    """To be called by a training, which is as good as any other for warming up. Loads TensorFlow, and waits for nothing else."""
    load()
    _be_ready(Lane.TRAIN)


def load() -> None:
    """Load TensorFlow. Idempotent; whoever calls while that goes on waits for it."""
    with _loading:
        load_quietly()
        # The share of the cores that the engine gave this worker.
        cores = os.environ.get("INKLING_CORES")
        load_tensorflow(None if cores is None else int(cores))


def give_way() -> None:
    """Let the pages of this computer go first: a visitor waits for a page, and a training that takes a little longer is not noticed.

    Only once the worker answers, or its training takes steps: until then somebody waits, and on a busy machine it takes four times as long.
    """
    if sys.platform == "linux":
        # There each thread has a niceness of its own, and those that come later have that of the thread that starts them.
        for thread in psutil.Process().threads():
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, thread.id, _at_start + _NICENESS)
    elif sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        psutil.Process().nice(_at_start + _NICENESS)


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
