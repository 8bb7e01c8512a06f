"""The layers that a spec becomes, in order, with their names and shapes. No TensorFlow.

Building in Keras and explaining on a page both follow this one list, so they can't disagree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import Problem, SpecError
from core.networks.layers import (
    AveragePoolingLayer,
    Conv2DLayer,
    DenseLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    Layer,
    MaxPoolingLayer,
)
from core.networks.spec import TrainingSpec

Shape = tuple[int, ...]

PoolingLayer = MaxPoolingLayer | AveragePoolingLayer

NEEDS_IMAGE = ("conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d")
"""Kinds that slide over an image or sum it up, so that they can't follow a row of values."""

NEEDS_CHANNELS = (*NEEDS_IMAGE, "batch_normalization")
"""Kinds that take the last axis to be the channels, which grey images do not have: one is added."""


@dataclass(frozen=True)
class Step:
    """One layer of the network. Shapes are without the batch axis.

    Attributes:
        name: of the Keras layer; hidden layers are counted by kind, `conv2d_1`, `conv2d_2`, `dense_1`.
        kind: of a hidden layer its public name; else `image`, the name of the scaling, `shuffle`, `channels`, `flatten` or `output`.
        layer: the settings of a hidden layer.
        place: where it is in `spec.hidden`, from 0; None if it is put in by itself.
    """

    name: str
    kind: str
    input_shape: Shape
    output_shape: Shape
    layer: Layer | None = None
    place: int | None = None

    @property
    def has_kernel(self) -> bool:
        """Whether weights have to be drawn for it."""
        return self.kind in ("dense", "conv2d", "output")


def plan_layers(spec: TrainingSpec, image_shape: Shape, class_count: int) -> tuple[Step, ...]:
    """The whole network, from the image to the class probabilities.

    Args:
        image_shape: `(height, width)` or `(height, width, 3)`.
        class_count: number of output units.

    Raises `SpecError`, naming every layer that can't do its work on what it gets.
    """
    planner = _Planner(image_shape)
    if spec.scaling != "none":
        planner.add("scale" if spec.scaling == "divide" else "standardise", spec.scaling, image_shape)
    if spec.shuffled_pixels:
        planner.add("shuffle", "shuffle", image_shape)
    for place, layer in enumerate(spec.hidden):
        planner.add_hidden(place, layer)
    planner.flatten()
    planner.add("output", "output", (class_count,))
    if planner.problems:
        raise SpecError(tuple(planner.problems))
    return tuple(planner.steps)


class _Planner:
    """The list as far as it has got."""

    def __init__(self, image_shape: Shape) -> None:
        self.steps = [Step("image", "image", image_shape, image_shape)]
        self.problems: list[Problem] = []
        self._counts: dict[str, int] = {}

    @property
    def shape(self) -> Shape:
        return self.steps[-1].output_shape

    def add(self, name: str, kind: str, shape: Shape, layer: Layer | None = None, place: int | None = None) -> None:
        self.steps.append(Step(name, kind, self.shape, shape, layer, place))

    def flatten(self) -> None:
        if len(self.shape) > 1:
            self.add("flatten", "flatten", (math.prod(self.shape),))

    def add_hidden(self, place: int, layer: Layer) -> None:
        """Add a hidden layer and what has to come before it. One that can't work is noted and left out."""
        if layer.kind == "dense":
            self.flatten()
        if layer.kind in NEEDS_CHANNELS and len(self.shape) == 2:
            self.add("channels", "channels", (*self.shape, 1))
        problem = _find_problem(place, layer, self.shape)
        if problem:
            self.problems.append(problem)
            return
        self._counts[layer.kind] = self._counts.get(layer.kind, 0) + 1
        self.add(f"{layer.kind}_{self._counts[layer.kind]}", layer.kind, output_shape(layer, self.shape), layer, place)


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """What a hidden layer makes of an input of this shape, which has to fit it."""
    match layer:
        case DenseLayer():
            return (layer.units,)
        case Conv2DLayer():
            return (*(_slide(side, layer) for side in shape[:2]), layer.filters)
        case MaxPoolingLayer() | AveragePoolingLayer():
            return (shape[0] // layer.size, shape[1] // layer.size, shape[2])
        case GlobalAveragePoolingLayer():
            return shape[-1:]
        case FlattenLayer():
            return (math.prod(shape),)
        case _:
            return shape


def _slide(side: int, layer: Conv2DLayer) -> int:
    """Places that a window can stand at, along one side of the image."""
    reach = side if layer.padding == "same" else side - layer.kernel + 1
    return -(-reach // layer.stride)


def _find_problem(place: int, layer: Layer, shape: Shape) -> Problem | None:
    """Why this layer can't work on an input of this shape."""
    name = f"Hidden layer {place + 1}, {layer.title}"
    if layer.kind in NEEDS_IMAGE and len(shape) == 1:
        return Problem(
            f"hidden.{place}.kind",
            f"{name}: gets {shape[0]:,} values in a row, and needs an image with height and width."
            " Move it in front of the layer that puts the values into a row: a Dense, Flatten or GlobalAveragePooling2D layer.",
        )
    height, width = shape[:2] if len(shape) == 3 else (0, 0)
    if isinstance(layer, PoolingLayer) and layer.size > min(height, width):
        return Problem(
            f"hidden.{place}.size",
            f"{name}: its squares of {layer.size} x {layer.size} pixels are larger than the {height} x {width} pixels it gets."
            " Make them smaller, or take out a layer before it that shrinks the image.",
        )
    if isinstance(layer, Conv2DLayer) and layer.padding == "valid" and layer.kernel > min(height, width):
        return Problem(
            f"hidden.{place}.kernel",
            f"{name}: its window of {layer.kernel} x {layer.kernel} pixels is larger than the {height} x {width} pixels it gets."
            " Make it smaller, choose 'same' for its edges, or take out a layer before it that shrinks the image.",
        )
    return None
