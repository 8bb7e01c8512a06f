"""Output shapes and parameter counts of a network, computed without TensorFlow.

The page server must never import TensorFlow, and the table has to follow each keystroke.
A test holds every row against Keras' own `count_params()`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Problem, SpecError
from core.networks.activations import ACTIVATIONS
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.settings import MAX_PARAMETERS


@dataclass(frozen=True)
class LayerRow:
    """One line of the layer table. `output_shape` is without the batch axis; `how` says where the count comes from."""

    layer: str
    output_shape: tuple[int, ...]
    activation: str
    parameters: int
    how: str


def describe_layers(
    hidden: Sequence[DenseLayer], image_shape: tuple[int, ...], class_count: int, *, scale_inputs: bool
) -> tuple[LayerRow, ...]:
    """All layers of the network, from the image to the class probabilities.

    Args:
        image_shape: `(height, width)` or `(height, width, 3)`.
        class_count: number of output units.
        scale_inputs: whether the first step divides the pixels by their largest possible value.
    """
    values = math.prod(image_shape)
    rows = [LayerRow("Image", image_shape, "", 0, "whole numbers, as stored")]
    if scale_inputs:
        rows.append(LayerRow("Scale to 0..1", image_shape, "", 0, "nothing to learn"))
    rows.append(LayerRow("Flatten", (values,), "", 0, "nothing to learn: " + " x ".join(map(str, image_shape)) + " in one row"))
    for number, layer in enumerate(hidden, start=1):
        rows.append(_dense_row(f"Dense {number}", values, layer.units, ACTIVATIONS[layer.activation].title))
        values = layer.units
    rows.append(_dense_row("Output", values, class_count, "Softmax"))
    return tuple(rows)


def count_parameters(rows: Sequence[LayerRow]) -> int:
    """All weights and biases together."""
    return sum(row.parameters for row in rows)


def check_size(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int) -> None:
    """Refuse a network that would not fit a laptop's memory while it trains.

    Raises `SpecError` when it has more than `MAX_PARAMETERS` parameters.
    """
    total = count_parameters(describe_layers(spec.hidden, image_shape, class_count, scale_inputs=spec.scale_inputs))
    if total > MAX_PARAMETERS:
        message = f"The network has {total:,} parameters; expected at most {MAX_PARAMETERS:,}. Use fewer units in its widest layers."
        raise SpecError((Problem("hidden", message),))


def _dense_row(name: str, inputs: int, units: int, activation: str) -> LayerRow:
    # Each unit has one weight for every input and one bias.
    return LayerRow(name, (units,), activation, inputs * units + units, f"{inputs:,} x {units:,} weights + {units:,} biases")
