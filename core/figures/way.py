"""The way of one number: input times weight, summed, plus the bias, through the activation, with the true numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.activations import name_step
from core.figures.numbers import format_count
from core.networks.activations import ACTIVATIONS
from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.plan import Shape, Step
from core.rates import format_percent

SHOWN = 10
"""Contributions in the table and in the bars: the largest."""

_SCALINGS = ("divide", "standardise_set", "standardise_pixel")
_IN_PLACE = ("image", *_SCALINGS, "channels", "flatten", "dropout", "batch_normalization")
"""Kinds of steps after which every number still belongs to one pixel of the image."""

_SAME_SHAPE = ("dropout", "batch_normalization")
_COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class WayInfo:
    """What one number is made of.

    Attributes:
        title: whose number it is, such as "unit 17 of 1. Dense, ReLU".
        activation: the title of the function at the end.
        inputs, weights: `float64`, `(height, width, channels)` where the inputs have places in an image or in maps, else `(n,)`.
        corner: row and column of the first input.
        sees_image: whether each input belongs to a pixel of the image.
        after: what the pixels have been through before, such as "the scaling"; empty unless `sees_image`.
        is_window: whether only a part of the image or the maps is looked at.
        pixels: `float64`, as `inputs`: the pixels as they are in the image, not a number where the window lies outside; None unless
            `sees_image`.
        bias, output: the bias, and the number as the network computed it.
        sums: of the softmax: what goes in for each class; otherwise empty.
    """

    title: str
    activation: str
    inputs: NDArray[np.float64]
    weights: NDArray[np.float64]
    corner: tuple[int, int]
    sees_image: bool
    after: tuple[str, ...]
    is_window: bool
    pixels: NDArray[np.float64] | None
    bias: float
    output: float
    sums: NDArray[np.float64]

    @property
    def products(self) -> NDArray[np.float64]:
        products: NDArray[np.float64] = self.inputs * self.weights
        return products

    @property
    def sum(self) -> float:
        """Of all products."""
        return float(self.products.sum())

    @property
    def before(self) -> float:
        """What goes into the activation."""
        return self.sum + self.bias

    @property
    def has_places(self) -> bool:
        return self.inputs.ndim == 3

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Of the last axis, where inputs have places: the colours of the image, or maps counted from 1."""
        count = self.inputs.shape[-1]
        return _COLOURS if self.sees_image and count == 3 else tuple(str(number + 1) for number in range(count))

    @property
    def main_channel(self) -> int:
        """The channel whose products are largest, all together."""
        return int(np.abs(self.products).sum(axis=(0, 1)).argmax())


def weighted_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The layers whose numbers come from weights, from the image to the output."""
    return tuple(step for step in steps if step.has_kernel)


def build_way(steps: Sequence[Step], name: str, label: str, found: Mapping[str, NDArray[Any]], image: Images) -> WayInfo:
    """Put the numbers of `core.predictions.way.follow_number` into their places.

    Args:
        steps: of the network, as `plan_layers` lists them.
        name: of the layer.
        label: what the unit is called, such as "unit 17".
        image: what the network was given.
    """
    place = next(place for place, step in enumerate(steps) if step.name == name)
    sees_image = all(step.kind in _IN_PLACE for step in steps[:place])
    is_window = steps[place].kind == "conv2d"
    shape = found["inputs"].shape if is_window else _places(steps[: place + 1])
    corner = (int(found["corner"][0]), int(found["corner"][1]))
    return WayInfo(
        title=f"{label} of {name_step(steps[place])}",
        activation=_activation(steps[place]),
        inputs=found["inputs"].astype(np.float64).reshape(shape),
        weights=found["weights"].astype(np.float64).reshape(shape),
        corner=corner,
        sees_image=sees_image,
        after=_name_changes(steps[:place]) if sees_image else (),
        is_window=is_window,
        pixels=_find_pixels(image, corner, shape) if sees_image else None,
        bias=float(found["bias"]),
        output=float(found["output"]),
        sums=found["sums"] if steps[place].kind == "output" else np.empty(0),
    )


def _places(steps: Sequence[Step]) -> Shape:
    """The shape that the inputs of the last of these steps had before they were put in a row: `(height, width, channels)` or `(n,)`."""
    shape = steps[-1].input_shape
    for step in reversed(steps[:-1]):
        if step.kind == "flatten" and len(step.input_shape) > 1:
            return (*step.input_shape, 1) if len(step.input_shape) == 2 else step.input_shape
        if step.kind not in (*_SAME_SHAPE, "flatten"):
            break
    return shape


def _name_changes(steps: Sequence[Step]) -> tuple[str, ...]:
    """The steps that give pixels other values, in words."""
    scaled = ("the scaling",) if any(step.kind in _SCALINGS for step in steps) else ()
    return (*scaled, *(step.layer.title for step in steps if step.layer and step.kind == "batch_normalization"))


def _activation(step: Step) -> str:
    return ACTIVATIONS[step.layer.activation].title if isinstance(step.layer, (DenseLayer, Conv2DLayer)) else "Softmax"


def _find_pixels(image: Images, corner: tuple[int, int], shape: Shape) -> NDArray[np.float64]:
    """The part of the image from this corner on, not a number outside of it."""
    found = np.full(shape, np.nan)
    whole = image.reshape(*image.shape[:2], -1)
    top, left = (max(start, 0) for start in corner)
    part = whole[top : corner[0] + shape[0], left : corner[1] + shape[1]]
    found[top - corner[0] :, left - corner[1] :][: part.shape[0], : part.shape[1]] = part
    return found


def format_number(value: float) -> str:
    """With three decimals, or two digits where those would all be zeros, and a real minus sign."""
    if value == 0:
        return "0"
    return (f"{value:,.3f}" if abs(value) >= 0.0005 else f"{value:.2g}").replace("-", "−")


def describe_way(info: WayInfo) -> str:
    """The whole sum in one line, such as "sum −12.312 + bias 0.421 = −11.891, through ReLU: 0"."""
    parts = (format_number(value) for value in (info.sum, info.bias, info.before, info.output))
    return "sum {} + bias {} = {}, through {activation}: {}".format(*parts, activation=info.activation)


def explain_way(info: WayInfo) -> str:
    """What was summed, which inputs did nothing, and what the activation does with it."""
    count, silent = info.inputs.size, int((info.products == 0).sum())
    words = f"{format_count(count)} inputs, each times its weight"
    words += f"; {format_count(silent)} of the products are 0." if silent else "."
    if info.sums.size:
        share = format_percent(info.output)
        words += (
            f" Softmax raises e to the power of each of the {format_count(info.sums.size)} sums: that of this class is {share} of all "
            "of them together. So a probability depends on the sums of all classes."
        )
    elif info.activation == "ReLU":
        words += " ReLU lets what is above 0 pass and turns the rest into 0."
    else:
        words += " " + next(f"{one.title}: {one.help}" for one in ACTIVATIONS.values() if one.title == info.activation)
    return words


def describe_inputs(info: WayInfo) -> str:
    """What the inputs are."""
    if info.sees_image:
        what = "the part of the image under its window" if info.is_window else "every pixel of the image"
        outside = info.pixels is not None and bool(np.isnan(info.pixels).any())
        edge = " Where the window reaches beyond the edge, the input is 0." if outside else ""
        how = f", as it is after {' and '.join(info.after)}" if info.after else ", as it comes"
        return f"It looks at {what}{how}.{edge}"
    if info.is_window:
        return f"It looks at a window over all {format_count(info.inputs.shape[-1])} maps of the layer before."
    if info.has_places:
        return "It looks at every number of all maps of the layer before, put in a row."
    return "It looks at every number of the layer before."


def way_table(info: WayInfo, count: int | None = None) -> pd.DataFrame:
    """The contributions, the largest first, either way; `count` of them or all."""
    products = info.products.ravel()
    order = np.argsort(-np.abs(products), kind="stable")[:count]
    table = {name: values[order] for name, values in _place_columns(info).items()}
    if info.pixels is not None:
        table["Pixel"] = np.array([_name_pixel(value) for value in info.pixels.ravel()[order]], dtype=object)
    numbers = {"Input": info.inputs.ravel()[order], "Weight": info.weights.ravel()[order], "Product": products[order]}
    return pd.DataFrame({**table, **numbers})


def _name_pixel(value: float) -> str:
    return "outside" if np.isnan(value) else f"{value:.0f}"


def way_rows(info: WayInfo, count: int) -> pd.DataFrame:
    """The same as text, for a page."""
    table = way_table(info, count)
    return table.assign(**{name: table[name].map(format_number) for name in ("Input", "Weight", "Product")}).astype(str)


def _place_columns(info: WayInfo) -> dict[str, NDArray[Any]]:
    """Where each input is; units and maps count from 1, rows and columns from 0."""
    if not info.has_places:
        return {"Unit": np.arange(info.inputs.size) + 1}
    rows, columns, channels = (index.ravel() for index in np.indices(info.inputs.shape))
    places: dict[str, NDArray[Any]] = {"Row": rows + info.corner[0], "Column": columns + info.corner[1]}
    if info.inputs.shape[-1] > 1:
        places["Colour" if info.sees_image else "Map"] = np.array(info.channel_names, dtype=object)[channels]
    return places


def name_places(table: pd.DataFrame) -> list[str]:
    """What each line of a `way_table` is about, in words: "row 3, column 7" or "unit 12"."""
    names = [name for name in ("Unit", "Row", "Column", "Map", "Colour") if name in table]
    return [
        ", ".join(str(value) if name == "Colour" else f"{name.lower()} {value}" for name, value in zip(names, line, strict=True))
        for line in table[names].itertuples(index=False)
    ]
