"""One fixed shuffle of the pixels of all images: what it leaves of a picture for a network that never knew of neighbours is everything."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.networks.spec import TrainingSpec

Order = NDArray[np.int32]


def pixel_order(spec: TrainingSpec, image_shape: tuple[int, ...]) -> Order | None:
    """Which pixel of the image comes to each place, `int32 (height * width,)`, row by row; None if a spec shuffles none.

    The colours of a pixel stay together. It depends on the seed and the size of the image alone.
    """
    if not spec.shuffled_pixels:
        return None
    # Numbers of its own, so that the first weights stay those of the same seed without the shuffle.
    return np.random.default_rng([spec.seed, 2]).permutation(math.prod(image_shape[:2])).astype(np.int32)


def shuffle_pixels(images: NDArray[np.uint8], order: Order) -> NDArray[np.uint8]:
    """`uint8 (n, height, width)` or `(n, height, width, 3)` images with their pixels in that order, as the network sees them."""
    flat = images.reshape(len(images), len(order), *images.shape[3:])
    return flat[:, order].reshape(images.shape)


def put_back(pictures: NDArray[np.float32], order: Order) -> NDArray[np.float32]:
    """The inverse for pictures of weights, `(n, height, width[, channels])`: each weight where its pixel is in the image."""
    flat = pictures.reshape(len(pictures), len(order), *pictures.shape[3:])
    restored = np.empty_like(flat)
    restored[:, order] = flat
    return restored.reshape(pictures.shape)
