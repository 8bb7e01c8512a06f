"""Labelled images of a set together with what one network makes of them: what every page of Predict looks into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet, Split
from core.predictions.scores import Scores

Rows = NDArray[np.integer]
"""Places in a `ScoredImages`, from 0 to n - 1; not places in the file, which `positions` gives."""


@dataclass(frozen=True)
class Answer:
    """What a network says to one image.

    Attributes:
        position: the image's place in its half of the set.
        label, predicted, runner_up: the true class, the answer and the second most probable class; of equally probable ones the first.
        confidence, runner_up_probability, label_probability: what the network gave to the answer, the runner-up and the true class.
    """

    position: int
    label: int
    predicted: int
    confidence: float
    runner_up: int
    runner_up_probability: float
    label_probability: float


@dataclass(frozen=True, eq=False)
class Graded:
    """Which images of one half of a set were read right: `positions`, `int32 (n,)`, no two alike, and `right`, `bool (n,)`."""

    positions: NDArray[np.int32]
    right: NDArray[np.bool_]

    @property
    def correct(self) -> int:
        return int(self.right.sum())

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.correct / len(self.right)


@dataclass(frozen=True, eq=False)
class ScoredImages:
    """`n` images, in the order of the file, and a network's answers to them.

    Attributes:
        run_id, model_key: whose answers they are, and of which of its weights.
        image_set, split: where the images are from: the test half, or those of the training half that the run held back.
        positions: where each is in that half, `int32 (n,)`.
        scores: the answers and the labels, in the same order.
    """

    run_id: str
    model_key: str
    image_set: ImageSet
    split: Split
    positions: NDArray[np.int32]
    scores: Scores

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def key(self) -> tuple[str, str]:
        """Names everything that follows from these answers, for whoever keeps it."""
        return (self.model_key, self.split.value)

    @property
    def kind(self) -> str:
        """What to call the images: "test" or "validation"."""
        return "test" if self.split == Split.TEST else "validation"

    @property
    def graded(self) -> Graded:
        """Which of the images are read right."""
        return Graded(self.positions, self.scores.predicted == self.scores.labels)

    @property
    def class_names(self) -> Sequence[str]:
        return self.image_set.class_names

    def images(self, rows: Rows) -> Images:
        """The images at these rows, `(len(rows), *image_shape)`."""
        return self.image_set.images(self.split)[self.positions[rows]]

    @cached_property
    def guesses(self) -> NDArray[np.int64]:
        """How many guesses the network needs for each image, `(n,)`: 1 if its answer is right, 2 if the runner-up is, and so on."""
        probabilities, labels = self.scores.probabilities, self.scores.labels
        of_true = probabilities[np.arange(len(labels)), labels][:, None]
        # Of equally probable classes the first is guessed first.
        earlier = np.arange(probabilities.shape[1]) < labels[:, None]
        return np.asarray(1 + ((probabilities > of_true) | ((probabilities == of_true) & earlier)).sum(axis=1), np.int64)

    def answers(self, rows: Rows) -> tuple[Answer, ...]:
        """The answers to the images at these rows, in their order."""
        return tuple(self._answer(int(row)) for row in rows)

    def _answer(self, row: int) -> Answer:
        probabilities, label = self.scores.probabilities[row], int(self.scores.labels[row])
        answer, runner_up = np.argsort(-probabilities, kind="stable")[:2].tolist()
        shares = [float(probabilities[one]) for one in (answer, runner_up, label)]
        return Answer(int(self.positions[row]), label, answer, shares[0], runner_up, *shares[1:])

    def worst_first(self, rows: Rows) -> NDArray[np.int64]:
        """The rows reordered: mistakes before right answers, the most confident mistake and the least confident right answer first."""
        wrong = self.scores.predicted[rows] != self.scores.labels[rows]
        # A right answer counts the less the surer it was; equal ones stay in the order of the file.
        regret = np.where(wrong, 1 + self.scores.confidence[rows], 1 - self.scores.confidence[rows])
        return np.asarray(rows, np.int64)[np.argsort(-regret, kind="stable")]
