"""The images that a network reads wrong: which of them, and in which order."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.predictions.scored import ScoredImages


class Order(StrEnum):
    """Which mistakes come first. Equally sure ones stay in the order of the file."""

    SUREST = "surest first"
    LEAST_SURE = "least sure first"
    FILE = "order of the file"


@dataclass(frozen=True)
class MistakeFilter:
    """Which mistakes to look at; everything left at its default is no condition.

    Attributes:
        label, predicted: the true class and the class it was taken for.
        above: the probability of the answer is larger than this, from 0 to 1.
        positions: only images at these places in their half.
        order: how they are sorted.
    """

    label: int | None = None
    predicted: int | None = None
    above: float = 0.0
    positions: Set[int] | None = None
    order: Order = Order.SUREST


def choose_mistakes(scored: ScoredImages, wanted: MistakeFilter) -> NDArray[np.int64]:
    """The rows of the images that were read wrong and meet every condition, sorted; `int64 (n,)`, maybe none."""
    scores, rows = scored.scores, scored.scores.wrong
    fits = scores.confidence[rows] > wanted.above
    if wanted.label is not None:
        fits &= scores.labels[rows] == wanted.label
    if wanted.predicted is not None:
        fits &= scores.predicted[rows] == wanted.predicted
    if wanted.positions is not None:
        fits &= np.isin(scored.positions[rows], sorted(wanted.positions))
    return _sort(rows[fits], scores.confidence, wanted.order)


def count_mistakes(scored: ScoredImages) -> tuple[Sequence[int], Sequence[int]]:
    """How many images of each class were read wrong, and how many were wrongly taken for each class: two numbers for every class."""
    scores, classes = scored.scores, len(scored.class_names)
    by_label, by_predicted = (np.bincount(numbers[scores.wrong], minlength=classes) for numbers in (scores.labels, scores.predicted))
    return by_label.tolist(), by_predicted.tolist()


def _sort(rows: NDArray[np.int64], confidence: NDArray[np.float32], order: Order) -> NDArray[np.int64]:
    if order == Order.FILE:
        return rows
    sureness = confidence[rows] if order == Order.LEAST_SURE else -confidence[rows]
    return rows[np.argsort(sureness, kind="stable")]
