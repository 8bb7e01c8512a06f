"""Learning curves: loss and accuracy over the epochs, for the training and the validation images, while they grow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import pandas as pd

from core.figures.chart import Chart
from core.figures.numbers import format_percent
from core.figures.theme import FigureTheme, vega_config
from core.networks.spec import TrainingSpec
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


@dataclass(frozen=True)
class Point:
    """One measurement. `epoch` is a real number: 1.5 is half-way through the second. Loss in nats, accuracy from 0 to 1."""

    epoch: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Series:
    """Measurements of the same images: within epochs, over few images each and so noisy, and at the epochs' ends, over all of them."""

    name: str
    within: tuple[Point, ...]
    ends: tuple[Point, ...]


@dataclass(frozen=True)
class CurvesInfo:
    """All that the charts, the table and the sentence of one run's curves are made from. `series` without any point are left out."""

    epochs: int
    ended: tuple[EpochEnded, ...]
    series: tuple[Series, ...]


def build_curves(history: RunHistory, spec: TrainingSpec) -> CurvesInfo:
    """Curves of what a run has said so far. At most `MAX_POINTS` points a series are kept, the first and the last among them."""
    per_epoch = history.started.steps_per_epoch if history.started else 1
    series = (
        _series(TRAINING, history, lambda event: _point(event, per_epoch, event.loss, event.accuracy)),
        _series(VALIDATION, history, lambda event: _point(event, per_epoch, event.validation_loss, event.validation_accuracy)),
    )
    return CurvesInfo(spec.epochs, history.epochs, tuple(one for one in series if one.within or one.ends))


def build_curve_chart(info: CurvesInfo, quantity: Quantity, theme: FigureTheme) -> Chart:
    """The chart of one quantity.

    Light lines follow the measurements within epochs; strong lines with a mark join the epochs' ends. Training and validation differ
    in colour, dash and shape. The horizontal axis always spans the whole run, so nothing jumps while it fills.
    """
    low, high = axis_range(info, quantity)
    return Chart(_curve_spec(info.epochs, quantity, low, high, theme), _curve_data(info, quantity))


def axis_range(info: CurvesInfo, quantity: Quantity) -> tuple[float, float]:
    """Ends of the vertical axis. It leaves out the steep beginning, which would flatten everything after it.

    What counts are the epochs' ends and, of the measurements within epochs, those of the second half of the time so far.
    Ends are round, so that the axis seldom moves.
    """
    newest = max((point.epoch for one in info.series for point in one.within + one.ends), default=0.0)
    settled = [_value(point, quantity) for one in info.series for point in one.within if point.epoch >= newest / 2]
    values = settled + [_value(point, quantity) for one in info.series for point in one.ends]
    if quantity == Quantity.ACCURACY:
        return (math.floor(min([*values, 0.9]) * 10) / 10 if values else 0.0), 1.0
    return 0.0, _round_up(max(values, default=1.0))


def curves_table(info: CurvesInfo) -> pd.DataFrame:
    """One row for each epoch: the same numbers as text. Accuracies in percent, seconds since the start."""
    rows = [
        {
            "Epoch": event.epoch,
            "Training loss": event.loss,
            "Training accuracy (%)": event.accuracy * 100,
            "Validation loss": event.validation_loss,
            "Validation accuracy (%)": None if event.validation_accuracy is None else event.validation_accuracy * 100,
            "Images per second": round(event.images_per_second),
            "Seconds": event.seconds,
        }
        for event in info.ended
    ]
    table = pd.DataFrame(rows)
    return table.dropna(axis="columns", how="all")


def describe_curves(info: CurvesInfo) -> str:
    """The state of the curves in one sentence, such as "After 5 of 10 epochs: training accuracy 97.1 %, validation 95.8 %."."""
    if not info.ended:
        return "No epoch has ended yet."
    last = info.ended[-1]
    words = f"After {last.epoch} of {info.epochs} epoch{'s' if info.epochs != 1 else ''}: training accuracy {format_percent(last.accuracy)}"
    if last.validation_accuracy is not None:
        words += f", validation {format_percent(last.validation_accuracy)}"
    return words + ("." if math.isfinite(last.loss) else ". The loss is no longer a number.")


def thin_out(items: Sequence[Item], most: int) -> tuple[Item, ...]:
    """At most `most` of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return tuple(items)
    step = (len(items) - 1) / (most - 1)
    return tuple(items[round(index * step)] for index in range(most))


def _series(name: str, history: RunHistory, read: Callable[[StepsTaken | EpochEnded], Point | None]) -> Series:
    within = [point for point in map(read, history.steps) if point]
    ends = [point for point in map(read, history.epochs) if point]
    if len(within) < len(ends):
        # Epochs of milliseconds: the few looks within them would be joined by lines across many epochs, and say nothing.
        within = []
    return Series(name, thin_out(within, MAX_POINTS), thin_out(ends, MAX_POINTS))


def _point(event: StepsTaken | EpochEnded, per_epoch: int, loss: float | None, accuracy: float | None) -> Point | None:
    """None without a measurement, or where it is no number: a loss that grew out of bounds can't be drawn."""
    if loss is None or accuracy is None or not math.isfinite(loss) or not math.isfinite(accuracy):
        return None
    return Point(event.step / per_epoch, loss, accuracy)


def _value(point: Point, quantity: Quantity) -> float:
    return point.loss if quantity == Quantity.LOSS else point.accuracy


def _round_up(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 1.5, 2, 3, 5, 7, 10, 15) if factor * power >= value)


def _curve_data(info: CurvesInfo, quantity: Quantity) -> pd.DataFrame:
    rows = [
        (point.epoch, _value(point, quantity), one.name, kind)
        for one in info.series
        for kind, points in (("within", one.within), ("end", one.ends))
        for point in points
    ]
    return pd.DataFrame(rows, columns=["epoch", "value", "series", "kind"])


def _curve_spec(epochs: int, quantity: Quantity, low: float, high: float, theme: FigureTheme) -> dict[str, Any]:
    across = {
        "field": "epoch",
        "type": "quantitative",
        "title": "epoch",
        "scale": {"domain": [0, epochs], "nice": False},
        "axis": {"grid": False, "tickMinStep": 1, "tickCount": 10, "format": "d", "labelOverlap": "greedy"},
    }
    up = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [low, high], "nice": False},
        "axis": {"format": ".0%" if quantity == Quantity.ACCURACY else "~g", "tickCount": 5},
    }
    return {
        "config": vega_config(theme),
        "title": {"text": quantity.capitalize(), "anchor": "start", "color": theme.foreground, "fontSize": 14, "fontWeight": 600},
        "width": "container",
        "height": 280,
        "encoding": {"x": across, "y": up, "color": _by_series(theme.first, theme.second)},
        "layer": _curve_layers(quantity, marked=epochs <= MAX_MARKED),
    }


def _curve_layers(quantity: Quantity, *, marked: bool) -> list[dict[str, Any]]:
    """Light lines within epochs, strong ones from end to end, and a mark on each end, small where there is no room for more."""
    is_within, is_end = ([{"filter": f"datum.kind === '{kind}'"}] for kind in ("within", "end"))
    tooltip = [
        {"field": "series", "title": "Images"},
        {"field": "epoch", "title": "Epoch", "type": "quantitative", "format": ".1f"},
        {
            "field": "value",
            "title": quantity.capitalize(),
            "type": "quantitative",
            "format": ".2%" if quantity == Quantity.ACCURACY else ".4f",
        },
    ]
    return [
        {"transform": is_within, "mark": {"type": "line", "strokeWidth": 1.3, "opacity": 0.45, "clip": True}},
        {
            "transform": is_end,
            "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
            "encoding": {"strokeDash": _by_series([1, 0], [6, 4])},
        },
        {
            "transform": is_end,
            "mark": {"type": "point", "filled": True, "size": 50 if marked else 14, "opacity": 1, "clip": True},
            "encoding": {"shape": _by_series("circle", "diamond"), "tooltip": tooltip},
        },
    ]


def _by_series(training: object, validation: object) -> dict[str, Any]:
    """A channel that tells the two series apart. All such channels share one legend, which shows colour and shape."""
    return {
        "field": "series",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [TRAINING, VALIDATION], "range": [training, validation]},
        # A dashed outline around the legend's symbols would only fray them.
        "legend": {"orient": "top", "symbolOpacity": 1, "symbolSize": 90, "symbolStrokeWidth": 0},
    }
