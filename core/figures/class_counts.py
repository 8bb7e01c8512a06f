"""Images of each class in training and test: as bars, as a table, and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.datasets.balance import ClassBalance
from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.extremes import choose_extremes
from core.figures.numbers import format_count
from core.figures.theme import FigureTheme, vega_config
from core.ranking import list_names
from core.rates import format_percent

TRAINING, TEST = "training", "test"

_EVEN, _UNEVEN = 1.5, 3.0
"""How many times the smallest class the largest may be to be called balanced, and somewhat unbalanced. Our own words for plain counts."""

_UNLIKELY = 0.05
"""The usual level below which a difference is not put down to chance."""


@dataclass(frozen=True)
class ClassCount:
    """Images of one class, and its part, 0 to 1, of all images of each half."""

    name: str
    training: int
    test: int
    training_share: float
    test_share: float


@dataclass(frozen=True)
class ClassCountsInfo:
    """The classes that the bars show, from the top; `class_count` counts those left out as well."""

    bars: tuple[ClassCount, ...]
    class_count: int


def build_class_counts(balance: ClassBalance, class_names: Sequence[str]) -> ClassCountsInfo:
    """The bars: every class or, of very many, those with the most and the fewest training images."""
    rows = _rows(balance, class_names)
    return ClassCountsInfo(tuple(rows[label] for label in choose_extremes(balance.training)), len(rows))


def class_counts_table(balance: ClassBalance, class_names: Sequence[str]) -> pd.DataFrame:
    """Every class with its counts and its share of each half, as text."""
    rows = _rows(balance, class_names)
    return pd.DataFrame(
        {
            "Class": [row.name for row in rows],
            "Training images": [format_count(row.training) for row in rows],
            "Share of training": [format_percent(row.training_share) for row in rows],
            "Test images": [format_count(row.test) for row in rows],
            "Share of test": [format_percent(row.test_share) for row in rows],
        }
    )


def describe_balance(balance: ClassBalance, class_names: Sequence[str]) -> str:
    """Three or four sentences: how even the classes are, what guessing scores, and whether both halves agree."""
    return " ".join((_describe_spread(balance, class_names), _describe_guess(balance, class_names), _compare(balance, class_names)))


def _describe_spread(balance: ClassBalance, class_names: Sequence[str]) -> str:
    most, fewest = (format_count(balance.training[label]) for label in (balance.largest, balance.smallest))
    if balance.ratio == 1:
        return f"Perfectly balanced: each class has {most} training images."
    largest, smallest = (_find_equals(balance, label, class_names) for label in (balance.largest, balance.smallest))
    has, each = ("has", "") if len(largest) == 1 else ("have", " each")
    which = "class" if len(largest) == 1 else "classes"
    words = f"{_verdict(balance.ratio)}: the largest {which}, {list_names(largest)}, {has} {most} training images{each}"
    has, each, it = ("has", "", "it") if len(smallest) == 1 else ("have", " each", "them")
    if not math.isfinite(balance.ratio):
        return f"{words}, the smallest, {list_names(smallest)}, {has} none, so nothing can be learned about {it}."
    return f"{words}, {balance.ratio:.2f} times as many as the smallest, {list_names(smallest)}, which {has} {fewest}{each}."


def _find_equals(balance: ClassBalance, label: int, class_names: Sequence[str]) -> list[str]:
    """The names of all classes with as many training images as this one."""
    return [name for name, count in zip(class_names, balance.training, strict=True) if count == balance.training[label]]


def _describe_guess(balance: ClassBalance, class_names: Sequence[str]) -> str:
    return (
        f"Answering {class_names[balance.largest]} every time would score {format_percent(balance.constant_accuracy)} on the test images; "
        "a network that does no better has learned nothing."
    )


def build_class_count_chart(info: ClassCountsInfo, theme: FigureTheme) -> Chart:
    """Two bars a class, training filled and test only outlined, so that they differ without any colour too."""
    rows = [
        (bar.name, half, count, share)
        for bar in info.bars
        for half, count, share in ((TRAINING, bar.training, bar.training_share), (TEST, bar.test, bar.test_share))
    ]
    data = pd.DataFrame(rows, columns=["name", "half", "images", "share"])
    return Chart(_spec([bar.name for bar in info.bars], theme), with_percents(data, "share"))


def _rows(balance: ClassBalance, class_names: Sequence[str]) -> list[ClassCount]:
    counts = zip(class_names, balance.training, balance.test, strict=True)
    return [ClassCount(name, training, test, *balance.shares(label)) for label, (name, training, test) in enumerate(counts)]


def _verdict(ratio: float) -> str:
    if ratio <= _EVEN:
        return "Balanced"
    return "Somewhat unbalanced" if ratio <= _UNEVEN else "Unbalanced"


def _compare(balance: ClassBalance, class_names: Sequence[str]) -> str:
    training, test = balance.shares(balance.gap_class)
    if training == test:
        return "Training and test hold the classes in exactly the same proportions."
    gap = f"class {class_names[balance.gap_class]} differs most, {format_percent(training)} of training and {format_percent(test)} of test"
    if balance.chance is None:
        return f"Of the proportions in training and test, {gap}; some classes have too few images to tell whether that is more than chance."
    times = f"{round(100 * balance.chance)}" if balance.chance >= 0.01 else "fewer than 1"
    odds = f"of 100 such sets dealt out at random, {times} would differ at least this much (chi-square test)."
    if balance.chance < _UNLIKELY:
        return f"Training and test do not have the same proportions: {gap}; {odds}"
    return f"Training and test have proportions no more different than chance makes them: {gap}; {odds}"


def _spec(names: list[str], theme: FigureTheme) -> dict[str, Any]:
    def by_half(training: object, test: object) -> dict[str, Any]:
        return {
            "field": "half",
            "type": "nominal",
            "title": None,
            "scale": {"domain": [TRAINING, TEST], "range": [training, test]},
            "legend": {"orient": "top", "symbolType": "square", "symbolSize": 140, "symbolStrokeWidth": 2},
        }

    look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelLimit": 150, "labelPadding": 6}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 30 * len(names),
        "mark": {"type": "bar", "strokeWidth": 1.5, "cornerRadiusEnd": 2},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "title": None,
                "sort": None,
                "scale": {"domain": names, "paddingInner": 0.25},
                "axis": look,
            },
            "yOffset": {"field": "half", "type": "nominal", "sort": [TRAINING, TEST], "scale": {"paddingInner": 0.2}},
            "x": {"field": "images", "type": "quantitative", "title": "images", "axis": {"tickCount": 5, "tickMinStep": 1, "format": ",d"}},
            "fill": by_half(theme.first, "transparent"),
            "stroke": by_half(theme.first, theme.second),
            "tooltip": [
                {"field": "name", "title": "Class"},
                {"field": "half", "title": "Split"},
                {"field": "images", "title": "Images", "format": ","},
                percent_tooltip("share", "Share of the split"),
            ],
        },
    }
