"""Images with what a network read and what they are: as a grid and as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.samples import GridLabel, Mark, SampleGridInfo, build_sample_grid
from core.predictions.scored import Rows, ScoredImages

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


def verdict_table(scored: ScoredImages, rows: Rows) -> pd.DataFrame:
    """The images at these rows, one a row: its place in the half, what it is, the answer and the runner-up with their probabilities."""
    probabilities, names = scored.scores.probabilities[rows], scored.class_names
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
    best_probabilities = np.take_along_axis(probabilities, best, axis=1)
    return pd.DataFrame(
        {
            "Index": scored.positions[rows],
            "True class": [names[label] for label in scored.scores.labels[rows]],
            "Answer": [names[label] for label in best[:, 0]],
            "Probability": best_probabilities[:, 0],
            "Runner-up": [names[label] for label in best[:, 1]],
            "Its probability": best_probabilities[:, 1],
        }
    )
