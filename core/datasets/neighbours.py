"""Which images are alike, pixel by pixel: the nearest of one image, and the nearest between two classes.

The distance of two images is the Euclidean one of their pixel values scaled to 0..1: the root of the sum of squared differences.
One grey pixel turned from black to white alone makes a distance of 1, four make 2, a hundred make 10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet, Labels, Split
from core.datasets.samples import Indices
from core.errors import Cancelled, DatasetError

Rows = NDArray[np.float32]
"""Images as rows of numbers, `float32 (n, pixels)`."""

Report = Callable[[float, str], None]
"""`report(share, message)`: how much is done, 0 to 1, and what goes on."""

_CHUNK_BYTES = 64 * 1024**2
"""Of `float32`, worked on at a time: whatever the size of the set, a search takes no more than a few of these."""

_CACHE_BYTES = 2 * 1024**2
"""The same where each number is touched only once or twice: what stays in the processor's cache is done three times as fast."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The training images nearest to one image, the nearest first.

    Attributes:
        nearest, nearest_distances: of any class, `intp (k,)` and `float64 (k,)`.
        others, other_distances: of other classes than the image's own.
    """

    nearest: Indices
    nearest_distances: NDArray[np.float64]
    others: Indices
    other_distances: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lookalikes:
    """Training images of one class that are nearest to any of another, the nearest first: `intp (k,)`, `intp (k,)`, `float64 (k,)`."""

    images: Indices
    matches: Indices
    distances: NDArray[np.float64]


def find_neighbours(image_set: ImageSet, split: Split, index: int, count: int = 10) -> Neighbours:
    """The `count` training images nearest to image `index` of a half, and the `count` nearest of other classes; itself left out.

    Equal distances come in the order of the file. Fewer are returned where there are not as many. Exact.
    """
    squares = _squared_distances(image_set.x_train, image_set.images(split)[index])
    if split == Split.TRAINING:
        squares[index] = np.inf
    order = np.argsort(squares, kind="stable")[: len(squares) - (split == Split.TRAINING)]
    distances = np.sqrt(squares) / image_set.max_value
    nearest = order[:count]
    others = order[image_set.y_train[order] != image_set.labels(split)[index]][:count]
    return Neighbours(nearest, distances[nearest], others, distances[others])


def find_lookalikes(image_set: ImageSet, label: int, other: int, count: int, report: Report, should_stop: Callable[[], bool]) -> Lookalikes:
    """The `count` training images of class `label` that are nearest to any of class `other`, each with the one it is nearest to.

    Candidates are compared by one matrix product a chunk in `float32`; the distances returned are computed again without it.

    Raises `DatasetError` if a class has no training images or both are the same, `Cancelled` soon after `should_stop()`.
    """
    own, others = (np.flatnonzero(image_set.y_train == number) for number in (label, other))
    if label == other or not len(own) or not len(others):
        raise DatasetError("Two different classes are needed, each with at least one training image. Choose others.")
    scale = np.float32(image_set.max_value)
    squares, matches = np.empty(len(own)), np.empty(len(own), dtype=np.intp)

    def prepare(images: Images) -> Rows:
        return flatten(images) / scale

    for chunk in chunks(len(own), 4 * image_set.x_train[0].size):
        report(chunk.start / len(own), f"{chunk.start:,} of {len(own):,} images compared.")
        queries = prepare(image_set.x_train[own[chunk]])
        squares[chunk], matches[chunk] = nearest_rows(queries, image_set.x_train, others, prepare, should_stop)
    best = np.argsort(squares, kind="stable")[:count]
    distances = pair_distances(image_set.x_train[own[best]], image_set.x_train[matches[best]], image_set.max_value)
    order = np.argsort(distances, kind="stable")
    return Lookalikes(own[best][order], matches[best][order], distances[order])


def nearest_rows(
    queries: Rows, images: Images, candidates: Indices, prepare: Callable[[Images], Rows], should_stop: Callable[[], bool]
) -> tuple[NDArray[np.float64], Indices]:
    """For each query the nearest of the images `candidates`, once `prepare` has made them rows.

    Returns the squared distances, `float64 (n,)`, good to some 1e-6 of the rows' squared lengths, and the indices, `intp (n,)`.
    Raises `Cancelled` soon after `should_stop()` becomes true.
    """
    # The nearest row has the largest query * row - row * row / 2, whatever the query's own length.
    best, found = np.full(len(queries), -np.inf, dtype=np.float32), np.zeros(len(queries), dtype=np.intp)
    for chunk in chunks(len(candidates), 4 * max(queries.shape[1], len(queries))):
        if should_stop():
            raise Cancelled("The search was called off.")
        rows = prepare(images[candidates[chunk]])
        scores = queries @ rows.T
        scores -= _squared_lengths(rows) / 2
        nearest = scores.argmax(axis=1)
        score = scores[np.arange(len(queries)), nearest]
        better = score > best
        best[better], found[better] = score[better], candidates[chunk][nearest[better]]
    squares = _squared_lengths(queries).astype(np.float64) - 2 * best
    return np.maximum(squares, 0), found


def chunks(count: int, bytes_each: int, most: int = _CHUNK_BYTES) -> Iterator[slice]:
    """0 to `count` in slices that take no more than `most` bytes (but hold at least one)."""
    size = max(1, most // bytes_each)
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def flatten(images: Images) -> Rows:
    """Images as rows of their pixel values, unscaled."""
    return images.reshape(len(images), -1).astype(np.float32)


def pair_distances(first: Images, second: Images, max_value: int) -> NDArray[np.float64]:
    """Distances of images two by two, `float64 (n,)`, exact."""
    squares = [_squared_distances(one[None], two)[0] for one, two in zip(first, second, strict=True)]
    return np.sqrt(np.array(squares, dtype=np.float64)) / max_value


def describe_vote(labels: Labels, label: int, class_names: tuple[str, ...]) -> str:
    """What the labels of an image's nearest neighbours say, as a k-nearest-neighbours classifier would read them.

    `labels` are those of the neighbours, the nearest first, `(k,)`; in a tie the class of the nearest wins.
    """
    (winner, votes), same = Counter(labels.tolist()).most_common(1)[0], int((labels == label).sum())
    verdict = "is right about it" if winner == label else f"takes it for {class_names[winner]} ({votes} of {len(labels)})"
    return (
        f"{same} of its {len(labels)} nearest training images carry its own label, {class_names[label]}. "
        f"A k-nearest-neighbours classifier, which learns nothing and only lets the nearest images vote, {verdict}."
    )


def _squared_distances(images: Images, image: Images) -> NDArray[np.float64]:
    """Of each of `images` to one, in raw pixel values."""
    query = flatten(image[None])
    squares = np.empty(len(images))
    for chunk in chunks(len(images), 4 * image.size, _CACHE_BYTES):
        squares[chunk] = _squared_lengths(flatten(images[chunk]) - query)
    return squares


def _squared_lengths(rows: Rows) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.einsum("ij,ij->i", rows, rows)
    return lengths
