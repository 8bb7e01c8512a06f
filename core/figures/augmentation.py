"""Images before and after augmentation, one above the other."""

from __future__ import annotations

import numpy as np

from core.datasets.image_set import Images
from core.figures.samples import SampleGridInfo, build_sample_grid

BEFORE, AFTER = "before", "after"


def build_augmentation_grid(before: Images, after: Images, max_value: int) -> SampleGridInfo:
    """Two rows of images for `draw_sample_grid`: as they are stored, and below each what the network gets.

    Args:
        before, after: `uint8`, `(n, height, width)` or `(n, height, width, 3)`, the same images in the same order.
        max_value: the largest value a pixel can take.

    Raises `ValueError` if there are more images than a row of the grid holds, or none.
    """
    labels = [BEFORE] * len(before) + [AFTER] * len(after)
    return build_sample_grid(np.concatenate([before, after]), labels, columns=len(before), max_value=max_value)
