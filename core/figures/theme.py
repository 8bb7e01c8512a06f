"""Colours of figures on a light and on a dark page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "reddish purple": "#CC79A7",
}
"""Eight colours that colour-blind people can tell apart: M. Okabe and K. Ito, "Color Universal Design", 2008."""


@dataclass(frozen=True)
class FigureTheme:
    """One set of colours. The background is always the page's own, seen through the figure.

    Attributes:
        background: the page's colour, only for contrast: nothing is painted with it.
        foreground: text and marks.
        muted: axis labels, less important text. Readable on the background (at least 4.5 to 1).
        line: hairlines: frames of images, grid lines.
        first, second: the two series of a chart, blue and orange.
        right, wrong: verdicts, blue and orange, always with a mark or a word beside them.
    """

    name: str
    background: str
    foreground: str
    muted: str
    line: str
    first: str
    second: str
    right: str
    wrong: str


LIGHT = FigureTheme(
    name="light",
    background="#ffffff",
    foreground="#262730",
    muted="#5f6270",
    line="#d5d6dc",
    first=OKABE_ITO["blue"],
    # Vermilion, darkened until small text in it is readable on white.
    second="#B84E00",
    right=OKABE_ITO["blue"],
    wrong="#B84E00",
)

DARK = FigureTheme(
    name="dark",
    background="#0e1117",
    foreground="#fafafa",
    muted="#a3a8b8",
    line="#3a3f4b",
    first=OKABE_ITO["sky blue"],
    second=OKABE_ITO["orange"],
    right=OKABE_ITO["sky blue"],
    wrong=OKABE_ITO["orange"],
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


def vega_config(theme: FigureTheme) -> dict[str, Any]:
    """The `config` part of a Vega-Lite document in these colours."""
    words = {"labelColor": theme.muted, "titleColor": theme.muted, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    return {
        "background": "transparent",
        "font": '"Source Sans", "Source Sans Pro", "Segoe UI", sans-serif',
        "view": {"stroke": None},
        "axis": {**words, "gridColor": theme.line, "domainColor": theme.line, "tickColor": theme.line, "gridOpacity": 0.6},
        "legend": {**words, "labelColor": theme.foreground, "labelFontSize": 13},
        "text": {"color": theme.foreground, "fontSize": 12},
    }


def chart_title(text: str, subtitle: str, theme: FigureTheme) -> dict[str, Any]:
    """The title of a Vega-Lite chart, and below it, smaller, what exactly is measured."""
    look = {"anchor": "start", "color": theme.foreground, "fontSize": 14, "fontWeight": 600}
    return {"text": text, "subtitle": subtitle, "subtitleColor": theme.muted, "subtitleFontSize": 11, "subtitlePadding": 2, **look}
