"""`train`: one training run from settings and images to weights. It knows neither threads nor files nor who is watching."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet
from core.errors import TrainingFailed
from core.networks.advice import check_network
from core.networks.schedules import learning_rates
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.training.augmenting import augment_epoch
from core.training.checkpoint import Checkpoint, Start
from core.training.clock import Speed, TrainingClock
from core.training.environment import describe_environment
from core.training.events import EpochEnded, Mark, Marked, StepsTaken, TrainingEvent, TrainingStarted
from core.training.glimpses import Glimpses
from core.training.goals import Goals
from core.training.live import LiveValidation, WeightsSender
from core.training.pace import CHUNK_SECONDS, Pace
from core.training.prepared import Prepared, prepared
from core.training.splitting import Positions, ValidationSplit, check_split, choose_sample, order_epoch, split_images
from core.training.steering import Steer, let_run
from core.training.steps import MEASURED_AT_ONCE, Sums

__all__ = ["NOT_A_NUMBER", "Start", "TrainingOutcome", "train"]

PAUSE_SECONDS = 0.05
"""Between two looks at whether a pause is over."""

NOT_A_NUMBER = "was no longer a number"
"""What the message of a training that broke off says, and by which it is known afterwards."""


MEASURED_IN_THE_END = 2_000
"""Training images that the network of a stopped training is measured on, at most. Whoever stopped it waits for that and for the
validation images, for a moment."""


@dataclass(frozen=True)
class Kept:
    """How good the weights are that a training ended with, where that was not at the end of an epoch. The names are a `RunRecord`'s.

    Attributes:
        kept_at: how many epochs lie behind them, such as 3.4.
        loss, accuracy: on up to `MEASURED_IN_THE_END` of the training images. The loss is None if it is not finite.
        validation_loss, validation_accuracy: on all validation images; None where none are held back.
    """

    kept_at: float
    loss: float | None
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class TrainingOutcome:
    """What a training run ended with.

    Attributes:
        stopped: whether `steer` ended it before its last epoch was complete. Early stopping and a target reached are no stop.
        epochs_done: epochs completed and reported, those of a run that it continues included.
        steps: steps taken, likewise, and those of an unfinished epoch.
        images: training images used in them, each counted as often as it was used.
        seconds: wall-clock time from the call to the end, likewise; everything but pauses is included.
        images_per_second: how fast the steps are by themselves: images used, divided by the time spent in steps, shuffling and
            augmentation alone; building, compiling, validation and events are left out. 0 if there was no step.
            Not to be shown beside `seconds`, which is of everything.
        kept: how good the weights are, if they are not those of the end of an epoch: of that is told by its `EpochEnded`.
        weights: the final weights, as `pack_weights` packs them, those of the best epoch if that is to be kept;
            every number in them is finite. The first, random ones if no step was taken: nothing to keep.
    """

    stopped: bool
    epochs_done: int
    steps: int
    images: int
    seconds: float
    images_per_second: float
    weights: bytes
    kept: Kept | None = None

    @property
    def has_learned(self) -> bool:
        """Whether a step was taken. Without one, the weights are random, and how good they are says nothing."""
        return self.steps > 0

    def result(self) -> dict[str, Any]:
        """What is kept of it besides the weights, as plain values, for `RunStore.finish`."""
        numbers = {name: getattr(self, name) for name in ("epochs_done", "steps", "images", "seconds")}
        numbers["images_per_second"] = self.images / self.seconds if self.seconds else 0.0
        numbers["images_per_second_in_steps"] = self.images_per_second
        return numbers | ({"kept": asdict(self.kept)} if self.kept else {})


def train(
    spec: TrainingSpec,
    image_set: ImageSet,
    on_event: Callable[[TrainingEvent], None],
    steer: Steer = let_run,
    *,
    start: Start | None = None,
    split: ValidationSplit | None = None,
) -> TrainingOutcome:
    """Train the network of a spec on the training half of an image set. The test half is not touched.

    The same spec and images give the same weights and epochs, bit for bit, on the same machine, unless the rate is changed by hand.
    The events are

    - `TrainingStarted` once, before the network is compiled, which takes about half a second;
    - `StepsTaken` after the first step, then about every 0.2 s of training, never across the end of an epoch.
      While chunks take less than half of that (the first ones, or epochs of milliseconds) some are left out;
    - `EpochEnded` for every epoch, however fast;
    - `Marked` for what was asked of it meanwhile, a stop included, and for what its settings decided;
    - `Glimpsed` about once a second, and at the end;
    - `ArtefactReady` with `weights/epoch-0001.npz` and so on, after an epoch, but of large networks at most about one a second,
      and always for the last epoch completed, also when the one after it fails or is stopped. After each comes
      `weights/optimiser.npz`, which replaces the one before.

    Args:
        on_event: called in the caller's thread, between chunks; training waits for it.
        steer: asked before each chunk, so it has to be quick. Once it wishes for a stop, training ends, what was learned is kept and
            measured, and the unfinished epoch is not reported.
        start: where to go on, for a spec that differs from the former one in `epochs` alone. The schedule is that of the new total.
        split: which training images are learned from and which are held back; by default those of `split_images`.

    Raises:
        SpecError: the network can't be trained on these images, or not in this machine's memory.
        TrainingFailed: the loss or a weight is no longer a finite number; the message names the epoch and what to change.
        InklingError: `start` is damaged or of another network.
    """
    check_network(spec, image_set.image_shape, image_set.class_count, len(image_set.y_train))
    clock = TrainingClock(start.seconds if start else 0.0)
    if split is None:
        check_split(spec, image_set.y_train)
        split = split_images(spec, image_set.y_train)
    with prepared(spec, image_set, split.training, start) as ready:
        return _Run(spec, image_set, split, ready, on_event, steer, clock, start.epochs_done if start else 0).train()


class _Run:
    """The state of one call of `train`."""

    def __init__(
        self,
        spec: TrainingSpec,
        image_set: ImageSet,
        split: ValidationSplit,
        ready: Prepared,
        on_event: Callable[[TrainingEvent], None],
        steer: Steer,
        clock: TrainingClock,
        epochs_done: int,
    ) -> None:
        self._spec, self._image_set, self._split = spec, image_set, split
        self._learner, self._compiled = ready.learner, ready.compiled
        self._on_event, self._steer, self._clock = on_event, steer, clock
        self._epoch = epochs_done
        self._goals = Goals(spec, ready.best, epochs_done)
        self._rates = learning_rates(spec, self._compiled.steps_per_epoch)
        self._rate_factor = 1.0
        self._step = self._epoch * self._compiled.steps_per_epoch
        self._live = LiveValidation(self._compiled, split.validation, spec.seed)
        self._glimpses = Glimpses(image_set, split, spec.seed, self._learner, self._compiled, on_event)
        self._weights = WeightsSender(on_event)
        self._pace = Pace()
        self._images = epochs_done * len(split.training)
        self._speed = self._epoch_speed = Speed()
        self._reported_at = -math.inf

    def train(self) -> TrainingOutcome:
        self._begin()
        stopped, end = False, None
        while self._epoch < self._spec.epochs and not stopped and end is None:
            self._epoch += 1
            sums = self._train_epoch()
            stopped = sums is None
            end = self._end_epoch(*sums) if sums else None
        if end is not None:
            self._mark(end)
        self._weights.flush()
        return self._finish(stopped)

    def _begin(self) -> None:
        started = TrainingStarted(
            parameters=self._learner.model.count_params(),
            training_images=len(self._split.training),
            validation_images=len(self._split.validation),
            steps_per_epoch=self._compiled.steps_per_epoch,
            environment=describe_environment(),
        )
        self._on_event(started)
        self._compiled.compile(self._split.training)

    def _finish(self, stopped: bool) -> TrainingOutcome:
        weights = self._finite_weights()
        if self._step:
            self._glimpses.look(self._epoch, self._step)
        best, kept = self._goals.best, None
        if stopped:
            self._mark(Mark.STOPPED)
        if self._spec.keep_best and best is not None and (stopped or best.epoch < self._epoch):
            self._mark(Mark.BEST_KEPT, best.epoch)
            weights = list(best.weights)
        elif stopped and self._is_within_epoch:
            kept = self._measure_kept()
        return TrainingOutcome(
            stopped=stopped,
            epochs_done=self._epoch - stopped,
            steps=self._step,
            images=self._images,
            seconds=self._clock.seconds(),
            images_per_second=self._speed.images_per_second,
            weights=pack_weights(weights),
            kept=kept,
        )

    @property
    def _is_within_epoch(self) -> bool:
        """Whether steps were taken since the last epoch ended: then nobody has measured the network as it is."""
        return self._step > (self._epoch - 1) * self._compiled.steps_per_epoch

    def _measure_kept(self) -> Kept:
        """Measure the network as it is now, which nobody waits for any more but who wants to know how good it is."""
        training = self._measure(choose_sample(self._split.training, MEASURED_IN_THE_END, self._spec.seed))
        validation = self._measure(self._split.validation)
        return Kept(
            self._step / self._compiled.steps_per_epoch,
            _finite(training.mean_loss),
            training.accuracy,
            _finite(validation.mean_loss) if validation.images else None,
            validation.accuracy if validation.images else None,
        )

    def _train_epoch(self) -> tuple[Sums, Sums] | None:
        """Train one epoch. Returns its sums and those of the validation images; None if asked to stop before it was complete."""
        if not self._begin_epoch():
            return None
        sums = Sums()
        while self._compiled.steps_left:
            if not self._may_go_on():
                return None
            sums = self._run_chunk(sums)
        return sums, self._validate()

    def _end_epoch(self, sums: Sums, validation: Sums) -> Mark | None:
        """Report a complete epoch and hand over its weights. Returns why the training should end now, if it should."""
        # The last step of an epoch can break the weights after its own loss was still a number.
        weights = self._finite_weights()
        self._on_event(EpochEnded(**self._values(sums, validation), images_per_second=self._epoch_speed.images_per_second))
        self._glimpses.offer(self._epoch, self._step, is_epoch_end=True)
        end = self._goals.note(self._epoch, validation, weights)
        self._weights.offer(Checkpoint(self._epoch, weights, self._learner.memory(), self._goals.best))
        return end

    def _begin_epoch(self) -> bool:
        """Lay out the images of the epoch; False if asked to stop meanwhile."""
        began = time.perf_counter()
        spec, steps = self._spec, self._compiled.steps_per_epoch
        order = order_epoch(self._split.training, shuffle=spec.shuffle, seed=spec.seed, epoch=self._epoch)
        images = None
        if spec.augmentation.is_on:
            source, seed = self._image_set, (spec.seed, self._epoch)
            images = augment_epoch(source.x_train, order, spec.augmentation, source.max_value, seed, lambda: self._steer().stop)
            if images is None:
                return False
        self._compiled.begin_epoch(order, self._rates[(self._epoch - 1) * steps :][:steps], images)
        self._epoch_speed = Speed()
        self._count(0, time.perf_counter() - began)
        return True

    def _may_go_on(self) -> bool:
        """Do what is wished of the training, wait while it is paused, and say whether to take the next steps."""
        wishes = self._steer()
        if wishes.pause and not wishes.stop:
            self._mark(Mark.PAUSED)
            with self._clock.paused():
                while wishes.pause and not wishes.stop:
                    time.sleep(PAUSE_SECONDS)
                    wishes = self._steer()
            self._mark(Mark.RESUMED)
        if wishes.rate_factor != self._rate_factor:
            self._rate_factor = wishes.rate_factor
            self._mark(Mark.RATE_CHANGED, wishes.rate_factor)
        return not wishes.stop

    def _run_chunk(self, earlier: Sums) -> Sums:
        """Take the next steps of the epoch and report them. Takes and returns the sums of the epoch so far."""
        steps = self._pace.next_chunk(self._compiled.steps_left)
        began = time.perf_counter()
        taken, sums = self._compiled.run(steps, self._rate_factor)
        seconds = time.perf_counter() - began
        self._step += taken
        self._check(sums)
        self._pace.record(taken, seconds)
        chunk = sums - earlier
        self._count(chunk.images, seconds)
        if self._clock.seconds() - self._reported_at >= CHUNK_SECONDS / 2:
            self._report_steps(chunk, chunk.images / seconds)
            self._glimpses.offer(self._epoch, self._step)
        return sums

    def _report_steps(self, chunk: Sums, speed: float) -> None:
        sample = self._live.measure()
        self._check(sample or chunk)
        event = StepsTaken(**self._values(chunk, sample or Sums()), images_per_second=speed)
        self._reported_at = event.seconds
        self._on_event(event)

    def _validate(self) -> Sums:
        """The sums over all validation images. Who stops the training meanwhile waits for it: what is kept has to be measured."""
        sums = self._measure(self._split.validation)
        self._check(sums)
        return sums

    def _measure(self, positions: Positions) -> Sums:
        blocks = (positions[first : first + MEASURED_AT_ONCE] for first in range(0, len(positions), MEASURED_AT_ONCE))
        return sum(map(self._compiled.measure, blocks), Sums())

    def _values(self, sums: Sums, validation: Sums) -> dict[str, Any]:
        """What the two kinds of points on a curve have in common."""
        return {
            "epoch": self._epoch,
            "step": self._step,
            "loss": sums.mean_loss,
            "accuracy": sums.accuracy,
            "validation_loss": validation.mean_loss if validation.images else None,
            "validation_accuracy": validation.accuracy if validation.images else None,
            "seconds": self._clock.seconds(),
            "learning_rate": float(self._rates[self._step - 1] * np.float32(self._rate_factor)),
        }

    def _count(self, images: int, seconds: float) -> None:
        self._images += images
        self._speed.add(images, seconds)
        self._epoch_speed.add(images, seconds)

    def _mark(self, mark: Mark, value: float | None = None) -> None:
        self._on_event(Marked(mark, self._epoch, self._step, self._clock.seconds(), value))

    def _check(self, sums: Sums) -> None:
        if not math.isfinite(sums.loss):
            self._fail("the loss")

    def _finite_weights(self) -> list[NDArray[np.float32]]:
        weights = self._learner.weights()
        if not all(np.isfinite(array).all() for array in weights):
            self._fail("a weight")
        return weights

    def _fail(self, what: str) -> NoReturn:
        """Give up; the weights of the last complete epoch were good and are sent first."""
        self._weights.flush()
        scaling = "" if self._spec.scaling != "none" else ", or scale the pixels to 0..1"
        raise TrainingFailed(
            f"Training broke off in epoch {self._epoch}, at step {self._step:,}: {what} {NOT_A_NUMBER}, because the steps grew"
            f" without limit. Try a learning rate well below {self._spec.learning_rate * self._rate_factor:g}{scaling}."
        )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
