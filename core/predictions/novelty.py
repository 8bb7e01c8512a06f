"""How far an image is from everything a network has learned from: a network names a class for a horse as readily as for a 3.

The score is the distance from the nearest training image in the last hidden layer, each image's values scaled to length 1: the method
of Y. Sun, Y. Ming, X. Zhu and Y. Li ("Out-of-Distribution Detection with Deep Nearest Neighbors", 2022, section 3), with k = 1. It is
multiplied by the cube root of how strong the values were before, against what is usual: a layer answers to a strange shape more strongly
as often as more weakly, and where a strange direction comes with strong values, it is hardly a digit written badly. That is our own
addition. `tests/benchmarks/novelty.py --powers` measures other powers than the third root, on signs that are in no table of results.

The other well-known score, the energy of the logits (W. Liu and others, "Energy-based Out-of-distribution Detection", 2020, section 3.1),
is here to be compared with it: the same benchmark measures both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Labels

PASSED = 0.95
"""The share of real images that have to pass, of such as were held back from training: one in twenty is a false alarm."""

FEWEST_REAL = 30
"""Real images that set a threshold. With fewer nothing is called novel or familiar, since none can be rare enough: a new real image is
further than all m others once in m + 1 times, which is more often than one in twenty with fewer than 19. The threshold below is then
exceeded by about a share of (0.05 m + 0.95) / (m + 1): 28 % with 3 real images, 9 % with 20, 8 % with 30."""

POWER = 1 / 3
"""To which the strength of the values is raised before it multiplies the distance."""

WEAKEST = 0.5
"""Of the usual strength: with less, or none at all, nothing becomes more familiar."""

NEAREST = 3
"""Training images that are told for each image."""

NO_POSITION = -1
"""Of an image that is in no set: what the shipped network is compared with holds some that were drawn for it."""

_AT_ONCE = 500
"""Images compared at a time, so that the table of distances stays small."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Familiar:
    """Training images as the last hidden layer of one network has them, and how far real images are from them.

    Attributes:
        positions: where each is in the training half, or the one that it was redrawn from, `int32 (n,)`; `NO_POSITION` where it is not.
        labels: their classes, `int32 (n,)`.
        rounded: the directions of their values in that layer, in a few levels either side of 0, `int8 (n, units)`: small enough for a file.
        strength: the median length of these values before, `float32 ()`, 0 or more.
        usual: the scores of the real images that set the threshold, ascending, `float32 (m,)`, m at least 1.
        is_unseen: whether the network did not learn from these, `bool ()`. Otherwise they are more familiar than new ones would be.
    """

    positions: NDArray[np.int32]
    labels: Labels
    rounded: NDArray[np.int8]
    strength: Floats
    usual: Floats
    is_unseen: NDArray[np.bool_] = field(default_factory=lambda: np.array(True))

    @cached_property
    def directions(self) -> Floats:
        """The same, each image's of length 1, `float32 (n, units)`."""
        return scale_to_one(self.rounded.astype(np.float32))

    @property
    def threshold(self) -> float:
        """The score that `PASSED` of the real images do not exceed."""
        return float(np.quantile(self.usual, PASSED))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """For a file. The inverse of `from_arrays`."""
        return {
            "positions": self.positions,
            "labels": self.labels.astype(np.int16),
            "directions": self.rounded,
            "strength": self.strength,
            "usual": self.usual,
            "is_unseen": self.is_unseen,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        labels = arrays["labels"].astype(np.int32)
        # The file of the shipped network has no such entry: its threshold was set by digits that were held back.
        unseen = arrays.get("is_unseen", np.array(True))
        return cls(arrays["positions"], labels, arrays["directions"], arrays["strength"], arrays["usual"], unseen)


@dataclass(frozen=True, eq=False)
class Novelty:
    """How new each of n images is to a network.

    Attributes:
        scores: distance from the nearest training image, weighed by the strength, `float32 (n,)`, 0 or more.
        threshold: the score above which an image is novel, `float32 ()`.
        exceeded: the share of real images with a lower score, `float32 (n,)`, 0 to 1.
        positions, labels, distances: of the nearest training images, the nearest first, `(n, NEAREST)`; distances are 0 to 2.
        compared, measured: numbers of images compared with, and of real images that set the threshold, `int64 ()`.
        is_unseen: whether the network did not learn from the latter, `bool ()`.
        unlisted: of those compared with, how many are in no set, `int64 ()`.
    """

    scores: Floats
    threshold: Floats
    exceeded: Floats
    positions: NDArray[np.int32]
    labels: Labels
    distances: Floats
    compared: NDArray[np.int64]
    measured: NDArray[np.int64]
    is_unseen: NDArray[np.bool_] = field(default_factory=lambda: np.array(True))
    unlisted: NDArray[np.int64] = field(default_factory=lambda: np.array(0))

    @property
    def is_judged(self) -> bool:
        """Whether anything is called novel, or not novel."""
        return is_judged(int(self.measured))

    @property
    def is_novel(self) -> NDArray[np.bool_]:
        """Whether each image is unlike what the network has learned from, `bool (n,)`; no image is where nothing is judged."""
        return (self.scores > self.threshold) & self.is_judged

    @property
    def is_novel_in_row(self) -> NDArray[np.bool_]:
        """The same where the n images are a row that is read as a whole: `PASSED` of the rows of real images pass, not of the images.

        Each image then has to be among fewer real ones, by Z. Šidák ("Rectangular Confidence Regions for the Means of Multivariate
        Normal Distributions", 1967): of n that are independent, all pass as often as one does where each passes `PASSED ** (1 / n)`.
        """
        count = len(self.scores)
        return self.is_novel if count < 2 else self.is_novel & (self.exceeded >= PASSED ** (1 / count))


def is_judged(measured: int) -> bool:
    """Whether so many real images are enough to call anything novel, or not novel."""
    return measured >= FEWEST_REAL


def describe_too_few(measured: int, things: str) -> str:
    """Why nothing is judged where only `measured` real images could set the threshold, in a sentence. `things`: "digits" or "images"."""
    return (
        f"Too few {things} to tell whether anything is unusual: this check needs at least {FEWEST_REAL} real {things} to compare with, "
        f"and has {measured}."
    )


def scale_to_one(values: NDArray[np.float32]) -> Floats:
    """Each row divided by its length; a row of zeros stays one, and is then at distance 1 from every other."""
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.where(length > 0, length, 1), np.float32)


def find_nearest_directions(directions: Floats, known: Floats, count: int) -> tuple[NDArray[np.intp], Floats]:
    """Of each row the `count` nearest rows of `known` and their Euclidean distances, nearest first, `(n, count)` each."""
    indices, distances = [np.empty((0, count), np.intp)], [np.empty((0, count), np.float32)]
    for first in range(0, len(directions), _AT_ONCE):
        likeness = directions[first : first + _AT_ONCE] @ known.T
        best = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(likeness, best, axis=1), axis=1, kind="stable"), axis=1)
        # Subtracted, not worked out from the likeness: of nearly equal directions rounding would leave nothing.
        apart = directions[first : first + _AT_ONCE, None] - known[best]
        indices.append(best)
        distances.append(np.linalg.norm(apart, axis=2))
    return np.concatenate(indices), np.concatenate(distances)


def build_familiar(
    positions: NDArray[np.int32], labels: Labels, values: Floats, real: Floats, *, levels: int = 127, is_unseen: bool = True
) -> Familiar:
    """From the values in the last hidden layer of training images, `(n, units)`, and of real images that set the threshold, `(m, units)`.

    `levels`, 1 to 127, is how finely the directions are kept. With 127 a distance moves by less than a hundredth; with 7 by a few
    hundredths, in half the room once it is compressed.
    """
    directions = scale_to_one(values)
    largest = np.abs(directions).max(axis=1, keepdims=True).clip(1e-12)
    rounded = np.rint(directions / largest * levels).astype(np.int8)
    strength = np.asarray(np.median(np.linalg.norm(values, axis=1)), np.float32)
    # Real images are held against what is kept, as others will be.
    _, distances = find_nearest_directions(scale_to_one(real), scale_to_one(rounded.astype(np.float32)), 1)
    usual = np.sort(weigh(distances[:, 0], real, strength))
    return Familiar(positions, labels, rounded, strength, usual, np.array(is_unseen))


def weigh(distances: Floats, values: Floats, strength: Floats, power: float = POWER) -> Floats:
    """The scores, `float32 (n,)`, of images with these distances, `(n,)`, and values, `(n, units)`."""
    relative = np.linalg.norm(values, axis=1) / strength if strength > 0 else np.ones(len(values))
    return np.asarray(distances * np.maximum(relative, WEAKEST) ** power, np.float32)


def measure_novelty(familiar: Familiar, values: Floats) -> Novelty:
    """How new images are whose values in the last hidden layer are `values`, `(n, units)`."""
    count = min(NEAREST, len(familiar.positions))
    indices, distances = find_nearest_directions(scale_to_one(values), familiar.directions, count)
    scores = weigh(distances[:, 0], values, familiar.strength)
    return Novelty(
        scores=scores,
        threshold=np.asarray(familiar.threshold, np.float32),
        exceeded=np.asarray(np.searchsorted(familiar.usual, scores) / len(familiar.usual), np.float32),
        positions=familiar.positions[indices],
        labels=familiar.labels[indices],
        distances=distances,
        compared=np.asarray(len(familiar.positions)),
        measured=np.asarray(len(familiar.usual)),
        is_unseen=familiar.is_unseen,
        unlisted=np.asarray((familiar.positions == NO_POSITION).sum()),
    )


def energy(logits: Floats) -> Floats:
    """The free energy of what goes into the softmax, `(n, classes)`, at temperature 1: higher is more novel, `float32 (n,)`."""
    highest = logits.max(axis=1, keepdims=True)
    return np.asarray(-(np.log(np.exp(logits - highest).sum(axis=1)) + highest[:, 0]), np.float32)
