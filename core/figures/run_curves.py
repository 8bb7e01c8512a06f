"""The curves of several runs in one chart, told apart by colour, dash and shape."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from core.figures.chart import Chart
from core.figures.curve_chart import value_tooltip, with_value_words
from core.figures.curves import MAX_POINTS, Quantity, round_up, thin_out
from core.figures.theme import OKABE_ITO, FigureTheme, chart_title, vega_config
from core.networks.objective import name_objective
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory, RunRecord
from core.training.events import EpochEnded

MAX_RUNS = 6
"""Runs in one chart: as many as there are colours, dashes and shapes that can be told apart."""

MAX_MARKED = 60
"""Epochs up to which the marks on their ends are large."""

RUN_COLOURS = {
    "light": (OKABE_ITO["blue"], "#B84E00", "#007D5C", "#A34E7F", "#262730", "#7A6A00"),
    "dark": (OKABE_ITO["sky blue"], OKABE_ITO["orange"], "#2CC39B", OKABE_ITO["reddish purple"], "#fafafa", OKABE_ITO["yellow"]),
}
"""By the theme's name. Okabe and Ito's, where need be darker or lighter until they stand out from the page (at least 3 to 1)."""

DASHES = ([1, 0], [7, 4], [2, 3], [10, 3, 2, 3], [14, 5], [5, 2, 1, 2])
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross", "triangle-down")
_LONGEST = 34
"""Letters of a run's title in the legend, so that it fits on a phone."""


class Against(StrEnum):
    """What the horizontal axis counts."""

    EPOCHS = "epochs"
    SECONDS = "seconds"


@dataclass(frozen=True)
class RunPoint:
    """The end of an epoch. Seconds since the start; the run's own loss, accuracy from 0 to 1."""

    epoch: int
    seconds: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class RunLine:
    """One run. `label` is like no other's; `is_validation` tells whether its points are of validation or of training images.

    `loss` is what the run makes small, in words: losses of different kinds do not belong into one chart. `place` counts from 0 and
    decides how the line looks, the same in all charts.
    """

    label: str
    is_validation: bool
    points: tuple[RunPoint, ...]
    loss: str
    place: int


@dataclass(frozen=True)
class RunCurvesInfo:
    """What the charts of both quantities are made from."""

    lines: tuple[RunLine, ...]


def build_run_curves(runs: Sequence[tuple[RunRecord, RunHistory]]) -> RunCurvesInfo:
    """A line for each run with at least one epoch: of its validation images, or of its training images where none were held back.

    Raises `ValueError` for more than `MAX_RUNS`.
    """
    if len(runs) > MAX_RUNS:
        raise ValueError(f"{len(runs)} runs; expected at most {MAX_RUNS}")
    labels = label_runs([record for record, _ in runs])
    lines = (_line(label, place, record.spec, history) for place, (label, (record, history)) in enumerate(zip(labels, runs, strict=True)))
    return RunCurvesInfo(tuple(line for line in lines if line.points))


def label_runs(records: Sequence[RunRecord], longest: int | None = _LONGEST) -> tuple[str, ...]:
    """A name for each run, like no other's: its title, where that is the same as another's with the first digits of the id.

    A title of more than `longest` characters is cut off there; None leaves all of it.
    """
    titles = [record.title if longest is None or len(record.title) <= longest else f"{record.title[: longest - 1]}…" for record in records]
    often = Counter(titles)
    return tuple(title if often[title] == 1 else f"{title} ({record.id[:4]})" for title, record in zip(titles, records, strict=True))


def split_by_loss(info: RunCurvesInfo) -> tuple[RunCurvesInfo, ...]:
    """The lines of each kind of loss, which can be compared with each other and with no others."""
    kinds = dict.fromkeys(line.loss for line in info.lines)
    return tuple(RunCurvesInfo(tuple(line for line in info.lines if line.loss == kind)) for kind in kinds)


def build_run_chart(info: RunCurvesInfo, quantity: Quantity, against: Against, theme: FigureTheme) -> Chart:
    """One chart with all lines. The steep beginning of a loss may leave it at the top, so that the rest is not flattened.

    Raises `ValueError` for losses of different kinds: see `split_by_loss`.
    """
    if quantity == Quantity.LOSS and len({line.loss for line in info.lines}) > 1:
        raise ValueError("losses of different kinds in one chart; expected one kind, as split_by_loss gives")
    rows = [
        (line.label, point.epoch, point.seconds, point.loss if quantity == Quantity.LOSS else point.accuracy)
        for line in info.lines
        for point in line.points
    ]
    data = pd.DataFrame(rows, columns=["run", "epoch", "seconds", "value"])
    return Chart(_spec(info, quantity, against, theme), with_value_words(data, quantity))


def axis_range(info: RunCurvesInfo, quantity: Quantity) -> tuple[float, float]:
    """Ends of the vertical axis: of a loss, from 0 to above all that comes after the first quarter of each run."""
    if quantity == Quantity.ACCURACY:
        lowest = min((point.accuracy for line in info.lines for point in line.points), default=0.0)
        return math.floor(min(lowest, 0.9) * 10) / 10, 1.0
    settled = (point.loss for line in info.lines for point in line.points[len(line.points) // 4 :])
    return 0.0, round_up(max(settled, default=1.0))


def describe_run_curves(info: RunCurvesInfo) -> str:
    """What the lines are, and where one is not of validation images.

    Not which of them is ahead: that is told of the weights that each run kept, which need not be those at the end of its line.
    """
    if not info.lines:
        return "None of these runs has completed an epoch."
    words = "The accuracy and the loss at the end of each epoch."
    if all(line.is_validation for line in info.lines):
        return f"{words} All points are of validation images, of all those held back."
    others = ", ".join(line.label for line in info.lines if not line.is_validation)
    return f"{words} Of {others} no images were held back: that line is of training images, and so looks better than it is."


def _line(label: str, place: int, spec: TrainingSpec, history: RunHistory) -> RunLine:
    is_validation = any(event.validation_accuracy is not None for event in history.epochs)
    points = [point for event in history.epochs if (point := _point(event, is_validation))]
    return RunLine(label, is_validation, thin_out(points, MAX_POINTS), name_objective(spec), place)


def _point(event: EpochEnded, is_validation: bool) -> RunPoint | None:
    loss = event.validation_loss if is_validation else event.loss
    accuracy = event.validation_accuracy if is_validation else event.accuracy
    if loss is None or accuracy is None or not math.isfinite(loss) or not math.isfinite(accuracy):
        return None
    return RunPoint(event.epoch, event.seconds, loss, accuracy)


def _spec(info: RunCurvesInfo, quantity: Quantity, against: Against, theme: FigureTheme) -> dict[str, Any]:
    low, high = axis_range(info, quantity)
    subtitle = info.lines[0].loss if quantity == Quantity.LOSS and info.lines else "share of the images read right"
    is_short = max((len(line.points) for line in info.lines), default=0) <= MAX_MARKED
    field = "epoch" if against == Against.EPOCHS else "seconds"
    # A little room on the right, or half of the last mark would be cut off.
    furthest = 1.02 * max((getattr(point, field) for line in info.lines for point in line.points), default=1)
    return {
        "config": vega_config(theme),
        "title": chart_title(quantity.capitalize(), subtitle, theme),
        "width": "container",
        "height": 300,
        "encoding": {
            "x": {
                "field": field,
                "type": "quantitative",
                "title": field,
                "scale": {"domain": [0, furthest], "nice": False},
                "axis": {"grid": False, "tickCount": 8, "format": ",~r", "labelOverlap": "greedy", **_whole_ticks(against)},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [low, high], "nice": False},
                "axis": {"format": "~%" if quantity == Quantity.ACCURACY else ",~r", "tickCount": 5},
            },
            "color": _by_run(info, RUN_COLOURS[theme.name]),
        },
        "layer": _layers(info, quantity, is_short=is_short),
    }


def _whole_ticks(against: Against) -> dict[str, int]:
    return {"tickMinStep": 1} if against == Against.EPOCHS else {}


def _layers(info: RunCurvesInfo, quantity: Quantity, *, is_short: bool) -> list[dict[str, Any]]:
    tooltip = [
        {"field": "run", "title": "Run"},
        {"field": "epoch", "title": "Epoch"},
        {"field": "seconds", "title": "Seconds", "format": ".1f"},
        value_tooltip(quantity),
    ]
    return [
        {"mark": {"type": "line", "strokeWidth": 2, "clip": True}, "encoding": {"strokeDash": _by_run(info, DASHES)}},
        {
            "mark": {"type": "point", "filled": True, "size": 60 if is_short else 12, "opacity": 1, "clip": True},
            "encoding": {"shape": _by_run(info, SHAPES), "tooltip": tooltip},
        },
    ]


def _by_run(info: RunCurvesInfo, values: Sequence[object]) -> dict[str, Any]:
    """A channel that tells the runs apart. All such channels share one legend, one run a line, which shows colour, dash and shape."""
    return {
        "field": "run",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [line.label for line in info.lines], "range": [values[line.place] for line in info.lines]},
        "legend": {
            "orient": "top",
            "direction": "vertical",
            "columns": 1,
            "symbolOpacity": 1,
            "symbolSize": 110,
            "symbolStrokeWidth": 0,
            "labelLimit": 300,
        },
    }
