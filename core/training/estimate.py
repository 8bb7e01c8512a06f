"""How long a training will take, from a second of the real thing.

A training is building and compiling, then so many epochs; an epoch is its images, taken once each, a look at the validation
images, and a little that is the same for each epoch. All of these are measured with the loop's own parts, in the worker that trains,
and what was compiled for it is kept: whoever presses Train next does not wait for that again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from statistics import median
from typing import TypeVar

import numpy as np

from core.datasets.image_set import ImageSet
from core.errors import Cancelled
from core.networks.advice import held_back
from core.networks.augmentation import Augmentation
from core.networks.spec import TrainingSpec
from core.training.augmenting import AT_ONCE, augment_epoch
from core.training.glimpses import GLIMPSE_SHARE, Glimpses
from core.training.live import LIVE_SHARE, WEIGHTS_SHARE
from core.training.pace import Pace
from core.training.prepared import Prepared, prepared
from core.training.splitting import Positions, ValidationSplit, order_epoch, split_images
from core.training.steps import MEASURED_AT_ONCE

MEASURE_SECONDS = 1.2
"""Spent in steps and validation: enough for a few chunks of full length, short enough that nobody waits for it."""

AUGMENTED = 8 * AT_ONCE
"""Images augmented to see how long that takes."""

WATCHING = 1 + LIVE_SHARE + WEIGHTS_SHARE + GLIMPSE_SHARE
"""What a training spends on being watched, which a measurement leaves out."""

LEAST_FACTOR, MOST_FACTOR = 0.5, 2.0
"""What past runs may correct by. More than that was another machine, or a busy day."""

_DECIDES_SPEED = {
    "scaling",
    "shuffled_pixels",
    "hidden",
    "loss",
    "label_smoothing",
    "optimiser",
    "momentum",
    "weight_decay",
    "clip_norm",
    "batch_size",
}

Clock = Callable[[], float]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Timing:
    """Seconds that each part of a training takes.

    Attributes:
        first_start: building and compiling, until the first step.
        start: the same where the programs are there already, because the last training, or measurement, was of the same network.
        image: for each place of a batch, in steps, order and augmentation. The last batch of an epoch counts in full, as it is padded.
        validation_image: for each validation image.
        epoch: for each epoch, whatever its size.
    """

    first_start: float
    start: float
    image: float
    validation_image: float
    epoch: float


@dataclass(frozen=True)
class ImageCounts:
    """How many images a training learns from and how many it holds back."""

    training: int
    validation: int


def count_images(spec: TrainingSpec, images: int) -> ImageCounts:
    """Of a set with so many training images, those that `core.training.splitting.split_images` chooses."""
    validation = held_back(images, spec.validation_split)
    left = images - validation
    return ImageCounts(min(spec.training_images or left, left), validation)


def timing_key(spec: TrainingSpec, dataset_sha256: str, training_images: int) -> str:
    """Names everything that a `Timing` depends on, on one machine, and that is compiled for a training: neither rates nor epochs.

    The number of images is part of it: a small epoch fits the processor's cache, and is over before a chunk is full.
    """
    augmentation = [name for name in Augmentation.model_fields if getattr(spec.augmentation, name)]
    return f"timing {dataset_sha256} {training_images} {augmentation} {spec.model_dump_json(include=_DECIDES_SPEED)}"


def estimate_epoch(spec: TrainingSpec, timing: Timing, counts: ImageCounts) -> float:
    """Seconds that an epoch takes."""
    batch = min(spec.batch_size, counts.training)
    places = batch * math.ceil(counts.training / batch)
    return timing.epoch + places * timing.image + counts.validation * timing.validation_image


def estimate_seconds(spec: TrainingSpec, timing: Timing, counts: ImageCounts, *, is_ready: bool) -> float:
    """Seconds that a training takes if nothing ends it early. `is_ready`: whether its programs are compiled already."""
    start = timing.start if is_ready else timing.first_start
    return start + spec.epochs * estimate_epoch(spec, timing, counts)


def correction(ratios: Sequence[float]) -> float:
    """What to multiply measured times by, given what past runs took divided by what was measured for them: the middle one."""
    return min(max(median(ratios), LEAST_FACTOR), MOST_FACTOR) if ratios else 1.0


def corrected(timing: Timing, factor: float) -> Timing:
    """The same with all that recurs each epoch taking `factor` times as long."""
    scaled = {name: factor * getattr(timing, name) for name in ("image", "validation_image", "epoch")}
    return replace(timing, **scaled)


def measure_timing(spec: TrainingSpec, image_set: ImageSet, should_stop: Callable[[], bool], clock: Clock = time.perf_counter) -> Timing:
    """Build and compile the network and take about a second of steps, validation and augmentation. The steps have a rate of 0.

    `should_stop` is asked between chunks of steps, and between the parts of compiling, each of which takes a moment. Raises `Cancelled`.
    """
    began = clock()
    split = split_images(spec, image_set.y_train)
    timing = None
    with prepared(spec, image_set, split.training, None) as ready:
        if not should_stop():
            timing = _Measurement(spec, image_set, split, ready, should_stop, clock).measure(began)
    # Only now, so that what has been compiled is kept all the same.
    if timing is None or should_stop():
        raise Cancelled("The measurement was called off.")
    if spec.scaling.startswith("standardise"):
        # Whose programs are not kept, because what was measured of the images is part of them.
        return replace(timing, start=timing.first_start)
    began = clock()
    with prepared(spec, image_set, split.training, None):
        return replace(timing, start=timing.start + clock() - began)


@dataclass
class _Mean:
    """Seconds, and what they were spent on. A mean, not a median: what is slow now and then is so in a training as well."""

    times: int = 0
    count: int = 0
    seconds: float = 0.0

    def add(self, count: int, seconds: float) -> None:
        self.times, self.count, self.seconds = self.times + 1, self.count + count, self.seconds + seconds

    @property
    def each(self) -> float:
        return self.seconds / self.count if self.count else 0.0


class _Measurement:
    """Everything that is measured while the network is at hand."""

    def __init__(
        self,
        spec: TrainingSpec,
        image_set: ImageSet,
        split: ValidationSplit,
        ready: Prepared,
        should_stop: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._spec, self._image_set, self._split = spec, image_set, split
        self._learner, self._compiled = ready.learner, ready.compiled
        self._should_stop, self._clock = should_stop, clock
        self._steps, self._layout, self._validation, self._epoch, self._augmentation = (_Mean() for _ in range(5))

    def measure(self, began: float) -> Timing | None:
        """`start` is without what it takes to get at the network. None if asked to stop."""
        self._compiled.compile(self._split.training)
        self._lay_out()
        if self._should_stop():
            return None
        # Where a network has convolutions, part of it is compiled only now.
        self._compiled.run(1)
        if self._should_stop():
            return None
        look_began = self._clock()
        self._look()
        look, first_start = self._clock() - look_began, self._clock() - began
        self._train_a_little()
        self._augment_a_little()
        if self._should_stop():
            return None
        image = self._steps.each + self._layout.each + self._augmentation.each
        timing = Timing(first_start, look + self._layout.seconds / self._layout.times, image, self._validation.each, self._epoch.each)
        return corrected(timing, WATCHING)

    def _train_a_little(self) -> None:
        """As the loop does, but with a little validation after each chunk in place of all of it after an epoch."""
        pace, places, began = Pace(), min(self._spec.batch_size, len(self._split.training)), self._clock()
        blocks, is_over = self._blocks(), True
        while not self._steps.count or self._clock() - began < MEASURE_SECONDS:
            if self._should_stop():
                return
            if is_over:
                self._timed(self._layout, len(self._split.training), self._lay_out)
                self._timed(self._epoch, 1, self._read_weights)
            steps = pace.next_chunk(self._compiled.steps_left)
            before = self._steps.seconds
            taken, sums = self._timed(self._steps, 0, lambda: self._compiled.run(steps))  # noqa: B023 - called at once
            self._steps.count += taken * places
            pace.record(taken, self._steps.seconds - before)
            # Some networks start with a loss that is not a number, which ends an epoch at once.
            is_over = not self._compiled.steps_left or not math.isfinite(sums.loss)
            for block in (next(blocks), next(blocks)):
                self._timed(self._validation, len(block), lambda: self._compiled.measure(block))  # noqa: B023

    def _blocks(self) -> Iterator[Positions]:
        """What is measured at once. Of the training images: validation images may be chosen later, how many there are now plays no part."""
        training = self._split.training
        return cycle([training[first : first + MEASURED_AT_ONCE] for first in range(0, len(training), MEASURED_AT_ONCE)])

    def _augment_a_little(self) -> None:
        source, augmentation, positions = self._image_set, self._spec.augmentation, self._split.training[:AUGMENTED]
        task = (source.x_train, positions, augmentation, source.max_value, (self._spec.seed, 1), self._should_stop)
        for _ in range(2 if augmentation.is_on else 0):
            self._timed(self._augmentation, len(positions), lambda: augment_epoch(*task))

    def _look(self) -> None:
        """What every training does right after its first step, and at its end."""
        glimpses = Glimpses(self._image_set, self._split, self._spec.seed, self._learner, self._compiled, lambda glimpse: None)
        for step in (1, 2):
            glimpses.look(1, step)

    def _lay_out(self) -> None:
        order = order_epoch(self._split.training, shuffle=self._spec.shuffle, seed=self._spec.seed, epoch=1)
        self._compiled.begin_epoch(order, np.zeros(self._compiled.steps_per_epoch, np.float32))

    def _read_weights(self) -> None:
        """What every training does at the end of an epoch."""
        for array in self._learner.weights():
            np.isfinite(array).all()
        self._learner.memory()

    def _timed(self, mean: _Mean, count: int, do: Callable[[], Result]) -> Result:
        began = self._clock()
        result = do()
        mean.add(count, self._clock() - began)
        return result
