"""What may be concluded from two results: that one is better, or how large a difference could still hide.

Two results on the same images are compared image by image (McNemar's test, and Newcombe's interval for paired data); that tells far
smaller differences than two intervals side by side, since what is easy for one network is mostly easy for the other. Results on different
images are compared as two independent shares. In either case a difference counts only where test and interval both say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from core.errors import InklingError
from core.intervals import wilson_interval
from core.predictions.scored import Graded
from core.predictions.two_networks import LEVEL, PairedCounts, combine_widths, count_pairs, difference_interval, mcnemar

ENOUGH_SHARED = 0.5
"""Of the smaller of two samples, so much has to be in the other as well; with less, the rest tells more than the pairs do."""


@dataclass(frozen=True)
class Comparison:
    """Two accuracies and what lies between them.

    Attributes:
        right, images: how many were read right of how many, by the first and by the second.
        low, high: the 95 % interval of the first accuracy less the second, from -1 to 1.
        p: how often luck alone makes a difference at least as large, from 0 to 1; with `at_once` above 1 by Holm's correction.
        is_paired: whether both were asked about the same images, and are compared on these.
        left_out: images that only one of the two was asked about, and that are not compared.
        at_once: how many comparisons this is one of.
    """

    right: tuple[int, int]
    images: tuple[int, int]
    low: float
    high: float
    p: float
    is_paired: bool
    left_out: int = 0
    at_once: int = 1

    @property
    def accuracies(self) -> tuple[float, float]:
        return self.right[0] / self.images[0], self.right[1] / self.images[1]

    @property
    def difference(self) -> float:
        """Accuracy of the first less that of the second, from -1 to 1."""
        first, second = self.accuracies
        return first - second

    @property
    def is_clear(self) -> bool:
        """Whether a difference was found: both the test and the interval leave out that there is none."""
        return self.p < LEVEL and not self.low <= 0 <= self.high

    @property
    def is_undecided(self) -> bool:
        """Whether one of test and interval finds a difference and the other does not."""
        return not self.is_clear and (self.p < LEVEL or not self.low <= 0 <= self.high)

    @property
    def turned(self) -> Comparison:
        """The same with the second first."""
        return replace(self, right=self.right[::-1], images=self.images[::-1], low=-self.high, high=-self.low)


def compare(first: Graded, second: Graded) -> Comparison:
    """Two results on images of the same half of the same set: on the images that both were asked about where these are enough.

    Raises `InklingError` if either was asked about no image.
    """
    smaller = min(len(first.positions), len(second.positions))
    if not smaller:
        raise InklingError("Two results can't be compared without images; expected at least one image for each.")
    _, in_first, in_second = np.intersect1d(first.positions, second.positions, assume_unique=True, return_indices=True)
    if len(in_first) < ENOUGH_SHARED * smaller:
        return compare_unpaired((first.correct, len(first.right)), (second.correct, len(second.right)))
    paired = compare_paired(count_pairs(first.right[in_first], second.right[in_second]))
    return replace(paired, left_out=len(first.positions) + len(second.positions) - 2 * len(in_first))


def compare_paired(counts: PairedCounts) -> Comparison:
    """Two results on the same images."""
    right, images = (counts.first_right, counts.second_right), (counts.images, counts.images)
    return Comparison(right, images, *difference_interval(counts), mcnemar(counts.first_only, counts.second_only), is_paired=True)


def compare_unpaired(first: tuple[int, int], second: tuple[int, int]) -> Comparison:
    """Two results on different images, each as how many were read right of how many.

    The interval is R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998), 873-890, method 10; the test Pearson's chi-squared with N - 1: I. Campbell, "Chi-squared
    and Fisher-Irwin tests of two-by-two tables with small sample recommendations", Statistics in Medicine 26 (2007), 3661-3675.
    """
    (first_right, first_images), (second_right, second_images) = first, second
    shares = first_right / first_images, second_right / second_images
    (first_low, first_high), (second_low, second_high) = wilson_interval(*first), wilson_interval(*second)
    below = combine_widths(shares[0] - first_low, second_high - shares[1])
    above = combine_widths(first_high - shares[0], shares[1] - second_low)
    difference = shares[0] - shares[1]
    return Comparison(
        (first_right, second_right),
        (first_images, second_images),
        max(-1.0, difference - below),
        min(1.0, difference + above),
        _chi_squared(first, second),
        is_paired=False,
    )


def allow_for_many(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The same with larger `p`, so that luck hardly makes a difference out of any of them, however the one looked at is chosen.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979), 65-70.
    """
    order = sorted(range(len(comparisons)), key=lambda place: comparisons[place].p)
    adjusted, largest = list(comparisons), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * comparisons[place].p))
        adjusted[place] = replace(comparisons[place], p=largest, at_once=len(order))
    return tuple(adjusted)


def compare_with_leader(results: Sequence[Graded], looks: int = 1) -> tuple[int, dict[int, Comparison]]:
    """The place of the highest accuracy, and a comparison of it with each other result, the leader first, the next best on top.

    All pairs are tested at once, for the leader is chosen by the same images. Of equally high ones the first leads.

    Args:
        looks: among how many such sets of results, at least 1, this one was chosen by what they show (Bonferroni's correction).
    """
    places = sorted(range(len(results)), key=lambda place: -results[place].accuracy)
    pairs = list(combinations(places, 2))
    found = allow_for_many([compare(results[one], results[other]) for one, other in pairs])
    compared = {pair: replace(one, p=min(1.0, looks * one.p), at_once=looks * one.at_once) for pair, one in zip(pairs, found, strict=True)}
    return places[0], {place: compared[places[0], place] for place in places[1:]}


def _chi_squared(first: tuple[int, int], second: tuple[int, int]) -> float:
    """The p-value of Pearson's test with N - 1; 1 where all, or none, were read right."""
    (first_right, first_images), (second_right, second_images) = first, second
    images, right = first_images + second_images, first_right + second_right
    margins = first_images * second_images * right * (images - right)
    if not margins:
        return 1.0
    across = first_right * (second_images - second_right) - second_right * (first_images - first_right)
    # The upper tail of the chi-squared curve with one degree of freedom.
    return math.erfc(math.sqrt((images - 1) * across**2 / margins / 2))
