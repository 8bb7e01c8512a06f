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
`USUAL_LIMIT` was chosen by looking at the pairs in order of closeness. Up to 0.4 there are none in MNIST; 40 in Fashion-MNIST, all the same
article or one cut of it; 76 in CIFAR-10, all the same photo. At 0.5 the first five of MNIST appear, which only look alike;
CIFAR-10's 174 still are all true. What is shifted, mirrored or turned is not found: only pixels in the same place are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet
from core.datasets.neighbours import Report, Rows, chunks, flatten, nearest_rows, pair_distances
from core.datasets.samples import Indices

USUAL_LIMIT = 0.4
"""Closeness up to which two images count as twins, unless one asks for another limit."""

LOOSEST_LIMIT = 0.6
"""Pairs are kept up to here: past it even MNIST's, which has no twins, come by the hundred."""

_SHARES = 16
_LEAST_CONTRAST = 0.01
"""Standard deviation of an image's pixels, in parts of the full range, below which it counts as blank and is like any other blank one."""

_QUERY_BYTES = 128 * 1024**2
"""Test images as `float32` that are compared at a time. With `nearest_rows`'s own chunks a search takes some 400 MB, whatever the set."""


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What was found, the closest first.

    Attributes:
        test, training: pairs of a test image and the training image nearest to it, `intp (n,)` each; one pair a test image.
        closeness: as the module describes, `float64 (n,)`, 0 to `LOOSEST_LIMIT`.
        distances: in pixel values scaled to 0..1, as in `neighbours`, `float64 (n,)`.
        exact: whether they are the same pixel for pixel, `bool (n,)`.
        first, again: exact copies inside training: the first of each and one that repeats it, `intp (m,)` each.
    """

    test: Indices
    training: Indices
    closeness: NDArray[np.float64]
    distances: NDArray[np.float64]
    exact: NDArray[np.bool_]
    first: Indices
    again: Indices

    def up_to(self, limit: float) -> Indices:
        """The positions of the pairs that are at least this close."""
        return np.flatnonzero(self.closeness <= limit)


def find_duplicates(image_set: ImageSet, report: Report, should_stop: Callable[[], bool]) -> Duplicates:
    """Look for copies of test images among the training images, and for exact copies among the training images.

    Raises `Cancelled` soon after `should_stop()` becomes true.
    """
    report(0.0, "Looking for exact copies.")
    places, (first, again) = _first_places(image_set.x_train)
    exact = np.array([places.get(digest, -1) for digest in map(_digest, image_set.x_test)], dtype=np.intp)
    nearest, closeness = _closest(image_set, report, should_stop)
    nearest, closeness = np.where(exact >= 0, exact, nearest), np.where(exact >= 0, 0.0, closeness)
    test = np.flatnonzero(closeness <= LOOSEST_LIMIT)
    distances = pair_distances(image_set.x_test[test], image_set.x_train[nearest[test]], image_set.max_value)
    order = np.lexsort((test, distances, closeness[test]))
    test = test[order]
    return Duplicates(test, nearest[test], closeness[test], distances[order], exact[test] >= 0, first, again)


def describe_leak(twins: int, test_count: int) -> str:
    """How many test images have a twin in training, and what that does to accuracy."""
    if not twins:
        return "No test image has a twin among the training images: as far as pixels can tell, the test is an honest one."
    share = 100 * twins / test_count
    size = f"{share:.1f} %" if share >= 0.1 else "less than 0.1 %"
    points = f"up to {share:.1f} percentage points" if share >= 0.1 else "less than 0.1 percentage points"
    return (
        f"{twins:,} of {test_count:,} test images ({size}) {'has' if twins == 1 else 'have'} a twin among the training images. "
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


def _closest(image_set: ImageSet, report: Report, should_stop: Callable[[], bool]) -> tuple[Indices, NDArray[np.float64]]:
    """For each test image its nearest training image, `intp (n,)`, and its closeness, `float64 (n,)`; infinite for blank images."""
    nearest, closeness = np.zeros(len(image_set.x_test), dtype=np.intp), np.full(len(image_set.x_test), np.inf)
    test, training = _with_contrast(image_set.x_test, image_set.max_value), _with_contrast(image_set.x_train, image_set.max_value)
    if not len(test) or not len(training):
        return nearest, closeness
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
    return nearest, closeness


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
