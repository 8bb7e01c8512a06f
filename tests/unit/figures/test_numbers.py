"""Numbers in words."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.confusion import CellNumber, build_confusion
from core.figures.numbers import format_count, format_seconds, format_times
from core.rates import format_percent, format_range
from core.training.coaching.case import percent


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.976, "97.6 %"), (0, "0.0 %"), (1, "100.0 %"), (0.99996, ">99.9 %"), (0.9995, ">99.9 %"), (0.9994, "99.9 %"), (0.0002, "<0.1 %")],
)
def test_percent_never_rounds_to_all_or_nothing(share: float, text: str) -> None:
    assert format_percent(share) == text


def test_percent_follows_the_digits_asked_for() -> None:
    assert format_percent(0.97649, digits=2) == "97.65 %"
    assert format_percent(0.999999, digits=2) == ">99.99 %"
    assert format_percent(0.004, digits=0) == "<1 %"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_unknown(value: float) -> None:
    assert format_percent(value) == format_seconds(value) == "unknown"


def test_an_interval_names_its_unit_once() -> None:
    assert format_range(0.973, 0.979) == "97.3 to 97.9 %"


def test_an_interval_reaches_all_or_nothing_only_where_it_does() -> None:
    assert format_range(0.9871, 0.9997) == "98.7 to >99.9 %"
    assert format_range(0.0, 1.0) == "0.0 to 100.0 %"
    assert format_range(0.0001, 0.02) == "<0.1 to 2.0 %"


def test_the_coach_follows_the_same_rule() -> None:
    assert percent(0.99996) == ">99.9 %" and percent(1.0) == "100.0 %"


def test_a_cell_of_the_confusion_matrix_says_100_only_where_all_are_so_read() -> None:
    matrix = np.array([[2_999, 1], [0, 10]])
    cells = build_confusion(matrix, ("a", "b"), CellNumber.OF_TRUE).cells
    assert [cell.text for cell in cells] == [">99.9", "<0.1", "100.0"]


def test_counts_have_separators() -> None:
    assert format_count(60000) == "60,000"
    assert format_count(7) == "7"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.014, "14 ms"),
        (3.44, "3.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (130, "2 min 10 s"),
        (3599.6, "1 h"),
        (3900, "1 h 5 min"),
        (7190, "2 h"),
    ],
)
def test_durations_have_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_how_often_is_said_in_words_where_there_are_some() -> None:
    assert [format_times(count) for count in (1, 2, 3, 1200)] == ["once", "twice", "3 times", "1,200 times"]
