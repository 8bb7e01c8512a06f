"""Images with what a network read, as a table; the grid of them is tested with the samples."""

from __future__ import annotations

import numpy as np

from core.datasets.catalog import load_digits
from core.datasets.image_set import Split
from core.figures.verdicts import verdict_table
from core.predictions.scored import ScoredImages
from core.predictions.scores import score


def test_the_table_keeps_the_order_and_says_where_each_image_is_in_the_file() -> None:
    probabilities = np.zeros((3, 10), np.float32)
    probabilities[[0, 0, 1, 1, 2], [7, 1, 3, 5, 4]] = [0.75, 0.25, 0.5, 0.5, 1.0]
    scored = ScoredImages("r", "k", load_digits(), Split.TEST, np.array([20, 40, 60], np.int32), score(probabilities, np.array([7, 5, 9])))
    assert verdict_table(scored, np.array([2, 0, 1])).to_numpy().tolist() == [
        [60, "9", "4", 1.0, "0", 0.0],
        [20, "7", "7", 0.75, "1", 0.25],
        [40, "5", "3", 0.5, "5", 0.5],
    ]
