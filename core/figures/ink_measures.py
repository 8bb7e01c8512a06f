"""Ink, size and place of each class: a chart of each measure, a map of the centres of mass, a table and a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.datasets.ink_measures import InkSummary, Measure, Quartiles
from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.extremes import choose_extremes
from core.figures.numbers import format_count
from core.figures.theme import FigureTheme, vega_config
from core.ranking import find_equals, list_names
from core.rates import format_percent

TITLES = {
    Measure.INK: "ink, share of the most there can be",
    Measure.HEIGHT: "height, pixels",
    Measure.WIDTH: "width, pixels",
    Measure.ROW: "row of the centre of mass",
    Measure.COLUMN: "column of the centre of mass",
}

_QUARTILES = {"low": "A quarter lies below", "middle": "Half lies below (median)", "high": "Three quarters lie below"}

MAX_NAMED = 20
"""Classes up to which the map of the centres of mass has room for their names; with more they are in the tooltip and the table."""


@dataclass(frozen=True)
class ClassMeasure:
    """One class's quartiles of one measure."""

    name: str
    quartiles: Quartiles


@dataclass(frozen=True)
class MeasureInfo:
    """One measure of the classes shown, from the top; `class_count` counts those left out as well."""

    measure: Measure
    rows: tuple[ClassMeasure, ...]
    class_count: int


@dataclass(frozen=True)
class CentreInfo:
    """Centres of mass of the classes shown, and the row and column of the images' own middle."""

    names: tuple[str, ...]
    rows: tuple[Quartiles, ...]
    columns: tuple[Quartiles, ...]
    middle: tuple[float, float]

    @property
    def limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The stretches of rows and of columns that the chart shows: equally long, around everything in it."""
        ends = [
            (min(value, *(one.low for one in places)), max(value, *(one.high for one in places)))
            for value, places in zip(self.middle, (self.rows, self.columns), strict=True)
        ]
        half = 0.55 * max(high - low for low, high in ends)
        rows, columns = (((low + high) / 2 - half, (low + high) / 2 + half) for low, high in ends)
        return rows, columns


def build_measure(summary: InkSummary, measure: Measure, class_names: Sequence[str]) -> MeasureInfo:
    """One measure of every class or, of very many, of those with the highest and the lowest medians."""
    rows = [ClassMeasure(class_names[one.label], one.measures[measure]) for one in summary.classes]
    shown = choose_extremes([row.quartiles.middle for row in rows])
    return MeasureInfo(measure, tuple(rows[position] for position in shown), len(rows))


def build_centres(summary: InkSummary, class_names: Sequence[str], image_shape: tuple[int, ...]) -> CentreInfo:
    """The centres of mass of every class or, of very many, of those that lie lowest and highest."""
    shown = [summary.classes[position] for position in choose_extremes([one.measures[Measure.ROW].middle for one in summary.classes])]
    return CentreInfo(
        tuple(class_names[one.label] for one in shown),
        tuple(one.measures[Measure.ROW] for one in shown),
        tuple(one.measures[Measure.COLUMN] for one in shown),
        ((image_shape[0] - 1) / 2, (image_shape[1] - 1) / 2),
    )


def ink_table(summary: InkSummary, class_names: Sequence[str]) -> pd.DataFrame:
    """Every class with the median of each measure and, in brackets, its quartiles, as text."""
    columns: dict[str, list[str]] = {
        "Class": [class_names[one.label] for one in summary.classes],
        "Images": [format_count(one.images) for one in summary.classes],
    }
    for measure, heading in zip(Measure, ("Ink (%)", "Height", "Width", "Row of centre", "Column of centre"), strict=True):
        columns[heading] = [_format(one.measures[measure], measure) for one in summary.classes]
    return pd.DataFrame(columns)


def describe_measure(info: MeasureInfo) -> str:
    """The classes at both ends, such as "Highest median: 0 (17.2 %). Lowest: 1 (7.3 %).", all of them where several are equal."""
    highest, lowest = (find_equals(info.rows, _middle, lowest=lowest) for lowest in (False, True))
    most, least = (_words(rows[0].quartiles.middle, info.measure) for rows in (highest, lowest))
    if len(highest) == len(info.rows):
        return f"The median is the same for every class: {most}."
    names, others = (list_names([row.name for row in rows]) for rows in (highest, lowest))
    return f"Highest median: {names} ({most}). Lowest: {others} ({least})."


def describe_paper(summary: InkSummary) -> str:
    """What counts as paper and ink here, and which images could not be measured."""
    paper = summary.paper
    words = (
        f"The border says that the paper has the value {paper.value}; ink is what is {'darker' if paper.dark_ink else 'lighter'}. "
        f"A pixel counts for height and width from {paper.inked} of {paper.strongest} steps away from the paper."
    )
    if summary.blank:
        words += f" Images without any such pixel are left out: {format_count(summary.blank)}."
    return words


def build_measure_chart(info: MeasureInfo, theme: FigureTheme) -> Chart:
    """A dot at each median and a bar over the middle half of the images."""
    rows = [(row.name, row.quartiles.low, row.quartiles.middle, row.quartiles.high) for row in info.rows]
    data = pd.DataFrame(rows, columns=["name", *_QUARTILES])
    return Chart(_measure_spec(info, theme), with_percents(data, *_QUARTILES) if info.measure == Measure.INK else data)


def build_centre_chart(info: CentreInfo, theme: FigureTheme) -> Chart:
    """Class names, or dots for more than `MAX_NAMED`, at their median centres of mass, with lines over the middle half each way."""
    data = pd.DataFrame(
        [
            (name, column.low, column.middle, column.high, row.low, row.middle, row.high)
            for name, row, column in zip(info.names, info.rows, info.columns, strict=True)
        ],
        columns=["name", "left", "x", "right", "top", "y", "bottom"],
    )
    return Chart(_centre_spec(info, theme), data)


def _middle(row: ClassMeasure) -> float:
    return row.quartiles.middle


def _words(value: float, measure: Measure) -> str:
    return format_percent(value) if measure == Measure.INK else f"{value:.1f}"


def _format(quartiles: Quartiles, measure: Measure) -> str:
    scale = 100 if measure == Measure.INK else 1
    text = f"{quartiles.middle * scale:.1f} ({quartiles.low * scale:.1f} to {quartiles.high * scale:.1f})"
    # Spaces that do not break: on a narrow screen a wide table is scrolled, and does not grow four lines a class.
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _measure_spec(info: MeasureInfo, theme: FigureTheme) -> dict[str, Any]:
    axis = {"format": "~%" if info.measure == Measure.INK else ",~r", "tickCount": 6}
    look = {"ticks": False, "domain": False, "grid": True, "labelColor": theme.foreground, "labelLimit": 150, "labelPadding": 6}
    names = [row.name for row in info.rows]
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": max(200, (28 if len(names) <= 20 else 16) * len(names)),
        "encoding": {
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "scale": {"domain": names}, "axis": look},
            "tooltip": [
                {"field": "name", "title": "Class"},
                *(
                    percent_tooltip(field, title) if info.measure == Measure.INK else {"field": field, "title": title, "format": ".1f"}
                    for field, title in _QUARTILES.items()
                ),
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 5, "color": theme.muted, "opacity": 0.6},
                "encoding": {
                    "x": {
                        "field": "low",
                        "type": "quantitative",
                        "title": TITLES[info.measure],
                        "scale": {"zero": False, "padding": 12},
                        "axis": axis,
                    },
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": theme.first},
                "encoding": {"x": {"field": "middle", "type": "quantitative"}},
            },
        ],
    }


def _centre_spec(info: CentreInfo, theme: FigureTheme) -> dict[str, Any]:
    def axis(field: str, title: str, limits: tuple[float, float]) -> dict[str, Any]:
        # Rows are counted downwards, as in the image.
        scale = {"zero": False, "nice": False, "domain": list(limits), "reverse": field == "y"}
        return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": {"tickCount": 6}}

    rows, columns = info.limits
    across, along = axis("x", "column", columns), axis("y", "row", rows)
    name = {"type": "text", "fontSize": 14, "fontWeight": "bold", "color": theme.foreground}
    dot = {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": theme.first}
    rule = {"type": "rule", "color": theme.muted, "opacity": 0.5, "strokeWidth": 1.5}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 340,
        "layer": [
            {"mark": rule, "encoding": {"x": {**across, "field": "left"}, "x2": {"field": "right"}, "y": along}},
            {"mark": rule, "encoding": {"x": across, "y": {**along, "field": "top"}, "y2": {"field": "bottom"}}},
            {
                "data": {"values": [{"x": info.middle[1], "y": info.middle[0]}]},
                "mark": {"type": "point", "shape": "cross", "size": 120, "color": theme.second, "filled": True},
                "encoding": {"x": across, "y": along},
            },
            {
                "mark": name if len(info.names) <= MAX_NAMED else dot,
                "encoding": {
                    "x": across,
                    "y": along,
                    "text": {"field": "name"},
                    "tooltip": [
                        {"field": "name", "title": "Class"},
                        {"field": "y", "title": "Row", "format": ".1f"},
                        {"field": "x", "title": "Column", "format": ".1f"},
                    ],
                },
            },
        ],
    }
