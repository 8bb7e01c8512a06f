"""Baselines: what simple rules answer, from all the images that a run had, on images that they have not learned from."""

from __future__ import annotations

import warnings
from threading import Event

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from core.datasets.image_set import ImageSet, Split, build_image_set
from core.errors import Cancelled, DatasetError
from core.intervals import wilson_interval
from core.predictions import baselines
from core.predictions.baselines import BASELINES, NEIGHBOURS, REGULARISATION, answer_baselines, score_baselines

VALIDATION = np.arange(0, 400, 10, dtype=np.int32)
TRAINING = np.setdiff1d(np.arange(400, dtype=np.int32), VALIDATION)


def striped(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright row whose height is the class; class 0 comes twice as often as each other."""
    labels = rng.choice(4, count, p=[0.4, 0.2, 0.2, 0.2])
    images = rng.integers(0, 100, (count, 8, 8))
    images[np.arange(count), 2 * labels] += 30
    return images.astype(np.uint8), labels


@pytest.fixture(scope="module")
def image_set() -> ImageSet:
    rng = np.random.default_rng(3)
    (x_train, y_train), (x_test, y_test) = striped(rng, 400), striped(rng, 90)
    return build_image_set(name="stripes", title="Stripes", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test, origin="Test.")


@pytest.fixture(scope="module")
def answers(image_set: ImageSet) -> dict[str, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return answer_baselines(image_set, TRAINING, VALIDATION)


def rows(images: np.ndarray, max_value: int = 1) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float64) / max_value


def test_every_baseline_learns_from_all_images_of_the_run_and_answers_both_halves(answers: dict[str, np.ndarray]) -> None:
    assert answers["fitted"] == len(TRAINING) == 360
    assert answers["validation"].tolist() == VALIDATION.tolist()
    assert answers["test"].tolist() == list(range(90))
    for name in BASELINES:
        assert answers[f"{name}_validation"].shape == (40,) and answers[f"{name}_test"].shape == (90,)
        assert answers[f"{name}_test"].dtype == np.int32
    assert answers["settled"].tolist() == [True] * len(BASELINES)


@pytest.mark.parametrize("images", [10_001, 25_000])
def test_no_image_of_a_large_set_is_left_out(images: int) -> None:
    """What tells the last class is in the very last images alone."""
    labels = np.zeros(images, np.int32)
    labels[-3:] = 1
    pictures = np.zeros((images, 2, 2), np.uint8)
    pictures[-3:] = 200
    large = build_image_set(
        name="large", title="Large", x_train=pictures, y_train=labels, x_test=pictures[-2:], y_test=labels[-2:], origin="Test."
    )
    found = answer_baselines(large, np.arange(images, dtype=np.int32), np.empty(0, np.int32))
    assert found["fitted"] == images
    assert found["neighbours_test"].tolist() == [1, 1] and found["class_means_test"].tolist() == [1, 1]


def test_the_most_common_class_is_always_the_answer(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    assert set(answers["most_common_test"]) == {0}
    [score] = [one for one in score_baselines(answers, image_set, Split.TEST) if one.name == "most_common"]
    assert (score.fitted_on, score.count) == (360, 90)
    assert score.correct == (image_set.y_test == 0).sum()
    assert score.interval == wilson_interval(score.correct, 90)
    assert score.graded.right.tolist() == (image_set.y_test == 0).tolist()


def test_the_nearest_class_mean_is_the_answer(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    images, labels = rows(image_set.x_train[TRAINING]), image_set.y_train[TRAINING]
    means = np.stack([images[labels == label].mean(axis=0) for label in range(4)])
    distances = np.square(rows(image_set.x_test)[:, None] - means).sum(axis=2)
    assert answers["class_means_test"].tolist() == distances.argmin(axis=1).tolist()


@pytest.mark.parametrize(("known", "asked"), [(4_096, 256), (64, 16), (57, 7), (3, 50)])
def test_the_nearest_neighbours_are_exact_whatever_the_blocks(image_set: ImageSet, known: int, asked: int, monkeypatch) -> None:
    monkeypatch.setattr(baselines, "_KNOWN_AT_ONCE", known)
    monkeypatch.setattr(baselines, "_ASKED_AT_ONCE", asked)
    found = answer_baselines(image_set, TRAINING, VALIDATION)
    model = KNeighborsClassifier(NEIGHBOURS, algorithm="brute").fit(rows(image_set.x_train[TRAINING]), image_set.y_train[TRAINING])
    assert found["neighbours_validation"].tolist() == model.predict(rows(image_set.x_train[VALIDATION])).tolist()
    assert found["neighbours_test"].tolist() == model.predict(rows(image_set.x_test)).tolist()


def test_the_logistic_regression_is_that_of_scikit_learn(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    model = LogisticRegression(C=REGULARISATION, max_iter=5_000, tol=1e-8)
    scale = int(image_set.x_train[TRAINING].max())
    model.fit(rows(image_set.x_train[TRAINING], scale), image_set.y_train[TRAINING])
    expected = model.predict(rows(image_set.x_test, scale))
    # Ended at scikit-learn's own tolerance, an answer on the fence may fall to the other side.
    assert (answers["logistic_regression_test"] == expected).mean() >= 0.98


def test_a_rule_that_was_ended_early_says_so(image_set: ImageSet, monkeypatch) -> None:
    monkeypatch.setattr(baselines, "MOST_ITERATIONS", 2)
    found = answer_baselines(image_set, TRAINING, VALIDATION)
    scores = score_baselines(found, image_set, Split.TEST)
    assert [one.name for one in scores if not one.is_settled] == ["logistic_regression"]


def test_rules_that_look_at_the_image_do_far_better_than_the_one_that_does_not(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    for split in Split:
        scores = {score.name: score.accuracy for score in score_baselines(answers, image_set, split)}
        assert scores.pop("most_common") < 0.5
        assert min(scores.values()) > 0.6


def test_the_same_images_give_the_same_answers(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    again = answer_baselines(image_set, TRAINING, VALIDATION)
    assert all(np.array_equal(answers[name], again[name]) for name in answers)


def test_without_validation_images_the_test_images_are_answered_all_the_same(image_set: ImageSet) -> None:
    found = answer_baselines(image_set, np.arange(400, dtype=np.int32), np.empty(0, np.int32))
    assert all(len(found[f"{name}_validation"]) == 0 and len(found[f"{name}_test"]) == 90 for name in BASELINES)


def test_nothing_to_learn_from_is_told() -> None:
    images = np.zeros((2, 2, 2), np.uint8)
    tiny = build_image_set(
        name="tiny", title="Tiny", x_train=images, y_train=np.arange(2), x_test=images, y_test=np.arange(2), origin="Test."
    )
    with pytest.raises(DatasetError, match="no training image that simple rules could learn from"):
        answer_baselines(tiny, np.empty(0, np.int32), np.arange(2, dtype=np.int32))


@pytest.mark.parametrize("training", [[0], [0, 2], [0, 1, 2, 3]])
def test_a_class_without_an_image_or_a_single_one_is_no_fault(training: list[int]) -> None:
    images = np.arange(12 * 4, dtype=np.uint8).reshape(12, 2, 2)
    tiny = build_image_set(
        name="tiny", title="Tiny", x_train=images, y_train=np.arange(12) % 2, x_test=images, y_test=np.arange(12) % 2, origin="Test."
    )
    found = answer_baselines(tiny, np.array(training, np.int32), np.array([5], np.int32))
    learned = set((np.array(training) % 2).tolist())
    assert all(set(found[f"{name}_test"].tolist()) <= learned for name in BASELINES)


def test_large_photos_are_made_smaller_and_that_is_told(image_set: ImageSet, monkeypatch) -> None:
    monkeypatch.setattr(baselines, "_MOST_PRODUCTS", 360 * 130 * 16)
    assert answer_baselines(image_set, TRAINING, VALIDATION)["shrunk"] == 2


def test_of_very_many_images_a_part_is_asked_about(image_set: ImageSet, monkeypatch) -> None:
    monkeypatch.setattr(baselines, "MOST_ASKED", 25)
    found = answer_baselines(image_set, TRAINING, VALIDATION)
    assert len(found["validation"]) == len(found["test"]) == 25
    assert set(found["validation"]) <= set(VALIDATION) and (np.diff(found["test"]) > 0).all()


def test_how_far_it_is_is_told_in_words(image_set: ImageSet) -> None:
    told: list[tuple[float, str]] = []
    answer_baselines(image_set, TRAINING, VALIDATION, lambda share, message: told.append((share, message)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] < 1
    assert told[0][1] == "Always the most common class: learning."
    assert told[-1][1] == "5 nearest neighbours: answering."


@pytest.mark.parametrize("name", list(BASELINES))
def test_it_can_be_called_off_in_the_middle_of_every_rule(image_set: ImageSet, name: str) -> None:
    stop = Event()

    def watch(share: float, message: str) -> None:
        if message.startswith(BASELINES[name].title):
            stop.set()

    with pytest.raises(Cancelled, match="called off"):
        answer_baselines(image_set, TRAINING, VALIDATION, watch, stop.is_set)
