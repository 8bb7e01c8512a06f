"""Images with what a network read and what they are: as a grid and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.samples import GridLabel, Mark, SampleGridInfo, build_sample_grid
from core.predictions.scored import Answer, Rows, ScoredImages
from core.rates import format_percent
from core.runs.ledger import Vote

_ONE_LINE = 6
"""Letters in a pair of class names up to which a wrong verdict fits one line under its image."""

_LETTERS = 9
"""Of a class name below a tile; more would leave no room for its probability."""


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


def answer_lines(answer: Answer, class_names: Sequence[str], vote: Vote | None = None) -> tuple[str, ...]:
    """What stands below an image: what it is, the answer, the runner-up, and the vote if there is one.

    The names of the answers are cut so that their percentages are seen.
    """
    guesses = ((answer.predicted, answer.confidence), (answer.runner_up, answer.runner_up_probability))
    lines = (f"is {class_names[answer.label]}", *(f"{_cut(class_names[label])}: {format_percent(share)}" for label, share in guesses))
    return lines if vote is None else (*lines, vote.verdict.value)


def verdict_table(scored: ScoredImages, rows: Rows, votes: Mapping[int, Vote] | None = None) -> pd.DataFrame:
    """The images at these rows, one a row: its place in the half, what it is, the answer and the runner-up with their probabilities.

    With `votes`, by position, also what people say of its label.
    """
    answers, names = scored.answers(rows), scored.class_names
    columns: dict[str, list[Any]] = {
        "Index": [one.position for one in answers],
        "True class": [names[one.label] for one in answers],
        "Answer": [names[one.predicted] for one in answers],
        "Probability": [one.confidence for one in answers],
        "Runner-up": [names[one.runner_up] for one in answers],
        "Its probability": [one.runner_up_probability for one in answers],
    }
    if votes is not None:
        columns["Vote"] = [votes[one.position].verdict.value if one.position in votes else "" for one in answers]
    return pd.DataFrame(columns)


def _cut(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
