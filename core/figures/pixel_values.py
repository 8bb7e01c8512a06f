"""How often each pixel value occurs, before and after scaling: a chart of each, a table and a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.statistics import ValueSummary, summarise_values
from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.theme import OKABE_ITO, FigureTheme, vega_config
from core.rates import format_percent

_STEEP = 50
"""From how many times the middle share on the largest makes a logarithmic axis easier to read: below, the rest would hug the bottom."""

_DASHES: dict[str, list[int]] = {"grey": [1, 0], "red": [1, 0], "green": [7, 3], "blue": [2, 2]}


@dataclass(frozen=True)
class ChannelValues:
    """One line: the share, 0 to 1, of each value from 0 up, and the values in three numbers before and after scaling."""

    name: str
    shares: tuple[float, ...]
    before: ValueSummary
    after: ValueSummary


@dataclass(frozen=True)
class PixelValuesInfo:
    """All lines. `is_logarithmic` where one value, such as bare paper, is so common that the others would not be seen."""

    channels: tuple[ChannelValues, ...]
    max_value: int
    is_logarithmic: bool


def build_pixel_values(counts: NDArray[np.int64]) -> PixelValuesInfo:
    """`counts` are those of `core.datasets.statistics.count_values`: `(1, max_value + 1)` for grey, `(3, max_value + 1)` for colour."""
    max_value = counts.shape[1] - 1
    names = ("grey",) if len(counts) == 1 else ("red", "green", "blue")
    channels = [
        ChannelValues(name, tuple((row / row.sum()).tolist()), summarise_values(row), summarise_values(row, scale=max_value))
        for name, row in zip(names, counts, strict=True)
    ]
    shares = np.array([channel.shares for channel in channels])
    return PixelValuesInfo(tuple(channels), max_value, bool(shares.max() > _STEEP * np.median(shares)))


def build_pixel_value_chart(info: PixelValuesInfo, theme: FigureTheme, *, scaled: bool) -> Chart:
    """The shares of all values, at the values themselves or at what they are after scaling. Channels differ in colour and dash."""
    scale = info.max_value if scaled else 1
    rows = [
        (value / scale, share, channel.name)
        for channel in info.channels
        for value, share in enumerate(channel.shares)
        # A value that never occurs has no place on a logarithmic axis.
        if share > 0 or not info.is_logarithmic
    ]
    data = pd.DataFrame(rows, columns=["value", "share", "channel"])
    return Chart(_spec(info, theme, scaled), with_percents(data, "share", digits=3))


def pixel_values_table(info: PixelValuesInfo) -> pd.DataFrame:
    """Each channel before and after scaling, as text."""
    rows = [
        (f"{when}, {channel.name}" if len(info.channels) > 1 else when, ends, summary)
        for when, ends in (("Before scaling", f"0 to {info.max_value}"), ("After scaling", "0 to 1"))
        for channel in info.channels
        for summary in (channel.before if when == "Before scaling" else channel.after,)
    ]
    return pd.DataFrame(
        {
            "Values": [name for name, _, _ in rows],
            "Can be": [ends for _, ends, _ in rows],
            "Mean": [f"{summary.mean:.3f}" for _, _, summary in rows],
            "Standard deviation": [f"{summary.deviation:.3f}" for _, _, summary in rows],
            "Zeros": [format_percent(summary.zeros) for _, _, summary in rows],
        }
    )


def describe_pixel_values(info: PixelValuesInfo) -> str:
    """What the chart shows, in a sentence or two."""
    zeros = float(np.mean([channel.before.zeros for channel in info.channels]))
    means = ", ".join(f"{channel.before.mean:.1f}" + (f" ({channel.name})" if len(info.channels) > 1 else "") for channel in info.channels)
    axis = (
        "The axis of shares is logarithmic: each line upwards is ten times more." if info.is_logarithmic else "The axis of shares is plain."
    )
    return f"Of all pixel values, {format_percent(zeros)} are 0, the darkest. The mean value is {means} of {info.max_value}. {axis}"


def _spec(info: PixelValuesInfo, theme: FigureTheme, scaled: bool) -> dict[str, Any]:
    end = 1 if scaled else info.max_value
    colours = {"grey": theme.first, "red": theme.second, "green": OKABE_ITO["bluish green"], "blue": theme.first}
    names = [channel.name for channel in info.channels]
    legend = {"orient": "top", "symbolType": "stroke", "symbolSize": 400, "symbolStrokeWidth": 2} if len(names) > 1 else None

    def by_channel(values: dict[str, Any]) -> dict[str, Any]:
        scale = {"domain": names, "range": [values[name] for name in names]}
        return {"field": "channel", "type": "nominal", "title": None, "scale": scale, "legend": legend}

    powers = _powers_of_ten(info)
    logarithmic = {"type": "log", "nice": False, "domain": [powers[0], powers[-1]]}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 230,
        "mark": {"type": "line", "interpolate": "step", "strokeWidth": 1.8},
        "encoding": {
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": "value after scaling" if scaled else "pixel value",
                "scale": {"domain": [0, end], "nice": False},
                "axis": {"grid": False, "tickCount": 6},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "share of all pixel values",
                "scale": logarithmic if info.is_logarithmic else {"zero": True},
                # Of a logarithmic axis only the powers of ten: Vega's own lines between them would be all that one sees.
                "axis": {"format": "~%", "values": powers} if info.is_logarithmic else {"format": "~%", "tickCount": 5},
            },
            "color": by_channel(colours),
            "strokeDash": by_channel(_DASHES),
            "tooltip": [
                {"field": "channel", "title": "Channel"},
                {"field": "value", "title": "Value", "format": ".3~f"},
                percent_tooltip("share", "Share"),
            ],
        },
    }


def _powers_of_ten(info: PixelValuesInfo) -> list[float]:
    """From below the least share that is not 0 up to 1."""
    least = min(share for channel in info.channels for share in channel.shares if share > 0)
    return [10.0**power for power in range(math.floor(math.log10(least)), 1)]
