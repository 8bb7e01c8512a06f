"""The charts of learning curves: loss and accuracy. They only draw; `core.figures.curves` has the logic."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.curve_marks import mark_layers, mark_rows
from core.figures.curves import MAX_MARKED, TRAINING, VALIDATION, Across, CurvesInfo, Quantity, axis_range, read_value
from core.figures.theme import FigureTheme, chart_title, vega_config


def build_curve_chart(info: CurvesInfo, quantity: Quantity, theme: FigureTheme) -> Chart:
    """The chart of one quantity.

    Light lines follow the measurements within epochs; strong lines with a mark join the epochs' ends. Where curves are smoothed, the
    strong lines are the smoothed ones, and all measurements stay visible behind them. Training and validation differ
    in colour, dash and shape. The horizontal axis always spans the whole run, so nothing jumps while it fills.
    """
    ends = axis_range(info, quantity)
    return Chart(_curve_spec(info, quantity, ends, theme), _curve_data(info, quantity, ends))


def with_value_words(data: pd.DataFrame, quantity: Quantity) -> pd.DataFrame:
    """The same data, its column `value` in words as well where it is an accuracy: for `value_tooltip`."""
    return with_percents(data, "value", digits=2) if quantity == Quantity.ACCURACY else data


def value_tooltip(quantity: Quantity) -> dict[str, Any]:
    """The entry of a tooltip for the column `value` of data that has gone through `with_value_words`."""
    title = quantity.capitalize()
    if quantity == Quantity.ACCURACY:
        return percent_tooltip("value", title)
    return {"field": "value", "title": title, "type": "quantitative", "format": ".4f"}


def across_encoding(info_epochs: int, per_epoch: int, across: Across) -> dict[str, Any]:
    """The horizontal channel of a chart over a whole run, for data with a column `epoch` that `count_across` has gone over."""
    return {
        "field": "epoch",
        "type": "quantitative",
        "title": across.value,
        "scale": {"domain": [0, info_epochs * per_epoch if across == Across.STEPS else info_epochs], "nice": False},
        "axis": {"grid": False, "tickMinStep": 1, "tickCount": 10, "format": ",d", "labelOverlap": "greedy"},
    }


def count_across(data: pd.DataFrame, per_epoch: int, across: Across) -> pd.DataFrame:
    """The same data with its column `epoch` in what the horizontal axis counts."""
    return data.assign(epoch=data["epoch"] * per_epoch) if across == Across.STEPS else data


def _curve_data(info: CurvesInfo, quantity: Quantity, ends: tuple[float, float]) -> pd.DataFrame:
    low, high = ends
    # 0 has no place on a logarithmic axis, the only one whose lower end may be above it.
    least = low if quantity == Quantity.LOSS else 0.0
    data: dict[str, list[Any]] = {column: [] for column in ("epoch", "value", "series", "kind", "label")}
    for one in info.series:
        for kind, points in (("within", one.within), ("end", one.ends), ("smoothed", one.smoothed)):
            shown = [point for point in points if read_value(point, quantity) >= least]
            data["epoch"] += [point.epoch for point in shown]
            data["value"] += [read_value(point, quantity) for point in shown]
            data["series"] += [one.name] * len(shown)
            data["kind"] += [kind] * len(shown)
            data["label"] += [""] * len(shown)
    for row in mark_rows(info.marks, high):
        for column, value in row.items():
            data[column].append(value)
    return count_across(with_value_words(pd.DataFrame(data), quantity), info.per_epoch, info.view.across)


def _curve_spec(info: CurvesInfo, quantity: Quantity, ends: tuple[float, float], theme: FigureTheme) -> dict[str, Any]:
    low, high = ends
    is_log = quantity == Quantity.LOSS and info.view.log_loss
    up = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [low, high], "nice": False, "type": "log" if is_log else "linear"},
        "axis": {
            "format": "~%" if quantity == Quantity.ACCURACY else ",~r",
            **({"values": _log_ticks(low, high)} if is_log else {"tickCount": 5}),
        },
    }
    title = f"{quantity.capitalize()} (log scale)" if is_log else quantity.capitalize()
    subtitle = info.loss if quantity == Quantity.LOSS else "share of the images read right"
    return {
        "config": vega_config(theme),
        "title": chart_title(title, subtitle, theme),
        "width": "container",
        "height": 280,
        "encoding": {
            "x": across_encoding(info.epochs, info.per_epoch, info.view.across),
            "y": up,
            "color": _by_series(theme.first, theme.second),
        },
        "layer": [*_curve_layers(info, quantity), *mark_layers(theme)],
    }


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten, and where those are few, twice and five times as much as well. Vega's own would be a dense grid."""
    factors = (1, 2, 5) if high <= 100 * low else (1,)
    decades = range(round(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick for decade in decades for factor in factors if low * 0.999 <= (tick := float(f"{factor}e{decade}")) <= high * 1.001]


def _curve_layers(info: CurvesInfo, quantity: Quantity) -> list[dict[str, Any]]:
    """Light lines of what was measured, strong ones of what to look at, and a mark on each end, small where there is no room for more."""
    is_within, is_end, is_smoothed = ([{"filter": f"datum.kind === '{kind}'"}] for kind in ("within", "end", "smoothed"))
    by_steps = info.view.across == Across.STEPS
    tooltip = [
        {"field": "series", "title": "Images"},
        {"field": "epoch", "title": info.view.across.capitalize(), "type": "quantitative", "format": ",d" if by_steps else ".1f"},
        value_tooltip(quantity),
    ]
    light = {"type": "line", "strokeWidth": 1.3, "opacity": 0.45, "clip": True}
    return [
        {"transform": is_within, "mark": light},
        *([{"transform": is_end, "mark": light}] if info.view.is_smoothed else []),
        {
            "transform": is_smoothed if info.view.is_smoothed else is_end,
            "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
            "encoding": {"strokeDash": _by_series([1, 0], [6, 4])},
        },
        {
            "transform": is_end,
            "mark": {"type": "point", "filled": True, "size": 50 if info.epochs <= MAX_MARKED else 14, "opacity": 1, "clip": True},
            "encoding": {"shape": _by_series("circle", "diamond"), "tooltip": tooltip},
        },
    ]


def _by_series(training: object, validation: object) -> dict[str, Any]:
    """A channel that tells the two series apart. All such channels share one legend, which shows colour and shape."""
    return {
        "field": "series",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [TRAINING, VALIDATION], "range": [training, validation]},
        # A dashed outline around the legend's symbols would only fray them.
        "legend": {"orient": "top", "symbolOpacity": 1, "symbolSize": 90, "symbolStrokeWidth": 0},
    }
