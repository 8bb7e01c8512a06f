"""Images that occur twice: the same file in training and test, or nearly the same picture.

A test image that was learned by heart says nothing about how a network does on images it has never seen.

**Exact copies** have the same pixels, byte for byte.

**Near-copies** are found by a measure without a scale. Both images are freed of their brightness and contrast (mean 0, length 1).
The training images are dealt out into sixteen shares like cards, and the nearest of each share is found. The median of those sixteen
distances is what is *usual* for this image: how near images come to it by being of the same kind. A twin is much nearer than that.
The *closeness* of an image is the distance of its nearest training image divided by the usual one: 0 for a copy, near 1 for an image
without a twin.

No fixed limit on a distance or a correlation would do: plain 1s of MNIST by different writers correlate to 0.99, many different trousers of
Fashion-MNIST to 0.995, while most of CIFAR-10's true twins (the same photo, packed, cropped or sharpened once more) do to 0.9 or less.

Nor would one limit on the closeness do for all sets: where images differ in few ways only, as 8 x 8 digits do, a few come that near to each
other by luck. **How many do by chance** follows from how the distances of the sixteen shares are spread. If images lie evenly in `d`
directions around one, the number of them within a distance grows with its `d`-th power, and the `d`-th powers of the sixteen distances
are exponentially distributed. Their spread tells `d` (in the manner of E. Levina and P. Bickel, "Maximum likelihood estimation of intrinsic
dimension", 2004), and `d` tells how often the nearest of all is within the limit. Held against pairs found in sets without twins, this is
two to five times too careful: images by one hand, say, do not lie evenly.

The limit that a set begins with lets half a pair through by chance, and is at most 0.4. That bound was chosen by looking at the pairs in
order of closeness: up to it there are none in MNIST; 40 in Fashion-MNIST, all the same article or one cut of it; 76 in CIFAR-10, all the
same photo. What is shifted, mirrored or turned is not found: only pixels in the same place are compared.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet
from core.datasets.neighbours import Report, Rows, chunks, flatten, nearest_rows, pair_distances
from core.datasets.samples import Indices

LIMITS = np.arange(2, 13) / 20
"""Limits on the closeness that one may choose among: 0.1 to 0.6. Pairs are kept up to the last: past it even MNIST's, which has no twins,
come by the hundred."""

_WIDEST_USUAL = 0.4
_HALF_A_PAIR = 0.5
_UNLIKELY = 0.01
"""More pairs than chance brings in one set of a hundred are no luck."""

_SHARES = 16
_LEAST_CONTRAST = 0.01
"""Standard deviation of an image's pixels, in parts of the full range, below which it counts as blank and is like any other blank one."""

_FEW = 20
"""Test images of a class below which it is not asked alone how its images are spread."""

_LOW, _HIGH = 3, 12
_SPREAD = 1.8025
"""Mean difference of the logarithms of the 13th and the 4th smallest of sixteen exponentially distributed numbers. Neither is near an end:
a twin, or an outlier, changes only those."""

_QUERY_BYTES = 128 * 1024**2
"""Test images as `float32` that are compared at a time. With `nearest_rows`'s own chunks a search takes some 400 MB, whatever the set."""


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What was found, the closest first.

    Attributes:
        test, training: pairs of a test image and the training image nearest to it, `intp (n,)` each; one pair a test image.
        closeness: as the module describes, `float64 (n,)`, 0 to the last of `LIMITS`.
        distances: in pixel values scaled to 0..1, as in `neighbours`, `float64 (n,)`.
        exact: whether they are the same pixel for pixel, `bool (n,)`.
        by_chance: how many pairs that are no twins are to be expected up to each of `LIMITS`, `float64 (len(LIMITS),)`.
        first, again: exact copies inside training: the first of each and one that repeats it, `intp (m,)` each.
    """

    test: Indices
    training: Indices
    closeness: NDArray[np.float64]
    distances: NDArray[np.float64]
    exact: NDArray[np.bool_]
    by_chance: NDArray[np.float64]
    first: Indices
    again: Indices

    def up_to(self, limit: float) -> Indices:
        """The positions of the pairs that are at least this close."""
        return np.flatnonzero(self.closeness <= limit + 1e-9)

    def expected(self, limit: float) -> float:
        """How many pairs that are no twins are to be expected up to this limit, one of `LIMITS`."""
        return float(np.interp(limit, LIMITS, self.by_chance))

    def leaks(self, limit: float) -> bool:
        """Whether there are exact copies up to this limit, or more near ones than chance brings, there or up to one below it."""
        if self.exact[self.up_to(limit)].any():
            return True
        near = ((len(self.up_to(within)), self.expected(within)) for within in LIMITS[limit + 1e-9 >= LIMITS])
        return any(count > 0 and _chance_of(count, expected) < _UNLIKELY for count, expected in near)

    @property
    def usual_limit(self) -> float:
        """The limit to begin with: the widest that lets at most half a pair through by chance."""
        fitting = LIMITS[(self.by_chance <= _HALF_A_PAIR) & (LIMITS <= _WIDEST_USUAL)]
        return float(fitting[-1] if len(fitting) else LIMITS[0])


def find_duplicates(image_set: ImageSet, report: Report, should_stop: Callable[[], bool]) -> Duplicates:
    """Look for copies of test images among the training images, and for exact copies among the training images.

    Raises `Cancelled` soon after `should_stop()` becomes true.
    """
    report(0.0, "Looking for exact copies.")
    places, (first, again) = _first_places(image_set.x_train)
    exact = np.array([places.get(digest, -1) for digest in map(_digest, image_set.x_test)], dtype=np.intp)
    nearest, closeness, spread = _closest(image_set, report, should_stop)
    nearest, closeness = np.where(exact >= 0, exact, nearest), np.where(exact >= 0, 0.0, closeness)
    test = np.flatnonzero(closeness <= LIMITS[-1])
    distances = pair_distances(image_set.x_test[test], image_set.x_train[nearest[test]], image_set.max_value)
    order = np.lexsort((test, distances, closeness[test]))
    test = test[order]
    by_chance = _count_by_chance(spread, image_set.y_test)
    return Duplicates(test, nearest[test], closeness[test], distances[order], exact[test] >= 0, by_chance, first, again)


def describe_leak(found: Duplicates, limit: float, test_count: int) -> str:
    """How many test images have a twin in training up to this limit, whether that can be chance, and what it does to accuracy."""
    twins = len(found.up_to(limit))
    if not twins:
        return "No test image has a twin among the training images, as far as pixels in the same place can tell."
    have = "has" if twins == 1 else "have"
    chance = f"up to {max(found.expected(limit), 0.1):.1f}"
    if not found.leaks(limit):
        return (
            f"{twins:,} of {test_count:,} test images {have} a training image much nearer than usual. In a set of this size and kind "
            f"{chance} come that near by chance, so this is no sign of a leak. "
            "Look at the pairs: only eyes tell a copy from two images that look alike."
        )
    share = 100 * twins / test_count
    size = f"{share:.1f} %" if share >= 0.1 else "less than 0.1 %"
    points = f"up to {share:.1f} percentage points" if share >= 0.1 else "less than 0.1 percentage points"
    return (
        f"{twins:,} of {test_count:,} test images ({size}) {have} a twin among the training images; {chance} would look so by chance. "
        f"This set leaks: a network can know them by heart, so its test accuracy can come out {points} too high."
    )


def describe_conflicts(conflicts: int, pairs: int) -> str:
    """How many of the pairs carry two different labels; nothing if none do."""
    if not conflicts:
        return ""
    return (
        f"{conflicts:,} of the {pairs:,} pairs {'carries' if conflicts == 1 else 'carry'} two different labels, marked with a cross: "
        "one of the two is wrong, or the picture can be read both ways."
    )


def _digest(image: Images) -> bytes:
    return hashlib.blake2b(image.data, digest_size=16).digest()


def _first_places(images: Images) -> tuple[dict[bytes, int], tuple[Indices, Indices]]:
    """Where each different image occurs first, and the pairs of a first one and a copy of it."""
    places: dict[bytes, int] = {}
    pairs = [(first, place) for place, digest in enumerate(map(_digest, images)) if (first := places.setdefault(digest, place)) != place]
    twice = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return places, (twice[:, 0], twice[:, 1])


def _closest(
    image_set: ImageSet, report: Report, should_stop: Callable[[], bool]
) -> tuple[Indices, NDArray[np.float64], NDArray[np.float64]]:
    """For each test image its nearest training image, `intp (n,)`, its closeness, `float64 (n,)`, infinite for blank images, and the
    spread of the shares' distances as the difference of two logarithms, `float64 (n,)`, NaN where it is not known.
    """
    count = len(image_set.x_test)
    nearest, closeness, spread = np.zeros(count, dtype=np.intp), np.full(count, np.inf), np.full(count, np.nan)
    test, training = _with_contrast(image_set.x_test, image_set.max_value), _with_contrast(image_set.x_train, image_set.max_value)
    if not len(test) or not len(training):
        return nearest, closeness, spread
    shares = [training[start::_SHARES] for start in range(min(_SHARES, len(training)))]
    for part in chunks(len(test), 4 * image_set.x_test[0].size, _QUERY_BYTES):
        queries, found = standardise(image_set.x_test[test[part]]), []
        for number, share in enumerate(shares):
            done = (part.start + number / len(shares) * len(queries)) / len(test)
            report(done, f"{format(len(test), ',')} test images, compared with {number} of {len(shares)} shares of the training images.")
            found.append(nearest_rows(queries, image_set.x_train, share, standardise, should_stop))
        squares, places = (np.stack(each) for each in zip(*found, strict=True))
        best = squares.argmin(axis=0), np.arange(len(queries))
        nearest[test[part]], closeness[test[part]] = places[best], _closeness(squares[best], np.median(squares, axis=0))
        if len(shares) == _SHARES:
            ordered = np.sort(np.maximum(squares, 1e-12), axis=0)
            spread[test[part]] = np.log(ordered[_HIGH] / ordered[_LOW]) / 2
    return nearest, closeness, spread


def _count_by_chance(spread: NDArray[np.float64], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """How many test images without a twin have a training image within each of `LIMITS`, as the module describes.

    The spread of one image's sixteen distances says little; the mean over a class says enough.
    """
    known = np.isfinite(spread)
    if not known.any():
        return np.zeros(len(LIMITS))
    means = np.full(len(spread), spread[known].mean())
    for label in np.unique(labels[known]):
        own = known & (labels == label)
        if own.sum() >= _FEW:
            means[own] = spread[own].mean()
    dimensions = _SPREAD / np.maximum(means[known], 1e-3)
    # The median of the shares' distances holds half a share, and the nearest of all is one of sixteen shares.
    expected: NDArray[np.float64] = -np.expm1(-_SHARES * math.log(2) * LIMITS[:, None] ** dimensions).sum(axis=1)
    return expected


def _chance_of(found: int, expected: float) -> float:
    """How likely chance brings at least so many where `expected` is the mean: the upper tail of a Poisson distribution."""
    terms = [math.exp(count * math.log(max(expected, 1e-9)) - expected - math.lgamma(count + 1)) for count in range(found)]
    return max(0.0, 1 - math.fsum(terms))


def standardise(images: Images) -> Rows:
    """Images as rows of mean 0 and length 1; blank ones as rows of zeros."""
    rows = flatten(images)
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows


def _closeness(squares: NDArray[np.float64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where even the usual one is no farther than rounding, most of the training images are copies, and so is this one."""
    return np.sqrt(squares / np.maximum(usual, 1e-5))


def _with_contrast(images: Images, max_value: int) -> Indices:
    """The images that are not blank."""
    deviations = [flatten(images[part]).std(axis=1) for part in chunks(len(images), 4 * images[0].size)]
    return np.flatnonzero(np.concatenate(deviations) >= _LEAST_CONTRAST * max_value)
