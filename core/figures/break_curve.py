"""Accuracy against how much the images are spoilt: one line for each run, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.conclusion import describe_leader, format_points
from core.figures.numbers import format_count
from core.figures.run_curves import DASHES, MAX_RUNS, RUN_COLOURS, SHAPES
from core.figures.theme import FigureTheme, vega_config
from core.intervals import wilson_interval
from core.predictions.conclusions import allow_for_many, compare, compare_with_leader
from core.predictions.perturbations import Perturbation
from core.predictions.scored import Graded
from core.rates import format_percent, format_range

_MARKERS = dict(zip(SHAPES, ("o", "D", "s", "^", "P", "v"), strict=True))
"""Matplotlib's names of the shapes."""


@dataclass(frozen=True, eq=False)
class BreakResult:
    """What was measured of one run.

    Attributes:
        label: like no other's.
        positions: of the images in their half, `int32 (n,)`.
        right: which of them were read right at each strength of the perturbation, `bool (strengths, n)`.
    """

    label: str
    positions: NDArray[np.int32]
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class BreakPoint:
    """How many of `images` images were read right at one strength, and the 95 % interval (Wilson) of that share."""

    strength: float
    correct: int
    images: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        return self.correct / self.images


@dataclass(frozen=True, eq=False)
class BreakLine:
    """One run. `label` is like no other's; the first point is of the images as they are, and `graded` has the images behind each."""

    label: str
    points: tuple[BreakPoint, ...]
    graded: tuple[Graded, ...]


@dataclass(frozen=True, eq=False)
class BreakCurveInfo:
    """What chart, figure, table and sentence are made from. All lines have points at the strengths of the perturbation.

    `kind` is what to call the images, "test" or "validation"; `chance` the share that blind guessing reads right.
    """

    perturbation: Perturbation
    kind: str
    lines: tuple[BreakLine, ...]
    chance: float

    @property
    def axis_title(self) -> str:
        unit = "" if self.perturbation.unit == "share" else f" ({self.perturbation.unit})"
        return f"{self.perturbation.title.lower()}{unit}"

    @property
    def is_share(self) -> bool:
        return self.perturbation.unit == "share"

    @property
    def is_falling(self) -> bool:
        """Whether a smaller number is the stronger one, as with a scale."""
        return self.perturbation.strengths[-1] < self.perturbation.strengths[0]


def build_break_curve(perturbation: Perturbation, kind: str, results: Sequence[BreakResult], class_count: int) -> BreakCurveInfo:
    """A line for each run.

    Raises `ValueError` for no run, more than `MAX_RUNS`, or another number of rows than of strengths.
    """
    if not 1 <= len(results) <= MAX_RUNS:
        raise ValueError(f"{len(results)} runs; expected 1 to {MAX_RUNS}")
    return BreakCurveInfo(perturbation, kind, tuple(_line(perturbation, result) for result in results), 1 / class_count)


def describe_break_curve(info: BreakCurveInfo) -> str:
    """What the strongest change, or the largest lead, comes to, as far as the images can tell.

    Such as "At 3 pixels mnist-128 falls from 98.0 % to 41.0 %; mnist-cnn falls from 99.0 % to 93.0 %." and, of several runs, whether
    the best there is really better. Where to look was chosen among all strengths, which is allowed for.
    """
    place, strengths = _telling_place(info), len(info.perturbation.strengths) - 1
    words = "; ".join(_describe_change(line, place) for line in info.lines)
    change = f"At {info.perturbation.describe(info.perturbation.strengths[place])} {words}."
    if len(info.lines) == 1:
        return change
    leader, compared = compare_with_leader([line.graded[place] for line in info.lines], looks=strengths)
    return f"{change} {describe_leader([line.label for line in info.lines], leader, compared, f'{info.kind} images')}"


def describe_images(info: BreakCurveInfo) -> str:
    """What the points are measured on: "2,000 test images"."""
    counts = sorted({line.points[0].images for line in info.lines})
    return f"{' or '.join(map(format_count, counts))} {info.kind} images"


def break_table(info: BreakCurveInfo) -> pd.DataFrame:
    """One row for each strength, one column for each run, everything as text."""
    columns = {line.label: [_describe_point(point) for point in line.points] for line in info.lines}
    strengths = [info.perturbation.describe(strength) for strength in info.perturbation.strengths]
    return pd.DataFrame({info.perturbation.title: strengths, **columns})


def break_numbers(info: BreakCurveInfo) -> pd.DataFrame:
    """One row for each point, as numbers; shares from 0 to 1."""
    rows = [
        (line.label, point.strength, point.correct, point.images, point.accuracy, point.low, point.high)
        for line in info.lines
        for point in line.points
    ]
    return pd.DataFrame(rows, columns=["run", "strength", "correct", "images", "accuracy", "low", "high"])


def build_break_chart(info: BreakCurveInfo, theme: FigureTheme) -> Chart:
    """Lines told apart by colour, dash and shape, each in a band as wide as its interval, and chance as a thin line."""
    data = with_percents(break_numbers(info), "accuracy", "low", "high")
    data["words"] = data["strength"].map(info.perturbation.describe)
    return Chart(_spec(info, theme), data)


def draw_break_curve(info: BreakCurveInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib, on the page's own background."""
    figure = Figure(figsize=(7.5, 4.2), dpi=160, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    for line, colour, dash, shape in zip(info.lines, RUN_COLOURS[theme.name], DASHES, SHAPES, strict=False):
        strengths, accuracies = [point.strength for point in line.points], [point.accuracy for point in line.points]
        axes.fill_between(strengths, [p.low for p in line.points], [p.high for p in line.points], color=colour, alpha=0.15, linewidth=0)
        # Each run of line or gap in widths of the line, as in the chart.
        pattern: Any = (0, [length / 2 for length in dash]) if len(dash) > 2 or dash[1] else "-"
        axes.plot(strengths, accuracies, color=colour, linestyle=pattern, marker=_MARKERS[shape], markersize=5, label=line.label)
    axes.axhline(info.chance, color=theme.muted, linewidth=1, linestyle=":", label=f"guessing: {format_percent(info.chance)}")
    _dress(axes, info, theme)
    return figure


def _line(perturbation: Perturbation, result: BreakResult) -> BreakLine:
    rows = zip(perturbation.strengths, result.right, strict=True)
    points = tuple(_point(strength, int(row.sum()), len(row)) for strength, row in rows)
    return BreakLine(result.label, points, tuple(Graded(result.positions, row) for row in result.right))


def _point(strength: float, correct: int, images: int) -> BreakPoint:
    return BreakPoint(strength, correct, images, *wilson_interval(correct, images))


def _telling_place(info: BreakCurveInfo) -> int:
    """Of several runs, where they are furthest apart; of one, where half of what it is ahead of guessing is gone, or else the end."""
    places = range(1, len(info.perturbation.strengths))
    by_place = {place: [line.points[place].accuracy for line in info.lines] for place in places}
    if len(info.lines) > 1:
        return max(places, key=lambda place: max(by_place[place]) - min(by_place[place]))
    half = (info.lines[0].points[0].accuracy + info.chance) / 2
    return next((place for place in places if by_place[place][0] < half), places[-1])


def _describe_change(line: BreakLine, place: int) -> str:
    """One run from the images as they are to those at one strength, all strengths tested at once."""
    comparison = allow_for_many([compare(line.graded[0], graded) for graded in line.graded[1:]])[place - 1]
    before, after = (format_percent(share) for share in comparison.accuracies)
    if comparison.is_clear:
        return f"{line.label} {'falls' if comparison.difference > 0 else 'rises'} from {before} to {after}"
    lost, gained = (format_points(max(0.0, end), comparison) for end in (comparison.high, -comparison.low))
    return f"{line.label} shows no clear change from {before} to {after} (it could have lost up to {lost}, or gained up to {gained})"


def _describe_point(point: BreakPoint) -> str:
    return f"{format_percent(point.accuracy)} ({format_range(point.low, point.high)})"


def _spec(info: BreakCurveInfo, theme: FigureTheme) -> dict[str, Any]:
    strengths = info.perturbation.strengths
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 320,
        "encoding": {
            "x": {
                "field": "strength",
                "type": "quantitative",
                "title": info.axis_title,
                "scale": {"domain": sorted((strengths[0], strengths[-1])), "nice": False, "reverse": info.is_falling},
                "axis": {"grid": False, "tickCount": 8, "format": ".0%" if info.is_share else "~f", "labelOverlap": "greedy"},
            }
        },
        "layer": [_chance_layer(info, theme), *_line_layers(info, theme)],
    }


def _chance_layer(info: BreakCurveInfo, theme: FigureTheme) -> dict[str, Any]:
    # Its place is a number of its own; without the horizontal encoding it reaches from side to side.
    return {
        "data": {"values": [{"chance": info.chance, "words": f"guessing: {format_percent(info.chance)}"}]},
        "encoding": {"x": None, "y": {"field": "chance", "type": "quantitative"}},
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [2, 4], "color": theme.muted}},
            {
                "mark": {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -2, "color": theme.muted},
                "encoding": {"x": {"value": 0}, "text": {"field": "words"}},
            },
        ],
    }


def _line_layers(info: BreakCurveInfo, theme: FigureTheme) -> list[dict[str, Any]]:
    accuracy = {
        "field": "accuracy",
        "type": "quantitative",
        "title": f"accuracy ({info.kind} images)",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {"format": ".0%", "tickCount": 5},
    }
    colour = _by_run(info, RUN_COLOURS[theme.name])
    tooltip = [
        {"field": "run", "title": "Run"},
        {"field": "words", "title": info.perturbation.title},
        percent_tooltip("accuracy", "Accuracy"),
        percent_tooltip("low", "95 % interval from"),
        percent_tooltip("high", "to"),
        {"field": "images", "title": "Images", "format": ","},
    ]
    return [
        {
            "mark": {"type": "area", "opacity": 0.15},
            "encoding": {"y": {**accuracy, "field": "low"}, "y2": {"field": "high"}, "color": colour},
        },
        {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"y": accuracy, "color": colour, "strokeDash": _by_run(info, DASHES)}},
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
            "encoding": {"y": accuracy, "color": colour, "shape": _by_run(info, SHAPES), "tooltip": tooltip},
        },
    ]


def _by_run(info: BreakCurveInfo, values: Sequence[object]) -> dict[str, Any]:
    """A channel that tells the runs apart; all such channels share one legend."""
    return {
        "field": "run",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [line.label for line in info.lines], "range": list(values[: len(info.lines)])},
        "legend": {"orient": "top", "direction": "vertical", "columns": 1, "symbolOpacity": 1, "symbolSize": 110, "labelLimit": 300},
    }


def _dress(axes: Axes, info: BreakCurveInfo, theme: FigureTheme) -> None:
    """Axes, grid and legend in the theme's colours."""
    axes.set_facecolor("none")
    axes.set_ylim(0, 1)
    axes.set_xlim(info.perturbation.strengths[0], info.perturbation.strengths[-1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, 0))
    if info.is_share:
        axes.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axes.set_xlabel(info.axis_title, color=theme.foreground)
    axes.set_ylabel(f"accuracy ({describe_images(info)})", color=theme.foreground)
    axes.tick_params(colors=theme.muted)
    axes.grid(axis="y", color=theme.line, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.line)
    axes.legend(frameon=False, labelcolor=theme.foreground, loc="best", fontsize=9)
