"""Two networks on the same images: the difference of their accuracies, what they were right about, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from core.figures.chart import Chart
from core.figures.conclusion import describe_conclusion
from core.figures.curves import round_up
from core.figures.numbers import format_count
from core.figures.samples import DPI
from core.figures.theme import FigureTheme, vega_config
from core.intervals import wilson_interval
from core.predictions.conclusions import compare_paired
from core.predictions.scored import Rows
from core.predictions.two_networks import PairedAnswers, PairedCounts, difference_interval, mcnemar
from core.rates import format_percent, format_range


@dataclass(frozen=True)
class AccuracyDifferenceInfo:
    """The first network's accuracy less the second's with its 95 % interval, in percentage points. `limit`: how far the axis goes."""

    difference: float
    low: float
    high: float
    limit: float


def build_accuracy_difference(counts: PairedCounts) -> AccuracyDifferenceInfo:
    low, high = (100 * end for end in difference_interval(counts))
    return AccuracyDifferenceInfo(100 * counts.difference, low, high, round_up(1.15 * max(abs(low), abs(high))))


def describe_counts(counts: PairedCounts) -> str:
    """Such as "On 37 images the first is right where the second is wrong, on 29 the other way round: no difference was found."."""
    comparison = compare_paired(counts)
    if comparison.is_clear:
        verdict = f"the {'first' if comparison.difference > 0 else 'second'} is better"
    else:
        verdict = "undecided" if comparison.is_undecided else "no difference was found"
    if not counts.first_only + counts.second_only:
        return f"There is no image that one of them reads right and the other wrong: {verdict}."
    return (
        f"On {_images(counts.first_only)} the first is right where the second is wrong, "
        f"on {format_count(counts.second_only)} the other way round: {verdict}."
    )


def describe_luck(counts: PairedCounts) -> str:
    """What McNemar's test says, without its words."""
    chance = format_percent(mcnemar(counts.first_only, counts.second_only))
    return f"If both were equally good, luck would divide these images at least as unevenly in {chance} of the cases (McNemar's test)."


def describe_difference(counts: PairedCounts, kind: str) -> str:
    """The conclusion in words; `kind` is "test" or "validation"."""
    return describe_conclusion(compare_paired(counts), "the first", "the second", f"{kind} images")


def describe_pair(pair: PairedAnswers) -> str:
    """Which images the two are compared on."""
    first, second = (len(one) for one in pair.asked)
    if first == second == len(pair):
        return f"Both were asked about the same {_images(len(pair), pair.kind)}."
    return (
        f"The first run held back {_images(first)} for validation, the second {format_count(second)}; the two are compared on the "
        f"{format_count(len(pair))} that both held back, for neither has learned from those."
    )


def describe_agreement(pair: PairedAnswers) -> str:
    """How many images the two read differently."""
    differing = len(pair.disagreements)
    if not differing:
        return f"Nowhere: they give the same answer to all {_images(len(pair), pair.kind)}."
    return f"They give different answers to {format_count(differing)} of {_images(len(pair), pair.kind)}, and the same to all others."


def accuracies_table(counts: PairedCounts, labels: Sequence[str]) -> pd.DataFrame:
    """Both accuracies, as text."""
    right = (counts.first_right, counts.second_right)
    return pd.DataFrame(
        {
            "Network": [f"{which}: {label}" for which, label in zip(("First", "Second"), labels, strict=True)],
            "Accuracy": [format_percent(one / counts.images, 2) for one in right],
            "95 % interval": [format_range(*wilson_interval(one, counts.images), 2) for one in right],
            "Read right": [f"{format_count(one)} of {format_count(counts.images)}" for one in right],
        }
    )


def difference_data(counts: PairedCounts, labels: Sequence[str]) -> pd.DataFrame:
    """Everything about the comparison as numbers in one row, the difference and its interval from -1 to 1."""
    low, high = difference_interval(counts)
    row = {
        "first": labels[0],
        "second": labels[1],
        "images": counts.images,
        "both right": counts.both,
        "first alone right": counts.first_only,
        "second alone right": counts.second_only,
        "neither right": counts.neither,
        "difference": counts.difference,
        "interval low": low,
        "interval high": high,
        "McNemar p": mcnemar(counts.first_only, counts.second_only),
    }
    return pd.DataFrame([row])


def counts_table(counts: PairedCounts) -> pd.DataFrame:
    """How many images both, one or neither read right, as text."""
    return pd.DataFrame(
        {
            "Second is right": [format_count(counts.both), format_count(counts.second_only)],
            "Second is wrong": [format_count(counts.first_only), format_count(counts.neither)],
        },
        index=pd.Index(["First is right", "First is wrong"], name=""),
    )


def disagreements_table(pair: PairedAnswers, rows: Rows) -> pd.DataFrame:
    """One row for each of these images, with both answers and their probabilities from 0 to 1."""
    names = pair.image_set.class_names
    table: dict[str, Any] = {"image": pair.positions[rows], "true class": [names[label] for label in pair.first.labels[rows]]}
    for which, scores in (("first", pair.first), ("second", pair.second)):
        table[f"{which} reads"] = [names[label] for label in scores.predicted[rows]]
        table[f"{which} probability"] = scores.confidence[rows]
    return pd.DataFrame({**table, "right is": [winner.value for winner in pair.winners(rows)]})


def build_difference_chart(info: AccuracyDifferenceInfo, theme: FigureTheme) -> Chart:
    """A dot with its interval, and a line at 0, where both are equally good."""
    data = pd.DataFrame({"difference": [info.difference], "low": [info.low], "high": [info.high]})
    return Chart(_spec(info.limit, theme), data)


def draw_accuracy_difference(info: AccuracyDifferenceInfo, theme: FigureTheme, first: str, second: str) -> Figure:
    """The same in matplotlib, for a file, with the networks' names."""
    figure = Figure(figsize=(7.5, 1.9), dpi=DPI, facecolor="none")
    axes = figure.add_axes((0.03, 0.36, 0.94, 0.4), facecolor="none")
    axes.axvline(0, color=theme.muted, linestyle="--", linewidth=1.2)
    axes.plot((info.low, info.high), (0, 0), color=theme.foreground, linewidth=2.5)
    axes.plot(info.difference, 0, "o", color=theme.first, markersize=9)
    axes.set(xlim=(-info.limit, info.limit), ylim=(-1, 1), yticks=())
    for side, (text, place) in {"left": (f"◀ {second} is better", 0.0), "right": (f"{first} is better ▶", 1.0)}.items():
        # A dollar sign in a name is no formula.
        words = text.replace("$", r"\$")
        axes.text(place, 1.12, words, transform=axes.transAxes, ha=side, va="bottom", color=theme.foreground, fontsize=9)
    axes.set_xlabel("difference of the accuracies, percentage points", color=theme.muted)
    axes.tick_params(colors=theme.muted, labelsize=9)
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(theme.line)
    return figure


def _images(count: int, kind: str = "") -> str:
    return " ".join(filter(None, (format_count(count), kind, "image" if count == 1 else "images")))


@lru_cache(maxsize=16)
def _spec(limit: float, theme: FigureTheme) -> dict[str, Any]:
    across = {
        "field": "difference",
        "type": "quantitative",
        "title": "accuracy of the first less that of the second, percentage points",
        "scale": {"domain": [-limit, limit], "nice": False},
        "axis": {"tickCount": 7},
    }
    tooltip = [
        {"field": field, "type": "quantitative", "title": title, "format": "+.2f"}
        for field, title in (("difference", "Difference, points"), ("low", "95 % interval from"), ("high", "to"))
    ]
    middle = {"datum": 0.35, "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": None}
    words = {"type": "text", "fontSize": 13, "baseline": "top", "color": theme.foreground}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 130,
        "layer": [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "strokeDash": [6, 4], "color": theme.muted, "strokeWidth": 1.5},
                "encoding": {"x": {"datum": 0}},
            },
            {
                "mark": {"type": "rule", "strokeWidth": 3, "color": theme.foreground},
                "encoding": {"x": {**across, "field": "low"}, "x2": {"field": "high"}, "y": middle, "tooltip": tooltip},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 160, "opacity": 1, "color": theme.first},
                "encoding": {"x": across, "y": middle, "tooltip": tooltip},
            },
            *(
                {
                    "data": {"values": [{"words": text}]},
                    "mark": {**words, "align": side},
                    "encoding": {"x": {"value": place}, "y": {"value": 4}, "text": {"field": "words"}},
                }
                for side, text, place in (("left", "◀ second is better", 0), ("right", "first is better ▶", {"expr": "width"}))
            ),
        ],
    }
