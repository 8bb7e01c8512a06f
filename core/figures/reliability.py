"""The reliability diagram: how sure a network says it is, and how often it is right then."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.numbers import format_count
from core.figures.samples import DPI
from core.figures.theme import FigureTheme, vega_config
from core.predictions.calibration import COLDEST, HOTTEST, Reliability, ReliabilityBin, Temperature
from core.rates import format_percent, format_range

CHOSEN_BIN = "bin"
"""The name of the chart's selection: a list of one `{"number": ...}` after a click on a bin."""

_SAYS, _RIGHT = "how sure it says it is", "how often it is right"

_NO_CHANGE = 0.005
"""How near to 1 a temperature may be and still do nothing worth a word."""


def describe_bin(one: ReliabilityBin) -> str:
    """Such as "86.7 to 93.3 %"."""
    return format_range(one.low, one.high)


def describe_reliability(reliability: Reliability, kind: str) -> str:
    """Whether it is too sure, in a sentence. `kind` is what to call the images, such as "test"."""
    low, high = reliability.accuracy_interval
    confidence = reliability.confidence
    verdict = "too sure" if confidence > high else "not sure enough" if confidence < low else "about as sure as it should be"
    return (
        f"On {format_count(reliability.count)} {kind} images it says {format_percent(confidence)} on average "
        f"and is right in {format_percent(reliability.accuracy)} of the cases: {verdict}."
    )


def describe_error(reliability: Reliability) -> str:
    """The calibration error, what luck alone would make of it, and the largest gap that luck does not explain, in two sentences."""
    words = (
        f"What it says is {_points(reliability.error)} away from how often it is right, on average over the bins; on so many images, luck "
        f"alone would show about {_points(reliability.expected_by_luck)}. "
    )
    if not reliability.clear_gaps:
        return f"{words}No bin has a gap that luck could not have made: each holds too few images, or its gap is too small."
    worst = max(reliability.clear_gaps, key=lambda one: abs(one.gap))
    images = "1 image" if worst.count == 1 else f"{format_count(worst.count)} images"
    return f"{words}The largest gap that is hardly luck is {_points(abs(worst.gap))}, in the bin of {describe_bin(worst)} ({images})."


def describe_temperature(temperature: Temperature) -> str:
    """What dividing by it does, and what it was fitted on."""
    value = temperature.value
    effect = "less sure" if value > 1 + _NO_CHANGE else "surer" if value < 1 - _NO_CHANGE else "neither surer nor less sure"
    words = (
        f"Before the last softmax, what the network has added up for each class is divided by {value:.2f}: that makes it {effect}, and "
        "changes no answer, so that the accuracy stays. It is the number with the least cross-entropy on "
        f"{format_count(temperature.images)} validation images: {temperature.loss_after:.4f}, and {temperature.loss_before:.4f} without it."
    )
    if not 1.01 * COLDEST < value < HOTTEST / 1.01:
        words += " It is the end of the range that is looked through: this network's probabilities say next to nothing."
    return words


def reliability_table(reliability: Reliability) -> pd.DataFrame:
    """One row for each bin that holds images, as text."""
    bins = reliability.bins
    return pd.DataFrame(
        {
            "Says": [describe_bin(one) for one in bins],
            "Images": [format_count(one.count) for one in bins],
            "Says on average": [format_percent(one.confidence) for one in bins],
            "Is right in": [format_percent(one.accuracy) for one in bins],
            "95 % interval": [format_range(*one.interval) for one in bins],
            "Too sure by": [f"{one.gap * 100:+.1f} points" for one in bins],
        }
    )


def reliability_data(reliability: Reliability) -> pd.DataFrame:
    """The same as numbers, shares from 0 to 1: what the chart is drawn from."""
    rows = [
        (one.number, one.low, one.high, one.count, one.right, one.confidence, one.accuracy, *one.interval, one.gap)
        for one in reliability.bins
    ]
    columns = ["number", "low", "high", "count", "right", "confidence", "accuracy", "interval_low", "interval_high", "gap"]
    return pd.DataFrame(rows, columns=columns)


def build_reliability_chart(reliability: Reliability, theme: FigureTheme, chosen: int | None = None) -> Chart:
    """Bars of accuracy over the bins, dots at mean confidence and accuracy with 95 % intervals, and a diagonal on which they should lie.

    Each bin can be clicked in its full height. The `chosen` one, by its number, gets an outline.
    """
    data = with_percents(reliability_data(reliability), "confidence", "accuracy", "interval_low", "interval_high")
    return Chart(_spec(theme), data.assign(chosen=data["number"] == (-1 if chosen is None else chosen)))


def draw_reliability(reliability: Reliability, theme: FigureTheme, title: str) -> Figure:
    """The same in matplotlib, for a file."""
    figure = Figure(figsize=(5.4, 4.8), dpi=DPI, facecolor="none")
    axes = figure.add_axes((0.13, 0.12, 0.84, 0.79), facecolor="none")
    axes.plot((0, 1), (0, 1), color=theme.muted, linewidth=1.2, linestyle="--")
    for one in reliability.bins:
        low, high = one.interval
        width = one.high - one.low
        axes.bar(one.low, one.accuracy, width, align="edge", color=theme.first, alpha=0.4, edgecolor=theme.first, linewidth=0.6)
        axes.plot((one.confidence, one.confidence), (low, high), color=theme.foreground, linewidth=1.4)
        axes.plot(one.confidence, one.accuracy, "o", color=theme.second, markersize=5)
        axes.text(
            one.low + 0.25 * width,
            0.015,
            format_count(one.count),
            color=theme.foreground,
            fontsize=7,
            rotation=90,
            ha="center",
            va="bottom",
        )
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_title(title, color=theme.foreground, fontsize=12, pad=8)
    axes.set_xlabel(_SAYS, color=theme.muted)
    axes.set_ylabel(_RIGHT, color=theme.muted)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:.0%}")
    axes.tick_params(colors=theme.muted, labelsize=9)
    axes.spines[:].set_color(theme.line)
    return figure


def _points(share: float) -> str:
    return f"{share * 100:.1f} points"


@lru_cache(maxsize=4)
def _spec(theme: FigureTheme) -> dict[str, Any]:
    def axis(field: str, title: str) -> dict[str, Any]:
        ticks = {"format": "~%", "tickCount": 6}
        return {"field": field, "type": "quantitative", "title": title, "scale": {"domain": [0, 1], "nice": False}, "axis": ticks}

    says, right = axis("low", _SAYS), axis("accuracy", _RIGHT)
    whole_bin = {"x": says, "x2": {"field": "high"}}
    at_mean = {"x": {**says, "field": "confidence"}}
    tooltip = [
        {"field": "count", "type": "quantitative", "title": "Images", "format": ","},
        percent_tooltip("confidence", "Says on average"),
        percent_tooltip("accuracy", "Is right in"),
        percent_tooltip("interval_low", "95 % interval from"),
        percent_tooltip("interval_high", "to"),
    ]
    ends = {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}
    dashed = {"type": "line", "strokeDash": [6, 4], "color": theme.muted, "strokeWidth": 1.5}
    count = {"type": "text", "angle": 270, "align": "left", "baseline": "middle", "dx": 4, "fontSize": 10, "color": theme.foreground}
    outline = {"condition": {"test": "datum.chosen", "value": theme.second}, "value": "transparent"}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 320,
        "layer": [
            {
                "mark": {"type": "rect", "fill": theme.first, "fillOpacity": 0.4, "stroke": theme.first, "strokeWidth": 0.6},
                "encoding": {**whole_bin, "y": right, "y2": {"datum": 0}},
            },
            {
                "mark": count,
                # Beside the middle, where the interval stands.
                "transform": [{"calculate": "0.8 * datum.low + 0.2 * datum.high", "as": "place"}],
                "encoding": {"x": {**says, "field": "place"}, "y": {"datum": 0}, "text": {"field": "count", "format": ","}},
            },
            {"data": ends, "mark": dashed, "encoding": {"x": {**says, "field": "x"}, "y": {**right, "field": "y"}}},
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": theme.foreground},
                "encoding": {**at_mean, "y": {**right, "field": "interval_low"}, "y2": {"field": "interval_high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, "color": theme.second},
                "encoding": {**at_mean, "y": right},
            },
            {
                # Over all others and as high as the chart, so that a bin can be hit whose bar has no height.
                "params": [{"name": CHOSEN_BIN, "select": {"type": "point", "fields": ["number"]}}],
                "mark": {"type": "rect", "fill": "transparent", "strokeWidth": 2, "cursor": "pointer"},
                "encoding": {**whole_bin, "y": {"datum": 1}, "y2": {"datum": 0}, "stroke": outline, "tooltip": tooltip},
            },
        ],
    }
