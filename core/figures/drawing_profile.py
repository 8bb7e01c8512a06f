"""Where a drawing lies among the images that a network learned from: in words, as a chart and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.drawing.profile import USUAL, Place, Profile, Trait
from core.figures.chart import Chart
from core.figures.numbers import format_count
from core.figures.samples import DPI
from core.figures.theme import FigureTheme, vega_config
from core.rates import format_percent

TITLES = {
    Trait.INK: "ink",
    Trait.STROKE: "stroke width",
    Trait.HEIGHT: "height",
    Trait.WIDTH: "width",
    Trait.OFFSET: "off the middle",
}

_WORDS = {
    Trait.INK: ("less ink", "more ink"),
    Trait.STROKE: ("thinner strokes", "thicker strokes"),
    Trait.HEIGHT: ("lower", "taller"),
    Trait.WIDTH: ("narrower", "wider"),
    Trait.OFFSET: ("closer to the middle", "farther from the middle"),
}

_ROW = 34
"""Pixels that each trait gets in the chart."""


@dataclass(frozen=True)
class TraitRow:
    """One trait of a drawing.

    Attributes:
        title: what was measured.
        value, typical: of the drawing, and the median of the training images, as text.
        usual: between which values nine of ten training images lie, as text.
        below, above: the shares of the training images with a smaller and with a larger value.
        words: what is unusual about it, such as "thinner strokes than 96 %"; empty if nothing is.
    """

    title: str
    value: str
    typical: str
    usual: str
    below: float
    above: float
    words: str


@dataclass(frozen=True)
class PlacesInfo:
    """All traits of a drawing, and among how many training images it was placed."""

    rows: tuple[TraitRow, ...]
    images: int


def build_places(profile: Profile, places: Sequence[Place]) -> PlacesInfo:
    """What to show of the places that `core.drawing.profile.place_in` found."""
    return PlacesInfo(tuple(_build_row(place, profile) for place in places), profile.images)


def describe_places(info: PlacesInfo) -> str:
    """What is unusual, such as "Thinner strokes than 96 % of the 54,000 images it learned from; everything else is usual."."""
    among = f"the {format_count(info.images)} images it learned from"
    unusual = [row.words for row in info.rows if row.words]
    if not unusual:
        return f"Ink, stroke width, size and place are all usual: each is like that of most of {among}."
    words = " and ".join([", ".join(unusual[:-1]), unusual[-1]] if len(unusual) > 1 else unusual)
    rest = "; everything else is usual" if len(unusual) < len(info.rows) else ""
    return f"{words[0].upper()}{words[1:]} of {among}{rest}."


def places_table(info: PlacesInfo) -> pd.DataFrame:
    """One row for each trait."""
    return pd.DataFrame(
        {
            "Measured": [row.title for row in info.rows],
            "This drawing": [row.value for row in info.rows],
            "Median": [row.typical for row in info.rows],
            "Nine of ten lie": [row.usual for row in info.rows],
            "Below it": [format_percent(row.below, 0) for row in info.rows],
            "Above it": [format_percent(row.above, 0) for row in info.rows],
        }
    )


def build_places_chart(info: PlacesInfo, theme: FigureTheme) -> Chart:
    """A dot for each trait where the drawing lies among the training images, on a band over the nine usual tenths.

    What is unusual is a diamond and pointed at. Where many images have the very same value, a line reaches over all of them.
    """
    return Chart(_places_spec(tuple(row.title for row in info.rows), theme), pd.DataFrame(_marks(info)))


def draw_places(info: PlacesInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib, for a file."""
    figure = Figure(figsize=(6.4, 0.42 * len(info.rows) + 0.7), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    axes.axvspan(USUAL, 1 - USUAL, color=theme.line, alpha=0.6, linewidth=0)
    for place, mark in enumerate(_marks(info)):
        colour = theme.wrong if mark["unusual"] else theme.first
        axes.plot((mark["from"], mark["to"]), (place, place), color=colour, linewidth=2)
        axes.plot(mark["middle"], place, marker="D" if mark["unusual"] else "o", color=colour)
        axes.text(1.04, place, mark["text"], color=theme.foreground, fontsize=9, va="center")
    axes.set(xlim=(-0.02, 1.02), ylim=(len(info.rows) - 0.4, -0.6))
    axes.set_yticks(range(len(info.rows)), [row.title for row in info.rows], color=theme.foreground)
    axes.set_xticks((0, 0.25, 0.5, 0.75, 1), ("0 %", "25 %", "50 %", "75 %", "100 %"))
    axes.set_xlabel("training images with less", color=theme.muted)
    axes.tick_params(colors=theme.muted, left=False)
    axes.tick_params(axis="y", labelcolor=theme.foreground)
    axes.spines[:].set_visible(False)
    return figure


def _build_row(place: Place, profile: Profile) -> TraitRow:
    quantiles = profile.quantiles[list(Trait).index(place.trait)]
    low, middle, high = np.quantile(quantiles, (USUAL, 0.5, 1 - USUAL))
    usual = f"{_format(low, place.trait)} to {_format(high, place.trait)}"
    value, typical = _format(place.value, place.trait), _format(middle, place.trait)
    return TraitRow(TITLES[place.trait], value, typical, usual, place.below, place.above, _find_words(place))


def _find_words(place: Place) -> str:
    less, more = _WORDS[place.trait]
    # Nothing is odd about being in the middle.
    if place.is_low and place.trait != Trait.OFFSET:
        return f"{less} than {_part(place.above)}"
    return f"{more} than {_part(place.below)}" if place.is_high else ""


def _part(share: float) -> str:
    """A share of nearly all images, never rounded up to all of them."""
    return "all" if share == 1 else f"{int(share * 100)} %"


def _format(value: float, trait: Trait) -> str:
    return format_percent(float(value)) if trait == Trait.INK else f"{value:.1f} px"


def _marks(info: PlacesInfo) -> list[dict[str, Any]]:
    return [
        {
            "name": row.title,
            "from": row.below,
            "to": 1 - row.above,
            "middle": (row.below + 1 - row.above) / 2,
            "unusual": bool(row.words),
            "text": f"{row.value}{' ◀' if row.words else ''}",
            "typical": row.typical,
            "usual": row.usual,
        }
        for row in info.rows
    ]


@lru_cache(maxsize=8)
def _places_spec(names: tuple[str, ...], theme: FigureTheme) -> dict[str, Any]:
    look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelFontSize": 13, "labelPadding": 8, "labelLimit": 170}
    axis = {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".0%", "grid": True}
    # Room on the right for the value.
    scale = {"domain": [0, 1.4], "nice": False}
    along = {"type": "quantitative", "title": "training images with less", "scale": scale, "axis": axis}
    colour = {"condition": {"test": "datum.unusual", "value": theme.wrong}, "value": theme.first}
    shape = {"condition": {"test": "datum.unusual", "value": "diamond"}, "value": "circle"}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": _ROW * len(names),
        "encoding": {
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "scale": {"domain": list(names)}, "axis": look},
            "tooltip": [
                {"field": "name", "title": "Measured"},
                {"field": "text", "title": "This drawing"},
                {"field": "typical", "title": "Median of the training images"},
                {"field": "usual", "title": "Nine of ten lie"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": 12, "color": theme.muted, "opacity": 0.25},
                "encoding": {"x": {"datum": USUAL, **along}, "x2": {"datum": 1 - USUAL}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {"x": {"field": "from", **along}, "x2": {"field": "to"}, "color": colour},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {"x": {"field": "middle", **along}, "color": colour, "shape": shape},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "color": theme.foreground},
                "encoding": {"x": {"datum": 1, **along}, "text": {"field": "text"}},
            },
        ],
    }
