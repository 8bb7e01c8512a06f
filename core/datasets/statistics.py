"""What the pixels of a set are like: how often each value occurs, and the mean and the spread of the images of a class.

Everything is added up in whole numbers, image by image in pieces of a few megabytes: the results are exact, and a set that only just fits
the memory needs no second copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, Labels

PIECE_BYTES = 2**20
"""Bytes of images read at once. Larger pieces leave the processor's cache and take longer."""

_EXACT_SQUARES = 256
"""Images whose squared values can be added in float32 without rounding: 256 x 255² stays below 2²⁴."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ValueSummary:
    """Some pixel values in three numbers: mean, standard deviation (over all of them), and the share, 0 to 1, that are zero."""

    mean: float
    deviation: float
    zeros: float


@dataclass(frozen=True, eq=False)
class ClassImages:
    """The images of one class as two pictures.

    Attributes:
        count: images of the class.
        mean, deviation: `float32`, the shape of an image: mean and standard deviation of each number, 0 to `max_value`.
    """

    count: int
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]


def pieces(images: Images) -> Iterator[Images]:
    """The images in order, as views of about `PIECE_BYTES`, at least one image each."""
    step = max(1, PIECE_BYTES // images[0].nbytes)
    return (images[first : first + step] for first in range(0, len(images), step))


def count_values(images: Images, max_value: int) -> NDArray[np.int64]:
    """How often each value occurs: `(channels, max_value + 1)`, one row for grey images, three for colour."""
    channels = 1 if images.ndim == 3 else images.shape[3]
    counts = np.zeros((channels, max_value + 1), dtype=np.int64)
    for piece in pieces(images):
        flat = piece.reshape(-1, channels)
        for channel in range(channels):
            counts[channel] += np.bincount(flat[:, channel], minlength=max_value + 1)
    return counts


def summarise_values(counts: NDArray[np.int64], scale: float = 1.0) -> ValueSummary:
    """Args:
    counts: how often each of the values 0, 1, 2, ... occurs, `(values,)`.
    scale: what each value is divided by.
    """
    values = np.arange(len(counts)) / scale
    mean = float(np.average(values, weights=counts))
    deviation = float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))
    return ValueSummary(mean, deviation, float(counts[0] / counts.sum()))


def average_class(images: Images, labels: Labels, label: int) -> ClassImages:
    """Mean and standard deviation of each pixel over the images of one class, of which there is at least one."""
    indices = np.flatnonzero(labels == label)
    shape = images.shape[1:]
    total, squares = np.zeros(images[0].size, dtype=np.int64), np.zeros(images[0].size, dtype=np.int64)
    step = max(1, min(_EXACT_SQUARES, PIECE_BYTES // images[0].size))
    for first in range(0, len(indices), step):
        piece = images[indices[first : first + step]].reshape(-1, images[0].size).astype(np.float32)
        total += piece.sum(axis=0).astype(np.int64)
        squares += np.einsum("ij,ij->j", piece, piece).astype(np.int64)
    mean = total / len(indices)
    deviation = np.sqrt(np.maximum(squares / len(indices) - mean**2, 0))
    return ClassImages(len(indices), mean.reshape(shape).astype(np.float32), deviation.reshape(shape).astype(np.float32))


def brightness(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """One number a pixel, `(height, width)`: a grey image as it is, of a colour image the plain mean of its three colours."""
    return pixels if pixels.ndim == 2 else pixels.mean(axis=2)
