"""Maps of images: which images, how many numbers each is turned into, and where that puts it on a plane.

Nothing here knows where it runs: the functions take arrays, a `report` and a `should_stop`, so a script can call them as a worker does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, Labels
from core.datasets.samples import Indices
from core.datasets.tsne_talk import listening
from core.errors import DatasetError

Values = NDArray[np.float32]
Report = Callable[[float, str], None]

FEWEST, MOST = 3, 10_000
"""Images on a map. Two always lie apart; past ten thousand the points cover each other and t-SNE takes minutes."""

LOWEST_PERPLEXITY, HIGHEST_PERPLEXITY = 5, 50
"""The range that van der Maaten and Hinton recommend (2008, section 3.1)."""

ASKED = 1_000
"""Images whose nearest neighbour among the original numbers is looked up. All 10,000 would take longer than the map itself."""

_MOST_VALUES = 40_000_000
"""Numbers held at once, 160 MB: 10,000 colour images of 32 x 32 as they are. Larger images are shrunk first."""

_TSNE_INPUTS = 50
"""Principal components that t-SNE starts from, as in van der Maaten and Hinton (2008, section 4)."""

_EXACT_INPUTS = 1_024
"""Numbers per image up to which PCA is solved exactly; past that a randomised solver is many times as fast."""

_SVD_ROUNDS = 4
"""Of the randomised solver: on CIFAR-10 the variances are right to five digits after these, and more take longer."""

_START_SPREAD = 1e-4
"""Standard deviation of t-SNE's starting positions: D. Kobak and P. Berens, "The art of using t-SNE", 2019."""


_SECONDS_PER_IMAGE = 0.012
"""What 1,000 iterations take one core for each image: measured by `tests.benchmarks.maps`."""


class Method(StrEnum):
    """How a map is made."""

    PCA = "pca"
    TSNE = "tsne"


METHODS = {Method.PCA: "PCA", Method.TSNE: "t-SNE"}
"""What each is called on a page."""


@dataclass(frozen=True)
class MapSettings:
    """All that decides a map but the numbers that are mapped. `perplexity` is without effect on PCA."""

    count: int = 1_000
    seed: int = 1
    method: Method = Method.PCA
    perplexity: int = 30

    @property
    def key(self) -> str:
        """The same for settings that give the same map."""
        perplexity = f"-{self.perplexity}" if self.method == Method.TSNE else ""
        return f"{self.method}-{self.count}-{self.seed}{perplexity}"


@dataclass(frozen=True, eq=False)
class Projection:
    """Positions on the plane, `float32 (n, 2)`, and for PCA the share of the variance along either axis, `float32 (2,)`, else `(0,)`."""

    positions: Values
    kept: Values


def check_settings(settings: MapSettings, available: int) -> None:
    """Raise `DatasetError` unless a map of `settings.count` of `available` images can be made."""
    if not FEWEST <= settings.count <= min(available, MOST):
        raise DatasetError(
            f"A map of {settings.count:,} images was asked for; expected {FEWEST} to {min(available, MOST):,}, for {available:,} are there."
        )
    if settings.method == Method.TSNE and not LOWEST_PERPLEXITY <= settings.perplexity <= highest_perplexity(settings.count):
        raise DatasetError(
            f"The perplexity is {settings.perplexity}; with {settings.count:,} images expected {LOWEST_PERPLEXITY} to"
            f" {highest_perplexity(settings.count)}. t-SNE looks at three times as many neighbours of each image. Take more images, or PCA."
        )


def highest_perplexity(count: int) -> int:
    """The largest perplexity for so many images: t-SNE looks at three times as many neighbours. Under the lowest, t-SNE is not possible."""
    return min(HIGHEST_PERPLEXITY, (count - 1) // 3)


def estimate_seconds(settings: MapSettings, cores: int) -> float:
    """About how long a map takes. t-SNE's time grows with the number of images, and two cores share the work well, more a little less."""
    if settings.method == Method.PCA:
        return 1.0
    return 1.0 + settings.count * _SECONDS_PER_IMAGE / min(cores, 8)


def choose_images(labels: Labels, count: int, seed: int) -> Indices:
    """`count` indices into `labels`, `(n,)`, in rising order: each class has the share of them that it has of the set, to within one image.

    Of the same seed, a larger choice contains the smaller ones, so a map can grow without becoming another.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    sizes = np.bincount(labels)
    by_class = order[np.argsort(labels[order], kind="stable")]
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ranks = np.arange(len(labels)) - firsts[labels[by_class]]
    # How far down its class each image comes, from 0 to 1: taking the first of all classes together keeps their shares.
    depth = np.empty(len(labels))
    depth[by_class] = ranks / sizes[labels[by_class]]
    chosen: Indices = np.sort(order[np.argsort(depth[order], kind="stable")][:count])
    return chosen


def shrink_factor(image_shape: tuple[int, ...], count: int) -> int:
    """By how much each side of `count` images is shrunk before they are mapped: 1 for all but large photos."""
    factor = 1
    while count * int(np.prod([-(-side // factor) for side in image_shape[:2]])) * int(np.prod(image_shape[2:])) > _MOST_VALUES:
        factor += 1
    return factor


def shrink(images: Images, factor: int) -> Images:
    """Images whose pixels are the means of `factor` x `factor` blocks, smaller ones at the right and lower edge. `uint8` as they came."""
    if factor == 1:
        return images
    rows, columns = (np.arange(0, side, factor) for side in images.shape[1:3])
    small = np.empty((len(images), len(rows), len(columns), *images.shape[3:]), np.uint8)
    area = np.outer(np.diff(rows, append=images.shape[1]), np.diff(columns, append=images.shape[2]))
    area = area.reshape(*area.shape, *[1] * (images.ndim - 3))
    for place, image in enumerate(images):
        sums = np.add.reduceat(np.add.reduceat(image.astype(np.uint32), rows, axis=0), columns, axis=1)
        small[place] = (sums + area // 2) // area
    return small


def pixel_values(images: Images, max_value: int) -> Values:
    """Images in rows of numbers from 0 to 1, `float32 (n, values)`; large ones shrunk, so that all fit into memory."""
    small = shrink(images, shrink_factor(images.shape[1:], len(images)))
    return small.reshape(len(images), -1).astype(np.float32) / np.float32(max_value)


def project(
    values: Values, settings: MapSettings, report: Report = lambda share, message: None, should_stop: Callable[[], bool] = lambda: False
) -> Projection:
    """Put each row of `values`, `(n, values)`, on the plane. The same seed gives the same map, on the same machine.

    Raises `DatasetError` if the settings do not fit so many images, `Cancelled` soon after `should_stop()` becomes true.
    """
    check_settings(settings, len(values))
    if settings.method == Method.PCA:
        return Projection(*find_components(values, 2, settings.seed))
    report(0.0, "Reducing each image to its 50 main numbers.")
    inputs, _ = find_components(values, _TSNE_INPUTS, settings.seed)
    return Projection(_run_tsne(inputs, settings, report, should_stop), np.empty(0, np.float32))


def find_components(values: Values, count: int, seed: int = 0) -> tuple[Values, Values]:
    """The first `count` principal components of the rows, `float32 (n, count)`, and the share of the variance in each, `(count,)`.

    Where there are fewer than that, the rest are 0. K. Pearson, "On lines and planes of closest fit", 1901; past 1,024 numbers a row
    by N. Halko, P. G. Martinsson and J. A. Tropp, "Finding structure with randomness", 2011.
    """
    centred = values - values.mean(axis=0)
    directions = _find_directions(centred, min(count, *values.shape), seed)
    components = np.zeros((len(values), count), np.float32)
    components[:, : len(directions)] = centred @ directions.T
    total = float(np.vdot(centred, centred))
    shares = np.square(components).sum(axis=0, dtype=np.float64) / (total or 1.0)
    return components, shares.astype(np.float32)


def _find_directions(centred: Values, count: int, seed: int) -> Values:
    """Unit vectors, `(count, values)`, along which the rows vary most. Signs are such that the largest part is positive."""
    if centred.shape[1] <= _EXACT_INPUTS:
        _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        directions = vectors[:, ::-1][:, :count].T
    else:
        from sklearn.utils.extmath import randomized_svd

        directions = randomized_svd(centred, count, n_iter=_SVD_ROUNDS, random_state=seed)[2]
    largest = directions[np.arange(count), np.abs(directions).argmax(axis=1)]
    found: Values = (directions * np.where(largest < 0, -1, 1)[:, np.newaxis]).astype(np.float32)
    return found


def _run_tsne(inputs: Values, settings: MapSettings, report: Report, should_stop: Callable[[], bool]) -> Values:
    """L. van der Maaten and G. Hinton, "Visualizing data using t-SNE", 2008, in scikit-learn's Barnes-Hut form, started from PCA."""
    from sklearn.manifold import TSNE

    start = inputs[:, :2] * np.float32(_START_SPREAD / (float(inputs[:, 0].std()) or 1.0))
    # Its only way to say how far it has come is to print it.
    method = TSNE(init=start, perplexity=settings.perplexity, random_state=settings.seed, verbose=2)
    with listening(report, should_stop, method.max_iter):
        positions: Values = method.fit_transform(inputs)
    return positions


def nearest_on_map(positions: Values) -> NDArray[np.int32]:
    """For each point of `positions`, `(n, 2)`, the place of the nearest other one, `(n,)`."""
    from scipy.spatial import KDTree

    found = KDTree(positions).query(positions, k=2)[1]
    # Where points coincide, a point need not come first among its own neighbours.
    nearest: NDArray[np.int32] = np.where(found[:, 0] == np.arange(len(positions)), found[:, 1], found[:, 0]).astype(np.int32)
    return nearest


def nearest_in_values(values: Values, asked: Indices) -> NDArray[np.int32]:
    """For each row of `values`, `(n, values)`, at the places `asked`, `(m,)`, the place of the nearest other row, `(m,)`."""
    squares = np.square(values).sum(axis=1)
    nearest = np.empty(len(asked), np.int32)
    for first in range(0, len(asked), 250):
        block = asked[first : first + 250]
        distances = squares - 2 * (values[block] @ values.T)
        distances[np.arange(len(block)), block] = np.inf
        nearest[first : first + 250] = distances.argmin(axis=1)
    return nearest
