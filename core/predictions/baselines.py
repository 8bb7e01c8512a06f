"""Baselines: what simple rules reach on the same kind of images. An accuracy says little until one knows what is reached without a network.

They learn from the training half without a held-back part, the same for every run, and answer that part and the test images.
Nothing here knows where it runs: a `report` and a `should_stop` come in, so a script can call it as a worker does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet, Labels, Split
from core.datasets.projection import Values, pixel_values, shrink, shrink_factor
from core.errors import Cancelled, DatasetError
from core.intervals import wilson_interval

Positions = NDArray[np.int32]
Report = Callable[[float, str], None]
ShouldStop = Callable[[], bool]
Answer = Callable[[Values], NDArray[np.integer]]
"""Rows of pixel values, `(n, values)`, to the class of each, `(n,)`."""

HELD_BACK = 0.1
"""The share of each class that the baselines are checked on and do not learn from."""

MOST_FITTED, MOST_CHECKED, MOST_TESTED = 10_000, 5_000, 10_000
"""Images at most. All 60,000 would take minutes, and lift the accuracies by a point or two."""

NEIGHBOURS = 5
REGULARISATION = 0.1
"""scikit-learn's C. Between 0.01 and 1, photos like less and digits like more; nobody's accuracy moves by more than two points."""

MOST_ITERATIONS = 50
"""Of the logistic regression. Twice as many change its accuracy by a tenth of a point."""

_SEED = 20
_AT_ONCE = 500
"""Images answered between two looks at whether anybody still waits."""


@dataclass(frozen=True)
class Baseline:
    """A rule to compare with: `title` for a page, `about` one plain sentence, `learn` from pixel values and labels to its answers.

    It learns from `most` images at most.
    """

    title: str
    about: str
    learn: Callable[[Values, Labels], Answer]
    most: int = MOST_FITTED


@dataclass(frozen=True)
class BaselineScore:
    """How well one baseline does. `name` is its key in `BASELINES`; it learned from `fitted_on` images and was asked about `count`."""

    name: str
    fitted_on: int
    count: int
    correct: int

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.count)


def _learn_most_common(values: Values, labels: Labels) -> Answer:
    most_common = np.bincount(labels).argmax()
    return lambda asked: np.full(len(asked), most_common)


def _learn_class_means(values: Values, labels: Labels) -> Answer:
    classes = np.unique(labels)
    means = np.stack([values[labels == label].mean(axis=0) for label in classes])
    # |x - m|² without |x|², which is the same for all means.
    lengths = np.square(means).sum(axis=1)
    return lambda asked: classes[(lengths - 2 * asked @ means.T).argmin(axis=1)]


def _learn_logistic_regression(values: Values, labels: Labels) -> Answer:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(labels)) == 1:
        return _learn_most_common(values, labels)
    model = LogisticRegression(C=REGULARISATION, max_iter=MOST_ITERATIONS)
    with warnings.catch_warnings():
        # Ended on purpose before it is done: see `MOST_ITERATIONS`.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(values, labels)
    return lambda asked: model.predict(asked)


def _learn_neighbours(values: Values, labels: Labels) -> Answer:
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(min(NEIGHBOURS, len(labels)), algorithm="brute").fit(values, labels)
    return lambda asked: model.predict(asked)


BASELINES: dict[str, Baseline] = {
    "most_common": Baseline(
        "Always the most common class",
        "Looks at no image at all. A network below this has learned nothing.",
        _learn_most_common,
    ),
    "class_means": Baseline(
        "Nearest class mean",
        "Averages the images of each class, and answers with the class whose average is nearest, pixel by pixel.",
        _learn_class_means,
    ),
    "logistic_regression": Baseline(
        "Logistic regression",
        "Weighs the pixels of each class: the same as a network without hidden layers.",
        _learn_logistic_regression,
    ),
    "neighbours": Baseline(
        f"{NEIGHBOURS} nearest neighbours",
        f"Looks up the {NEIGHBOURS} most similar images it knows, pixel by pixel, and goes with the majority. It keeps all of them.",
        _learn_neighbours,
        # Each answer looks at all of them, which costs more than everything else together.
        most=5_000,
    ),
}
"""Public name to rule, from the simplest on."""


def answer_baselines(
    image_set: ImageSet, report: Report = lambda share, message: None, should_stop: ShouldStop = lambda: False
) -> dict[str, NDArray[Any]]:
    """What every baseline answers, as arrays by name; the same set gives the same.

    Returns `fitted`, the positions in the training half learned from, by some only from a part of them, `validation`, those asked about,
    and `test`, the positions in the test half asked about, all `int32 (n,)`, and for each baseline `<name>_validation` and `<name>_test`,
    its answers, `int32 (n,)`.

    Raises `DatasetError` if no class has an image to spare, `Cancelled` within seconds after `should_stop()` becomes true.
    """
    # Loaded first: only libraries that are there already can be limited.
    import sklearn.linear_model
    import sklearn.neighbors  # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    fitted, validation = split_for_baselines(image_set.y_train)
    test = np.sort(_choose(np.arange(len(image_set.y_test), dtype=np.int32), MOST_TESTED))
    answers: dict[str, NDArray[Any]] = {"fitted": fitted, "validation": validation, "test": test}
    # One core, which is no slower for these small products when others are busy, and leaves the rest to trainings.
    with threadpool_limits(1):
        asked = _Asked(image_set, fitted, {"validation": (Split.TRAINING, validation), "test": (Split.TEST, test)})
        values, labels = asked.values(Split.TRAINING, fitted), image_set.y_train[fitted]
        for done, (name, baseline) in enumerate(BASELINES.items()):
            work = _Work(report, should_stop, done, baseline.title)
            work.go_on(0.0, "learning")
            chosen = _choose(np.arange(len(fitted), dtype=np.int32), baseline.most)
            answer = baseline.learn(values[chosen], labels[chosen])
            answers |= {f"{name}_{half}": found for half, found in asked.ask(answer, work).items()}
    return answers


def split_for_baselines(labels: Labels) -> tuple[Positions, Positions]:
    """Positions in the training half to learn from and to be checked on, `int32`, sorted; every class gives `HELD_BACK` of its images.

    Raises `DatasetError` if there would be none to check on.
    """
    shuffled = np.random.default_rng(_SEED).permutation(len(labels)).astype(np.int32)
    by_class = [shuffled[labels[shuffled] == label] for label in np.unique(labels)]
    # At least one of each class is learned from.
    cuts = [min(max(1, round(HELD_BACK * len(images))), len(images) - 1) for images in by_class]
    held_back = np.concatenate([images[:cut] for images, cut in zip(by_class, cuts, strict=True)])
    if not len(held_back):
        raise DatasetError("No class has more than one training image, so nothing can be held back to check on. Add images.")
    rest = np.concatenate([images[cut:] for images, cut in zip(by_class, cuts, strict=True)])
    return np.sort(_choose(rest, MOST_FITTED)), np.sort(_choose(held_back, MOST_CHECKED))


def score_baselines(answers: Mapping[str, NDArray[Any]], image_set: ImageSet, split: Split) -> tuple[BaselineScore, ...]:
    """How well each baseline did, in the order of `BASELINES`: on the held-back training images, or on the test images.

    `answers` are those of `answer_baselines` for this set.
    """
    half = "validation" if split == Split.TRAINING else "test"
    labels = image_set.labels(split)[answers[half]]
    return tuple(
        BaselineScore(name, min(baseline.most, len(answers["fitted"])), len(labels), int((answers[f"{name}_{half}"] == labels).sum()))
        for name, baseline in BASELINES.items()
    )


@dataclass(frozen=True)
class _Work:
    """Where the work is: `done` baselines are finished, and this is the next."""

    report: Report
    should_stop: ShouldStop
    done: int
    title: str

    def go_on(self, share: float, what: str) -> None:
        """Raises `Cancelled` if nobody waits any more."""
        if self.should_stop():
            raise Cancelled("The baselines were called off. Nothing of them was kept.")
        self.report((self.done + share) / len(BASELINES), f"{self.title}: {what}.")


class _Asked:
    """The images that every baseline is asked about, a few at a time: as numbers they take four times their memory."""

    def __init__(self, image_set: ImageSet, fitted: Positions, halves: Mapping[str, tuple[Split, Positions]]) -> None:
        self._image_set, self._halves = image_set, halves
        # Large photos are made smaller, all by the same factor, so that those learned from fit into memory.
        self._factor = shrink_factor(image_set.image_shape, len(fitted))

    def values(self, split: Split, positions: Positions) -> Values:
        """Pixels from 0 to 1, `float32 (n, values)`."""
        return pixel_values(shrink(self._image_set.images(split)[positions], self._factor), self._image_set.max_value)

    def ask(self, answer: Answer, work: _Work) -> dict[str, NDArray[np.int32]]:
        """The answers by half, `int32 (n,)` each."""
        total = sum(len(positions) for _, positions in self._halves.values())
        answered, found = 0, {}
        for half, (split, positions) in self._halves.items():
            parts = []
            for first in range(0, len(positions), _AT_ONCE):
                work.go_on(answered / total, "answering")
                parts.append(answer(self.values(split, positions[first : first + _AT_ONCE])).astype(np.int32))
                answered += len(parts[-1])
            found[half] = np.concatenate(parts)
        return found


def _choose(positions: Positions, most: int) -> Positions:
    """At most so many of the positions, at random but always the same."""
    return positions if len(positions) <= most else np.random.default_rng(_SEED).permutation(positions)[:most]
