"""What each layer made of one image, in numbers and words. `activation_pictures` draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.figures.numbers import format_count
from core.networks.activations import ACTIVATIONS
from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.plan import Step
from core.rates import format_percent

MAX_BARS = 40
"""Classes up to which the answer is drawn as bars; more of them as a strip."""

_UNCHANGED = ("image", "channels", "flatten", "dropout")
"""Kinds of steps that change no number of an answer: they are not shown."""

_COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class LayerInfo:
    """One layer and its numbers for one image.

    Attributes:
        name: as in `core.networks.plan`.
        title: what a page calls it, hidden layers with their place as in Build.
        noun: what one unit or map is called.
        labels: the name of each unit or map; units and filters count from 1.
        values: `float32`, `(n,)` or `(height, width, n)`.
    """

    name: str
    title: str
    noun: str
    labels: tuple[str, ...]
    values: NDArray[np.float32]

    @property
    def has_maps(self) -> bool:
        return self.values.ndim == 3

    @property
    def is_answer(self) -> bool:
        return self.noun == "class"

    @property
    def has_bars(self) -> bool:
        return self.is_answer and len(self.labels) <= MAX_BARS

    @property
    def is_signed(self) -> bool:
        return bool(self.values.min() < 0)

    @property
    def extent(self) -> float:
        """The size of number that gets the full colour; 1 where all are 0."""
        return float(np.abs(self.values).max()) or 1.0

    @property
    def is_silent(self) -> NDArray[np.bool_]:
        """Of each unit, or map: whether it is 0 (everywhere)."""
        silent: NDArray[np.bool_] = np.all(self.values == 0, axis=tuple(range(self.values.ndim - 1)))
        return silent

    @property
    def strength(self) -> NDArray[np.float32]:
        """Of each unit its size, of each map its mean size."""
        strength: NDArray[np.float32] = np.abs(self.values).mean(axis=tuple(range(self.values.ndim - 1)))
        return strength

    @property
    def strongest(self) -> int:
        return int(self.strength.argmax())


def build_layers(steps: Sequence[Step], found: Mapping[str, NDArray[np.float32]], class_names: Sequence[str]) -> tuple[LayerInfo, ...]:
    """The layers that change numbers, from the image to the answer.

    Args:
        steps: of the network, as `plan_layers` lists them.
        found: what `core.predictions.activations.activations` gave.
    """
    return tuple(_build(step, found[step.name], class_names) for step in steps if step.kind not in _UNCHANGED)


def name_step(step: Step) -> str:
    """A layer's title, such as "2. Conv2D, ReLU"."""
    if step.kind == "output":
        return "Output, softmax"
    if step.layer is None:
        return "Scaled image"
    title = f"{(step.place or 0) + 1}. {step.layer.title}"
    return f"{title}, {ACTIVATIONS[step.layer.activation].title}" if isinstance(step.layer, (DenseLayer, Conv2DLayer)) else title


def _build(step: Step, values: NDArray[np.float32], class_names: Sequence[str]) -> LayerInfo:
    values = values[..., None] if values.ndim == 2 else values
    labels = tuple(str(number + 1) for number in range(values.shape[-1]))
    if step.layer is None and step.kind != "output":
        labels = _COLOURS if values.shape[-1] == 3 else ("grey",)
    if step.kind == "output":
        labels = tuple(class_names)
    noun = {"output": "class", "conv2d": "filter", "dense": "unit"}.get(step.kind, "map" if values.ndim == 3 else "unit")
    return LayerInfo(step.name, name_step(step), noun, labels, values)


def format_value(value: float) -> str:
    """A number of a layer: three digits, with a real minus sign."""
    return f"{value:.3g}".replace("-", "−")


def describe_layer(info: LayerInfo) -> str:
    """Shape, range, zeros and the strongest, in a few sentences."""
    if info.is_answer:
        best, share = info.labels[info.strongest], format_percent(float(info.values.max()))
        return f"{format_count(len(info.labels))} probabilities, which add up to 1. The highest is that of {best}, {share}."
    low, high = (format_value(float(end)) for end in (info.values.min(), info.values.max()))
    plural = "s" if len(info.labels) != 1 else ""
    what = f"{format_count(len(info.labels))} map{plural} of {info.values.shape[0]} x {info.values.shape[1]}" if info.has_maps else ""
    what = f"{what} numbers" if info.has_maps else f"{format_count(info.values.size)} number{plural}"
    return " ".join(filter(None, [f"{what}, from {low} to {high}.", _describe_zeros(info), _describe_strongest(info)]))


def _describe_zeros(info: LayerInfo) -> str:
    zeros, silent = int((info.values == 0).sum()), int(info.is_silent.sum())
    count = f"{format_count(zeros)} of {format_count(info.values.size)} ({format_percent(zeros / info.values.size)})"
    if not info.has_maps:
        return f"{count} are exactly 0: for this image they say nothing." if zeros else "None is exactly 0."
    if not zeros:
        return "None is exactly 0."
    return f"{count} are exactly 0" + (f", and {silent} map{'s are' if silent != 1 else ' is'} 0 everywhere." if silent else ".")


def _describe_strongest(info: LayerInfo) -> str:
    if len(info.labels) == 1 or info.is_silent.all():
        return ""
    place = info.strongest
    if info.has_maps:
        return f"The strongest is {info.noun} {info.labels[place]}, with a mean size of {format_value(float(info.strength[place]))}."
    return f"The strongest is {info.noun} {info.labels[place]}, with {format_value(float(info.values[place]))}."


def describe_map(info: LayerInfo, place: int) -> str:
    """One map in numbers, such as "Filter 5: from 0 to 3.1, the largest at row 12, column 7."."""
    values = info.values[..., place]
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    low, high = (format_value(float(end)) for end in (values.min(), values.max()))
    name = f"{info.noun.capitalize()} {info.labels[place]}" if len(info.labels) > 1 else "All of it"
    return (
        f"{name}: 0 everywhere." if info.is_silent[place] else f"{name}: from {low} to {high}, the largest at row {row}, column {column}."
    )


def describe_colours(info: LayerInfo) -> str:
    """How to read the colours of a strip or of maps."""
    ends = f"{'blue is positive, orange negative' if info.is_signed else 'blue is positive'}, full colour is {format_value(info.extent)}"
    return f"The page's own colour is 0, {ends}."


def layer_table(info: LayerInfo) -> pd.DataFrame:
    """Each unit with its number; of maps, each with its smallest, mean and largest number and its share of zeros."""
    heading = info.noun.capitalize()
    if not info.has_maps:
        return pd.DataFrame({heading: info.labels, "Value": info.values})
    flat = info.values.reshape(-1, len(info.labels))
    sizes = {"Smallest": flat.min(axis=0), "Mean": flat.mean(axis=0), "Largest": flat.max(axis=0)}
    return pd.DataFrame({heading: info.labels, **sizes, "Zeros (%)": 100 * (flat == 0).mean(axis=0)})


def values_table(info: LayerInfo) -> pd.DataFrame:
    """Every number with its place, for a file."""
    if not info.has_maps:
        return layer_table(info)
    rows, columns, maps = (index.ravel() for index in np.indices(info.values.shape))
    names = np.array(info.labels, dtype=object)[maps]
    return pd.DataFrame({info.noun.capitalize(): names, "Row": rows, "Column": columns, "Value": info.values.ravel()})
