"""What a network takes a drawing for while it is drawn: pictures, lines over the strokes, a table and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.epoch_answers import AnswerLine, build_epoch_answers
from core.figures.run_curves import DASHES, RUN_COLOURS, SHAPES
from core.figures.samples import DPI, GridLabel
from core.figures.theme import FigureTheme, vega_config
from core.rates import format_percent

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_LEAST_DRAWN = 0.05
"""The probability that a class must reach at some moment to get a line."""

_MOST_TURNS = 4
"""Answers that are told one after the other; more are only counted."""

_MARKERS = {"circle": "o", "diamond": "D", "square": "s", "triangle-up": "^", "cross": "P", "triangle-down": "v"}
"""Matplotlib's names of `SHAPES`."""


@dataclass(frozen=True)
class Opinion:
    """What the network takes the drawing for after so many strokes: the first two classes by name, with their probabilities."""

    strokes: float
    first: str
    first_probability: float
    second: str
    second_probability: float


@dataclass(frozen=True)
class StrokeOpinionsInfo:
    """The network's opinions in order, of a drawing of `stroke_count` strokes, and the classes worth a line, over the same moments."""

    stroke_count: int
    opinions: tuple[Opinion, ...]
    lines: tuple[AnswerLine, ...]


def build_stroke_opinions(strokes: Sequence[float], probabilities: NDArray[np.float32], class_names: Sequence[str]) -> StrokeOpinionsInfo:
    """Args:
        strokes: how many strokes were drawn at each of m moments, ascending; the last is the whole drawing.
        probabilities: `(m, c)`.
        class_names: c names, at least two.

    Raises `ValueError` if their numbers differ.
    """
    lines = build_epoch_answers(range(len(strokes)), probabilities, class_names).lines
    drawn = tuple(line for line in lines if max(line.shares) >= _LEAST_DRAWN) or lines
    order = np.argsort(-probabilities, axis=1, kind="stable")
    opinions = tuple(
        Opinion(done, class_names[one], float(row[one]), class_names[two], float(row[two]))
        for done, row, (one, two) in zip(strokes, probabilities, order[:, :2].tolist(), strict=True)
    )
    return StrokeOpinionsInfo(round(strokes[-1]), opinions, drawn)


def build_opinions_chart(info: StrokeOpinionsInfo, theme: FigureTheme) -> Chart:
    """A line for each class over the strokes, with an upright one wherever the pen was lifted."""
    rows = [
        (opinion.strokes, line.name, share, _name_moment(info, opinion.strokes))
        for line in info.lines
        for opinion, share in zip(info.opinions, line.shares, strict=True)
    ]
    data = pd.DataFrame(rows, columns=["strokes", "class", "share", "moment"])
    return Chart(_spec(tuple(line.name for line in info.lines), info.stroke_count, theme), with_percents(data, "share"))


def draw_opinions(info: StrokeOpinionsInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib, for a file."""
    figure = Figure(figsize=(6.4, 3.2), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    looks = zip(RUN_COLOURS[theme.name], DASHES, SHAPES, strict=True)
    for line, (colour, dash, shape) in zip(info.lines, looks, strict=False):
        style = "-" if dash == [1, 0] else (0, tuple(dash))
        where = [opinion.strokes for opinion in info.opinions]
        # A dollar sign in a class name is no formula.
        label = line.name.replace("$", r"\$")
        axes.plot(where, line.shares, color=colour, linestyle=style, marker=_MARKERS[shape], markersize=4, linewidth=1.6, label=label)
    axes.set(xlim=(0, info.stroke_count), ylim=(-0.02, 1.02))
    axes.set_xlabel(_across_title(info.stroke_count), color=theme.muted)
    axes.set_ylabel("probability", color=theme.muted)
    axes.xaxis.set_major_formatter("{x:.0%}" if info.stroke_count == 1 else "{x:g}")
    axes.yaxis.set_major_formatter("{x:.0%}")
    if info.stroke_count > 1:
        axes.set_xticks(range(info.stroke_count + 1) if info.stroke_count <= len(_ORDINALS) else axes.get_xticks())
        axes.grid(axis="x", color=theme.line)
    axes.tick_params(colors=theme.muted)
    axes.spines[:].set_color(theme.line)
    axes.legend(labelcolor=theme.foreground, frameon=False, fontsize=9)
    return figure


def opinion_labels(info: StrokeOpinionsInfo) -> list[GridLabel]:
    """What stands below the picture of each moment: when it was, and the first two classes."""
    return [
        GridLabel(
            (
                f"{one.strokes * 100:.0f} %" if info.stroke_count == 1 else _count_strokes(one.strokes),
                f"{one.first} {format_percent(one.first_probability, 0)}",
                f"{one.second} {format_percent(one.second_probability, 0)}",
            )
        )
        for one in info.opinions
    ]


def opinions_table(info: StrokeOpinionsInfo) -> pd.DataFrame:
    """One row for each moment, in words."""
    return pd.DataFrame(
        {
            "After": [_name_moment(info, one.strokes) for one in info.opinions],
            "Read as": [one.first for one in info.opinions],
            "Probability": [format_percent(one.first_probability) for one in info.opinions],
            "Then": [one.second for one in info.opinions],
            "Its probability": [format_percent(one.second_probability) for one in info.opinions],
        }
    )


def describe_opinions(info: StrokeOpinionsInfo) -> str:
    """Such as "After the first stroke it takes it for 1 (71.0 %); the second makes it 7 (97.0 %).".

    Of several strokes, only what it says when the pen is lifted; of a single one, what it says on the way.
    """
    told = [one for one in info.opinions if info.stroke_count == 1 or one.strokes == round(one.strokes)]
    turns = [one for place, one in enumerate(told) if not place or one.first != told[place - 1].first]
    end = f"{info.opinions[-1].first} ({format_percent(info.opinions[-1].first_probability)})"
    if len(turns) == 1 and len(told) == 1:
        return f"It takes it for {end}."
    if len(turns) == 1:
        return f"It takes it for {turns[0].first} after {_name_moment(info, turns[0].strokes)} already, and in the end for {end}."
    if len(turns) > _MOST_TURNS:
        since = _name_moment(info, turns[-1].strokes)
        return f"It changes its mind {len(turns) - 1} times on the way. Since {since} it has taken it for what it says in the end, {end}."
    words = "; ".join(_tell(info, one, is_start=not place) for place, one in enumerate(turns))
    return f"{words}." if turns[-1] is told[-1] else f"{words}, and so to the end ({format_percent(told[-1].first_probability)})."


def _tell(info: StrokeOpinionsInfo, one: Opinion, *, is_start: bool) -> str:
    when, answer = _name_moment(info, one.strokes), f"{one.first} ({format_percent(one.first_probability)})"
    if is_start:
        return f"After {when} it takes it for {answer}"
    return f"after {when} for {answer}" if info.stroke_count == 1 else f"{when} makes it {answer}"


def _name_moment(info: StrokeOpinionsInfo, strokes: float) -> str:
    """Such as "30 % of the stroke", "the second stroke" or "1 2/3 strokes"."""
    if info.stroke_count == 1:
        return f"{strokes * 100:.0f} % of the stroke"
    if strokes != round(strokes):
        return f"{_count_strokes(strokes)} strokes" if strokes > 1 else f"{_count_strokes(strokes)} of the first stroke"
    number = round(strokes)
    return f"the {_ORDINALS[number - 1]} stroke" if number <= len(_ORDINALS) else f"stroke {number}"


def _count_strokes(strokes: float) -> str:
    """Such as "2", "1/3" or "1 2/3"."""
    whole, part = divmod(Fraction(strokes).limit_denominator(10), 1)
    return " ".join(str(number) for number in (whole, part) if number)


def _across_title(stroke_count: int) -> str:
    return "of the stroke" if stroke_count == 1 else "strokes drawn"


@lru_cache(maxsize=64)
def _spec(names: tuple[str, ...], stroke_count: int, theme: FigureTheme) -> dict[str, Any]:
    if stroke_count == 1:
        axis: dict[str, Any] = {"format": ".0%", "tickCount": 10, "grid": False}
    else:
        axis = {"format": "d", "tickMinStep": 1, "grid": True, "tickCount": min(stroke_count, len(_ORDINALS))}
    up = {"field": "share", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}, "axis": {"format": ".0%", "tickCount": 5}}
    tooltip = [
        {"field": "class", "title": "Class"},
        {"field": "moment", "title": "After"},
        percent_tooltip("share", "Probability"),
    ]
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 220,
        "encoding": {
            "x": {
                "field": "strokes",
                "type": "quantitative",
                "title": _across_title(stroke_count),
                "scale": {"domain": [0, stroke_count], "nice": False},
                "axis": axis,
            },
            "y": up,
            "color": _by_class(names, RUN_COLOURS[theme.name]),
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"strokeDash": _by_class(names, DASHES)}},
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 60, "clip": False},
                "encoding": {"shape": _by_class(names, SHAPES), "tooltip": tooltip},
            },
        ],
    }


def _by_class(names: tuple[str, ...], values: Sequence[object]) -> dict[str, Any]:
    return {
        "field": "class",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(names), "range": list(values[: len(names)])},
        "legend": {"orient": "top", "symbolOpacity": 1, "symbolSize": 90, "symbolStrokeWidth": 0, "labelLimit": 120, "columns": 5},
    }
