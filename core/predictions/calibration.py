"""Whether a network is as often right as it says it is, and one number that makes it so.

Source of all of it: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On calibration of modern neural networks", ICML 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError
from core.intervals import wilson_interval
from core.predictions.scores import Scores
from core.ranking import LEVEL

BINS = 15
"""Equally wide bins from 0 to 1, as many as in the source (section 4.3)."""

COLDEST, HOTTEST = 0.05, 20.0
"""Between these the temperature is looked for: networks that have learned anything need one between 0.5 and 5."""


@dataclass(frozen=True)
class ReliabilityBin:
    """The images whose confidence is above `low` and at most `high`.

    Attributes:
        number: of the bin, from 0.
        count, right: how many images there are, at least one, and how many of them are read right.
        confidence: their mean confidence.
    """

    number: int
    low: float
    high: float
    count: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> float:
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.right, self.count)

    @property
    def gap(self) -> float:
        """Confidence less accuracy: above 0 the network is too sure."""
        return self.confidence - self.accuracy


@dataclass(frozen=True)
class Reliability:
    """What a network says of its own answers, held against how often they are right.

    Attributes:
        bins: those that hold images, in ascending order.
        expected_by_luck: the calibration error that so many images would show on average if the network were perfectly calibrated.
    """

    bins: tuple[ReliabilityBin, ...]
    expected_by_luck: float

    @property
    def count(self) -> int:
        return sum(one.count for one in self.bins)

    @property
    def right(self) -> int:
        return sum(one.right for one in self.bins)

    @property
    def accuracy(self) -> float:
        return self.right / self.count

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.right, self.count)

    @property
    def confidence(self) -> float:
        """Mean confidence of all images."""
        return sum(one.count * one.confidence for one in self.bins) / self.count

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of confidence from accuracy, each bin weighing as much as it holds (formula 3)."""
        return sum(one.count * abs(one.gap) for one in self.bins) / self.count

    @property
    def worst(self) -> ReliabilityBin:
        """The bin with the largest gap; the gap's size is the maximum calibration error (formula 5)."""
        return max(self.bins, key=lambda one: abs(one.gap))

    @property
    def clear_gaps(self) -> tuple[ReliabilityBin, ...]:
        """The bins whose gap luck does not explain: with all of them looked at, it would make one seem so in 5 of 100 networks."""
        confidence = 1 - LEVEL / len(self.bins)
        intervals = ((one, wilson_interval(one.right, one.count, confidence)) for one in self.bins)
        return tuple(one for one, (low, high) in intervals if not low <= one.confidence <= high)


@dataclass(frozen=True)
class Temperature:
    """A fitted temperature. The losses, of the images that it was fitted on, are mean cross-entropies in nats."""

    value: float
    images: int
    loss_before: float
    loss_after: float


def measure_reliability(scores: Scores, bins: int = BINS) -> Reliability:
    """Sort the images into equally wide bins by the probability of their answers (section 2, "Reliability diagrams")."""
    confidence, right = scores.confidence.astype(np.float64), scores.predicted == scores.labels
    numbers = find_bins(confidence, bins)
    # Were it calibrated, each answer would be right with its own probability. The mean size of a normal deviation is
    # sqrt(2 / pi) times its standard deviation.
    variance = np.bincount(numbers, np.maximum(confidence * (1 - confidence), 0))
    by_luck = math.sqrt(2 / math.pi) * float(np.sqrt(variance).sum()) / len(confidence)
    counted = (_count(number, bins, confidence[numbers == number], right[numbers == number]) for number in np.unique(numbers).tolist())
    return Reliability(tuple(counted), by_luck)


def _count(number: int, bins: int, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> ReliabilityBin:
    return ReliabilityBin(number, number / bins, (number + 1) / bins, len(right), int(right.sum()), float(confidence.mean()))


def find_bins(confidence: NDArray[np.floating], bins: int = BINS) -> NDArray[np.int64]:
    """The number of the bin that each confidence falls into, `(n,)`; one on an edge falls into the lower bin."""
    inner_edges = np.linspace(0, 1, bins + 1)[1:-1]
    return np.asarray(np.searchsorted(inner_edges, confidence), np.int64)


def fit_temperature(scores: Scores) -> Temperature:
    """The temperature with the least cross-entropy on these images (section 4.2, "Temperature scaling").

    They must be images that the network has not learned from, and not those that it is judged by: validation images.

    Raises `InklingError` if not one of them is read wrong: then there is nothing to learn caution from, and the best would be none at all.
    """
    from scipy.optimize import minimize_scalar

    if not len(scores.wrong):
        raise InklingError(
            f"All {len(scores.labels):,} validation images are read right, so they can't tell how sure is too sure."
            " A temperature takes a few mistakes: hold more images back."
        )
    logits = _logits(scores.probabilities)
    of_true_class = logits[np.arange(len(logits)), scores.labels]

    def loss(log_temperature: float) -> float:
        # With the largest at 0, no exponential overflows.
        cooled = logits * math.exp(-log_temperature)
        return float((np.log(np.exp(cooled).sum(axis=1)) - of_true_class * math.exp(-log_temperature)).mean())

    # The loss is convex in 1 / T, so that there is one valley only, on the scale of the logarithm as well.
    found = minimize_scalar(loss, bounds=(math.log(COLDEST), math.log(HOTTEST)), method="bounded", options={"xatol": 1e-6})
    return Temperature(math.exp(found.x), len(logits), loss(0.0), float(found.fun))


def apply_temperature(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Probabilities as if the network had divided its logits by the temperature, `float64 (n, class_count)`, rows adding up to 1.

    Above 1 they come closer together, below 1 they move apart; which is the largest never changes.
    The logits are not needed: softmax(log(p) / T) = softmax(logits / T), since a softmax forgets what all logits have in common.
    """
    if temperature <= 0:
        raise ValueError(f"a temperature of {temperature:g}; expected more than 0")
    raised = np.exp(_logits(probabilities) / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float64)


def _logits(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logarithms, shifted until the largest of each row is 0. A probability that was rounded to 0 counts as the smallest 32-bit number."""
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny), dtype=np.float64)
    return np.asarray(logarithms - logarithms.max(axis=1, keepdims=True))
