"""Training images that are moved, turned and spoiled a little. NumPy alone, so that a page shows what a training really uses.

60,000 images of 28 x 28 take about a second of one core, and half of that on two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.networks.augmentation import Augmentation
from core.training.splitting import Positions

AT_ONCE = 500
"""Images augmented in one go: what is computed on the way stays in the processor's cache, and Stop is felt at once.

Each block has random numbers of its own, so the result depends neither on the threads nor on how the epoch is cut into chunks.
"""

_THREADS = 4
"""NumPy lets go of the interpreter while it computes. More would only wait for the memory."""

Matrices = NDArray[np.float32]
Floats = NDArray[np.float32]


def augment_samples(images: Images, augmentation: Augmentation, max_value: int, seed: int | Sequence[int]) -> Images:
    """Each image changed by random amounts up to those of `augmentation`. The same seed gives the same images.

    Shift (each direction by itself), angle and size are uniform; all three together are one affine map with bilinear
    interpolation, after which half of the images are mirrored and normal noise is added. What comes from outside the image
    is the nearest pixel of its edge: that is the paper for a drawing, whatever its colour, and goes on naturally for a photo.

    Args:
        images: `uint8 (n, height, width)` or `(n, height, width, 3)`, values up to `max_value`.

    Returns:
        the same shape and type.
    """
    rng = np.random.default_rng(seed)
    if augmentation.shift or augmentation.rotation or augmentation.zoom:
        images = _resample(images, _draw_matrices(rng, len(images), images.shape[1:3], augmentation))
    if augmentation.flip:
        is_mirrored = rng.random(len(images)) < 0.5
        images = images.copy()
        images[is_mirrored] = images[is_mirrored, :, ::-1]
    if augmentation.noise:
        noise = rng.standard_normal(images.shape, np.float32) * np.float32(augmentation.noise * max_value)
        images = np.clip(np.rint(images + noise), 0, max_value).astype(np.uint8)
    return images


def augment_epoch(
    images: Images,
    order: Positions,
    augmentation: Augmentation,
    max_value: int,
    seed: tuple[int, int],
    should_stop: Callable[[], bool],
) -> Images | None:
    """The images at the positions `order`, augmented, on several cores; None if asked to stop meanwhile.

    `seed` is the run's and the number of the epoch. `should_stop` is asked between blocks of `AT_ONCE` images.
    """
    result = np.empty((len(order), *images.shape[1:]), np.uint8)

    def fill(first: int) -> None:
        block = images[order[first : first + AT_ONCE]]
        # Counted from 1: a seed that ends in 0 is the same as without, and that one deals out the epoch.
        result[first : first + AT_ONCE] = augment_samples(block, augmentation, max_value, (*seed, 1 + first // AT_ONCE))

    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(fill, range(0, len(order), AT_ONCE)):
            if should_stop():
                threads.shutdown(wait=False, cancel_futures=True)
                return None
    return result


def _draw_matrices(rng: np.random.Generator, count: int, shape: tuple[int, ...], augmentation: Augmentation) -> Matrices:
    """For each image the map from a place in the result to one in the original, `(count, 2, 3)`, rows and columns of pixels."""
    sides = np.array(shape, np.float64)
    shifts = rng.uniform(-augmentation.shift, augmentation.shift, (count, 2)) * sides
    angles = np.radians(rng.uniform(-augmentation.rotation, augmentation.rotation, count))
    zooms = rng.uniform(1 - augmentation.zoom, 1 + augmentation.zoom, count)
    cosines, sines = np.cos(angles) / zooms, np.sin(angles) / zooms
    turns = np.stack([cosines, -sines, sines, cosines], axis=1).reshape(count, 2, 2)
    centre = (sides - 1) / 2
    offsets = centre - np.einsum("nij,nj->ni", turns, centre + shifts)
    return np.concatenate([turns, offsets[:, :, None]], axis=2).astype(np.float32)


def _resample(images: Images, matrices: Matrices) -> Images:
    """Bilinear interpolation of each image at the places its matrix says."""
    count, height, width = images.shape[:3]
    top, bottom, down = _neighbours(matrices[:, 0], height, (height, width))
    left, right, across = _neighbours(matrices[:, 1], width, (height, width))
    # One long list of pixels is picked from faster than three axes are.
    pixels = images.reshape(count * height * width, *images.shape[3:])
    first = (np.arange(count, dtype=np.int32) * (height * width))[:, None, None]
    if images.ndim == 4:
        down, across = down[..., None], across[..., None]

    def mix(rows: NDArray[np.int32]) -> Floats:
        ahead, behind = (pixels.take(first + rows * width + columns, axis=0).astype(np.float32) for columns in (left, right))
        mixed: Floats = ahead + (behind - ahead) * across
        return mixed

    upper = mix(top)
    return (upper + (mix(bottom) - upper) * down + np.float32(0.5)).astype(np.uint8)


def _neighbours(rows: Matrices, side: int, shape: tuple[int, int]) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
    """Along one axis: the pixels before and after each place, and how far it lies from the first to the second, 0 to 1."""
    down, across = np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)
    a, b, c = (rows[:, number, None, None] for number in range(3))
    places = np.clip(a * down + b * across + c, 0, side - 1)
    before = places.astype(np.int32)
    return before, np.minimum(before + 1, side - 1), places - before
