"""Two networks' answers to the same images: how much better one is, whether that could be luck, and where they disagree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet, Split
from core.errors import InklingError
from core.intervals import wilson_interval
from core.predictions.scored import Rows, ScoredImages
from core.predictions.scores import Scores, score

FEW = 25
"""Images on which one network alone is right, below which McNemar's test counts all cases instead of using the chi-squared curve."""

LEVEL = 0.05
"""A difference that luck would bring about less often than this counts as one."""


class Winner(StrEnum):
    """Who is right about an image that the two read differently."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"


@dataclass(frozen=True)
class PairedCounts:
    """How many images both read right, only the first, only the second, neither."""

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def images(self) -> int:
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def first_right(self) -> int:
        return self.both + self.first_only

    @property
    def second_right(self) -> int:
        return self.both + self.second_only

    @property
    def difference(self) -> float:
        """Accuracy of the first less that of the second, from -1 to 1."""
        return (self.first_only - self.second_only) / self.images


@dataclass(frozen=True, eq=False)
class PairedAnswers:
    """Two networks' answers to the same `n` images of one set, in the order of the file. Build one with `pair_answers`.

    Attributes:
        asked: all that the first and the second network were asked about.
        positions: where each of the images that both were asked about is in its half, `int32 (n,)`.
        first, second: the answers to exactly these images.
    """

    asked: tuple[ScoredImages, ScoredImages]
    positions: NDArray[np.int32]
    first: Scores
    second: Scores

    @property
    def image_set(self) -> ImageSet:
        return self.asked[0].image_set

    @property
    def split(self) -> Split:
        return self.asked[0].split

    @property
    def kind(self) -> str:
        """What to call the images: "test" or "validation"."""
        return self.asked[0].kind

    @property
    def run_ids(self) -> tuple[str, str]:
        return self.asked[0].run_id, self.asked[1].run_id

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def counts(self) -> PairedCounts:
        return count_pairs(*(one.predicted == one.labels for one in (self.first, self.second)))

    def images(self, rows: Rows) -> Images:
        """The images at these rows, `(len(rows), *image_shape)`."""
        return self.image_set.images(self.split)[self.positions[rows]]

    @cached_property
    def disagreements(self) -> NDArray[np.int64]:
        """Rows of the images that the two read differently, those first where whoever is wrong is the surest."""
        rows = np.flatnonzero(self.first.predicted != self.second.predicted)
        by_first, by_second = (np.where(one.predicted != one.labels, one.confidence, 0)[rows] for one in (self.first, self.second))
        return np.asarray(rows[np.argsort(-np.maximum(by_first, by_second), kind="stable")], np.int64)

    def winners(self, rows: Rows) -> tuple[Winner, ...]:
        """Who is right about each of these images, which the two read differently."""
        by_first, by_second = (one.predicted[rows] == one.labels[rows] for one in (self.first, self.second))
        return tuple(map(Winner, np.select([by_first, by_second], [Winner.FIRST, Winner.SECOND], Winner.NEITHER).tolist()))


def pair_answers(first: ScoredImages, second: ScoredImages) -> PairedAnswers:
    """The answers of both to the images that both were asked about: all test images, or the validation images that both held back.

    Raises `InklingError` if they were asked about different sets or halves, or have no image in common.
    """
    if (first.image_set.sha256, first.split) != (second.image_set.sha256, second.split):
        raise InklingError("The two networks were asked about images of different sets; expected the same set and split for both.")
    positions, in_first, in_second = np.intersect1d(first.positions, second.positions, assume_unique=True, return_indices=True)
    if not len(positions):
        raise InklingError(
            f"No {first.kind} image is held back by both runs: each has learned from those that the other held back,"
            " so neither can be judged fairly by them. Compare the two on test images."
        )
    return PairedAnswers((first, second), positions.astype(np.int32), _only(first.scores, in_first), _only(second.scores, in_second))


def _only(scores: Scores, rows: Rows) -> Scores:
    return scores if len(rows) == len(scores.labels) else score(scores.probabilities[rows], scores.labels[rows])


def count_pairs(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> PairedCounts:
    """From which of the same images the first and the second read right, `bool (n,)` each."""
    return PairedCounts(*(int((a & b).sum()) for a, b in ((first, second), (first, ~second), (~first, second), (~first, ~second))))


def mcnemar(first_only: int, second_only: int) -> float:
    """How probable it is that luck makes two equally good networks at least as different as this: the p-value of McNemar's test.

    Only images on which one of them alone is right count; of equally good ones, each would be right on half of these, as heads and tails
    are. For fewer than `FEW` images that is counted out (binomial, two-sided), otherwise read off the chi-squared curve with
    Edwards' correction. Sources: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12 (1947), 153-157; A. L. Edwards, "Note on the correction for continuity in testing the significance
    of the difference between correlated proportions", Psychometrika 13 (1948), 185-187.
    """
    total = first_only + second_only
    if total < FEW:
        at_most = sum(math.comb(total, heads) for heads in range(min(first_only, second_only) + 1))
        return min(1.0, math.ldexp(at_most, 1 - total))
    statistic = max(0, abs(first_only - second_only) - 1) ** 2 / total
    # The upper tail of the chi-squared curve with one degree of freedom.
    return math.erfc(math.sqrt(statistic / 2))


def difference_interval(counts: PairedCounts) -> tuple[float, float]:
    """The 95 % interval of the difference of the two accuracies, (low, high), each from -1 to 1.

    It starts from the Wilson intervals of both and takes into account that easy images are easy for both networks.
    Source: R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired data",
    Statistics in Medicine 17 (1998), 2635-2650, method 10, which keeps its promise where the usual one (Wald's) does not: for few
    images, and for accuracies near 1.
    """
    images = counts.images
    first, second = counts.first_right / images, counts.second_right / images
    (first_low, first_high), (second_low, second_high) = (
        wilson_interval(right, images) for right in (counts.first_right, counts.second_right)
    )
    correlation = _correlation(counts)
    below = combine_widths(first - first_low, second_high - second, correlation)
    above = combine_widths(first_high - first, second - second_low, correlation)
    return max(-1.0, counts.difference - below), min(1.0, counts.difference + above)


def combine_widths(one: float, other: float, correlation: float = 0.0) -> float:
    """How far the interval of a difference reaches to one side, from how far those of the two shares reach: squared and added."""
    # Rounding may leave a trace below 0.
    return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))


def _correlation(counts: PairedCounts) -> float:
    """Of being right, between the two; 0 where it is unknown. A positive one is corrected for continuity, as in the source."""
    wrong = (counts.images - counts.first_right, counts.images - counts.second_right)
    margins = math.prod((counts.first_right, counts.second_right, *wrong))
    if not margins:
        return 0.0
    together = counts.both * counts.neither - counts.first_only * counts.second_only
    corrected = max(0.0, together - counts.images / 2) if together > 0 else together
    return corrected / math.sqrt(margins)
