"""The way of one number, drawn: input, weight and product as pictures, the largest contributions as bars."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from core.figures.activation_pictures import signed_scale
from core.figures.chart import Chart
from core.figures.samples import DPI
from core.figures.theme import FigureTheme, vega_config
from core.figures.way import SHOWN, WayInfo, format_number, name_places, way_table

_WRITTEN = 49
"""Numbers up to which a picture has them written into its cells."""


class Part(StrEnum):
    """The three pictures of the sum."""

    INPUT = "Input"
    WEIGHT = "times weight"
    PRODUCT = "is the product"


def draw_part(info: WayInfo, part: Part, channel: int, theme: FigureTheme) -> Figure:
    """One of the three pictures, with a scale. `channel` is a place on the last axis of the inputs."""
    figure = Figure(figsize=(3.6, 3.4), dpi=DPI, facecolor="none")
    _draw(figure, 0.0, 1.0, info, part, channel, theme)
    return figure


def draw_way(info: WayInfo, channel: int, theme: FigureTheme) -> Figure:
    """All three side by side."""
    figure = Figure(figsize=(10.8, 3.4), dpi=DPI, facecolor="none")
    for place, part in enumerate(Part):
        _draw(figure, place / 3, 1 / 3, info, part, channel, theme)
    return figure


def _draw(figure: Figure, left: float, width: float, info: WayInfo, part: Part, channel: int, theme: FigureTheme) -> None:
    values = _values(info, part)[..., channel]
    # Fixed places: matplotlib's own layout would draw everything several times to find them.
    axes = figure.add_axes((left + 0.1 * width, 0.09, 0.68 * width, 0.8))
    # All channels of a part have one scale.
    whole = np.abs(_values(info, part)).max() or 1.0
    top, left_edge = info.corner
    edges = (left_edge - 0.5, left_edge + values.shape[1] - 0.5, top + values.shape[0] - 0.5, top - 0.5)
    scale: dict[str, Any] = {"cmap": signed_scale(theme), "vmin": -whole, "vmax": whole}
    if part == Part.INPUT and info.inputs.min() >= 0:
        scale = {"cmap": "gray", "vmin": 0, "vmax": whole}
    drawn = axes.imshow(values, extent=edges, interpolation="nearest", **scale)
    # Not as the axes' title, whose place matplotlib measures all else for; and few ticks: each costs as much as the picture.
    figure.text(left + 0.44 * width, 0.93, part.value, color=theme.foreground, fontsize=12, ha="center")
    if values.size <= _WRITTEN:
        _write(axes, values, info.corner, whole if part == Part.INPUT and info.inputs.min() >= 0 else None, theme)
    ticks = [scale["vmin"], 0, whole] if scale["vmin"] else [0, whole]
    place = (left + 0.81 * width, 0.15, 0.035 * width, 0.68)
    bar = figure.colorbar(drawn, cax=figure.add_axes(place), ticks=ticks, format="{x:.2g}")
    bar.outline.set_edgecolor(theme.line)
    for ax in (axes, bar.ax):
        ax.tick_params(colors=theme.muted, labelsize=8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, integer=True))
    axes.spines[:].set_color(theme.line)


def _values(info: WayInfo, part: Part) -> NDArray[np.float64]:
    return {Part.INPUT: info.inputs, Part.WEIGHT: info.weights, Part.PRODUCT: info.products}[part]


def _write(axes: Any, values: NDArray[np.float64], corner: tuple[int, int], brightest: float | None, theme: FigureTheme) -> None:
    """The numbers in their cells. On grey, from black to white, letters have to change with it."""
    for (row, column), value in np.ndenumerate(values):
        colour = theme.foreground if brightest is None else ("black" if value > brightest / 2 else "white")
        size = 8 if len(values) <= 5 else 6
        axes.text(column + corner[1], row + corner[0], _short(value), ha="center", va="center", color=colour, fontsize=size)


def _short(value: float) -> str:
    """With two decimals, and no sign where those are zeros."""
    text = f"{value:.2f}".replace("-", "−")
    return "0.00" if text == "−0.00" else text


def build_contribution_chart(info: WayInfo, theme: FigureTheme) -> Chart:
    """Bars of the largest contributions, to the right what adds, to the left what takes away, with the product written out."""
    table = way_table(info, SHOWN)
    data = table[["Product"]].rename(columns={"Product": "product"}).assign(name=name_places(table), text=_write_out(info))
    low, high = min(data["product"].min(), 0.0), max(data["product"].max(), 0.0)
    # Room on the right for what is written beside the bars.
    return Chart(_contribution_spec(len(data), (low, high + 0.45 * ((high - low) or 1.0)), theme), data)


def draw_contributions(info: WayInfo, theme: FigureTheme) -> Figure:
    """The same bars in matplotlib."""
    table = way_table(info, SHOWN)
    products = table["Product"].to_numpy()
    figure = Figure(figsize=(7, 0.8 + 0.34 * len(table)), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    axes.barh(np.arange(len(table)), products, color=[theme.first if value >= 0 else theme.second for value in products])
    for place, (value, text) in enumerate(zip(products, _write_out(info), strict=True)):
        axes.annotate(text, (max(value, 0), place), (6, 0), textcoords="offset points", va="center", color=theme.foreground, fontsize=8)
    axes.axvline(0, color=theme.muted, linewidth=0.8)
    axes.set_yticks(np.arange(len(table)), name_places(table), color=theme.foreground)
    axes.invert_yaxis()
    axes.margins(x=0.35)
    axes.tick_params(colors=theme.muted, labelsize=9)
    axes.spines[:].set_visible(False)
    return figure


def _write_out(info: WayInfo) -> list[str]:
    table = way_table(info, SHOWN)
    lines = zip(table["Input"], table["Weight"], table["Product"], strict=True)
    return [f"{format_number(value)} x {format_number(weight)} = {format_number(product)}" for value, weight, product in lines]


def _contribution_spec(bars: int, domain: tuple[float, float], theme: FigureTheme) -> dict[str, Any]:
    look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelLimit": 180}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 26 * bars,
        "encoding": {"y": {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": look}},
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.7}},
                "encoding": {
                    "x": {"field": "product", "type": "quantitative", "title": "product", "scale": {"domain": list(domain), "nice": False}},
                    "color": {"condition": {"test": "datum.product >= 0", "value": theme.first}, "value": theme.second},
                },
            },
            {
                # Always on the right: to the left of a bar stand the names.
                "transform": [{"calculate": "max(datum.product, 0)", "as": "end"}],
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {"x": {"field": "end", "type": "quantitative"}, "text": {"field": "text"}},
            },
        ],
    }
