"""What each layer made of one image, drawn: rows of numbers as strips, maps as pictures, the answer as bars."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.activations import LayerInfo, format_value
from core.figures.chart import Chart
from core.figures.samples import DPI, build_sample_grid, draw_sample_grid
from core.figures.theme import FigureTheme, vega_config
from core.rates import format_percent

MAX_MAPS = 64
"""Maps drawn of one layer: more are too small to see anything in."""

_LINE = 32
"""Numbers in one line of a strip, where there are several."""

_MAP_COLUMNS = 10
_LEVELS = 255
"""Shades of the colour scale: odd, so that one of them is 0."""


def signed_scale(theme: FigureTheme) -> LinearSegmentedColormap:
    """The theme's second colour for what is below 0, the page's own for 0, its first for what is above."""
    return LinearSegmentedColormap.from_list("signed", [theme.second, theme.background, theme.first], N=_LEVELS)


def colour_values(values: NDArray[np.floating], extent: float, theme: FigureTheme) -> Images:
    """Numbers as colours, with a last axis of 3: the page's own for 0, the theme's first up to `extent`, its second down to -`extent`."""
    scale = signed_scale(theme)
    table = np.rint(255 * scale(np.linspace(0, 1, _LEVELS))[:, :3]).astype(np.uint8)
    shares = np.clip(values / extent, -1, 1)
    coloured: Images = table[np.rint((shares + 1) / 2 * (_LEVELS - 1)).astype(np.intp)]
    return coloured


def colour_maps(info: LayerInfo, theme: FigureTheme, first: int = 0, count: int = MAX_MAPS) -> Images:
    """Some of a layer's maps as colours, `uint8 (n, height, width, 3)`."""
    return colour_values(np.moveaxis(info.values, -1, 0)[first : first + count], info.extent, theme)


def draw_layer(info: LayerInfo, theme: FigureTheme) -> Figure:
    """The layer in matplotlib: maps in a grid, a strip, or bars."""
    if info.has_maps:
        return _draw_maps(info, theme)
    return _draw_bars(info, theme) if info.has_bars else _draw_strip(info, theme)


def _draw_maps(info: LayerInfo, theme: FigureTheme) -> Figure:
    """At most `MAX_MAPS`, each with its name; one that is 0 everywhere says so."""
    images = colour_maps(info, theme)
    names = [f"{label}: all 0" if silent else label for label, silent in zip(info.labels, info.is_silent, strict=True)]
    return draw_sample_grid(build_sample_grid(images, names[: len(images)], columns=_MAP_COLUMNS), theme)


def draw_map(info: LayerInfo, place: int, theme: FigureTheme) -> Figure:
    """One map large, with its rows and columns numbered and a scale."""
    figure = Figure(figsize=(4.6, 4), dpi=DPI, facecolor="none")
    # Fixed places: matplotlib's own layout would draw everything several times to find them.
    axes = figure.add_axes((0.08, 0.08, 0.74, 0.88))
    drawn = axes.imshow(info.values[..., place], cmap=signed_scale(theme), vmin=-info.extent, vmax=info.extent, interpolation="nearest")
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.85, 0.1, 0.035, 0.84)))
    bar.ax.set_ylim(-info.extent if info.is_signed else 0, info.extent)
    bar.outline.set_edgecolor(theme.line)
    for ax in (axes, bar.ax):
        ax.tick_params(colors=theme.muted, labelsize=8)
    axes.spines[:].set_color(theme.line)
    return figure


def _draw_strip(info: LayerInfo, theme: FigureTheme) -> Figure:
    lines = math.ceil(len(info.values) / _LINE)
    figure = Figure(figsize=(7.2, 0.8 + 0.22 * lines), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    padded = np.full(lines * _LINE, np.nan)
    padded[: len(info.values)] = info.values
    scale = signed_scale(theme)
    # With lines between the cells, so that one that is 0 is seen to be there.
    drawn = axes.pcolormesh(
        padded.reshape(lines, -1), cmap=scale, vmin=-info.extent, vmax=info.extent, edgecolors=theme.line, linewidth=0.4
    )
    zeros = np.flatnonzero(info.values == 0)
    axes.plot(zeros % _LINE + 0.5, zeros // _LINE + 0.5, ".", color=theme.muted, markersize=3)
    axes.invert_yaxis()
    axes.set_title(f"{info.title}: a dot marks an exact 0", color=theme.foreground, fontsize=11)
    axes.set_xticks([])
    axes.set_yticks(np.arange(lines) + 0.5, [str(_LINE * line + 1) for line in range(lines)], color=theme.muted, fontsize=7)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(drawn, ax=axes)
    bar.ax.tick_params(colors=theme.muted, labelsize=8)
    bar.ax.set_ylim(-info.extent if info.is_signed else 0, info.extent)
    return figure


def _draw_bars(info: LayerInfo, theme: FigureTheme) -> Figure:
    figure = Figure(figsize=(6, 0.7 + 0.3 * len(info.labels)), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    places = np.arange(len(info.labels))
    axes.barh(places, info.values, color=[theme.first if place == info.strongest else theme.muted for place in places])
    for place, value in enumerate(info.values):
        axes.text(float(value) + 0.01, place, format_percent(float(value)), va="center", color=theme.foreground, fontsize=9)
    # A dollar sign in a class name is no formula.
    axes.set_yticks(places, [label.replace("$", r"\$") for label in info.labels], color=theme.foreground)
    axes.set_xlim(0, 1.15)
    axes.set_xticks([])
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    return figure


def build_layer_chart(info: LayerInfo, theme: FigureTheme) -> Chart:
    """A strip, or the answer as bars in the order of the classes. Maps have no chart: see `draw_layer`."""
    places = np.arange(len(info.values))
    data = pd.DataFrame({"name": info.labels, "value": info.values, "best": places == info.strongest})
    if info.has_bars:
        texts = [format_percent(float(value)) for value in info.values]
        return Chart(_bar_spec(info, theme), data.assign(text=texts))
    texts = [format_value(float(value)) for value in info.values]
    return Chart(_strip_spec(info, theme), data.assign(column=places % _LINE, line=places // _LINE, text=texts))


def _strip_spec(info: LayerInfo, theme: FigureTheme) -> dict[str, Any]:
    axis = {"type": "ordinal", "axis": None, "scale": {"paddingInner": 0.08}}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 22 * math.ceil(len(info.labels) / _LINE),
        "encoding": {"x": {"field": "column", **axis}, "y": {"field": "line", **axis}},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": theme.line, "cornerRadius": 2},
                "encoding": {
                    "color": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": {
                            "domain": [-info.extent, 0, info.extent],
                            "range": [theme.second, theme.background, theme.first],
                            # As matplotlib mixes them: other ways lead through colours that are neither of the two.
                            "interpolate": "rgb",
                        },
                        "legend": None,
                    },
                    "tooltip": [{"field": "name", "title": info.noun.capitalize()}, {"field": "text", "title": "Value"}],
                },
            },
            {
                "transform": [{"filter": "datum.value === 0"}],
                "mark": {"type": "point", "filled": True, "size": 12, "color": theme.muted, "opacity": 1},
            },
        ],
    }


def _bar_spec(info: LayerInfo, theme: FigureTheme) -> dict[str, Any]:
    look = {"ticks": False, "domain": False, "labelColor": theme.foreground}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 22 * len(info.labels),
        "encoding": {
            "y": {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": look},
            "x": {"field": "value", "type": "quantitative", "scale": {"domain": [0, 1.15]}, "axis": None},
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.72}},
                "encoding": {"color": {"condition": {"test": "datum.best", "value": theme.first}, "value": theme.muted}},
            },
            {"mark": {"type": "text", "align": "left", "dx": 5}, "encoding": {"text": {"field": "text"}}},
        ],
    }
