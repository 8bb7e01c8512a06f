"""A network's accuracy among those of simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from core.figures.bars import draw_bars
from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.conclusion import describe_conclusion
from core.figures.numbers import format_count
from core.figures.theme import FigureTheme, vega_config
from core.intervals import wilson_interval
from core.predictions.baselines import BASELINES, BaselineScore
from core.predictions.conclusions import Comparison, allow_for_many, compare
from core.predictions.scored import Graded
from core.rates import format_percent, format_range

NETWORK = "This network"


@dataclass(frozen=True)
class AccuracyBar:
    """One accuracy, from 0 to 1, with its 95 % interval. `about` is one sentence; `learned_from` and `asked` are numbers of images."""

    title: str
    about: str
    accuracy: float
    low: float
    high: float
    learned_from: int
    asked: int


@dataclass(frozen=True)
class BaselinesInfo:
    """The network, and the baselines from the simplest on.

    Attributes:
        comparisons: of the network with each baseline, tested all at once.
        unsettled: the titles of rules that were ended before they had learned all that they could.
        kind: what to call the images, "validation" or "test".
    """

    network: AccuracyBar
    baselines: tuple[AccuracyBar, ...]
    comparisons: tuple[Comparison, ...]
    unsettled: tuple[str, ...]
    kind: str

    @property
    def best(self) -> int:
        """The place of the best baseline."""
        return max(range(len(self.baselines)), key=lambda place: self.baselines[place].accuracy)


def build_baselines(scores: Sequence[BaselineScore], network: Graded, *, learned_from: int, kind: str) -> BaselinesInfo:
    """Args:
    scores: of the baselines, at least one.
    network: which of the images it was asked about the network reads right.
    learned_from: how many images it was trained on.
    kind: what to call the images, "validation" or "test".
    """
    bars = tuple(_bar(BASELINES[one.name].title, BASELINES[one.name].about, one.graded, one.fitted_on) for one in scores)
    comparisons = allow_for_many([compare(network, one.graded) for one in scores])
    unsettled = tuple(BASELINES[one.name].title for one in scores if not one.is_settled)
    return BaselinesInfo(_bar(NETWORK, "The run above.", network, learned_from), bars, comparisons, unsettled, kind)


def describe_baselines(info: BaselinesInfo) -> str:
    """How the network compares with the best of them, and what is to be said of that."""
    best = info.baselines[info.best]
    comparison = info.comparisons[info.best]
    rule = f"the best of the simple rules ({best.title[0].lower()}{best.title[1:]})"
    words = [describe_conclusion(comparison, "the network", rule, f"{info.kind} images")]
    if comparison.is_clear and comparison.difference < 0:
        words.append("It has not learned what there is to learn.")
    words += [f"{title} was ended before it had settled: given more time it may do a little better." for title in info.unsettled]
    return " ".join(words)


def describe_learned_from(info: BaselinesInfo) -> str:
    """Which images rules and network had, in a sentence or two."""
    fitted, learned = info.baselines[0].learned_from, info.network.learned_from
    if fitted == learned:
        from_these = f"The simple rules learned from the same {format_count(fitted)} images as the network"
    else:
        from_these = f"The simple rules learned from {format_count(fitted)} images, the network from {format_count(learned)}"
    asked, network_asked = info.baselines[0].asked, info.network.asked
    if asked == network_asked:
        return f"{from_these}, and were asked about the same {format_count(asked)} {info.kind} images."
    return f"{from_these}, and were asked about {format_count(asked)} of the {format_count(network_asked)} {info.kind} images."


def _bar(title: str, about: str, graded: Graded, learned_from: int) -> AccuracyBar:
    low, high = wilson_interval(graded.correct, len(graded.right))
    return AccuracyBar(title, about, graded.accuracy, low, high, learned_from, len(graded.right))


def baselines_table(info: BaselinesInfo) -> pd.DataFrame:
    """One row each, the network first; everything as text."""
    rows = [
        {
            "Rule": bar.title,
            "Accuracy": format_percent(bar.accuracy),
            "95 % interval": format_range(bar.low, bar.high),
            "Learned from": format_count(bar.learned_from),
            "Asked about": format_count(bar.asked),
        }
        for bar in (info.network, *info.baselines)
    ]
    return pd.DataFrame(rows)


def build_baselines_chart(info: BaselinesInfo, theme: FigureTheme) -> Chart:
    """Bars with their intervals as thin lines, percent beside them. The network is on top, in another colour and pointed at."""
    bars = (info.network, *info.baselines)
    data = pd.DataFrame(
        {
            "place": range(len(bars)),
            "title": [bar.title for bar in bars],
            "accuracy": [bar.accuracy for bar in bars],
            "low": [bar.low for bar in bars],
            "high": [bar.high for bar in bars],
            "text": [format_percent(bar.accuracy) if place else f"{format_percent(bar.accuracy)} ◀" for place, bar in enumerate(bars)],
        }
    )
    return Chart(_spec(len(bars), theme), with_percents(data, "accuracy", "low", "high"))


def draw_baselines(info: BaselinesInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib, for a file."""
    bars = (info.network, *info.baselines)
    texts, intervals = [format_percent(bar.accuracy) for bar in bars], [(bar.low, bar.high) for bar in bars]
    title = "Accuracy with 95 % intervals"
    return draw_bars([bar.title for bar in bars], [bar.accuracy for bar in bars], texts, theme, title=title, intervals=intervals)


@lru_cache(maxsize=8)
def _spec(bars: int, theme: FigureTheme) -> dict[str, Any]:
    is_network = "datum.place === 0"
    axis = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelFontSize": 13, "labelPadding": 8, "labelLimit": 220}
    tooltip = [
        {"field": "title", "title": "Rule"},
        *(percent_tooltip(field, title) for field, title in (("accuracy", "Accuracy"), ("low", "Interval from"), ("high", "Interval to"))),
    ]
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 32 * bars,
        "encoding": {
            "y": {"field": "title", "type": "nominal", "title": None, "sort": None, "axis": axis},
            # Room on the right for the percentages.
            "x": {"field": "accuracy", "type": "quantitative", "scale": {"domain": [0, 1.3], "nice": False}, "axis": None},
            "tooltip": tooltip,
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.6}},
                "encoding": {
                    "color": {"condition": {"test": is_network, "value": theme.first}, "value": theme.muted},
                    "opacity": {"condition": {"test": is_network, "value": 1}, "value": 0.5},
                },
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": theme.foreground},
                "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 13, "color": theme.foreground},
                "encoding": {
                    "x": {"field": "high", "type": "quantitative"},
                    "text": {"field": "text"},
                },
            },
        ],
    }
