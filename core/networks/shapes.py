"""Output shapes, parameters, multiply-adds and memory of a network, computed without TensorFlow.

The page server must never import TensorFlow, and the table has to follow each keystroke.
Tests hold every row against Keras' own `count_params()` and output shapes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Problem, SpecError
from core.networks.activations import ACTIVATIONS
from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    GlobalAveragePoolingLayer,
    MaxPoolingLayer,
)
from core.networks.memory import machine_memory
from core.networks.optimisers import OPTIMISERS
from core.networks.plan import Shape, Step, plan_layers
from core.networks.spec import TrainingSpec
from core.settings import MAX_PARAMETERS

NUMBER_BYTES = 4
"""All numbers in a network are `float32`."""

TENSORFLOW_BYTES = 700 * 1024**2
"""What a worker takes for TensorFlow and its compiler, whatever it trains."""


@dataclass(frozen=True)
class LayerRow:
    """One line of the layer table.

    Attributes:
        layer: its title, and its number among those of its kind.
        output_shape: without the batch axis.
        activation: its title; empty where there is none.
        parameters: all numbers that are kept with it.
        how: where that count comes from.
        trainable: how many of them training adjusts; the others are measured.
        multiply_adds: multiplications by a weight, each with its addition, on one image's way through.
    """

    layer: str
    output_shape: tuple[int, ...]
    activation: str
    parameters: int
    how: str
    trainable: int = 0
    multiply_adds: int = 0


def describe_layers(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int) -> tuple[LayerRow, ...]:
    """All layers of the network, from the image to the class probabilities, those put in by themselves included.

    Args:
        image_shape: `(height, width)` or `(height, width, 3)`.
        class_count: number of output units.

    Raises `SpecError` if a layer can't do its work on what it gets.
    """
    return tuple(_describe(step) for step in plan_layers(spec, image_shape, class_count))


def count_parameters(rows: Sequence[LayerRow]) -> int:
    """All weights, biases and measured numbers together."""
    return sum(row.parameters for row in rows)


def count_multiply_adds(rows: Sequence[LayerRow]) -> int:
    """Of one image on its way from the first layer to the last. A training step takes about three times as many for each image."""
    return sum(row.multiply_adds for row in rows)


def estimate_memory(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, training_images: int) -> int:
    """About how many bytes a worker takes while it trains this network on a set of so many training images.

    TensorFlow itself; all images as they came and where they are computed with; those chosen in the order of the epoch,
    and twice more where they are augmented;
    each weight four times (as it is, and copied, packed and on its way to the page at the end of an epoch), its gradient,
    and what the optimiser keeps of it; and of each layer, for every image of a batch, what it computed and the gradient of that.
    Held against the memory that six trainings really took, 0.8 to 1.4 GB, it was within 15 %.
    """
    rows = describe_layers(spec, image_shape, class_count)
    chosen = min(spec.training_images or training_images, training_images)
    images = (2 * training_images + chosen * (3 if spec.augmentation.is_on else 1)) * math.prod(image_shape)
    per_trainable = 1 + OPTIMISERS[spec.optimiser].slots + bool(spec.optimiser_options().get("momentum"))
    weights = NUMBER_BYTES * (4 * count_parameters(rows) + per_trainable * sum(row.trainable for row in rows))
    values = sum(math.prod(row.output_shape) for row in rows)
    batch = 2 * NUMBER_BYTES * min(spec.batch_size, training_images or spec.batch_size) * values
    return TENSORFLOW_BYTES + images + weights + batch


def check_size(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, training_images: int) -> None:
    """Refuse a network that would not fit this machine's memory while it trains.

    Raises `SpecError` when it has more than `MAX_PARAMETERS` parameters, when training would need more memory than there is,
    or if a layer can't do its work on what it gets.
    """
    total = count_parameters(describe_layers(spec, image_shape, class_count))
    if total > MAX_PARAMETERS:
        message = f"The network has {total:,} parameters; expected at most {MAX_PARAMETERS:,}. Use fewer units in its widest layers."
        raise SpecError((Problem("hidden", message),))
    needed, there_is = estimate_memory(spec, image_shape, class_count, training_images), machine_memory()
    if needed > there_is:
        message = (
            f"Training this would take about {needed / 1e9:.1f} GB of memory; this machine has {there_is / 1e9:.1f} GB."
            " Choose a smaller batch, or fewer filters or units."
        )
        raise SpecError((Problem("batch_size", message),))


def _describe(step: Step) -> LayerRow:
    number = step.name.rpartition("_")[2]
    match step.layer:
        case DenseLayer() as layer:
            return _dense_row(f"Dense {number}", step, ACTIVATIONS[layer.activation].title)
        case Conv2DLayer() as layer:
            return _convolution_row(f"Conv2D {number}", step, layer)
        case BatchNormalizationLayer():
            return _normalisation_row(f"BatchNormalization {number}", step)
        case None if step.kind == "output":
            return _dense_row("Output", step, "Softmax")
        case None:
            return _fixed_row(step)
        case layer:
            return LayerRow(f"{layer.title} {number}", step.output_shape, "", 0, f"nothing to learn: {_what_happens(step)}")


def _dense_row(name: str, step: Step, activation: str) -> LayerRow:
    [inputs], [units] = step.input_shape, step.output_shape
    # Each unit has one weight for every input and one bias.
    count = inputs * units + units
    return LayerRow(name, (units,), activation, count, f"{inputs:,} x {units:,} weights + {units:,} biases", count, inputs * units)


def _convolution_row(name: str, step: Step, layer: Conv2DLayer) -> LayerRow:
    height, width, filters = step.output_shape
    channels = step.input_shape[-1]
    # Each filter has one weight for every pixel and channel of its window, and one bias. At the edges, the zeros are multiplied as well.
    weights = layer.kernel**2 * channels * filters
    how = f"{layer.kernel} x {layer.kernel} x {channels:,} x {filters:,} weights + {filters:,} biases"
    title = ACTIVATIONS[layer.activation].title
    return LayerRow(name, step.output_shape, title, weights + filters, how, weights + filters, height * width * weights)


def _normalisation_row(name: str, step: Step) -> LayerRow:
    channels = step.output_shape[-1]
    how = f"{channels:,} factors + {channels:,} shifts; and {channels:,} means + {channels:,} spreads, measured, not learned"
    return LayerRow(name, step.output_shape, "", 4 * channels, how, 2 * channels, math.prod(step.output_shape))


def _what_happens(step: Step) -> str:
    """What a hidden layer without weights does, as the end of a sentence."""
    match step.layer:
        case MaxPoolingLayer(size=size):
            return f"the largest of each {size} x {size} values"
        case AveragePoolingLayer(size=size):
            return f"the mean of each {size} x {size} values"
        case GlobalAveragePoolingLayer():
            height, width, filters = step.input_shape
            return f"{filters:,} means, each of {height} x {width} values"
        case DropoutLayer(rate=rate):
            return f"{rate * 100:g} % of the values become 0 while it trains"
        case _:
            return _in_one_row(step.input_shape)


def _fixed_row(step: Step) -> LayerRow:
    """A layer that nobody chose, but the output."""
    values = math.prod(step.input_shape)
    # Keras keeps a counter with mean and variance.
    counts = {"standardise_set": 3, "standardise_pixel": 2 * values + 1}
    layer, how = {
        "image": ("Image", "whole numbers, as stored"),
        "divide": ("Scale to 0..1", "nothing to learn"),
        "standardise_set": ("Standardise", "mean, spread and number, measured, not learned"),
        "standardise_pixel": ("Standardise", f"{values:,} means + {values:,} spreads + their number, measured, not learned"),
        "shuffle": ("Shuffle", "nothing to learn: the pixels in another order, the same for all images"),
        "channels": ("Channels", "nothing to learn: grey is a single channel"),
        "flatten": ("Flatten", f"nothing to learn: {_in_one_row(step.input_shape)}"),
    }[step.kind]
    return LayerRow(layer, step.output_shape, "", counts.get(step.kind, 0), how)


def _in_one_row(shape: Shape) -> str:
    return " x ".join(map(str, shape)) + " in one row"
