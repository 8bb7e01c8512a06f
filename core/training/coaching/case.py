"""What the coach looks at: a run that has ended, and what can be measured on its curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.datasets.image_set import ImageSet
from core.intervals import wilson_interval
from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.objective import name_loss, name_objective
from core.networks.optimisers import OPTIMISERS
from core.networks.plan import Step, plan_layers
from core.networks.spec import TrainingSpec
from core.rates import format_percent
from core.training.events import EpochEnded, LayerHealth, Mark, Marked, StepsTaken, TrainingStarted

GOOD = 0.94
"""The share of what can be learned from which on a network is not held back by much: with ten classes alike, 94.6 % right."""

FEWEST = 30
"""Validation images below which no verdict is drawn from them: the 95 % interval of a half is then wider than a third (Wilson)."""

LEAST = 1e-6
"""Nats above its floor that count as nothing left."""


@dataclass(frozen=True)
class Case:
    """A run that has ended, as far as it got.

    Attributes:
        image_shape, class_count: of its image set.
        majority: the share of the most common class: what is right without learning anything.
        training_images, validation_images: how many it trained on, and how many were held back.
        layers: as of the last look inside; empty if there was none.
        broke_off: whether it ended because a loss or a weight was no longer a number.
    """

    spec: TrainingSpec
    image_shape: tuple[int, ...]
    class_count: int
    majority: float
    training_images: int
    validation_images: int
    steps: tuple[StepsTaken, ...] = ()
    epochs: tuple[EpochEnded, ...] = ()
    marks: tuple[Marked, ...] = ()
    layers: tuple[LayerHealth, ...] = ()
    broke_off: bool = False

    @property
    def last(self) -> EpochEnded:
        """The last whole epoch. Only for runs that completed one."""
        return self.epochs[-1]

    @property
    def rate(self) -> float:
        """The learning rate that was asked for last: the spec's, times what it was changed by while the network trained."""
        changes = [mark.value for mark in self.marks if mark.mark == Mark.RATE_CHANGED and mark.value]
        return self.spec.learning_rate * (changes[-1] if changes else 1.0)

    @property
    def rate_ratio(self) -> float:
        """The rate in relation to the usual one of this optimiser."""
        return self.rate / OPTIMISERS[self.spec.optimiser].default_rate

    @property
    def first_loss(self) -> float | None:
        """The loss at the first point of the curve, of a network that has hardly learned."""
        return self.steps[0].loss if self.steps else None

    @property
    def validation_accuracy(self) -> float | None:
        """At the end of the last whole epoch."""
        return self.last.validation_accuracy

    @property
    def best_accuracy(self) -> float:
        """The better one of training and validation, at the end: dropout and augmentation hold the training accuracy down."""
        return max(self.last.accuracy, self.validation_accuracy or 0.0)

    @property
    def has_few_validation_images(self) -> bool:
        """Whether there are some, but too few to conclude anything from how many are read right."""
        return 0 < self.validation_images < FEWEST

    @cached_property
    def without_validation(self) -> Case:
        """The same run as if nothing was known of its validation images."""
        steps = tuple(replace(step, validation_loss=None, validation_accuracy=None) for step in self.steps)
        epochs = tuple(replace(epoch, validation_loss=None, validation_accuracy=None) for epoch in self.epochs)
        return replace(self, steps=steps, epochs=epochs, validation_images=0)

    @property
    def is_good(self) -> bool:
        """Whether it has learned nearly all there is to learn."""
        return bool(self.epochs) and self.mastery >= GOOD

    @property
    def mastery(self) -> float:
        """The share of what can be learned that it has: 0 for always naming the most common class, 1 for no mistake."""
        return self.mastery_of(self.best_accuracy)

    def mastery_of(self, accuracy: float) -> float:
        """The same for another accuracy."""
        return (accuracy - self.majority) / (1 - self.majority)

    @cached_property
    def penalty(self) -> float:
        """What L2 penalties added to the loss at the last look inside, in nats: the penalty times the sum of the squared weights."""
        kernels = {step.name: math.prod(step.output_shape[-1:]) * _inputs(step) for step in self.plan if step.has_kernel}
        found = ((health, self.layer_of(health)) for health in self.layers)
        return sum(kernels[health.name] * health.weight**2 * layer[1].l2 for health, layer in found if layer)

    @cached_property
    def floor(self) -> float:
        """What the loss can't get below, in nats: that of smoothed labels, and the penalties as of the last look inside."""
        return smoothing_floor(self.spec, self.class_count) + self.penalty

    @cached_property
    def losses(self) -> tuple[float, ...]:
        """By how much the validation loss is above its floor, by epoch; the training loss where nothing was held back."""
        told = (epoch.loss if epoch.validation_loss is None else epoch.validation_loss for epoch in self.epochs)
        return tuple(self.above_floor(loss) for loss in told)

    def above_floor(self, loss: float) -> float:
        """What is left of a loss to be brought down; above 0, since the penalty is measured on other weights."""
        return max(loss - self.floor, LEAST)

    @property
    def watched(self) -> str:
        """What `losses` are of."""
        return self.name_loss("validation" if self.validation_images else "training")

    def name_loss(self, images: str) -> str:
        """What its loss on the images of "training" or "validation" is called."""
        return name_loss(name_objective(self.spec), images)

    @property
    def training_margin(self) -> float:
        """Half the interval of the training accuracy."""
        return margin(self.last.accuracy, self.training_images)

    @property
    def gap(self) -> float:
        """By how much the training accuracy is ahead of the validation accuracy, as a share; 0 without validation images."""
        return gap_of(self.last)

    @property
    def steady_gap(self) -> float:
        """The mean gap of the last two epochs: a single one may be an outlier."""
        return sum(map(gap_of, self.epochs[-2:])) / len(self.epochs[-2:])

    @property
    def gap_margin(self) -> float:
        """A gap up to this is luck, as likely as not: both accuracies are of a limited number of images. 0 without validation images.

        By how much the 95 % interval of the difference of two shares reaches from it towards 0. Source: R. G. Newcombe, "Interval
        estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), 873-890, method 10.
        """
        if self.validation_accuracy is None:
            return 0.0
        measured = [(self.last.accuracy, self.training_images), (self.validation_accuracy, self.validation_images)]
        (ahead, of), (behind, among) = sorted(measured, reverse=True)
        return math.hypot(ahead - interval(ahead, of)[0], interval(behind, among)[1] - behind)

    @property
    def has_learned_nothing(self) -> bool:
        """Whether it can't be told from always naming the most common class, by any of its images."""
        return self._is_like_majority(self.last.accuracy, self.training_images) and self.is_validation_like_majority is not False

    @property
    def is_validation_like_majority(self) -> bool | None:
        """Whether the validation accuracy can't be told from always naming the most common class; None without validation images."""
        if self.validation_accuracy is None:
            return None
        return self._is_like_majority(self.validation_accuracy, self.validation_images)

    def _is_like_majority(self, accuracy: float, images: int) -> bool:
        return interval(accuracy, images)[0] <= self.majority

    @property
    def total_steps(self) -> int:
        """Steps up to the end of the last whole epoch."""
        return self.last.step if self.epochs else 0

    def layer_of(self, health: LayerHealth) -> tuple[int, DenseLayer | Conv2DLayer] | None:
        """The hidden layer that this is about, with its place in `spec.hidden`; None for the output."""
        for step in self.plan:
            if step.name == health.name and step.place is not None and isinstance(step.layer, (DenseLayer, Conv2DLayer)):
                return step.place, step.layer
        return None

    @cached_property
    def plan(self) -> tuple[Step, ...]:
        """The layers of its network, from the image to the class probabilities."""
        return plan_layers(self.spec, self.image_shape, self.class_count)


def build_case(
    spec: TrainingSpec,
    image_set: ImageSet,
    started: TrainingStarted,
    *,
    steps: Sequence[StepsTaken] = (),
    epochs: Sequence[EpochEnded] = (),
    marks: Sequence[Marked] = (),
    layers: Sequence[LayerHealth] = (),
    broke_off: bool = False,
) -> Case:
    """The case of a run from what it said and the set that it was trained on.

    Where only some epochs were measured on validation images, as of copies that an earlier Inkling taught, it is told by these alone.
    """
    labels = image_set.y_train
    epochs = [epoch for epoch in epochs if epoch.validation_loss is not None] or epochs
    return Case(
        spec,
        image_set.image_shape,
        image_set.class_count,
        float(np.bincount(labels).max() / len(labels)),
        started.training_images,
        started.validation_images,
        tuple(steps),
        tuple(epochs),
        tuple(marks),
        tuple(layers),
        broke_off,
    )


def smoothing_floor(spec: TrainingSpec, class_count: int) -> float:
    """The least that the loss can be under label smoothing, in nats (0 without): for the cross-entropy the entropy of the smoothed label.

    A smoothed label gives `1 - s + s / C` to the right class and `s / C` to each other one. Both errors come to 0 once the
    probabilities are just that; the hinge is least where the network is quite certain, `2 s (1 - 1 / C)`.
    Source: Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7.
    """
    smoothing, other = spec.label_smoothing, spec.label_smoothing / class_count
    if not smoothing or spec.loss in ("mean_squared_error", "mean_absolute_error"):
        return 0.0
    if spec.loss == "categorical_hinge":
        return 2 * (smoothing - other)
    right = 1 - smoothing + other
    return -right * math.log(right) - (class_count - 1) * other * math.log(other)


def _inputs(step: Step) -> int:
    """How many values each unit or filter of a layer weighs."""
    window = step.layer.kernel**2 if isinstance(step.layer, Conv2DLayer) else 1
    return step.input_shape[-1] * window


def gap_of(epoch: EpochEnded) -> float:
    """By how much training is ahead of validation in an epoch; 0 without validation images."""
    return 0.0 if epoch.validation_accuracy is None else epoch.accuracy - epoch.validation_accuracy


def margin(share: float, count: int) -> float:
    """Half of the 95 % interval of a share measured on `count` images; 0 for none."""
    low, high = interval(share, count)
    return (high - low) / 2


def interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share measured on `count` images; of width 0 for none."""
    return wilson_interval(round(share * count), count) if count else (share, share)


def percent(share: float) -> str:
    """A share from 0 to 1 as "97.5 %"."""
    return format_percent(share)


def points(difference: float) -> str:
    """A difference of shares as "2.4 points"."""
    return f"{difference * 100:.1f} points"


def number(value: float) -> str:
    """Three digits without an exponent, such as "0.00001"."""
    return np.format_float_positional(value, precision=3, unique=False, fractional=False, trim="-")


def counted(count: int, noun: str) -> str:
    """Such as "1 epoch" and "1,200 steps"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(ratio: float) -> str:
    """A ratio above 0 in words, to stand before what it is of: "twice", "30 times", "half", "a tenth of", "0.037 times"."""
    for part, words in _PARTS.items():
        if abs(ratio / part - 1) < NEARLY:
            return words
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{number(float(f'{ratio:.2g}'))} times"


NEARLY = 0.03
"""A ratio this near to a simple one is told as that."""

_PARTS = {2: "twice", 1 / 2: "half", 1 / 3: "a third of", 1 / 4: "a quarter of", 1 / 5: "a fifth of"}
_PARTS |= {1 / 10: "a tenth of", 1 / 100: "a hundredth of", 1 / 1000: "a thousandth of", 1 / 10_000: "a ten-thousandth of"}
