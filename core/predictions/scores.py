"""How good a network's answers are, from its probabilities and the true labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError
from core.intervals import wilson_interval


@dataclass(frozen=True, eq=False)
class Scores:
    """A network's answers to `n` labelled images, and what follows from them. Build one with `score`.

    Thread contract: immutable; what is computed on first use is the same whoever computes it.

    Attributes:
        probabilities: floating, `(n, class_count)`, each row adding up to 1.
        labels: the true classes, `int32 (n,)`.
    """

    probabilities: NDArray[np.floating]
    labels: NDArray[np.int32]

    @cached_property
    def predicted(self) -> NDArray[np.int32]:
        """The most probable class of each image, `(n,)`; the first of several equally probable ones."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int32)

    @cached_property
    def confidence(self) -> NDArray[np.floating]:
        """The probability of the predicted class, `(n,)`, from 1 / class_count to 1."""
        return np.asarray(self.probabilities.max(axis=1))

    @cached_property
    def wrong(self) -> NDArray[np.int64]:
        """Positions of the images that were taken for another class, in ascending order."""
        return np.flatnonzero(self.predicted != self.labels)

    @property
    def correct_count(self) -> int:
        return len(self.labels) - len(self.wrong)

    @property
    def accuracy(self) -> float:
        """Share of images whose predicted class is the true one, from 0 to 1."""
        return self.correct_count / len(self.labels)

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy: (low, high)."""
        return wilson_interval(self.correct_count, len(self.labels))

    @cached_property
    def loss(self) -> float:
        """Mean cross-entropy in nats: minus the logarithm of the probability given to the true class.

        Equals `keras.Model.evaluate`, which computes it before the softmax, as long as no probability was rounded to 0;
        one that was counts as the smallest normal 32-bit number, a loss of 87.
        """
        of_true_class = self.probabilities[np.arange(len(self.labels)), self.labels]
        return float(-np.log(np.maximum(of_true_class, np.finfo(np.float32).tiny), dtype=np.float64).mean())

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """How often each class was taken for each other, `(class_count, class_count)`: rows are true classes, columns predicted ones."""
        from sklearn.metrics import confusion_matrix

        matrix: NDArray[np.int64] = confusion_matrix(self.labels, self.predicted, labels=np.arange(self.probabilities.shape[1]))
        return matrix


def score(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> Scores:
    """Score class probabilities, `(n, class_count)`, against the true labels, `(n,)`.

    Raises `InklingError` if there are no images, the two differ in number, or a label has no column.
    """
    count, classes = probabilities.shape
    if count == 0 or labels.shape != (count,):
        raise InklingError(f"There are answers for {count:,} images and {labels.size:,} labels; expected the same number, at least one.")
    if labels.min() < 0 or labels.max() >= classes:
        raise InklingError(
            f"The labels run from {labels.min()} to {labels.max()}, but the network knows the classes 0 to {classes - 1}."
            " Score it on the data set it was trained on."
        )
    return Scores(probabilities, labels.astype(np.int32))
