"""Baselines: what simple rules reach on the same images. An accuracy says little until one knows what is reached without a network.

They learn from the very images that a run learned from, all of them, and answer the images that it held back and the test images.
Nothing here knows where it runs: a `report` and a `should_stop` come in, so a script can call it as a worker does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, ImageSet, Labels, Split
from core.datasets.projection import shrink
from core.errors import Cancelled, DatasetError
from core.intervals import wilson_interval
from core.predictions.scored import Graded
from core.settings import usable_cores

Positions = NDArray[np.int32]
Classes = NDArray[np.int32]
Floats = NDArray[np.float32]
Report = Callable[[float, str], None]
ShouldStop = Callable[[], bool]
Result = TypeVar("Result")

MOST_ASKED = 20_000
"""Images of each half that the rules are asked about at most; of more, so many are drawn."""

NEIGHBOURS = 5
REGULARISATION = 0.1
"""scikit-learn's C. Between 0.01 and 1, photos like less and digits like more; nobody's accuracy moves by more than two points."""

TOLERANCE = 1e-4
"""Of the logistic regression: it is done when no part of the loss's gradient is larger. scikit-learn's own."""

MOST_ITERATIONS = 600
"""Of the logistic regression. Of MNIST, Fashion-MNIST and CIFAR-10 the last takes most, about 250."""

_REMEMBERED_STEPS = 40
"""By which L-BFGS judges the curvature. With the usual 10, Fashion-MNIST and CIFAR-10 took a fifth to a third more steps."""

_MOST_PRODUCTS = 4e12
"""Of two numbers each, for the nearest neighbours: twice as many as for CIFAR-10. Larger photos are made smaller until it is kept to."""

_SEED = 20
_MOST_THREADS = 4
_VALUES_AT_ONCE = 2**20
"""Numbers in a block of images, 4 MB as `float32`: it stays near the processor from the conversion to the product."""

_ASKED_AT_ONCE, _KNOWN_AT_ONCE = 256, 4_096
"""Images in one matrix product of the nearest neighbours; each takes a tenth of a second or less, and Cancel is heard between two."""


@dataclass(frozen=True)
class Baseline:
    """A rule to compare with: `title` for a page, `about` one plain sentence, and `answer`, which learns and answers.

    `cost` is about which share of the whole work it is.
    """

    title: str
    about: str
    answer: Callable[[_Known, Images, _Work], Classes | _Unsettled]
    cost: float


@dataclass(frozen=True)
class BaselineScore:
    """How well one baseline does. `name` is its key in `BASELINES`.

    Attributes:
        fitted_on: images that it learned from.
        graded: which of the images it was asked about it answers right.
        is_settled: False for a rule that was ended before it had learned all that it could.
    """

    name: str
    fitted_on: int
    graded: Graded
    is_settled: bool = True

    @property
    def count(self) -> int:
        return len(self.graded.right)

    @property
    def correct(self) -> int:
        return self.graded.correct

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.graded.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.count)


@dataclass(frozen=True, eq=False)
class _Known:
    """What the rules learn from: `images`, `uint8 (n, values)`, and `labels`, `(n,)`, of `class_count` classes."""

    images: Images
    labels: Labels
    class_count: int

    def blocks(self) -> list[slice]:
        """Cuts that fit `_VALUES_AT_ONCE`."""
        size = max(1, _VALUES_AT_ONCE // self.images.shape[1])
        return _cut(len(self.images), size)


@dataclass(frozen=True, eq=False)
class _Unsettled:
    """Answers of a rule that was ended before it was done."""

    classes: Classes


def _answer_most_common(known: _Known, asked: Images, work: _Work) -> Classes:
    return np.full(len(asked), np.bincount(known.labels).argmax(), np.int32)


def _answer_class_means(known: _Known, asked: Images, work: _Work) -> Classes:
    def add_up(block: slice) -> NDArray[np.float64]:
        members = np.eye(known.class_count, dtype=np.float32)[known.labels[block]]
        return (members.T @ known.images[block].astype(np.float32)).astype(np.float64)

    sizes = np.bincount(known.labels, minlength=known.class_count)
    classes = np.flatnonzero(sizes)
    sums = sum(work.spread(add_up, known.blocks(), "learning", 0.0, 0.5), np.zeros(()))
    means = (sums[classes] / sizes[classes, None]).astype(np.float32)
    return np.asarray(classes[_nearest_by_product(means, asked, work)], np.int32)


def _nearest_by_product(means: Floats, asked: Images, work: _Work) -> NDArray[np.intp]:
    """Which of the `means` is nearest to each image. |x - m|² without |x|², which is the same for all means."""
    half_lengths = np.square(means).sum(axis=1) / 2

    def answer(block: slice) -> NDArray[np.intp]:
        return np.asarray((asked[block].astype(np.float32) @ means.T - half_lengths).argmax(axis=1))

    return np.concatenate(list(work.spread(answer, _cut(len(asked), _ASKED_AT_ONCE), "answering", 0.5, 1.0)))


def _answer_logistic_regression(known: _Known, asked: Images, work: _Work) -> Classes | _Unsettled:
    """Multinomial, with an L2 penalty as scikit-learn's: mean cross-entropy + |weights|² / (2 C n), the biases not penalised.

    By L-BFGS (D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale optimization", 1989). Not scikit-learn's
    class, whose fit takes all images as `float32` at once and hears no Cancel until it is done; a test holds it against that.
    """
    from scipy.optimize import minimize

    if len(np.unique(known.labels)) == 1:
        return _answer_most_common(known, asked, work)
    values, classes = known.images.shape[1], known.class_count
    # Deviations from the mean image, so that the biases have nothing to make up for: that takes a third of the steps.
    scale = np.float32(max(1, known.images.max()))
    mean = known.images.mean(axis=0, dtype=np.float64).astype(np.float32) / scale
    steps = 0

    def loss_and_gradient(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, biases = _weights_and_biases(flat, values)
        within, offset = weights / scale, biases - mean @ weights

        def measure(block: slice) -> tuple[float, Floats, Floats]:
            images, labels = known.images[block].astype(np.float32), known.labels[block]
            loss, missed = _cross_entropy(images @ within + offset, labels)
            return loss, (images.T @ missed) / scale, missed.sum(axis=0)

        loss, by_weight, by_bias = 0.0, np.zeros((values, classes)), np.zeros(classes)
        done = 0.9 * (1 - 0.985**steps)
        for part, of_weights, of_biases in work.spread(measure, known.blocks(), "learning", done, done):
            loss, by_weight, by_bias = loss + part, by_weight + of_weights, by_bias + of_biases
        by_weight -= np.outer(mean, by_bias)
        penalty = flat[: values * classes].reshape(values, classes) / REGULARISATION
        total = loss + float(np.vdot(penalty, penalty)) * REGULARISATION / 2
        return total / len(known.labels), np.concatenate([by_weight + penalty, by_bias[None]]).ravel() / len(known.labels)

    def count(_: NDArray[np.float64]) -> None:
        nonlocal steps
        steps += 1

    start = np.zeros((values + 1) * classes)
    options = {"maxiter": MOST_ITERATIONS, "maxcor": _REMEMBERED_STEPS, "gtol": TOLERANCE, "ftol": 1e-12}
    found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", callback=count, options=options)
    weights, biases = _weights_and_biases(found.x, values)
    within, offset = weights / scale, biases - mean @ weights

    def answer(block: slice) -> NDArray[np.intp]:
        return np.asarray((asked[block].astype(np.float32) @ within + offset).argmax(axis=1))

    chosen = np.concatenate(list(work.spread(answer, _cut(len(asked), _ASKED_AT_ONCE), "answering", 0.9, 1.0))).astype(np.int32)
    return chosen if found.success else _Unsettled(chosen)


def _weights_and_biases(flat: NDArray[np.float64], values: int) -> tuple[Floats, Floats]:
    table = flat.reshape(values + 1, -1).astype(np.float32)
    return table[:-1], table[-1]


def _cross_entropy(scores: Floats, labels: Labels) -> tuple[float, Floats]:
    """The sum of the losses of `scores`, `(n, classes)`, before the softmax, and their gradient by the scores."""
    rows = np.arange(len(labels))
    scores -= scores.max(axis=1, keepdims=True)
    shares = np.exp(scores)
    totals = shares.sum(axis=1, keepdims=True)
    loss = float(np.log(totals).sum(dtype=np.float64) - scores[rows, labels].sum(dtype=np.float64))
    shares /= totals
    shares[rows, labels] -= 1
    return loss, shares


def _answer_neighbours(known: _Known, asked: Images, work: _Work) -> Classes:
    """The class that most of the nearest have, the first of several: as scikit-learn's `KNeighborsClassifier`, and exact.

    The nearest are those with the largest x·y - |y|²/2: a matrix product for a block of either side, of which the best are kept.
    """
    count = min(NEIGHBOURS, len(known.labels))
    blocks = _cut(len(known.images), _KNOWN_AT_ONCE)
    half_lengths = [np.square(known.images[block].astype(np.float32)).sum(axis=1) / 2 for block in blocks]

    def answer(place: slice) -> NDArray[np.intp]:
        images = asked[place].astype(np.float32)
        best = np.empty((len(images), 0), np.float32)
        labels = np.empty((len(images), 0), known.labels.dtype)
        for block, half in zip(blocks, half_lengths, strict=True):
            work.check()
            closeness = images @ known.images[block].astype(np.float32).T
            closeness -= half
            nearest = _largest(closeness, count)
            best = np.concatenate([best, np.take_along_axis(closeness, nearest, axis=1)], axis=1)
            labels = np.concatenate([labels, known.labels[block][nearest]], axis=1)
            kept = _largest(best, count)
            best, labels = np.take_along_axis(best, kept, axis=1), np.take_along_axis(labels, kept, axis=1)
        votes = (labels[:, :, None] == np.arange(known.class_count)).sum(axis=1)
        return np.asarray(votes.argmax(axis=1))

    return np.concatenate(list(work.spread(answer, _cut(len(asked), _ASKED_AT_ONCE), "answering", 0.0, 1.0))).astype(np.int32)


def _largest(rows: Floats, count: int) -> NDArray[np.intp]:
    """The places of the `count` largest in each row, in no order; all where there are no more."""
    if rows.shape[1] <= count:
        return np.broadcast_to(np.arange(rows.shape[1]), rows.shape)
    return np.argpartition(rows, -count, axis=1)[:, -count:]


BASELINES: dict[str, Baseline] = {
    "most_common": Baseline(
        "Always the most common class",
        "Looks at no image at all. A network below this has learned nothing.",
        _answer_most_common,
        cost=0.0,
    ),
    "class_means": Baseline(
        "Nearest class mean",
        "Averages the images of each class, and answers with the class whose average is nearest, pixel by pixel.",
        _answer_class_means,
        cost=0.02,
    ),
    "logistic_regression": Baseline(
        "Logistic regression",
        "Weighs the pixels of each class, as a network without hidden layers does, until nothing changes any more.",
        _answer_logistic_regression,
        cost=0.38,
    ),
    "neighbours": Baseline(
        f"{NEIGHBOURS} nearest neighbours",
        f"Looks up the {NEIGHBOURS} most similar images it knows, pixel by pixel, and goes with the majority. It keeps all of them.",
        _answer_neighbours,
        cost=0.6,
    ),
}
"""Public name to rule, from the simplest on."""


def answer_baselines(
    image_set: ImageSet,
    training: Positions,
    validation: Positions,
    report: Report = lambda share, message: None,
    should_stop: ShouldStop = lambda: False,
) -> dict[str, NDArray[Any]]:
    """What every baseline answers, as arrays by name; the same images give the same.

    Args:
        training, validation: positions in the training half, `int32 (n,)`: what a run learned from, at least one, and what it held back.
        should_stop: asked from several threads.

    Returns `fitted`, the number of images learned from, `validation` and `test`, the positions asked about, `int32 (n,)`, for each
    baseline `<name>_validation` and `<name>_test`, its answers, `int32 (n,)`, and `settled`, `bool (baselines,)`, in the order of
    `BASELINES`; `shrunk`, by how much each side of the images was made smaller, 1 for all but large photos.

    Raises `DatasetError` without an image to learn from, `Cancelled` within a second after `should_stop()` becomes true.
    """
    if not len(training):
        raise DatasetError("There is no training image that simple rules could learn from. Add images, or hold fewer back.")
    validation = np.sort(_choose(validation))
    test = np.sort(_choose(np.arange(len(image_set.y_test), dtype=np.int32)))
    factor = _shrink_factor(image_set.image_shape, len(training) * (len(validation) + len(test)))
    known = _Known(_flat(image_set.x_train[training], factor), image_set.y_train[training], image_set.class_count)
    asked = _flat(np.concatenate([image_set.x_train[validation], image_set.x_test[test]]), factor)
    answers: dict[str, NDArray[Any]] = {"validation": validation, "test": test}
    answers |= {"fitted": np.array(len(training)), "shrunk": np.array(factor)}
    settled = []
    with _threads() as pool:
        begun = 0.0
        for name, baseline in BASELINES.items():
            work = _Work(report, should_stop, pool, baseline, begun)
            work.tell(0.0, "learning")
            found = baseline.answer(known, asked, work)
            settled.append(not isinstance(found, _Unsettled))
            classes = found.classes if isinstance(found, _Unsettled) else found
            answers |= {f"{name}_validation": classes[: len(validation)], f"{name}_test": classes[len(validation) :]}
            begun += baseline.cost
    return answers | {"settled": np.array(settled)}


def score_baselines(answers: Mapping[str, NDArray[Any]], image_set: ImageSet, split: Split) -> tuple[BaselineScore, ...]:
    """How well each baseline did, in the order of `BASELINES`: on the held-back training images, or on the test images.

    `answers` are those of `answer_baselines` for this set.
    """
    half = "validation" if split == Split.TRAINING else "test"
    positions, fitted = answers[half], int(answers["fitted"])
    labels = image_set.labels(split)[positions]
    return tuple(
        BaselineScore(name, fitted, Graded(positions, answers[f"{name}_{half}"] == labels), bool(is_settled))
        for name, is_settled in zip(BASELINES, answers["settled"], strict=True)
    )


@dataclass(frozen=True)
class _Work:
    """Where the work is: at `baseline`, after a share of the whole work that was `begun` before it."""

    report: Report
    should_stop: ShouldStop
    pool: ThreadPoolExecutor
    baseline: Baseline
    begun: float

    def check(self) -> None:
        """Raises `Cancelled` if nobody waits any more."""
        if self.should_stop():
            raise Cancelled("The baselines were called off. Nothing of them was kept.")

    def tell(self, share: float, what: str) -> None:
        """`share` of this baseline is done. Raises as `check`."""
        self.check()
        self.report(self.begun + share * self.baseline.cost, f"{self.baseline.title}: {what}.")

    def spread(self, function: Callable[[slice], Result], blocks: list[slice], what: str, first: float, last: float) -> Iterator[Result]:
        """The results of all blocks in their order, worked out side by side; meanwhile this baseline goes from `first` to `last`."""
        for done, result in enumerate(self.pool.map(function, blocks)):
            self.tell(first + (last - first) * done / len(blocks), what)
            yield result


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """A thread for each core, each with matrix products of its own: one product on all cores waits for the slowest of them."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    pool = ThreadPoolExecutor(min(_MOST_THREADS, usable_cores()), thread_name_prefix="baselines")
    try:
        with threadpool_limits(1):
            yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _cut(count: int, size: int) -> list[slice]:
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def _shrink_factor(image_shape: tuple[int, ...], pairs: int) -> int:
    """By how much each side is shrunk, so that a product for each number of so many pairs of images takes minutes at most."""
    factor = 1
    while factor < max(image_shape[:2]) and pairs * _values(image_shape, factor) > _MOST_PRODUCTS:
        factor += 1
    return factor


def _values(image_shape: tuple[int, ...], factor: int) -> int:
    return int(np.prod([-(-side // factor) for side in image_shape[:2]]) * np.prod(image_shape[2:]))


def _flat(images: Images, factor: int) -> Images:
    """Images in rows, `uint8 (n, values)`."""
    small = shrink(images, factor)
    return small.reshape(len(small), -1)


def _choose(positions: Positions) -> Positions:
    """At most `MOST_ASKED` of the positions, at random but always the same."""
    return positions if len(positions) <= MOST_ASKED else np.random.default_rng(_SEED).permutation(positions)[:MOST_ASKED]
