"""The training images that a network holds nearest to an image: what it has seen, and what it was told that was.

The comparison of an image with training images inside the network is N. Papernot's and P. McDaniel's ("Deep k-Nearest Neighbors",
2018, section III). They look into every layer; here it is the last hidden one, from which the answer is made by one more step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Labels


@dataclass(frozen=True, eq=False)
class HiddenImages:
    """What the last hidden layer of one network makes of some training images.

    Attributes:
        positions: where each is in the training half, `int32 (n,)`.
        labels: their classes, `int32 (n,)`.
        values: `float32 (n, units)`.
    """

    positions: NDArray[np.int32]
    labels: Labels
    values: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Nearest:
    """The training images of some classes that are nearest to an image: class by class as they were asked for, the nearest first.

    Attributes:
        positions: in the training half, `int32 (m,)`.
        labels: their classes, `int32 (m,)`.
        distances: Euclidean, between values of the last hidden layer, `float32 (m,)`.
        compared: of how many training images they are the nearest, `int64 ()`.
    """

    positions: NDArray[np.int32]
    labels: Labels
    distances: NDArray[np.float32]
    compared: NDArray[np.int64]

    def of_class(self, label: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Positions and distances of those of one class; none if it had no images."""
        own = self.labels == label
        return self.positions[own], self.distances[own]


def find_nearest(known: HiddenImages, values: NDArray[np.float32], classes: Sequence[int], count: int) -> Nearest:
    """Of each class the `count` images nearest to one whose values in that layer are `values`, `(units,)`; fewer if there are fewer.

    Equal distances come in the order of the file. Exact.
    """
    found, distances = [np.empty(0, np.intp)], [np.empty(0, np.float32)]
    for label in classes:
        own = np.flatnonzero(known.labels == label)
        from_image = np.linalg.norm(known.values[own] - values, axis=1)
        best = np.argsort(from_image, kind="stable")[:count]
        found.append(own[best])
        distances.append(from_image[best])
    chosen = np.concatenate(found)
    compared = np.isin(known.labels, list(classes)).sum()
    return Nearest(known.positions[chosen], known.labels[chosen], np.concatenate(distances), np.asarray(compared))


def describe_nearest(nearest: Nearest, classes: Sequence[int], class_names: Sequence[str]) -> str:
    """Which class comes nearest, in a sentence: "The nearest 9 is 3.1 away, the nearest 4 is 3.9 away." Empty if nothing was found."""
    closest = [(class_names[label], nearest.of_class(label)[1]) for label in classes]
    parts = [f"the nearest of {name} is {distances[0]:.2f} away" for name, distances in closest if len(distances)]
    words = ", ".join(parts)
    return f"{words[:1].upper()}{words[1:]}." if words else ""
