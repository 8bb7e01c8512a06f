"""Gradient, activation and dead units by layer: where learning gets through, and where it does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.theme import FigureTheme, vega_config
from core.ranking import find_equals, list_names
from core.rates import format_percent
from core.training.events import LayerHealth

TIMES = 100.0
"""How many times smaller or larger than the last layer's the first layer's gradient has to be for it to be said.

Between healthy layers of different width a factor of ten or twenty is usual.
"""

MANY_DEAD = 0.5
"""The share of dead units from which on a layer has lost most of what it could do."""

GRADIENT, ACTIVATION = "Gradient", "Activation"

_ROW, _AROUND = 30, 95
"""Pixels of a layer; of title, legend and axis together."""


def describe_gradients(layers: Sequence[LayerHealth]) -> str:
    """Whether the gradient reaches the first layer, in words and numbers."""
    still = [layer.name for layer in layers if layer.gradient == 0]
    if still:
        return f"No gradient reaches {_join(still)}: {'it does' if len(still) == 1 else 'they do'} not learn at all."
    if len(layers) == 1:
        return "There is only one layer with weights, so the gradient has nothing to pass through."
    first, last = layers[0], layers[-1]
    ratio = first.gradient / last.gradient
    if ratio <= 1 / TIMES:
        return (
            f"The gradient of the first layer, {first.name}, is {1 / ratio:,.0f} times smaller than that of the last: it hardly learns. "
            "Gradients vanish on their way back; ReLU, batch normalisation or fewer layers help."
        )
    if ratio >= TIMES:
        return (
            f"The gradient of the first layer, {first.name}, is {ratio:,.0f} times larger than that of the last: gradients grow on their "
            "way back. A gradient limit or a smaller learning rate helps."
        )
    how = f"{1 / ratio:.1f} times smaller" if ratio < 1 else f"{ratio:.1f} times larger"
    return f"The gradient of the first layer is {how} than that of the last: it reaches all layers."


def describe_dead(layers: Sequence[LayerHealth], images: int) -> str:
    """Which layers have many dead units; `images` is how many they were tried on."""
    many = [f"{layer.name} ({format_percent(layer.dead, 0)})" for layer in layers if layer.dead > MANY_DEAD]
    if many:
        return (
            f"More than half of the units of {_join(many)} are dead: they gave 0 for every one of {images} training images, and learn "
            "nothing from them. A smaller learning rate, or LeakyReLU, keeps units alive."
        )
    worst = find_equals(layers, lambda layer: layer.dead)
    if worst[0].dead:
        names = list_names([layer.name for layer in worst])
        return (
            f"Of the units of {names}, {format_percent(worst[0].dead, 0)} gave 0 for every one of {images} training images; few are usual."
        )
    return f"No unit is dead: each gave something for at least one of {images} training images."


def layers_table(layers: Sequence[LayerHealth]) -> pd.DataFrame:
    """The same as text, from the image to the output."""
    return pd.DataFrame(
        {
            "Layer": [layer.name for layer in layers],
            "Gradient": [f"{layer.gradient:.2g}" for layer in layers],
            "Weight": [f"{layer.weight:.2g}" for layer in layers],
            "Activation": [f"{layer.activation:.2g}" for layer in layers],
            "Dead units": [format_percent(layer.dead) for layer in layers],
        }
    )


def build_size_chart(layers: Sequence[LayerHealth], theme: FigureTheme) -> Chart:
    """Gradient and activation of each layer on one logarithmic axis. What is 0 has no place there and is left out."""
    rows = [
        {"layer": layer.name, "quantity": name, "value": value}
        for layer in layers
        for name, value in ((GRADIENT, layer.gradient), (ACTIVATION, layer.activation))
        if value > 0
    ]
    powers = _powers([layer.gradient for layer in layers] + [layer.activation for layer in layers])
    both = {"field": "quantity", "type": "nominal", "title": None}
    domain = [GRADIENT, ACTIVATION]
    encoding = {
        "x": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "scale": {"type": "log", "domain": [powers[0], powers[-1]], "nice": False},
            "axis": {"format": "~e", "values": powers, "labelOverlap": "greedy"},
        },
        "y": _by_layer(layers),
        "color": {**both, "scale": {"domain": domain, "range": [theme.first, theme.second]}, "legend": {"orient": "top"}},
        "shape": {**both, "scale": {"domain": domain, "range": ["circle", "diamond"]}},
        "tooltip": [
            {"field": "layer", "title": "Layer"},
            {"field": "quantity", "title": "What"},
            {"field": "value", "title": "Size", "format": ".3g"},
        ],
    }
    mark = {"type": "point", "filled": True, "size": 110, "opacity": 1}
    return Chart(
        {**_frame("Gradient and activation", layers, theme), "mark": mark, "encoding": encoding},
        pd.DataFrame(rows, columns=["layer", "quantity", "value"]),
    )


def build_dead_chart(layers: Sequence[LayerHealth], theme: FigureTheme) -> Chart:
    """The share of dead units of each layer, from 0 to all, and where most are."""
    share = {
        "field": "dead",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1]},
    }
    tooltip = [{"field": "layer", "title": "Layer"}, percent_tooltip("dead", "Dead units")]
    bars = {
        "mark": {"type": "bar", "height": 12, "color": theme.second},
        "encoding": {"y": _by_layer(layers), "x": share, "tooltip": tooltip},
    }
    limit = {"mark": {"type": "rule", "strokeDash": [4, 3], "color": theme.muted}, "encoding": {"x": {"datum": MANY_DEAD}}}
    data = pd.DataFrame({"layer": [layer.name for layer in layers], "dead": [layer.dead for layer in layers]})
    return Chart({**_frame("Dead units", layers, theme), "layer": [bars, limit]}, with_percents(data, "dead"))


def _frame(title: str, layers: Sequence[LayerHealth], theme: FigureTheme) -> dict[str, Any]:
    return {
        "config": vega_config(theme),
        "title": {"text": title, "anchor": "start", "color": theme.foreground, "fontSize": 14, "fontWeight": 600},
        "width": "container",
        "height": _ROW * len(layers) + _AROUND,
    }


def _by_layer(layers: Sequence[LayerHealth]) -> dict[str, Any]:
    """The layers from top to bottom, all of them also where one has nothing to show."""
    return {
        "field": "layer",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [layer.name for layer in layers]},
        "axis": {"grid": True},
    }


def _powers(values: Sequence[float]) -> list[float]:
    """The powers of ten from below the smallest value above 0 to above the largest; at least two."""
    sizes = [math.log10(value) for value in values if value > 0] or [0.0]
    low = math.floor(min(sizes))
    return [10.0**power for power in range(low, max(math.ceil(max(sizes)), low + 1) + 1)]


def _join(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
