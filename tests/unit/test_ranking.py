"""Whether the first of a ranking is really first."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.ranking import find_equals, is_clearly_another_share, is_clearly_more, list_names


@pytest.mark.parametrize(("first", "second", "clear"), [(1, 0, False), (5, 0, False), (6, 0, True), (12, 10, False), (1300, 1000, True)])
def test_counts_are_told_apart_by_the_binomial_test(first: int, second: int, clear: bool) -> None:
    assert is_clearly_more(first, second) is clear


@pytest.mark.parametrize("total", [40, 999, 1000, 3000])
def test_it_is_the_exact_test_where_that_can_be_worked_out_and_close_to_it_beyond(total: int) -> None:
    from scipy.stats import binomtest

    firsts = range(total // 2, total // 2 + 80, 2)
    expected = [binomtest(first, total).pvalue < 0.05 for first in firsts if first <= total]
    assert [is_clearly_more(first, total - first) for first in firsts if first <= total] == expected


def test_a_total_of_millions_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(math, "comb", lambda total, chosen: pytest.fail("the exact sum is worked out"))
    assert is_clearly_more(1_002_000, 1_000_000) is False
    assert is_clearly_more(1_003_000, 1_000_000) is True


@pytest.mark.parametrize("counts", [((1, 29), (1, 28)), ((0, 5), (5, 5)), ((900, 1000), (950, 1000)), ((3, 10), (9, 11)), ((0, 3), (0, 4))])
def test_shares_are_told_apart_by_fishers_test(counts: tuple[tuple[int, int], tuple[int, int]]) -> None:
    from scipy.stats import fisher_exact

    table = [[right, of - right] for right, of in counts]
    assert is_clearly_another_share(*counts) is bool(fisher_exact(table).pvalue < 0.05)


def test_of_equally_common_things_the_first_is_seldom_called_so() -> None:
    counts = np.sort(np.random.default_rng(4).multinomial(200, [0.1] * 10, 2_000), axis=1)
    wrong = np.mean([is_clearly_more(int(row[-1]), int(row[-2])) for row in counts])
    assert wrong < 0.05


def test_equals_are_found_at_both_ends() -> None:
    assert find_equals("acab", ord, lowest=True) == ["a", "a"]
    assert find_equals("acab", ord) == ["c"]
    assert find_equals([], float) == []


def test_names_are_listed_as_one_says_them() -> None:
    assert [list_names(list("abcdef"[:count])) for count in (1, 2, 4, 6)] == ["a", "a and b", "a, b, c and d", "a, b, c and 3 others"]
