"""What is concluded from two results: against published examples, scipy and statsmodels, and by trying it out."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency
from statsmodels.stats.multitest import multipletests

from core.errors import InklingError
from core.predictions.conclusions import (
    Comparison,
    allow_for_many,
    compare,
    compare_paired,
    compare_unpaired,
    compare_with_leader,
)
from core.predictions.scored import Graded
from core.predictions.two_networks import PairedCounts, difference_interval, mcnemar

EQUAL, CLEAR = PairedCounts(900, 37, 29, 34), PairedCounts(900, 60, 15, 25)


def graded(right: np.ndarray, first: int = 0) -> Graded:
    return Graded(np.arange(first, first + len(right), dtype=np.int32), np.asarray(right, bool))


def drawn(shares: list[float], images: int, seed: int = 0) -> list[Graded]:
    """Results that are right or wrong by chance, each by itself."""
    rng = np.random.default_rng(seed)
    return [graded(rng.random(images) < share) for share in shares]


def test_on_the_same_images_the_test_is_mcnemar_s_and_the_interval_newcombe_s_for_pairs() -> None:
    found = compare_paired(CLEAR)
    assert (found.low, found.high) == difference_interval(CLEAR)
    assert found.p == mcnemar(60, 15)
    assert found.is_paired and found.is_clear and not found.is_undecided
    assert found.difference == pytest.approx(CLEAR.difference)
    assert not compare_paired(EQUAL).is_clear and not compare_paired(EQUAL).is_undecided


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Newcombe, 1998, "comparison of eleven methods", table II, method 10, examples (a) to (e).
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ],
)
def test_on_different_images_the_interval_is_the_published_one(first, second, expected) -> None:
    found = compare_unpaired(first, second)
    assert (found.low, found.high) == pytest.approx(expected, abs=6e-5)
    assert not found.is_paired


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 400), st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_on_different_images_the_test_is_pearson_s_with_one_image_less(a: int, b: int, c: int, d: int) -> None:
    images = a + b + c + d
    statistic = chi2_contingency([[a, b], [c, d]], correction=False).statistic * (images - 1) / images
    assert compare_unpaired((a, a + b), (c, c + d)).p == pytest.approx(chi2.sf(statistic, 1), abs=1e-9)


@pytest.mark.parametrize(("first", "second"), [((10, 10), (7, 7)), ((0, 10), (0, 3))])
def test_where_all_or_none_are_right_nothing_is_found(first, second) -> None:
    found = compare_unpaired(first, second)
    assert found.p == 1 and not found.is_clear


def test_pairs_are_taken_where_enough_images_are_shared_and_the_rest_is_counted() -> None:
    first, second = drawn([0.9, 0.8], 400)
    shifted = Graded(second.positions + 100, second.right)
    found = compare(first, shifted)
    assert found.is_paired and found.images == (300, 300) and found.left_out == 200
    counts = [int((a & b).sum()) for a in (first.right[100:], ~first.right[100:]) for b in (second.right[:300], ~second.right[:300])]
    assert (found.low, found.high) == difference_interval(PairedCounts(*counts))


def test_with_hardly_an_image_in_common_each_is_taken_with_its_own() -> None:
    first, second = drawn([0.9, 0.8], 400)
    found = compare(first, Graded(second.positions + 390, second.right))
    assert not found.is_paired
    assert found == compare_unpaired((first.correct, 400), (second.correct, 400))


def test_without_images_nothing_is_compared() -> None:
    with pytest.raises(InklingError, match="at least one image for each"):
        compare(graded(np.zeros(0)), graded(np.ones(3)))


def test_pairs_tell_differences_that_two_intervals_hide() -> None:
    # Both stumble over the same hard images, and the second over twenty more.
    first = graded(np.arange(2_000) >= 100)
    second = graded(np.arange(2_000) >= 120)
    assert compare(first, second).is_clear
    assert not compare_unpaired((first.correct, 2_000), (second.correct, 2_000)).is_clear


@given(st.lists(st.floats(0, 1), min_size=1, max_size=15))
@settings(max_examples=60, deadline=None)
def test_many_tests_at_once_are_corrected_as_by_statsmodels(chances: list[float]) -> None:
    comparisons = [Comparison((9, 8), (10, 10), -0.1, 0.3, p, is_paired=True) for p in chances]
    found = allow_for_many(comparisons)
    with pytest.MonkeyPatch.context() as patch:
        # statsmodels searches all memory for garbage after each correction: a tenth of a second where TensorFlow is loaded.
        patch.setattr(gc, "collect", lambda: 0)
        expected = multipletests(chances, method="holm")[1].tolist()
    assert [one.p for one in found] == pytest.approx(expected, abs=1e-12)
    assert {one.at_once for one in found} == {len(chances)}


def test_a_leader_among_equals_is_rarely_called_better() -> None:
    """Six equally good networks, four hundred times: the highest is called better than the lowest in at most one time in twenty."""
    clear = 0
    for seed in range(400):
        _, compared = compare_with_leader(drawn([0.9] * 6, 300, seed))
        clear += any(one.is_clear for one in compared.values())
    assert clear <= 0.05 * 400


def test_the_leader_comes_with_all_others_the_next_best_first() -> None:
    leader, compared = compare_with_leader(drawn([0.5, 0.95, 0.7, 0.9], 1_000))
    assert leader == 1
    assert list(compared) == [3, 2, 0]
    assert all(one.difference > 0 and one.is_clear and one.at_once == 6 for one in compared.values())


def test_a_set_of_results_that_was_chosen_among_several_has_to_show_more() -> None:
    results = drawn([0.9, 0.85], 400)
    [once], [chosen] = (list(compare_with_leader(results, looks)[1].values()) for looks in (1, 8))
    assert chosen.p == pytest.approx(min(1, 8 * once.p)) and chosen.at_once == 8


def test_turned_round_it_says_the_same_of_the_other() -> None:
    found = compare_paired(CLEAR).turned
    assert found.difference == pytest.approx(-CLEAR.difference)
    assert found.low <= found.difference <= found.high < 0 and found.is_clear
