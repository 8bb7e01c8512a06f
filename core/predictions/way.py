"""The way of one number through a layer with weights: every input times its weight, summed, plus the bias, through the activation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.errors import InklingError
from core.predictions.predictor import Predictor


def follow_number(predictor: Predictor, image: Images, name: str, unit: int, row: int = 0, column: int = 0) -> dict[str, NDArray[Any]]:
    """All that one number of a layer's output is computed from.

    Args:
        image: `uint8`, of the shape that the network was trained on.
        name: of a Dense, Conv2D or output layer, as in `core.networks.plan`.
        unit: the unit of a Dense layer, or the filter of a convolution, from 0.
        row, column: the place in a convolution's output, from 0; without effect otherwise.

    Returns `inputs` and `weights`, `float32 (n,)`, or `(window, window, channels)` of a convolution, in whose padding inputs are 0;
    `corner`, `int64 (2,)`: the row and column of the input under the window's upper left corner, below 0 inside the padding (zeros
    for a Dense layer); `bias`, `float32 ()`; `output`, `float32 ()`, the number as the network itself computes it; and `sums`,
    `float64 (units,)`: for a Dense layer what goes into the activation of each of its units, otherwise empty.

    Raises `InklingError` if there is no such layer, unit or place.
    """
    import keras

    layer = next((layer for layer in predictor.model.layers if layer.name == name and hasattr(layer, "kernel")), None)
    if layer is None:
        raise InklingError(f"There is no layer with weights called {name!r} in this network. Choose another one.")
    through = keras.Model(predictor.model.inputs, [layer.input, layer.output])
    inputs, outputs = (np.asarray(array[0], np.float32) for array in through([image[None]], training=False))
    kernel, bias = np.asarray(layer.kernel, np.float32), np.asarray(layer.bias, np.float32)
    place = (row, column, unit) if outputs.ndim == 3 else (unit,)
    if not all(0 <= index < size for index, size in zip(place, outputs.shape, strict=True)):
        raise InklingError(f"The layer {name!r} gives {_in_words(outputs.shape)} numbers, and none at {place}. Choose another one.")
    corner, sums = (0, 0), np.empty(0)
    if outputs.ndim == 3:
        corner, inputs = _cut_window(inputs, outputs.shape[:2], kernel.shape[0], layer.strides[0], layer.padding, (row, column))
    else:
        sums = inputs.astype(np.float64) @ kernel.astype(np.float64) + bias
    return {
        "inputs": inputs,
        "weights": np.ascontiguousarray(kernel[..., unit]),
        "corner": np.array(corner, np.int64),
        "bias": bias[unit],
        "output": outputs[place],
        "sums": sums,
    }


def _cut_window(
    inputs: NDArray[np.float32], out: tuple[int, ...], window: int, stride: int, padding: str, place: tuple[int, int]
) -> tuple[tuple[int, int], NDArray[np.float32]]:
    """The part of the input that the window lies over at one place of the output, and where its corner is.

    With the padding "same", TensorFlow adds as much as the windows need, the odd row or column at the end
    (API documentation of `tf.nn.convolution`, "Notes on padding").
    """
    needed = [
        max((count - 1) * stride + window - side, 0) if padding == "same" else 0 for count, side in zip(out, inputs.shape, strict=False)
    ]
    top, left = (index * stride - amount // 2 for index, amount in zip(place, needed, strict=True))
    padded = np.pad(inputs, [(window, window), (window, window), (0, 0)])
    return (top, left), padded[top + window : top + 2 * window, left + window : left + 2 * window]


def _in_words(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{side:,}" for side in shape)
