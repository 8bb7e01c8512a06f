"""Learning curves: loss and accuracy over the epochs, for the training and the validation images, while they grow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import TypeVar

import numpy as np
import pandas as pd

from core.figures.curve_marks import CurveMark, build_marks
from core.networks.objective import PLAIN, name_loss, name_objective
from core.networks.spec import TrainingSpec
from core.ranking import find_equals, list_names
from core.rates import format_percent
from core.runs.record import RunHistory
from core.training.events import EpochEnded, StepsTaken

MAX_POINTS = 400
"""Points of one series at most: more than a chart has pixels to tell apart, few enough to send four times a second."""

MAX_MARKED = 60
"""Epochs up to which each end gets a mark that can be pointed at."""

Item = TypeVar("Item")

TRAINING, VALIDATION = "Training", "Validation"


class Quantity(StrEnum):
    """What a chart shows."""

    LOSS = "loss"
    ACCURACY = "accuracy"


class Across(StrEnum):
    """What the horizontal axis counts."""

    EPOCHS = "epoch"
    STEPS = "step"


@dataclass(frozen=True)
class CurveView:
    """How curves are looked at; it changes nothing about the run.

    Attributes:
        across: what the horizontal axis counts.
        log_loss: whether equal distances on the axis of the loss are equal factors.
        smoothing: over how much of the whole run, in percent, the strong lines are a mean; 0 does not smooth them.
    """

    across: Across = Across.EPOCHS
    log_loss: bool = False
    smoothing: int = 0

    @property
    def is_smoothed(self) -> bool:
        return self.smoothing > 0


@dataclass(frozen=True)
class Point:
    """One measurement. `epoch` is a real number: 1.5 is half-way through the second. The run's own loss, accuracy from 0 to 1."""

    epoch: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Series:
    """Measurements of the same images: within epochs, over few images each and so noisy, and at the epochs' ends, over all of them.

    `smoothed` are means of those within epochs, or of the ends where there are none within; empty unless they were asked for.
    """

    name: str
    within: tuple[Point, ...]
    ends: tuple[Point, ...]
    smoothed: tuple[Point, ...] = ()


@dataclass(frozen=True)
class CurvesInfo:
    """All that the charts, the table and the sentence of one run's curves are made from. `series` without any point are left out.

    `per_epoch` is the steps of an epoch, 1 while it is not known; `loss` is what the run makes small, in words.
    """

    epochs: int
    ended: tuple[EpochEnded, ...]
    series: tuple[Series, ...]
    per_epoch: int = 1
    loss: str = PLAIN
    marks: tuple[CurveMark, ...] = ()
    view: CurveView = field(default_factory=CurveView)


def build_curves(history: RunHistory, spec: TrainingSpec, view: CurveView | None = None) -> CurvesInfo:
    """Curves of what a run has said so far. At most `MAX_POINTS` points a series are kept, the first and the last among them."""
    per_epoch = history.started.steps_per_epoch if history.started else 1
    view = view or CurveView()
    series = tuple(
        _series(name, prefix, history, per_epoch, view.smoothing / 100 * spec.epochs * per_epoch)
        for name, prefix in ((TRAINING, ""), (VALIDATION, "validation_"))
    )
    drawn = tuple(one for one in series if one.within or one.ends)
    return CurvesInfo(spec.epochs, history.epochs, drawn, per_epoch, name_objective(spec), build_marks(history), view)


def axis_range(info: CurvesInfo, quantity: Quantity) -> tuple[float, float]:
    """Ends of the vertical axis. It leaves out the steep beginning, which would flatten everything after it.

    What counts are the epochs' ends and, of the measurements within epochs, those of the second half of the time so far.
    Ends are round, so that the axis seldom moves. A logarithmic axis shows everything that is above 0.
    """
    if quantity == Quantity.LOSS and info.view.log_loss:
        return _log_range([point.loss for one in info.series for point in one.within + one.ends if point.loss > 0])
    newest = max((point.epoch for one in info.series for point in one.within + one.ends), default=0.0)
    settled = [read_value(point, quantity) for one in info.series for point in one.within if point.epoch >= newest / 2]
    values = settled + [read_value(point, quantity) for one in info.series for point in one.ends]
    if quantity == Quantity.ACCURACY:
        return (math.floor(min([*values, 0.9]) * 10) / 10 if values else 0.0), 1.0
    return 0.0, round_up(max(values, default=1.0))


def curves_table(info: CurvesInfo) -> pd.DataFrame:
    """One row for each epoch: the same numbers as text. Accuracies in percent, seconds since the start."""
    rows = [
        {
            "Epoch": event.epoch,
            _head(info, "training"): event.loss,
            "Training accuracy (%)": event.accuracy * 100,
            _head(info, "validation"): event.validation_loss,
            "Validation accuracy (%)": None if event.validation_accuracy is None else event.validation_accuracy * 100,
            "Learning rate": event.learning_rate,
            "Images per second of steps alone": round(event.images_per_second),
            "Seconds": event.seconds,
        }
        for event in info.ended
    ]
    table = pd.DataFrame(rows)
    return table.dropna(axis="columns", how="all")


def _head(info: CurvesInfo, images: str) -> str:
    name = name_loss(info.loss, images)
    return name[:1].upper() + name[1:]


def describe_curves(info: CurvesInfo) -> str:
    """The state of the curves in one sentence, such as "After 5 of 10 epochs: training accuracy 97.1 %, validation 95.8 %."."""
    if not info.ended:
        return "No epoch has ended yet."
    last = info.ended[-1]
    words = f"After {last.epoch} of {info.epochs} epoch{'s' if info.epochs != 1 else ''}: training accuracy {format_percent(last.accuracy)}"
    if last.validation_accuracy is not None:
        words += f", validation {format_percent(last.validation_accuracy)}"
    return words + ("." if math.isfinite(last.loss) else ". The loss is no longer a number.")


def describe_turn(info: CurvesInfo) -> str:
    """What the validation curves say about memorising, with the epochs at which they were best; empty before there are two.

    The gap between the curves is no sign of it: validation may go on getting better for many epochs after it has opened.
    """
    measured = [event for event in info.ended if event.validation_loss is not None and math.isfinite(event.validation_loss)]
    if len(measured) < 2:
        return ""
    lowest = find_equals(measured, lambda event: event.validation_loss or 0.0, lowest=True)
    highest = find_equals(measured, lambda event: event.validation_accuracy or 0.0)
    return (
        f"The {name_loss(info.loss, 'validation')} was lowest after {_name_epochs(lowest)}, the validation accuracy highest after "
        f"{_name_epochs(highest)}. A gap to the training curve alone does no harm. Where the loss on the validation images rises and "
        "that on the training images falls on, the network learns what helps with its training images only."
    )


def _name_epochs(events: Sequence[EpochEnded]) -> str:
    return f"epoch{'s' * (len(events) > 1)} {list_names([f'{event.epoch}' for event in events])}"


def describe_view(view: CurveView) -> str:
    """What the lines are, in one sentence; empty where they are not smoothed."""
    if not view.is_smoothed:
        return ""
    return (
        f"At each place, strong lines are the mean of what was measured around it, over {view.smoothing} % of the width of the chart; "
        "behind them, lighter, is every measurement itself."
    )


def thin_out(items: Sequence[Item], most: int) -> tuple[Item, ...]:
    """At most `most` of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return tuple(items)
    step = (len(items) - 1) / (most - 1)
    return tuple(items[round(index * step)] for index in range(most))


def smooth(places: Sequence[float], values: Sequence[float], width: float) -> list[float]:
    """For each place the mean of all values that are at most half of `width` away from it; `places` in rising order.

    Such a mean does not lag behind, as one of the values so far would. Near both ends it has fewer values to go by.
    """
    at = np.asarray(places, dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    first, last = np.searchsorted(at, at - width / 2, side="left"), np.searchsorted(at, at + width / 2, side="right")
    means: list[float] = ((sums[last] - sums[first]) / (last - first)).tolist()
    return means


def read_value(point: Point, quantity: Quantity) -> float:
    """The loss or the accuracy of a point."""
    return point.loss if quantity == Quantity.LOSS else point.accuracy


def round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7 times a power of ten, so that the end of an axis seldom moves."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 1.5, 2, 3, 5, 7, 10, 15) if factor * power >= value)


def _series(name: str, prefix: str, history: RunHistory, per_epoch: int, width: float) -> Series:
    """Thinned out before points are made: most are never drawn.

    Args:
        prefix: what the names of the fields of an event begin with.
        width: over how many steps to smooth; 0 for not at all.
    """
    within, ends = (_measured(events, prefix) for events in (history.steps, history.epochs))
    if len(within) < len(ends):
        # Epochs of milliseconds: the few looks within them would be joined by lines across many epochs, and say nothing.
        within = []
    drawn = [[Point(step / per_epoch, *values) for step, *values in thin_out(one, MAX_POINTS)] for one in (within, ends)]
    smoothed = _smooth(within or ends, per_epoch, width) if width else ()
    return Series(name, tuple(drawn[0]), tuple(drawn[1]), smoothed)


def _measured(events: Sequence[StepsTaken | EpochEnded], prefix: str) -> list[tuple[int, float, float]]:
    """Step, loss and accuracy, but for what is no number: a loss that grew out of bounds can't be drawn."""
    rows = map(attrgetter("step", f"{prefix}loss", f"{prefix}accuracy"), events)
    return [row for row in rows if row[1] is not None and math.isfinite(row[1]) and math.isfinite(row[2])]


def _smooth(rows: Sequence[tuple[int, float, float]], per_epoch: int, width: float) -> tuple[Point, ...]:
    if not rows:
        return ()
    steps, losses, accuracies = zip(*rows, strict=True)
    means = thin_out(list(zip(steps, smooth(steps, losses, width), smooth(steps, accuracies, width), strict=True)), MAX_POINTS)
    return tuple(Point(step / per_epoch, loss, accuracy) for step, loss, accuracy in means)


def _log_range(values: Sequence[float]) -> tuple[float, float]:
    """Powers of ten below, round numbers above; never less than a factor of ten."""
    low = 10.0 ** math.floor(math.log10(min(values, default=0.1)))
    return low, max(round_up(max(values, default=1.0)), 10 * low)
