"""Which images are kept apart to test a network with, where a set does not say so itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draw_test_set(labels: NDArray[np.int32], share: float, seed: int) -> NDArray[np.bool_]:
    """Draw the same share of each class. Returns `(n,)`, true for a test image; the same seed draws the same ones.

    `labels` is `(n,)`; `share`, from 0 to 1, is rounded to whole images of each class. At least one image of a class is drawn and at
    least one left to learn from, so a class with a single image has none in the test set.
    """
    is_test = np.zeros(len(labels), dtype=np.bool_)
    generator = np.random.default_rng(seed)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        drawn = min(max(1, round(share * len(members))), len(members) - 1)
        is_test[members[:drawn]] = True
    return is_test
