"""How good a network is at each class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.intervals import wilson_interval
from core.predictions.scores import Scores

Interval = tuple[float, float]


@dataclass(frozen=True)
class ClassScore:
    """One class. Shares are from 0 to 1, and None where there is nothing to take a share of.

    Attributes:
        label: the class.
        support: images of it.
        answers: images read as it.
        right: images of it that were read as it.
        precision: the part of the answers that is right.
        recall: the part of the class's images that is found.
        f1: the harmonic mean of the two, 2 right / (support + answers).
    """

    label: int
    support: int
    answers: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None

    @property
    def precision_interval(self) -> Interval | None:
        """The 95 % Wilson interval: (low, high)."""
        return wilson_interval(self.right, self.answers) if self.answers else None

    @property
    def recall_interval(self) -> Interval | None:
        """The 95 % Wilson interval: (low, high)."""
        return wilson_interval(self.right, self.support) if self.support else None


def score_classes(scores: Scores) -> tuple[ClassScore, ...]:
    """Every class that the network knows, in order; also those without an image or an answer."""
    from sklearn.metrics import precision_recall_fscore_support

    labels = np.arange(scores.probabilities.shape[1])
    shares = precision_recall_fscore_support(scores.labels, scores.predicted, labels=labels, zero_division=np.nan)[:3]
    counts = (scores.confusion.sum(axis=1), scores.confusion.sum(axis=0), scores.confusion.diagonal())
    return tuple(_class_score(int(label), [array[label] for array in counts], [array[label] for array in shares]) for label in labels)


def _class_score(label: int, counts: list[NDArray[Any]], shares: list[NDArray[Any]]) -> ClassScore:
    support, answers, right = map(int, counts)
    precision, recall, f1 = (None if math.isnan(share) else float(share) for share in shares)
    return ClassScore(label, support, answers, right, precision, recall, f1)
