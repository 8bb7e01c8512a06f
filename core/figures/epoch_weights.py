"""The first layer's weights as they were at the end of an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.figures.curves import round_up
from core.figures.first_weights import FirstWeightsInfo
from core.networks.plan import plan_layers
from core.networks.spec import TrainingSpec

MAX_UNITS = 64
"""Units or filters that are shown, as many as while the network learns."""

_MEASURED = 3
"""Arrays that a standardising layer has before the first weights: mean, variance and count."""

_CLEAR_OF_OUTLIERS = 99.5
"""Percentile of the sizes of the weights that gets the full colour."""


def find_first_weights(
    spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, weights: Sequence[NDArray[np.float32]], step: int = 0
) -> FirstWeightsInfo | None:
    """The weights of the first layer with any, as pictures; None where that layer does not see the image itself.

    Args:
        weights: all of the network, in Keras' order.
        step: how many steps had been taken.
    """
    layer = next(step for step in plan_layers(spec, image_shape, class_count) if step.has_kernel)
    candidates = weights[_MEASURED:] if spec.scaling.startswith("standardise") else weights
    kernel = next((array for array in candidates if array.ndim >= 2), None)
    if kernel is None:
        return None
    pictures = np.moveaxis(kernel[..., :MAX_UNITS], -1, 0)
    if pictures.ndim == 2:
        if pictures.shape[1] != math.prod(image_shape):
            return None
        pictures = pictures.reshape(-1, *image_shape)
    if pictures.ndim == 4 and pictures.shape[-1] == 1:
        pictures = pictures[..., 0]
    return FirstWeightsInfo(layer.name, pictures, measure_extent(pictures), layer.kind == "conv2d", step)


def measure_extent(pictures: NDArray[np.float32]) -> float:
    """The weight that gets the full colour, a round number: hardly any is larger."""
    return round_up(float(np.percentile(np.abs(pictures), _CLEAR_OF_OUTLIERS)))
