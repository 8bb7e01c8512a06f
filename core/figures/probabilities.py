"""How sure the network is: the probability of each class, best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.figures.bars import draw_bars
from core.figures.chart import Chart
from core.figures.theme import FigureTheme, vega_config
from core.ranking import list_names
from core.rates import format_percent

PROBABILITY = "Probability (%)"
"""The heading of a column of tables."""

MAX_BARS = 10
"""Bars in the chart; the table has all classes."""


@dataclass(frozen=True)
class ClassProbability:
    """One class, its probability from 0 to 1, and the same as text."""

    name: str
    probability: float
    text: str


@dataclass(frozen=True)
class ProbabilitiesInfo:
    """All classes, the most probable first; equal ones in the order of the classes."""

    ranking: tuple[ClassProbability, ...]

    @property
    def best(self) -> ClassProbability:
        return self.ranking[0]


def build_probabilities(probabilities: NDArray[np.floating], class_names: Sequence[str]) -> ProbabilitiesInfo:
    """Args:
        probabilities: `(c,)`, from 0 to 1.
        class_names: c names.

    Raises `ValueError` if their numbers differ.
    """
    if probabilities.shape != (len(class_names),):
        raise ValueError(f"probabilities of shape {probabilities.shape} for {len(class_names)} classes; expected one each")
    order = np.argsort(-probabilities, kind="stable")
    values = [(class_names[index], float(probabilities[index])) for index in order]
    return ProbabilitiesInfo(tuple(ClassProbability(name, value, format_percent(value)) for name, value in values))


def build_probability_chart(info: ProbabilitiesInfo, theme: FigureTheme) -> Chart:
    """Bars of the `MAX_BARS` best, percent written beside them. The winner is on top, bold and pointed at, besides its colour."""
    shown = info.ranking[:MAX_BARS]
    data = pd.DataFrame(
        {
            "rank": range(len(shown)),
            "name": [one.name for one in shown],
            "probability": [one.probability for one in shown],
            "text": [one.text if rank else f"{one.text} ◀" for rank, one in enumerate(shown)],
        }
    )
    return Chart(_probability_spec(len(shown), theme), data)


def build_waiting_chart(class_names: Sequence[str], theme: FigureTheme) -> Chart:
    """The same chart before there is an answer: the first classes in their order, without bars.

    The browser then only changes the data of a chart that is there, which takes it half as long as making one.
    """
    chart = build_probability_chart(build_probabilities(np.zeros(len(class_names)), class_names), theme)
    return Chart(chart.spec, chart.data.assign(text=""))


def draw_probabilities(info: ProbabilitiesInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib, for a file."""
    shown = info.ranking[:MAX_BARS]
    return draw_bars([one.name for one in shown], [one.probability for one in shown], [one.text for one in shown], theme)


def probabilities_table(info: ProbabilitiesInfo) -> pd.DataFrame:
    """All classes with their probability in percent, best first."""
    return pd.DataFrame({"Class": [one.name for one in info.ranking], PROBABILITY: [one.probability * 100 for one in info.ranking]})


def describe_probabilities(info: ProbabilitiesInfo) -> str:
    """The answer in a sentence: "Read as 7 (97.3 %), then 9 (1.9 %).", or that others are as probable."""
    words = f"Read as {info.best.name} ({info.best.text})"
    equal = [one.name for one in info.ranking[1:] if one.probability == info.best.probability]
    if equal:
        return f"{words} only because it comes first: {list_names(equal)} {'is' if len(equal) == 1 else 'are'} exactly as probable."
    if len(info.ranking) > 1:
        words += f", then {info.ranking[1].name} ({info.ranking[1].text})"
    return words + "."


def describe_guess(info: ProbabilitiesInfo) -> str:
    """For something that the network has never seen, where it has to name a class all the same."""
    return f"Having to choose, it would say {info.best.name} ({info.best.text}), but that is a guess at something it does not know."


@lru_cache(maxsize=16)
def _probability_spec(bars: int, theme: FigureTheme) -> dict[str, Any]:
    is_best = "datum.rank === 0"
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 28 * bars,
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "title": None,
                # As the rows come, so that the document stays the same whatever the order is.
                "sort": None,
                "axis": {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelFontSize": 14, "labelPadding": 8},
            },
            "x": {
                "field": "probability",
                "type": "quantitative",
                # Room on the right for the winner's percentage and its arrow.
                "scale": {"domain": [0, 1.35], "nice": False},
                "axis": None,
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.72}},
                "encoding": {
                    "color": {"condition": {"test": is_best, "value": theme.first}, "value": theme.muted},
                    "opacity": {"condition": {"test": is_best, "value": 1}, "value": 0.55},
                },
            },
            {
                "transform": [{"filter": "datum.rank > 0"}],
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13, "color": theme.muted},
                "encoding": {"text": {"field": "text"}},
            },
            {
                "transform": [{"filter": is_best}],
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13, "fontWeight": "bold", "color": theme.foreground},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }
