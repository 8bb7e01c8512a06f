"""Two networks compared: against statsmodels, published examples, and by counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels
from statsmodels.stats.proportion import proportion_confint

from core.datasets.image_set import ImageSet, Split, build_image_set
from core.errors import InklingError
from core.intervals import wilson_interval
from core.predictions.scored import ScoredImages
from core.predictions.scores import score
from core.predictions.two_networks import FEW, PairedCounts, Winner, difference_interval, mcnemar, pair_answers

CLASSES = 4
tables = st.builds(PairedCounts, *(st.integers(0, 400) for _ in range(4))).filter(lambda counts: counts.images > 0)


def image_set(images: int = 12, seed: int = 0) -> ImageSet:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 256, (images, 3, 3), dtype=np.uint8), np.arange(images) % CLASSES
    return build_image_set(name="tiny", title="Tiny", x_train=x, y_train=y, x_test=x, y_test=y, origin="Made for a test.")


def answered(images: ImageSet, read: list[int], sure: list[float], *, split: Split = Split.TEST, positions: list[int] | None = None):
    """A network that reads these classes, each with this probability and the rest evenly over the others."""
    rows = np.full((len(read), CLASSES), 0.0, np.float32)
    for row, (label, share) in enumerate(zip(read, sure, strict=True)):
        rows[row] = (1 - share) / (CLASSES - 1)
        rows[row, label] = share
    where = np.arange(len(read), dtype=np.int32) if positions is None else np.array(positions, np.int32)
    return ScoredImages("run", "key", images, split, where, score(rows, images.labels(split)[where]))


@given(st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=80, deadline=None)
def test_mcnemar_is_that_of_statsmodels(first_only: int, second_only: int) -> None:
    is_exact = first_only + second_only < FEW
    if first_only == second_only:
        # statsmodels corrects a difference of 0 to -1 and squares it; nothing can be more even than this.
        assert mcnemar(first_only, second_only) == 1
        return
    expected = mcnemar_of_statsmodels([[10, first_only], [second_only, 10]], exact=is_exact, correction=True).pvalue
    assert mcnemar(first_only, second_only) == pytest.approx(expected, abs=1e-12)


def test_counting_and_the_curve_agree_where_one_takes_over_from_the_other() -> None:
    for one in range(FEW + 1):
        counted = mcnemar_of_statsmodels([[0, one], [FEW - one, 0]], exact=True).pvalue
        assert mcnemar(one, FEW - one) == pytest.approx(counted, abs=0.02)


@given(st.integers(1, 50_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=80, deadline=None)
def test_wilson_s_interval_is_that_of_statsmodels(counts: tuple[int, int]) -> None:
    assert wilson_interval(*counts) == pytest.approx(proportion_confint(*counts, method="wilson"), abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Altman, Machin, Bryant and Gardner, "Statistics with confidence", 2000, table 6.2.
        (PairedCounts(14, 5, 0, 22), (0.011, 0.226)),
        # Fagerland, Lydersen and Laake, "Statistical analysis of contingency tables", 2017, section 8: Bentur and others, 2009.
        (PairedCounts(1, 1, 7, 12), (-0.507, -0.026)),
        # Newcombe, 1998, table II.
        (PairedCounts(36, 12, 2, 0), (0.0569, 0.3404)),
    ],
)
def test_the_interval_of_the_difference_is_the_published_one(counts: PairedCounts, expected: tuple[float, float]) -> None:
    assert difference_interval(counts) == pytest.approx(expected, abs=6e-4)


@given(tables)
@settings(max_examples=80, deadline=None)
def test_the_interval_holds_the_difference_and_turns_round_with_the_networks(counts: PairedCounts) -> None:
    low, high = difference_interval(counts)
    assert -1 <= low <= counts.difference <= high <= 1
    turned = PairedCounts(counts.both, counts.second_only, counts.first_only, counts.neither)
    assert difference_interval(turned) == pytest.approx((-high, -low), abs=1e-12)


def test_the_interval_holds_the_true_difference_in_95_of_100_cases() -> None:
    rng = np.random.default_rng(4)
    shares = [0.90, 0.05, 0.03, 0.02]
    intervals = [difference_interval(PairedCounts(*drawn)) for drawn in rng.multinomial(300, shares, 2_000).tolist()]
    assert np.mean([low <= shares[1] - shares[2] <= high for low, high in intervals]) == pytest.approx(0.95, abs=0.02)


def test_many_images_give_the_interval_of_the_plain_formula() -> None:
    counts = PairedCounts(9_000, 420, 380, 200)
    wald = 1.96 * np.sqrt(counts.first_only + counts.second_only - (counts.first_only - counts.second_only) ** 2 / 10_000) / 10_000
    assert difference_interval(counts) == pytest.approx((counts.difference - wald, counts.difference + wald), abs=3e-4)


def test_answers_are_counted_and_disagreements_come_with_their_winner() -> None:
    images = image_set()
    first = answered(images, [0, 1, 2, 3, 1, 0], [0.9, 0.9, 0.9, 0.9, 0.8, 0.6])
    second = answered(images, [0, 2, 2, 1, 0, 3], [0.9, 0.7, 0.9, 0.95, 0.9, 0.7])
    pair = pair_answers(first, second)
    # The labels are 0 1 2 3 0 1.
    assert pair.counts == PairedCounts(both=2, first_only=2, second_only=1, neither=1)
    assert pair.counts.difference == pytest.approx(1 / 6)
    assert (pair.counts.first_right, pair.counts.second_right) == (first.scores.correct_count, second.scores.correct_count)
    # By the confidence of whoever is wrong: 0.95, 0.8, 0.7, 0.7.
    assert pair.disagreements.tolist() == [3, 4, 1, 5]
    assert pair.winners(pair.disagreements) == (Winner.FIRST, Winner.SECOND, Winner.FIRST, Winner.NEITHER)
    np.testing.assert_array_equal(pair.images(np.array([4])), images.x_test[[4]])


def test_of_validation_images_those_are_compared_that_both_held_back() -> None:
    images = image_set()
    first = answered(images, [1, 3, 2], [0.9] * 3, split=Split.TRAINING, positions=[1, 4, 6])
    second = answered(images, [0, 2, 3], [0.8] * 3, split=Split.TRAINING, positions=[4, 6, 7])
    pair = pair_answers(first, second)
    assert pair.positions.tolist() == [4, 6]
    assert pair.first.predicted.tolist() == [3, 2]
    assert pair.second.predicted.tolist() == [0, 2]
    assert pair.counts == PairedCounts(both=1, first_only=0, second_only=1, neither=0)


def test_runs_that_held_back_different_images_can_not_be_compared_by_them() -> None:
    images = image_set()
    first = answered(images, [1], [0.9], split=Split.TRAINING, positions=[1])
    second = answered(images, [2], [0.9], split=Split.TRAINING, positions=[2])
    with pytest.raises(InklingError, match="Compare the two on test images"):
        pair_answers(first, second)


def test_answers_to_another_set_or_half_are_refused() -> None:
    first = answered(image_set(), [1], [0.9])
    for other in (answered(image_set(seed=1), [1], [0.9]), answered(image_set(), [1], [0.9], split=Split.TRAINING)):
        with pytest.raises(InklingError, match="images of different sets"):
            pair_answers(first, other)


def test_identical_answers_are_no_evidence_of_a_difference() -> None:
    images = image_set()
    pair = pair_answers(answered(images, [0, 1], [0.9, 0.9]), answered(images, [0, 1], [0.5, 0.6]))
    assert len(pair.disagreements) == 0
    assert mcnemar(pair.counts.first_only, pair.counts.second_only) == 1
    low, high = difference_interval(pair.counts)
    assert low < 0 < high
