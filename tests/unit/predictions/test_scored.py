"""Images together with a network's answers."""

from __future__ import annotations

import numpy as np

from core.datasets.image_set import ImageSet, Split, build_image_set
from core.predictions.scored import ScoredImages
from core.predictions.scores import score

PROBABILITIES = np.array(
    [
        [0.7, 0.2, 0.1],  # right
        [0.05, 0.05, 0.9],  # wrong and sure; the true class is the last guess
        [0.4, 0.3, 0.3],  # wrong; of the two left the first is guessed first
        [0.1, 0.8, 0.1],  # right
        [0.5, 0.4, 0.1],  # wrong, the runner-up is right
    ],
    np.float32,
)
LABELS = np.array([0, 1, 2, 1, 1])


def make_set() -> ImageSet:
    images = np.arange(8, dtype=np.uint8)[:, None, None] + np.zeros((8, 2, 2), np.uint8)
    return build_image_set(
        name="small",
        title="Small",
        x_train=images,
        y_train=np.arange(8) % 3,
        x_test=images[:5] + 100,
        y_test=LABELS,
        max_value=255,
        origin="",
    )


def scored(split: Split = Split.TEST, positions: list[int] | None = None) -> ScoredImages:
    places = np.array(positions or [0, 1, 2, 3, 4], np.int32)
    return ScoredImages("run", "run/final.npz", make_set(), split, places, score(PROBABILITIES, LABELS))


def best_two(images: ScoredImages, row: int) -> tuple[int, int]:
    [answer] = images.answers(np.array([row]))
    return answer.predicted, answer.runner_up


def test_the_surest_mistake_comes_first_and_the_surest_right_answer_last() -> None:
    assert scored().worst_first(np.arange(5)).tolist() == [1, 4, 2, 0, 3]
    assert scored().worst_first(np.array([3, 4, 1])).tolist() == [1, 4, 3]
    assert scored().worst_first(np.array([], np.int64)).tolist() == []


def test_equally_sure_ones_stay_in_the_order_of_the_file() -> None:
    alike = ScoredImages(
        "r", "k", make_set(), Split.TEST, np.arange(4, dtype=np.int32), score(np.full((4, 2), 0.5, np.float32), np.ones(4, int))
    )
    assert alike.worst_first(np.arange(4)).tolist() == [0, 1, 2, 3]


def test_rows_are_not_places_in_the_file() -> None:
    held_back = scored(Split.TRAINING, [1, 3, 4, 6, 7])
    assert held_back.images(np.array([0, 4]))[:, 0, 0].tolist() == [1, 7]
    assert scored().images(np.array([2]))[:, 0, 0].tolist() == [102]
    assert (len(held_back), held_back.kind, scored().kind) == (5, "validation", "test")
    assert held_back.key != scored().key


def test_guesses_count_from_the_answer_on() -> None:
    assert scored().guesses.tolist() == [1, 3, 3, 1, 2]
    for row, guesses in enumerate(scored().guesses):
        assert (LABELS[row] in best_two(scored(), row)) == (guesses <= 2)


def test_one_guess_is_enough_just_where_the_answer_is_right() -> None:
    probabilities = np.random.default_rng(3).integers(0, 3, (200, 4)).astype(np.float32)
    labels = np.random.default_rng(4).integers(0, 4, 200)
    places = np.zeros(200, np.int32)
    many = ScoredImages("r", "k", make_set(), Split.TEST, places, score(probabilities, labels))
    np.testing.assert_array_equal(many.guesses == 1, many.scores.predicted == labels)
    assert all(best_two(many, row)[0] == many.scores.predicted[row] for row in range(200))
