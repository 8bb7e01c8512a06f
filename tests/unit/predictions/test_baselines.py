"""Baselines: what simple rules answer, on images they have not learned from."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from core.datasets.image_set import ImageSet, Split, build_image_set
from core.errors import Cancelled, DatasetError
from core.intervals import wilson_interval
from core.predictions import baselines
from core.predictions.baselines import BASELINES, answer_baselines, score_baselines, split_for_baselines


def striped(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright row whose height is the class; class 0 comes twice as often as each other."""
    labels = rng.choice(4, count, p=[0.4, 0.2, 0.2, 0.2])
    images = rng.integers(0, 100, (count, 8, 8))
    images[np.arange(count), 2 * labels] += 60
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
        return answer_baselines(image_set)


def test_every_baseline_answers_the_held_back_and_the_test_images(answers: dict[str, np.ndarray]) -> None:
    held_back = len(answers["validation"])
    assert held_back == pytest.approx(40, abs=2)
    assert len(answers["fitted"]) == 400 - held_back and len(answers["test"]) == 90
    for name in BASELINES:
        assert answers[f"{name}_validation"].shape == (held_back,) and answers[f"{name}_test"].shape == (90,)
        assert answers[f"{name}_test"].dtype == np.int32


def test_the_most_common_class_is_always_the_answer(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    assert set(answers["most_common_test"]) == {0}
    [score] = [one for one in score_baselines(answers, image_set, Split.TEST) if one.name == "most_common"]
    assert score.correct == (image_set.y_test == 0).sum()
    assert score.interval == wilson_interval(score.correct, 90)


def test_the_nearest_class_mean_is_the_answer(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    fitted = answers["fitted"]
    images, labels = image_set.x_train[fitted].astype(float), image_set.y_train[fitted]
    means = np.stack([images[labels == label].mean(axis=0) for label in range(4)])
    distances = np.square(image_set.x_test[:, None] - means).sum(axis=(2, 3))
    assert answers["class_means_test"].tolist() == distances.argmin(axis=1).tolist()


def test_rules_that_look_at_the_image_do_far_better_than_the_one_that_does_not(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    for split in Split:
        scores = {score.name: score.accuracy for score in score_baselines(answers, image_set, split)}
        assert scores.pop("most_common") < 0.5
        assert min(scores.values()) > 0.8


def test_the_same_set_gives_the_same_answers(image_set: ImageSet, answers: dict[str, np.ndarray]) -> None:
    again = answer_baselines(image_set)
    assert all(np.array_equal(answers[name], again[name]) for name in answers)


def test_nobody_is_asked_about_what_it_learned_from_and_each_class_gives_its_share() -> None:
    labels = np.repeat(np.arange(4, dtype=np.int32), [400, 200, 30, 2])
    fitted, validation = split_for_baselines(labels)
    assert not set(fitted) & set(validation)
    assert np.bincount(labels[validation]).tolist() == [40, 20, 3, 1]
    assert len(fitted) + len(validation) == len(labels)


def test_an_only_image_of_its_class_is_learned_from() -> None:
    fitted, validation = split_for_baselines(np.array([0, 0, 0, 1], np.int32))
    assert 3 in fitted and 3 not in validation


def test_a_set_without_an_image_to_spare_is_refused() -> None:
    with pytest.raises(DatasetError, match="No class has more than one training image"):
        split_for_baselines(np.arange(4, dtype=np.int32))


def test_large_sets_are_sampled() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 80_000).astype(np.int32)
    fitted, validation = split_for_baselines(labels)
    assert (len(fitted), len(validation)) == (baselines.MOST_FITTED, baselines.MOST_CHECKED)
    assert (np.diff(fitted) > 0).all() and (np.diff(validation) > 0).all()


def test_a_single_class_to_learn_from_is_no_fault() -> None:
    images = np.arange(12 * 4, dtype=np.uint8).reshape(12, 2, 2)
    labels = np.zeros(12, np.int32)
    for baseline in BASELINES.values():
        answer = baseline.learn(images.reshape(12, 4).astype(np.float32), labels)
        assert answer(np.zeros((3, 4), np.float32)).tolist() == [0, 0, 0]


def test_how_far_it_is_is_told_in_words(image_set: ImageSet) -> None:
    told: list[tuple[float, str]] = []
    answer_baselines(image_set, lambda share, message: told.append((share, message)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] < 1
    assert told[0][1] == "Always the most common class: learning."
    assert told[-1][1] == "5 nearest neighbours: answering."


def test_it_can_be_called_off(image_set: ImageSet) -> None:
    asked: list[bool] = []

    def should_stop() -> bool:
        asked.append(True)
        return len(asked) > 4

    with pytest.raises(Cancelled, match="called off"):
        answer_baselines(image_set, should_stop=should_stop)
