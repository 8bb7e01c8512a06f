"""Noise made to measure: each pixel a little up or down, whichever way makes the network more wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.predictions.predictor import Predictor

_AT_ONCE = 500
"""Images whose slopes are worked out in one go, which takes the memory of all that the layers compute on them."""


def add_fast_gradient(predictor: Predictor, images: Images, labels: NDArray[np.integer], strength: float, max_value: int) -> Images:
    """Images moved by `strength * max_value` along the sign of the slope of the loss at each pixel.

    Source: Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015, section 4:
    x + epsilon sign(dJ/dx). The result is rounded to whole values from 0 to `max_value`, as images have them, so where there
    are few of them (the small digits have 17), a strength below half of one changes nothing.

    Args:
        images: `uint8 (n, *image_shape)`.
        labels: the true classes, `(n,)`.
        strength: as a share of the range, from 0, which gives back the images themselves.
    """
    if strength == 0:
        return images
    step, moved = np.float32(strength * max_value), np.empty_like(images)
    for first in range(0, len(images), _AT_ONCE):
        block = slice(first, first + _AT_ONCE)
        signs = np.sign(_find_slopes(predictor.model, images[block], labels[block]))
        moved[block] = np.clip(np.rint(images[block] + step * signs), 0, max_value)
    return moved


def _find_slopes(model: Any, images: Images, labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """How the cross-entropy of each image changes with each of its pixels, `float32`, of the shape of the images.

    From what goes into the softmax: behind it a sure answer is rounded to 1, and a rounded number has no slope.
    """
    import tensorflow as tf

    *layers, output = model.layers
    with tf.GradientTape() as tape:
        pixels = tf.constant(images, tf.float32)
        tape.watch(pixels)
        values = pixels
        for layer in layers:
            values = layer(values, training=False)
        logits = tf.matmul(values, output.kernel) + output.bias
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int32), logits)
    slopes: NDArray[np.float32] = tape.gradient(losses, pixels).numpy()
    return slopes
