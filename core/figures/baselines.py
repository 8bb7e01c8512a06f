"""A network's accuracy among those of simple rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from core.figures.bars import draw_bars
from core.figures.chart import Chart
from core.figures.numbers import format_count, format_percent, format_range
from core.figures.theme import FigureTheme, vega_config
from core.intervals import wilson_interval
from core.predictions.baselines import BASELINES, BaselineScore

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
    """The network, and the baselines from the simplest on."""

    network: AccuracyBar
    baselines: tuple[AccuracyBar, ...]

    @property
    def most_learned_from(self) -> int:
        """Images at most that a baseline learned from."""
        return max(bar.learned_from for bar in self.baselines)

    @property
    def best(self) -> AccuracyBar:
        """The best baseline."""
        return max(self.baselines, key=lambda bar: bar.accuracy)


def build_baselines(scores: Sequence[BaselineScore], *, correct: int, asked: int, learned_from: int) -> BaselinesInfo:
    """Args:
    scores: of the baselines, at least one.
    correct, asked: how many images the network was asked about, and how many it got right.
    learned_from: how many images it was trained on.
    """
    bars = tuple(
        AccuracyBar(
            BASELINES[one.name].title, BASELINES[one.name].about, one.accuracy, *one.interval, learned_from=one.fitted_on, asked=one.count
        )
        for one in scores
    )
    low, high = wilson_interval(correct, asked)
    return BaselinesInfo(AccuracyBar(NETWORK, "The run above.", correct / asked, low, high, learned_from, asked), bars)


def describe_baselines(info: BaselinesInfo) -> str:
    """How the network compares with the best of them, in a sentence or two."""
    best, network = info.best, info.network
    words = f"The network gets {format_percent(network.accuracy)} right, the best of the simple rules ({best.title.lower()}) "
    words += f"{format_percent(best.accuracy)}. "
    difference = f"{abs(network.accuracy - best.accuracy) * 100:.1f} points"
    if network.low > best.high:
        return words + f"It is ahead by {difference}, which is more than luck."
    if network.high < best.low:
        return words + f"It is behind by {difference}, which is more than luck: it has not learned what there is to learn."
    return words + "Their intervals overlap: on so many images it can't be told which of the two is better."


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
    return Chart(_spec(len(bars), theme), data)


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
        *(
            {"field": field, "title": title, "type": "quantitative", "format": ".1%"}
            for field, title in (("accuracy", "Accuracy"), ("low", "Interval from"), ("high", "Interval to"))
        ),
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
