"""How new an image is to a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.predictions.novelty import (
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


def test_the_score_is_the_distance_between_the_ends_of_two_directions():
    found = measure_novelty(KNOWN, REAL[:5])
    for score, position, value in zip(found.scores, found.positions[:, 0], REAL, strict=False):
        apart = min(angle(value, one) for one in VALUES)
        assert score == pytest.approx(2 * np.sin(apart / 2), abs=1e-5)
        assert angle(value, VALUES[position // 2]) == pytest.approx(apart, abs=1e-4)


def test_only_the_direction_counts_and_not_how_strong_the_values_are():
    np.testing.assert_allclose(measure_novelty(KNOWN, REAL * 7).scores, measure_novelty(KNOWN, REAL).scores, atol=1e-6)


def test_the_three_nearest_come_in_order_with_their_labels():
    found = measure_novelty(KNOWN, REAL)
    assert found.positions.shape == (40, 3)
    assert (np.diff(found.distances, axis=1) >= 0).all()
    np.testing.assert_array_equal(found.labels, found.positions // 2 % 3)
    np.testing.assert_array_equal(found.scores, found.distances[:, 0])


def test_nineteen_of_twenty_real_images_pass_and_their_rank_is_told():
    found = measure_novelty(KNOWN, REAL)
    assert found.is_novel.sum() == 2
    assert found.exceeded[found.scores.argmax()] == pytest.approx(39 / 40)
    assert int(found.measured) == 40 and int(found.compared) == 60


def test_a_training_image_itself_is_at_distance_0_and_one_without_any_value_at_distance_1():
    found = measure_novelty(KNOWN, np.stack([VALUES[7], np.zeros(8, np.float32)]))
    assert found.scores == pytest.approx([0, 1], abs=1e-6)
    assert found.positions[0, 0] == 14


def test_an_opposite_direction_is_novel():
    found = measure_novelty(KNOWN, -REAL[:1])
    assert found.is_novel.all() and found.scores[0] > 1 and found.exceeded[0] == 1


def test_packed_for_a_file_it_says_nearly_the_same():
    packed = KNOWN.to_arrays()
    again = Familiar.from_arrays(packed)
    assert packed["directions"].dtype == np.int8
    np.testing.assert_allclose(measure_novelty(again, REAL).scores, measure_novelty(KNOWN, REAL).scores, atol=0.02)
    assert again.threshold == KNOWN.threshold


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
