"""Test images with what the network read and what they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.samples import GridLabel, Mark, SampleGridInfo, build_sample_grid

_ONE_LINE = 6
"""Letters in a pair of class names up to which a wrong verdict fits one line under its image."""


def build_verdict_grid(
    images: Images,
    predicted: NDArray[np.integer],
    true: NDArray[np.integer],
    class_names: Sequence[str],
    *,
    columns: int,
    max_value: int = 255,
    colour_map: str = "gray",
) -> SampleGridInfo:
    """A grid, to be drawn by `draw_sample_grid`, with "✓ 7" or "✗ 4, is 9" under each image.

    Args:
        images: `uint8`, `(n, height, width[, 3])`, n from 1 to 100.
        predicted, true: class numbers, `(n,)`.
    """
    labels = [verdict(class_names[int(read)], class_names[int(truth)]) for read, truth in zip(predicted, true, strict=True)]
    return build_sample_grid(images, labels, columns=columns, max_value=max_value, colour_map=colour_map)


def verdict(predicted: str, true: str) -> GridLabel:
    """Right or wrong, told by a mark and in words. Long names take two lines."""
    if predicted == true:
        return GridLabel((f"✓ {true}",), Mark.RIGHT)
    if len(predicted) + len(true) <= _ONE_LINE:
        return GridLabel((f"✗ {predicted}, is {true}",), Mark.WRONG)
    return GridLabel((f"✗ {predicted}", f"is {true}"), Mark.WRONG)
