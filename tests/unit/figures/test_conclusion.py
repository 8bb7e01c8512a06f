"""Conclusions in words: nothing more than the numbers can carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.figures.conclusion import describe_conclusion, describe_leader
from core.predictions.conclusions import Comparison, allow_for_many, compare_paired, compare_unpaired, compare_with_leader
from core.predictions.scored import Graded
from core.predictions.two_networks import PairedCounts


def results(*rights: int, images: int = 1_000) -> list[Graded]:
    """Results that are right on the first so many images, so that the better is right wherever the worse is."""
    return [Graded(np.arange(images, dtype=np.int32), np.arange(images) < right) for right in rights]


def told(*rights: int) -> str:
    return describe_leader([f"run {place + 1}" for place in range(len(rights))], *compare_with_leader(results(*rights)), "test images")


def test_a_difference_that_was_found_is_told_with_its_size() -> None:
    assert describe_conclusion(compare_paired(PairedCounts(900, 60, 15, 25)), "wide", "narrow", "test images") == (
        "wide is better than narrow: 96.00 % against 91.50 % of the same 1,000 test images read right. "
        "The difference is 4.50 points (95 % interval 2.85 to 6.27), more than luck would make."
    )


def test_the_better_one_is_named_first_wherever_it_stands() -> None:
    words = describe_conclusion(compare_paired(PairedCounts(900, 15, 60, 25)), "wide", "the narrow one")
    assert words.startswith("The narrow one is better than wide: 96.00 % against 91.50 %")
    assert "95 % interval 2.85 to 6.27" in words


@pytest.mark.parametrize("counts", [PairedCounts(270, 6, 4, 8), PairedCounts(280, 0, 0, 8), PairedCounts(2, 1, 0, 0)])
def test_where_none_was_found_it_is_not_called_equal_and_the_rest_that_could_hide_is_told(counts: PairedCounts) -> None:
    comparison = compare_paired(counts)
    words = describe_conclusion(comparison, "wide", "narrow")
    assert "That does not make them equal" in words
    assert f"up to {max(comparison.high, -comparison.low) * 100:.1f} points" in words
    for claim in ("is better", "as well as", "no better", "the same as"):
        assert claim not in words


def test_a_tie_is_called_one() -> None:
    words = describe_conclusion(compare_paired(PairedCounts(276, 4, 4, 4)), "wide", "narrow", "validation images")
    assert words.startswith("wide and narrow read equally many right, 280 of the same 288 validation images.")


def test_different_images_are_told() -> None:
    words = describe_conclusion(compare_unpaired((280, 288), (470, 500)), "wide", "narrow", "validation images")
    assert "97.2 % of 288 validation images read right against 94.0 % of 500 others, and on different images" in words


def test_images_that_were_left_out_are_told() -> None:
    comparison = replace(compare_paired(PairedCounts(270, 6, 4, 8)), left_out=40)
    assert "of the 288 images that both were asked about" in describe_conclusion(comparison, "wide", "narrow")


def test_test_and_interval_of_two_minds_leave_it_undecided() -> None:
    border = compare_paired(PairedCounts(851, 76, 53, 20))
    words = describe_conclusion(border, "wide", "narrow")
    assert words.startswith("Between wide and narrow it is undecided")
    assert f"makes a difference like this in {border.p * 100:.1f} % of the cases" in words
    other = Comparison((95, 90), (100, 100), -0.001, 0.1, 0.04, is_paired=True)
    assert "does not leave out 0" in describe_conclusion(other, "wide", "narrow")


def test_one_difference_among_many_comparisons_is_undecided() -> None:
    one, *_ = allow_for_many([compare_paired(PairedCounts(900, 26, 12, 62)), *[compare_paired(PairedCounts(900, 9, 9, 82))] * 14])
    words = describe_conclusion(one, "wide", "narrow")
    assert "undecided" in words and "of 15 comparisons at once, luck may well bring about one such difference" in words


def test_a_leader_of_two_is_the_plain_conclusion() -> None:
    comparison = compare_with_leader(results(900, 960))[1][0]
    assert told(900, 960) == describe_conclusion(comparison, "run 2", "run 1", "test images")


def test_a_leader_of_several_is_better_than_those_only_that_it_can_be_told_from() -> None:
    words = told(900, 960, 958)
    assert words.startswith("run 2 has the highest accuracy of 3, run 3 the next. No difference was found between run 2 and run 3")
    assert "It is better than run 1." in words
    clear = told(960, 900, 700)
    assert "more than luck would make even among 3 comparisons at once." in clear
    assert "run 1 is better than run 2" in clear and "It is better than run 3." in clear and "No difference" not in clear


def test_others_that_can_not_be_told_from_the_leader_are_named() -> None:
    assert "No clear difference was found from run 3 and run 4 either." in told(960, 959, 958, 957)


def test_a_single_image_is_called_one() -> None:
    assert "1 of the same 1 drawing." in describe_conclusion(compare_paired(PairedCounts(1, 0, 0, 0)), "wide", "narrow", "drawings")
