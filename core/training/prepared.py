"""A learner with its compiled programs, ready to train. The last one is kept, for whoever tries the same network once more.

Compiling takes half a second for a small dense network and two for convolutions: most of what a short training takes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.datasets.image_set import ImageSet
from core.networks.spec import TrainingSpec
from core.training.checkpoint import Start, restore
from core.training.goals import Best
from core.training.learner import Learner
from core.training.splitting import Positions
from core.training.steps import CompiledSteps

_COMPILED = {
    "scaling",
    "shuffled_pixels",
    "hidden",
    "loss",
    "label_smoothing",
    "optimiser",
    "momentum",
    "beta_1",
    "beta_2",
    "rho",
    "weight_decay",
    "clip_norm",
}
"""The settings that are written into the programs. Batches are too; all others, the seed and the rates among them, are data."""


@dataclass(frozen=True)
class Prepared:
    """What a training works with. `best` is the best epoch of the one that it continues."""

    learner: Learner
    compiled: CompiledSteps
    best: Best | None


@dataclass(frozen=True)
class _Kept:
    image_set: ImageSet
    settings: str
    training_images: int
    learner: Learner
    compiled: CompiledSteps

    def fits(self, spec: TrainingSpec, image_set: ImageSet, training_images: int) -> bool:
        return (self.image_set, self.settings, self.training_images) == (image_set, _settings(spec), training_images)


_lock = threading.Lock()
_kept: list[_Kept] = []
"""One at most. Whoever uses it takes it out meanwhile."""


@contextmanager
def prepared(spec: TrainingSpec, image_set: ImageSet, training: Positions, start: Start | None) -> Iterator[Prepared]:
    """Build a learner, or reset the one that is kept, for the images at the positions `training`.

    Any number of threads may call this. Raises `InklingError` if `start` is damaged or of another network.
    """
    kept = _take(spec, image_set, len(training))
    learner = Learner(spec, image_set, training)
    # Before anything is traced, because a measured scaling becomes part of the program.
    best = restore(learner, start) if start else None
    if kept is None:
        kept = _Kept(image_set, _settings(spec), len(training), learner, CompiledSteps(spec, image_set, learner, len(training)))
    else:
        kept.learner.load_weights(learner.weights())
        kept.learner.load_memory(learner.memory())
    yield Prepared(kept.learner, kept.compiled, best)
    kept.compiled.end_epoch()
    if not spec.scaling.startswith("standardise"):
        with _lock:
            _kept[:] = [kept]


def _take(spec: TrainingSpec, image_set: ImageSet, training_images: int) -> _Kept | None:
    """The one that is kept, if it fits. Otherwise it is let go of before another one needs the memory."""
    with _lock:
        kept = _kept.pop() if _kept else None
    return kept if kept is not None and kept.fits(spec, image_set, training_images) else None


def _settings(spec: TrainingSpec) -> str:
    # The order of shuffled pixels is written into the program, and follows from the seed.
    return spec.model_dump_json(include={*_COMPILED, "batch_size", *(("seed",) if spec.shuffled_pixels else ())})
