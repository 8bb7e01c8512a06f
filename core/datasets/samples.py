"""Which images to show, and what a set looks like in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet, Labels
from core.errors import DatasetError

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class ImageSetInfo:
    """A set in numbers. `lowest` and `highest` are the values found in its pixels; the counts are of images, one for each class."""

    image_shape: tuple[int, ...]
    dtype: str
    lowest: int
    highest: int
    training_images: int
    test_images: int
    training_counts: tuple[int, ...]
    test_counts: tuple[int, ...]


def describe(image_set: ImageSet) -> ImageSetInfo:
    """The set in numbers. Reads every pixel: some 20 ms for MNIST."""
    halves = (image_set.x_train, image_set.x_test)
    return ImageSetInfo(
        image_shape=image_set.image_shape,
        dtype=str(image_set.x_train.dtype),
        lowest=min(int(images.min()) for images in halves),
        highest=max(int(images.max()) for images in halves),
        training_images=len(image_set.x_train),
        test_images=len(image_set.x_test),
        training_counts=class_counts(image_set.y_train, image_set.class_count),
        test_counts=class_counts(image_set.y_test, image_set.class_count),
    )


def class_counts(labels: Labels, class_count: int) -> tuple[int, ...]:
    """How many of `labels`, `(n,)`, there are of each class from 0 to `class_count - 1`."""
    return tuple(np.bincount(labels, minlength=class_count).tolist())


def choose_samples(labels: Labels, count: int, *, label: int | None = None, seed: int | None = None, start: int = 0) -> Indices:
    """Indices of at most `count` images, those of one class or all, in the order of the file or, with a seed, in a random one.

    `labels` are those of the split, `(n,)`. The first `start` images of that order are passed over, so that pages of samples do not
    overlap; fewer than `count` are left at its end.

    Raises `DatasetError` if the class has no images, or no more than `start`.
    """
    indices = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    if len(indices) == 0:
        raise DatasetError(f"There are no images of class {label} in this split. Choose another class, or the other split.")
    if not 0 <= start < len(indices):
        raise DatasetError(f"There is no sample {start:,}; expected a first sample from 0 to {len(indices) - 1:,}.")
    if seed is not None:
        indices = np.random.default_rng(seed).permutation(indices)
    return indices[start : start + count]
