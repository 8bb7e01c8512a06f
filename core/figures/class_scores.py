"""Precision, recall and F1 of each class: as bars, as a table, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.extremes import choose_extremes
from core.figures.numbers import format_count
from core.figures.theme import FigureTheme, vega_config
from core.predictions.class_scores import ClassScore
from core.ranking import find_equals, is_clearly_another_share, list_names
from core.rates import format_percent, format_range

CLICKED = "clicked"
"""The name of the selection that holds the bar which was clicked, as `label`."""


class ClassMeasure(StrEnum):
    """What can be asked of a class; the fields of `ClassScore`."""

    RECALL = "recall"
    PRECISION = "precision"
    F1 = "f1"


TITLES = {ClassMeasure.RECALL: "Recall", ClassMeasure.PRECISION: "Precision", ClassMeasure.F1: "F1"}


@dataclass(frozen=True)
class ClassBar:
    """One class's share, from 0 to 1, with its 95 % interval, which is the share itself where there is none. `images` stand behind it.

    Of these, `right` are of the class and read as it.
    """

    label: int
    name: str
    share: float
    low: float
    high: float
    images: int
    right: int


@dataclass(frozen=True)
class ClassScoresInfo:
    """The classes that the bars show, from the top; `class_count` counts those left out as well."""

    measure: ClassMeasure
    bars: tuple[ClassBar, ...]
    class_count: int


def build_class_scores(classes: Sequence[ClassScore], class_names: Sequence[str], measure: ClassMeasure) -> ClassScoresInfo:
    """The bars: every class that the measure can be taken of or, of very many, those at both ends."""
    bars = [bar for one in classes if (bar := _bar(one, class_names[one.label], measure)) is not None]
    return ClassScoresInfo(measure, tuple(bars[place] for place in choose_extremes([bar.share for bar in bars])), len(bars))


def describe_class_scores(info: ClassScoresInfo) -> str:
    """Both ends in a sentence: "Recall is lowest for 9 (93.1 %) and highest for 1 (99.0 %).", and which of these may be luck."""
    title = TITLES[info.measure]
    if not info.bars:
        return f"There is no class whose {title.lower()} could be worked out."
    low, high = (find_equals(info.bars, lambda bar: bar.share, lowest=lowest) for lowest in (True, False))
    if low[0].share == high[0].share:
        return f"{title} is {format_percent(low[0].share)} for every class."
    words = f"{title} is lowest for {_name_bars(low)} and highest for {_name_bars(high)}."
    unclear = [end for end, bars, lowest in (("lowest", low, True), ("highest", high, False)) if not _is_clear(info.bars, bars, lowest)]
    if not unclear:
        return words
    return f"{words} Which class is {' and which '.join(unclear)} may be luck: the next ones can't be told from it on so few images."


def _name_bars(bars: Sequence[ClassBar]) -> str:
    return f"{list_names([bar.name for bar in bars])} ({format_percent(bars[0].share)}{' each' if len(bars) > 1 else ''})"


def _is_clear(bars: Sequence[ClassBar], at_end: Sequence[ClassBar], lowest: bool) -> bool:
    """Whether those at an end really are beyond the next class; several of them are a tie, which is said."""
    following = find_equals([bar for bar in bars if bar not in at_end], lambda bar: bar.share, lowest=lowest)
    return all(is_clearly_another_share((one.right, one.images), (next_.right, next_.images)) for one in at_end for next_ in following)


def class_scores_table(classes: Sequence[ClassScore], class_names: Sequence[str]) -> pd.DataFrame:
    """Every class with its counts and measures, as text."""
    return pd.DataFrame(
        [
            {
                "Class": class_names[one.label],
                "Images (support)": format_count(one.support),
                "Read right": format_count(one.right),
                "Answers": format_count(one.answers),
                "Recall": _text(one.recall),
                "Recall, 95 % interval": "none" if one.recall_interval is None else format_range(*one.recall_interval),
                "Precision": _text(one.precision),
                "Precision, 95 % interval": "none" if one.precision_interval is None else format_range(*one.precision_interval),
                "F1": _text(one.f1),
            }
            for one in classes
        ]
    )


def build_class_scores_chart(info: ClassScoresInfo, theme: FigureTheme, chosen: int) -> Chart:
    """Bars with their intervals as thin lines, percent beside them. The chosen class is pointed at, besides its colour."""
    data = pd.DataFrame(
        {
            "label": [bar.label for bar in info.bars],
            "name": [bar.name for bar in info.bars],
            "share": [bar.share for bar in info.bars],
            "low": [bar.low for bar in info.bars],
            "high": [bar.high for bar in info.bars],
            "images": [bar.images for bar in info.bars],
            "text": [format_percent(bar.share) + (" ◀" if bar.label == chosen else "") for bar in info.bars],
            "chosen": [bar.label == chosen for bar in info.bars],
        }
    )
    return Chart(_spec(tuple(bar.name for bar in info.bars), TITLES[info.measure], theme), with_percents(data, "share", "low", "high"))


def draw_class_scores(info: ClassScoresInfo, theme: FigureTheme) -> Figure:
    """The same bars in matplotlib."""
    figure = Figure(figsize=(7, 1.2 + 0.3 * max(len(info.bars), 1)), dpi=160, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    places = range(len(info.bars))
    axes.barh(places, [bar.share * 100 for bar in info.bars], color=theme.first, alpha=0.7, height=0.62)
    axes.hlines(places, [bar.low * 100 for bar in info.bars], [bar.high * 100 for bar in info.bars], color=theme.foreground, linewidth=1.5)
    for place, bar in enumerate(info.bars):
        axes.text(bar.high * 100 + 1, place, format_percent(bar.share), va="center", color=theme.foreground, fontsize=9)
    axes.set_yticks(places, [bar.name for bar in info.bars])
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xlabel(f"{TITLES[info.measure]}, %", color=theme.muted)
    axes.tick_params(colors=theme.foreground, length=0)
    axes.spines[:].set_visible(False)
    return figure


def _bar(one: ClassScore, name: str, measure: ClassMeasure) -> ClassBar | None:
    share = getattr(one, measure)
    if share is None:
        return None
    interval = {ClassMeasure.RECALL: one.recall_interval, ClassMeasure.PRECISION: one.precision_interval}.get(measure)
    images = {ClassMeasure.RECALL: one.support, ClassMeasure.PRECISION: one.answers}.get(measure, one.support + one.answers - one.right)
    low, high = interval or (share, share)
    return ClassBar(one.label, name, share, low, high, images, one.right)


def _text(share: float | None) -> str:
    return "none" if share is None else format_percent(share)


@lru_cache(maxsize=16)
def _spec(names: tuple[str, ...], title: str, theme: FigureTheme) -> dict[str, Any]:
    look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelFontSize": 13, "labelPadding": 8, "labelLimit": 160}
    shares = [percent_tooltip(field, heading) for field, heading in (("share", title), ("low", "Interval from"), ("high", "Interval to"))]
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 28 * max(len(names), 1),
        "encoding": {
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "scale": {"domain": list(names)}, "axis": look},
            # Room on the right for the percentages.
            "x": {"field": "share", "type": "quantitative", "scale": {"domain": [0, 1.16], "nice": False}, "axis": None},
        },
        "layer": [
            {
                "params": [{"name": CLICKED, "select": {"type": "point", "fields": ["label"]}}],
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.68}, "cursor": "pointer"},
                "encoding": {
                    "color": {"condition": {"test": "datum.chosen", "value": theme.first}, "value": theme.muted},
                    "opacity": {"condition": {"test": "datum.chosen", "value": 1}, "value": 0.55},
                    "tooltip": [{"field": "name", "title": "Class"}, *shares, {"field": "images", "title": "Images", "format": ","}],
                },
            },
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": theme.foreground},
                "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 13, "color": theme.foreground},
                "encoding": {"x": {"field": "high", "type": "quantitative"}, "text": {"field": "text"}},
            },
        ],
    }
