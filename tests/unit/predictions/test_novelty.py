"""How new an image is to a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.predictions.novelty import (
    FEWEST_REAL,
    Familiar,
    build_familiar,
    energy,
    find_nearest_directions,
    measure_novelty,
    scale_to_one,
)

RNG = np.random.default_rng(5)
VALUES = RNG.random((60, 8)).astype(np.float32)
REAL = RNG.random((40, 8)).astype(np.float32)
KNOWN = build_familiar(np.arange(60, dtype=np.int32) * 2, (np.arange(60) % 3).astype(np.int32), VALUES, REAL)


def angle(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.arccos(first @ second / np.linalg.norm(first) / np.linalg.norm(second)))


def test_the_distance_is_that_between_the_ends_of_two_directions():
    found = measure_novelty(KNOWN, REAL[:5])
    for distance, position, value in zip(found.distances[:, 0], found.positions[:, 0], REAL, strict=False):
        apart = min(angle(value, one) for one in KNOWN.directions)
        assert distance == pytest.approx(2 * np.sin(apart / 2), abs=1e-5)
        assert angle(value, VALUES[position // 2]) == pytest.approx(apart, abs=0.01)


def test_values_eight_times_as_strong_double_the_score_and_leave_the_distance():
    once, strong = (measure_novelty(KNOWN, REAL * factor) for factor in (2, 16))
    np.testing.assert_allclose(strong.scores, 2 * once.scores, rtol=1e-5)
    np.testing.assert_allclose(strong.distances, once.distances, atol=1e-6)


def test_of_the_usual_strength_the_score_is_the_distance():
    usual = REAL / np.linalg.norm(REAL, axis=1, keepdims=True) * np.median(np.linalg.norm(VALUES, axis=1))
    found = measure_novelty(KNOWN, usual)
    np.testing.assert_allclose(found.scores, found.distances[:, 0], rtol=1e-5)


def test_with_hardly_any_values_nothing_becomes_more_familiar():
    found = measure_novelty(KNOWN, REAL * 1e-3)
    np.testing.assert_allclose(found.scores, found.distances[:, 0] * 0.5 ** (1 / 3), rtol=1e-5)


def test_a_layer_that_answers_to_nothing_weighs_nothing():
    dead = build_familiar(np.arange(60, dtype=np.int32), np.zeros(60, np.int32), VALUES * 0, REAL)
    np.testing.assert_allclose(measure_novelty(dead, REAL).scores, 1, rtol=1e-6)


def test_the_three_nearest_come_in_order_with_their_labels():
    found = measure_novelty(KNOWN, REAL)
    assert found.positions.shape == (40, 3)
    assert (np.diff(found.distances, axis=1) >= 0).all()
    np.testing.assert_array_equal(found.labels, found.positions // 2 % 3)


def test_nineteen_of_twenty_real_images_pass_and_their_rank_is_told():
    found = measure_novelty(KNOWN, REAL)
    assert found.is_novel.sum() == 2
    assert found.exceeded[found.scores.argmax()] == pytest.approx(39 / 40)
    assert int(found.measured) == 40 and int(found.compared) == 60


def test_nineteen_of_twenty_rows_of_real_images_pass_however_long_they_are():
    rng = np.random.default_rng(8)
    known = build_familiar(KNOWN.positions, KNOWN.labels, VALUES, rng.random((4000, 8)).astype(np.float32))
    for length in (2, 4, 8):
        rows = rng.random((1000, length, 8)).astype(np.float32)
        passed = np.mean([not measure_novelty(known, row).is_novel_in_row.any() for row in rows])
        assert passed == pytest.approx(0.95, abs=0.025)


def test_alone_an_image_is_judged_as_ever_and_in_a_row_no_more_severely():
    for value in REAL:
        found = measure_novelty(KNOWN, value[None])
        assert found.is_novel_in_row == found.is_novel
    row = measure_novelty(KNOWN, REAL)
    assert not (row.is_novel_in_row & ~row.is_novel).any()
    assert measure_novelty(KNOWN, np.stack([REAL[0], -REAL[1]])).is_novel_in_row.tolist() == [False, True]


def test_a_training_image_itself_is_at_distance_0_and_one_without_any_value_at_distance_1():
    found = measure_novelty(KNOWN, np.stack([VALUES[7], np.zeros(8, np.float32)]))
    # Their directions are kept in 127 levels.
    assert found.distances[:, 0] == pytest.approx([0, 1], abs=0.01)
    assert found.positions[0, 0] == 14


def test_with_few_real_images_nothing_is_novel():
    few = build_familiar(KNOWN.positions, KNOWN.labels, VALUES, REAL[: FEWEST_REAL - 1])
    for found in (measure_novelty(few, -REAL[:1]), measure_novelty(few, -REAL[:3])):
        assert not found.is_judged and not found.is_novel.any() and not found.is_novel_in_row.any()
    enough = build_familiar(KNOWN.positions, KNOWN.labels, VALUES, REAL[:FEWEST_REAL])
    assert measure_novelty(enough, -REAL[:1]).is_novel.all()


def test_an_opposite_direction_is_novel():
    found = measure_novelty(KNOWN, -REAL[:1])
    assert found.is_novel.all() and found.scores[0] > 1 and found.exceeded[0] == 1


@pytest.mark.parametrize("levels", [127, 7])
def test_read_back_from_a_file_it_says_the_same(levels):
    known = build_familiar(KNOWN.positions, KNOWN.labels, VALUES, REAL, levels=levels)
    packed = known.to_arrays()
    again = Familiar.from_arrays(packed)
    assert packed["directions"].dtype == np.int8 and np.abs(packed["directions"]).max() == levels
    np.testing.assert_allclose(measure_novelty(again, REAL).scores, measure_novelty(known, REAL).scores, atol=1e-6)
    assert again.threshold == known.threshold and again.strength == known.strength


def test_in_few_levels_it_says_about_the_same():
    coarse = build_familiar(KNOWN.positions, KNOWN.labels, VALUES, REAL, levels=7)
    np.testing.assert_allclose(measure_novelty(coarse, REAL).scores, measure_novelty(KNOWN, REAL).scores, atol=0.1)


def test_of_two_training_images_two_are_told_and_no_images_give_none():
    few = build_familiar(np.arange(2, dtype=np.int32), np.zeros(2, np.int32), VALUES[:2], REAL)
    assert measure_novelty(few, REAL).positions.shape == (40, 2)
    assert measure_novelty(KNOWN, REAL[:0]).scores.shape == (0,)


@given(count=st.integers(1, 60), rows=st.integers(0, 5), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_nearest_are_those_that_a_search_by_hand_finds(count, rows, seed):
    asked = scale_to_one(np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32))
    indices, distances = find_nearest_directions(asked, KNOWN.directions, count)
    by_hand = np.linalg.norm(asked[:, None] - KNOWN.directions, axis=2)
    np.testing.assert_allclose(distances, np.sort(by_hand, axis=1)[:, :count], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(by_hand, indices, axis=1), distances, atol=1e-5)


def test_the_energy_is_low_for_a_sure_answer_and_does_not_overflow():
    logits = np.array([[0, 0], [10, 0], [1e4, 0]], np.float32)
    assert energy(logits) == pytest.approx([-np.log(2), -10, -1e4], rel=1e-4)
