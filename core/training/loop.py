"""`train`: one training run from settings and images to weights. It knows neither threads nor files nor who is watching."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet
from core.errors import TrainingFailed
from core.networks.shapes import check_size
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.training.environment import describe_environment
from core.training.events import EpochEnded, StepsTaken, TrainingEvent, TrainingStarted
from core.training.live import LiveValidation, WeightsSender
from core.training.pace import CHUNK_SECONDS, Pace
from core.training.splitting import order_epoch, split_validation
from core.training.steps import MEASURED_AT_ONCE, CompiledSteps, Sums


@dataclass(frozen=True)
class TrainingOutcome:
    """What a training run ended with.

    Attributes:
        stopped: whether `should_stop` ended it before its last epoch was complete.
        epochs_done: epochs completed and reported.
        steps: steps taken, those of an unfinished epoch included.
        seconds: wall-clock time from the call to the end, everything included.
        images_per_second: training images used, divided by the time spent in steps and in shuffling alone: building, compiling,
            validation and events are left out. 0 if there was no step.
        weights: the final weights, as `pack_weights` packs them; every number in them is finite.
    """

    stopped: bool
    epochs_done: int
    steps: int
    seconds: float
    images_per_second: float
    weights: bytes


def train(
    spec: TrainingSpec,
    image_set: ImageSet,
    on_event: Callable[[TrainingEvent], None],
    should_stop: Callable[[], bool],
) -> TrainingOutcome:
    """Train the network of a spec on the training half of an image set. The test half is not touched.

    The same spec and images give the same weights and epochs, bit for bit, on the same machine. The events are

    - `TrainingStarted` once, before the network is compiled, which takes about half a second;
    - `StepsTaken` after the first step, then about every 0.2 s of training, never across the end of an epoch.
      While chunks take less than half of that (the first ones, or epochs of milliseconds) some are left out;
    - `EpochEnded` for every epoch, however fast;
    - `ArtefactReady` with `weights/epoch-0001.npz` and so on, after an epoch, but at most about one a second,
      and always for the last epoch completed, also when the one after it fails or is stopped.

    Args:
        on_event: called in the caller's thread, between chunks; training waits for it.
        should_stop: asked before each chunk and between batches of validation, so it has to be quick. Once it says yes,
            training ends, what was learned is kept, and the unfinished epoch is not reported.

    Raises:
        SpecError: the network is too large for these images.
        TrainingFailed: the loss or a weight is no longer a finite number; the message names the epoch and what to change.
    """
    check_size(spec, image_set.image_shape, image_set.class_count)
    return _Run(spec, image_set, on_event, should_stop).train()


@dataclass
class _Speed:
    """Images used and the seconds that their steps took."""

    images: int = 0
    seconds: float = 0.0

    def add(self, images: int, seconds: float) -> None:
        self.images += images
        self.seconds += seconds

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds if self.seconds else 0.0


class _Run:
    """The state of one call of `train`."""

    def __init__(
        self, spec: TrainingSpec, image_set: ImageSet, on_event: Callable[[TrainingEvent], None], should_stop: Callable[[], bool]
    ) -> None:
        self._began = time.perf_counter()
        self._spec, self._on_event, self._should_stop = spec, on_event, should_stop
        self._split = split_validation(image_set.y_train, spec.validation_split, shuffle=spec.shuffle, seed=spec.seed)
        self._compiled = CompiledSteps(spec, image_set, len(self._split.training))
        self._live = LiveValidation(self._compiled, self._split.validation, spec.seed)
        self._weights = WeightsSender(on_event)
        self._pace = Pace()
        self._epoch = 0
        self._step = 0
        self._speed = self._epoch_speed = _Speed()
        self._reported_at = -math.inf

    def train(self) -> TrainingOutcome:
        self._start()
        stopped = False
        while self._epoch < self._spec.epochs and not stopped:
            self._epoch += 1
            stopped = not self._train_epoch()
        self._weights.flush()
        weights = self._finite_weights()
        return TrainingOutcome(
            stopped=stopped,
            epochs_done=self._epoch - stopped,
            steps=self._step,
            seconds=self._seconds(),
            images_per_second=self._speed.images_per_second,
            weights=pack_weights(weights),
        )

    def _start(self) -> None:
        started = TrainingStarted(
            parameters=self._compiled.model.count_params(),
            training_images=len(self._split.training),
            validation_images=len(self._split.validation),
            steps_per_epoch=self._compiled.steps_per_epoch,
            environment=describe_environment(),
        )
        self._on_event(started)
        self._compiled.compile(self._split.training)

    def _train_epoch(self) -> bool:
        """Train one epoch and report it; False if asked to stop before it was complete."""
        self._begin_epoch()
        sums = Sums()
        while self._compiled.steps_left:
            if self._should_stop():
                return False
            sums = self._run_chunk(sums)
        validation = self._validate()
        if validation is None:
            return False
        self._end_epoch(sums, validation)
        return True

    def _begin_epoch(self) -> None:
        began = time.perf_counter()
        order = order_epoch(self._split.training, shuffle=self._spec.shuffle, seed=self._spec.seed, epoch=self._epoch)
        self._compiled.begin_epoch(order)
        self._epoch_speed = _Speed()
        self._count(0, time.perf_counter() - began)

    def _run_chunk(self, earlier: Sums) -> Sums:
        """Take the next steps of the epoch and report them. Takes and returns the sums of the epoch so far."""
        steps = self._pace.next_chunk(self._compiled.steps_left)
        began = time.perf_counter()
        taken, sums = self._compiled.run(steps)
        seconds = time.perf_counter() - began
        self._step += taken
        self._check(sums)
        self._pace.record(taken, seconds)
        chunk = sums - earlier
        self._count(chunk.images, seconds)
        if self._seconds() - self._reported_at >= CHUNK_SECONDS / 2:
            self._report_steps(chunk, chunk.images / seconds)
        return sums

    def _report_steps(self, chunk: Sums, speed: float) -> None:
        sample = self._live.measure()
        self._check(sample or chunk)
        loss, accuracy = (sample.mean_loss, sample.accuracy) if sample else (None, None)
        event = StepsTaken(self._epoch, self._step, chunk.mean_loss, chunk.accuracy, loss, accuracy, speed, self._seconds())
        self._reported_at = event.seconds
        self._on_event(event)

    def _validate(self) -> Sums | None:
        """The sums over all validation images; None if asked to stop meanwhile."""
        sums = Sums()
        for first in range(0, len(self._split.validation), MEASURED_AT_ONCE):
            if self._should_stop():
                return None
            sums += self._compiled.measure(self._split.validation[first : first + MEASURED_AT_ONCE])
        self._check(sums)
        return sums

    def _count(self, images: int, seconds: float) -> None:
        self._speed.add(images, seconds)
        self._epoch_speed.add(images, seconds)

    def _end_epoch(self, sums: Sums, validation: Sums) -> None:
        weights = self._finite_weights()
        speed = self._epoch_speed.images_per_second
        loss, accuracy = (validation.mean_loss, validation.accuracy) if validation.images else (None, None)
        self._on_event(EpochEnded(self._epoch, self._step, sums.mean_loss, sums.accuracy, loss, accuracy, speed, self._seconds()))
        self._weights.offer(self._epoch, weights)

    def _check(self, sums: Sums) -> None:
        if not math.isfinite(sums.loss):
            self._fail("the loss")

    def _finite_weights(self) -> list[NDArray[np.float32]]:
        # The last step of an epoch can break the weights after its own loss was still a number.
        weights = self._compiled.weights()
        if not all(np.isfinite(array).all() for array in weights):
            self._fail("a weight")
        return weights

    def _fail(self, what: str) -> NoReturn:
        """Give up; the weights of the last complete epoch were good and are sent first."""
        self._weights.flush()
        scaling = "" if self._spec.scale_inputs else ", or scale the pixels to 0..1"
        raise TrainingFailed(
            f"Training broke off in epoch {self._epoch}, at step {self._step:,}: {what} was no longer a number, because the steps grew"
            f" without limit. Try a learning rate well below {self._spec.learning_rate:g}{scaling}."
        )

    def _seconds(self) -> float:
        return time.perf_counter() - self._began
