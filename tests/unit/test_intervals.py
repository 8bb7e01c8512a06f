from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.errors import InklingError
from core.intervals import wilson_interval


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    [
        (5, 10, (0.23659, 0.76341)),
        (1, 10, (0.01788, 0.40415)),
        (9760, 10_000, (0.97281, 0.97882)),
        # With z = 1.959964: z^2 / (n + z^2) = 3.841459 / 13.841459.
        (0, 10, (0.0, 0.27753)),
        (10, 10, (0.72247, 1.0)),
    ],
)
def test_known_values(successes, n, expected):
    assert wilson_interval(successes, n) == pytest.approx(expected, abs=1e-5)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_it_agrees_with_scipy_and_holds_the_share(counts, confidence):
    successes, n = counts
    low, high = wilson_interval(successes, n, confidence)
    expected = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= low <= successes / n <= high <= 1


def test_nothing_right_and_nothing_wrong_end_exactly_at_the_ends():
    assert wilson_interval(0, 7)[0] == 0
    assert wilson_interval(7, 7)[1] == 1


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (1, 0), (-1, 5), (6, 5)])
def test_counts_that_make_no_share_are_refused(successes, n):
    with pytest.raises(InklingError, match="is not a share"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 95, float("nan")])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(InklingError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence)
