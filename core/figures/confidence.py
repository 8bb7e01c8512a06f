"""How sure the answers are, right ones and wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.figures.chart import Chart
from core.figures.numbers import format_count
from core.figures.theme import FigureTheme, vega_config
from core.predictions.scores import Scores
from core.rates import format_percent

BINS = 20
"""Each five points wide."""

CLICKED = "clicked"
"""The name of the selection that holds the bar which was clicked, as `bin`."""


@dataclass(frozen=True)
class ConfidenceBin:
    """Answers whose probability lies between `low` and `high`, from 0 to 1, and how many of them are right and wrong."""

    low: float
    high: float
    right: int
    wrong: int

    @property
    def title(self) -> str:
        return f"{self.low * 100:.0f} to {self.high * 100:.0f} %"


@dataclass(frozen=True)
class ConfidenceInfo:
    """`BINS` bins from 0 to 1, empty ones included."""

    bins: tuple[ConfidenceBin, ...]

    @property
    def count(self) -> int:
        return sum(one.right + one.wrong for one in self.bins)

    @property
    def filled(self) -> list[int]:
        """The numbers of the bins that hold answers."""
        return [number for number, one in enumerate(self.bins) if one.right + one.wrong]


def confidence_bins(confidence: NDArray[np.floating]) -> NDArray[np.int64]:
    """The bin of each probability, `(n,)`, from 0 to `BINS - 1`; one on the edge of two is in the upper."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def build_confidence(scores: Scores) -> ConfidenceInfo:
    """Count right and wrong answers by how sure they are."""
    places, is_right = confidence_bins(scores.confidence), scores.predicted == scores.labels
    right, wrong = (np.bincount(places[chosen], minlength=BINS).tolist() for chosen in (is_right, ~is_right))
    edges = np.linspace(0, 1, BINS + 1).round(4).tolist()
    return ConfidenceInfo(tuple(ConfidenceBin(*numbers) for numbers in zip(edges[:-1], edges[1:], right, wrong, strict=True)))


def describe_confidence(info: ConfidenceInfo) -> str:
    """The surest answers against the rest, in a sentence or two."""
    surest, rest = info.bins[-1], info.bins[:-1]
    right, wrong = sum(one.right for one in rest), sum(one.wrong for one in rest)
    if not surest.right + surest.wrong:
        return f"No answer is surer than 95 %; {_of(right, wrong)} are right."
    others = f", {_of(right, wrong)} others" if right + wrong else "; there are no others"
    return f"{_of(surest.right, surest.wrong)} answers surer than 95 % are right{others}."


def confidence_table(info: ConfidenceInfo) -> pd.DataFrame:
    """The bins that hold answers, one a row."""
    bins = [info.bins[number] for number in info.filled]
    return pd.DataFrame(
        {
            "Probability of the answer": [one.title for one in bins],
            "Right": [one.right for one in bins],
            "Wrong": [one.wrong for one in bins],
            "Share right": [format_percent(one.right / (one.right + one.wrong)) for one in bins],
        }
    )


def build_confidence_chart(info: ConfidenceInfo, theme: FigureTheme, chosen: int, *, only_wrong: bool = False) -> Chart:
    """Bars of right and wrong answers on top of each other, or of wrong ones alone. The chosen bin is framed."""
    halves = (("wrong", 1),) if only_wrong else (("right", 0), ("wrong", 1))
    rows = [
        (number, one.low, one.high, one.title, half, getattr(one, half), order, number == chosen)
        for number, one in enumerate(info.bins)
        for half, order in halves
        if getattr(one, half)
    ]
    data = pd.DataFrame(rows, columns=["bin", "low", "high", "title", "half", "images", "order", "chosen"])
    return Chart(_spec(theme), data)


def draw_confidence(info: ConfidenceInfo, theme: FigureTheme, *, only_wrong: bool = False) -> Figure:
    """The same bars in matplotlib; wrong ones are hatched."""
    figure = Figure(figsize=(7, 3.6), dpi=160, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    places = [100 * (one.low + one.high) / 2 for one in info.bins]
    right, wrong = (np.array([getattr(one, half) for one in info.bins]) for half in ("right", "wrong"))
    base = np.zeros_like(right) if only_wrong else right
    width = 92 / BINS
    if not only_wrong:
        axes.bar(places, right, color=theme.right, label="right", width=width, alpha=0.7)
    axes.bar(
        places, wrong, bottom=base, color=theme.wrong, hatch="//", edgecolor=theme.foreground, linewidth=0.5, label="wrong", width=width
    )
    axes.set_xlabel("probability of the answer, %", color=theme.muted)
    axes.set_ylabel("images", color=theme.muted)
    axes.set_xlim(0, 100)
    axes.tick_params(colors=theme.muted)
    axes.spines[:].set_color(theme.line)
    axes.legend(frameon=False, labelcolor=theme.foreground)
    return figure


def _of(right: int, wrong: int) -> str:
    return f"{format_percent(right / (right + wrong))} of the {format_count(right + wrong)}"


@lru_cache(maxsize=2)
def _spec(theme: FigureTheme) -> dict[str, Any]:
    halves = {"domain": ["right", "wrong"], "range": [theme.right, theme.wrong]}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 260,
        "params": [{"name": CLICKED, "select": {"type": "point", "fields": ["bin"]}}],
        "mark": {"type": "bar", "stroke": theme.foreground, "cursor": "pointer", "binSpacing": 2},
        "encoding": {
            "x": {
                "field": "low",
                "type": "quantitative",
                "bin": {"binned": True, "step": 1 / BINS},
                "title": "probability of the answer",
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "tickCount": 10},
            },
            "x2": {"field": "high"},
            "y": {"field": "images", "type": "quantitative", "title": "images", "axis": {"tickMinStep": 1, "format": ",d"}},
            "order": {"field": "order"},
            "color": {
                "field": "half",
                "type": "nominal",
                "title": None,
                "scale": halves,
                "legend": {"orient": "top", "symbolType": "square"},
            },
            "fillOpacity": {"condition": {"test": "datum.half === 'wrong'", "value": 1}, "value": 0.65},
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 2}, "value": 0},
            "tooltip": [
                {"field": "title", "title": "Probability"},
                {"field": "half", "title": "Answers"},
                {"field": "images", "title": "Images", "format": ","},
            ],
        },
    }
