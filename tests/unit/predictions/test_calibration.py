"""Reliability, the calibration error and the temperature, against plain formulas, scikit-learn and data made to order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve

from core.errors import InklingError
from core.predictions.calibration import (
    BINS,
    COLDEST,
    HOTTEST,
    ReliabilityBin,
    apply_temperature,
    find_bins,
    fit_temperature,
    measure_reliability,
)
from core.predictions.scores import Scores, score


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def calibrated(count: int, *, said_at: float = 1.0, seed: int = 0, classes: int = 5) -> Scores:
    """Labels drawn from softmax(z); what is said is softmax(z / `said_at`), so that the temperature that puts it right is 1 / `said_at`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(scale=2, size=(count, classes))
    drawn = softmax(logits).cumsum(axis=1) > rng.random((count, 1))
    return score(softmax(logits / said_at).astype(np.float32), drawn.argmax(axis=1))


def answers(seed: int, count: int, classes: int) -> Scores:
    rng = np.random.default_rng(seed)
    return score(rng.dirichlet(np.full(classes, 0.5), count).astype(np.float32), rng.integers(0, classes, count))


def test_images_are_counted_by_how_sure_the_answer_is() -> None:
    probabilities = np.array([[0.95, 0.05], [0.9, 0.1], [0.45, 0.55], [0.0, 1.0]], np.float64)
    reliability = measure_reliability(Scores(probabilities, np.array([0, 1, 1, 1])), bins=2)
    assert reliability.bins == (ReliabilityBin(1, 0.5, 1.0, 4, 3, pytest.approx(0.85)),)
    assert reliability.error == reliability.worst.gap == pytest.approx(0.1)
    assert (reliability.count, reliability.right, reliability.accuracy) == (4, 3, 0.75)
    assert reliability.bins[0].interval == reliability.accuracy_interval


def test_an_edge_belongs_to_the_bin_below_it() -> None:
    assert find_bins(np.array([0.0, 0.25, 0.26, 0.5, 1.0]), bins=4).tolist() == [0, 0, 1, 1, 3]


@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(2, 6), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_the_error_is_that_of_the_plain_formula(seed: int, count: int, classes: int, bins: int) -> None:
    scores = answers(seed, count, classes)
    reliability = measure_reliability(scores, bins)
    error, largest = 0.0, 0.0
    for number in range(bins):
        inside = [
            (float(sure), bool(right))
            for sure, right in zip(scores.confidence, scores.predicted == scores.labels, strict=True)
            if number / bins < sure <= (number + 1) / bins
        ]
        if inside:
            gap = abs(sum(sure for sure, _ in inside) - sum(right for _, right in inside)) / len(inside)
            error, largest = error + gap * len(inside) / count, max(largest, gap)
    assert reliability.error == pytest.approx(error, abs=1e-9)
    assert abs(reliability.worst.gap) == pytest.approx(largest, abs=1e-9)
    assert reliability.count == count
    assert reliability.right == scores.correct_count


@pytest.mark.parametrize("seed", range(10))
def test_the_diagram_is_that_of_scikit_learn(seed: int) -> None:
    scores = answers(seed, 500, 4)
    accuracies, confidences = calibration_curve(scores.predicted == scores.labels, scores.confidence, n_bins=BINS)
    bins = measure_reliability(scores).bins
    assert [one.accuracy for one in bins] == pytest.approx(accuracies.tolist())
    assert [one.confidence for one in bins] == pytest.approx(confidences.tolist())


def test_the_error_expected_by_luck_is_the_one_of_calibrated_networks() -> None:
    measured = [measure_reliability(calibrated(2_000, seed=seed)) for seed in range(40)]
    errors, expected = np.mean([one.error for one in measured]), np.mean([one.expected_by_luck for one in measured])
    assert errors == pytest.approx(expected, rel=0.1)
    assert measure_reliability(calibrated(2_000, said_at=0.4)).error > 4 * expected


def test_a_calibrated_network_needs_no_temperature() -> None:
    assert fit_temperature(calibrated(20_000)).value == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("said_at", [0.3, 0.6, 1.5, 3.0])
def test_a_known_temperature_is_found_again_and_puts_the_probabilities_right(said_at: float) -> None:
    scores = calibrated(20_000, said_at=said_at)
    found = fit_temperature(scores)
    assert found.value == pytest.approx(1 / said_at, rel=0.03)
    assert found.images == 20_000
    corrected = score(apply_temperature(scores.probabilities, found.value), scores.labels)
    reliability = measure_reliability(corrected)
    assert reliability.error < 2 * reliability.expected_by_luck < measure_reliability(scores).error


def test_no_other_temperature_has_a_smaller_loss() -> None:
    scores = calibrated(400, said_at=0.5)
    found = fit_temperature(scores)
    assert found.loss_before == pytest.approx(scores.loss, rel=1e-6)
    cooled = (apply_temperature(scores.probabilities, value) for value in np.geomspace(COLDEST, HOTTEST, 60))
    losses = [-np.log(one[np.arange(400), scores.labels]).mean() for one in cooled]
    assert found.loss_after <= min(losses) + 1e-9
    assert found.loss_after == pytest.approx(min(losses), abs=1e-2)


def test_confident_mistakes_with_probabilities_rounded_to_0_count_but_not_without_limit() -> None:
    probabilities = np.tile(np.array([[1, 0, 0]], np.float32), (50, 1))
    found = fit_temperature(score(probabilities, np.array([0] * 49 + [1])))
    assert 10 < found.value < HOTTEST
    assert np.isfinite([found.loss_before, found.loss_after]).all()


def test_a_network_worse_than_guessing_ends_at_the_hottest() -> None:
    probabilities = np.tile(np.array([[0.9, 0.1]], np.float32), (50, 1))
    assert fit_temperature(score(probabilities, np.array([1] * 50))).value == pytest.approx(HOTTEST, rel=1e-3)


def test_without_a_mistake_there_is_nothing_to_fit() -> None:
    with pytest.raises(InklingError, match="All 3 validation images are read right"):
        fit_temperature(score(np.tile(np.array([[0.6, 0.4]], np.float32), (3, 1)), np.zeros(3, np.int64)))


positive = st.floats(0, 1, width=32)


@given(arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(2, 6)), elements=positive), st.floats(COLDEST, HOTTEST))
@settings(max_examples=80, deadline=None)
def test_a_temperature_never_changes_an_answer(weights: np.ndarray, temperature: float) -> None:
    probabilities = np.asarray((weights + np.float32(1e-6)) / (weights + np.float32(1e-6)).sum(axis=1, keepdims=True), np.float32)
    cooled = apply_temperature(probabilities, temperature)
    np.testing.assert_array_equal(cooled.argmax(axis=1), probabilities.argmax(axis=1))
    np.testing.assert_allclose(cooled.sum(axis=1), 1)


def test_it_is_the_softmax_of_divided_logits() -> None:
    logits = np.random.default_rng(1).normal(scale=5, size=(200, 10))
    np.testing.assert_allclose(apply_temperature(softmax(logits), 2.5), softmax(logits / 2.5), rtol=1e-9)


def test_temperature_1_changes_nothing() -> None:
    probabilities = softmax(np.random.default_rng(1).normal(size=(20, 10)))
    np.testing.assert_allclose(apply_temperature(probabilities, 1), probabilities, rtol=1e-12)


@pytest.mark.parametrize("temperature", [0, -1])
def test_a_temperature_that_is_not_positive_is_a_programming_error(temperature: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        apply_temperature(np.array([[0.5, 0.5]]), temperature)
