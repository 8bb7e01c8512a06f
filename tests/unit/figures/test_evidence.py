"""Evidence maps and patches as figures, tables and words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import InklingError
from core.figures.evidence import (
    EvidenceInfo,
    build_evidence,
    describe_agreement,
    describe_check,
    describe_difference,
    describe_evidence,
    describe_sum,
    draw_evidence,
    evidence_table,
)
from core.figures.patches import PatchInfo, build_patch, describe_no_patch, describe_patch, draw_patch, patch_table
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.predictions.patches import Change


def evidence(values: dict[tuple[int, int], float], shape: tuple[int, ...] = (9, 9), *, is_check: bool = False) -> EvidenceInfo:
    """A map that is 0 but for some pixels, of an image with ink in the middle."""
    image, map_ = np.zeros(shape, np.uint8), np.zeros(shape[:2], np.float32)
    image[shape[0] // 3 :, shape[1] // 3 :] = 200
    for place, value in values.items():
        map_[place] = value
    return build_evidence(image, 255, map_, "9", "4", is_check=is_check)


def explained(difference: float, baseline: float, completeness: float, *, is_exact: bool, background: object = 0) -> dict[str, np.ndarray]:
    numbers = {"difference": difference, "baseline_difference": baseline, "completeness": completeness, "is_exact": is_exact}
    return {name: np.array(value) for name, value in numbers.items()} | {"baseline": np.array(background, np.uint8)}


def test_regions_are_thirds_of_the_image_and_add_up() -> None:
    table = evidence_table(evidence({(0, 8): 2.0, (1, 7): 0.5, (4, 0): -1.25, (8, 4): 0.125}))
    assert table.columns.tolist() == ["Region", "For 9 rather than 4"]
    by_name = dict(zip(table["Region"], table["For 9 rather than 4"], strict=True))
    assert {name: value for name, value in by_name.items() if value} == {"Upper right": 2.5, "Left": -1.25, "Lower middle": 0.125}
    assert len(table) == 9


def test_a_check_has_the_mean_of_each_region_because_patches_overlap() -> None:
    info = evidence({(0, 8): 9.0, (4, 0): -4.5}, is_check=True)
    assert dict(info.regions)["the upper right"] == 1.0
    assert describe_check(info) == (
        "Where patches are covered at the upper right, it costs 9 most (1.00 each); at the left, it costs 4 most (0.50 each)."
    )
    assert describe_check(evidence({(0, 0): 9.0}, is_check=True)) == (
        "Where patches are covered at the upper left, it costs 9 most (1.00 each); nowhere does it cost 4 anything."
    )
    assert describe_check(evidence({}, is_check=True)) == "Covering patches costs neither 9 nor 4 anything."


def test_the_sentence_names_the_region_that_speaks_most_for_either() -> None:
    assert describe_evidence(evidence({(0, 8): 2.1, (4, 0): -0.5})) == (
        "The upper right speaks most for 9 (+2.10), the left speaks most for 4 (−0.50)."
    )
    assert describe_evidence(evidence({(4, 4): 3.0, (0, 0): -0.1})) == "The centre speaks most for 9 (+3.00); no region speaks for 4."
    assert describe_evidence(evidence({(8, 0): -3.0})) == "The lower left speaks most for 4 (−3.00); no region speaks for 9."
    assert describe_evidence(evidence({})) == "No region speaks for 9 or for 4."


def test_signs_stand_where_it_is_strongest_and_say_which_way() -> None:
    signs = evidence({(2, 2): 2.0, (12, 9): -1.0, (0, 13): 0.1}, (14, 14)).signs
    assert [(sign.row, sign.column, sign.text) for sign in signs] == [(2.5, 2.5, "+"), (12.5, 8.5, "−")]
    assert evidence({}).signs == ()


def test_one_huge_value_does_not_make_the_others_pale() -> None:
    values = np.full((20, 20), 0.1, np.float32)
    values[0, 0] = 50.0
    assert build_evidence(np.zeros((20, 20), np.uint8), 255, values, "9", "4").extent < 1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_a_sentence(bad: float) -> None:
    with pytest.raises(InklingError, match="no longer numbers"):
        evidence({(3, 3): bad})


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (math.log(33), "The network takes 9 to be 33 times as probable as 4."),
        (-math.log(2.5), "The network takes 4 to be 2.5 times as probable as 9."),
        (0.01, "The network takes 9 and 4 to be equally probable."),
        (5000.0, "The network takes 9 to be more than 1,000 times as probable as 4."),
    ],
)
def test_a_difference_is_told_as_a_ratio(difference: float, words: str) -> None:
    assert describe_difference(difference, "9", "4") == words


def test_what_the_pixels_add_up_to_is_set_against_what_they_ought_to() -> None:
    words = describe_sum(explained(3.0, 0.5, -0.04, is_exact=False), "9", "4")
    assert words == (
        "Every +0.69 makes 9 twice as probable against 4, starting from an image that is 0 all over. "
        "All pixels together ought to give +2.50; in this map they give +2.46."
    )
    exact = describe_sum(explained(3.0, 0.5, 0.0, is_exact=True, background=(120, 110, 90)), "9", "4")
    assert "an image that is red 120, green 110, blue 90 all over. All pixels together give +2.50. This map is exact" in exact


@pytest.mark.parametrize(("agreement", "word"), [(0.97, "closely"), (0.6, "roughly"), (0.3, "hardly"), (-0.4, "not at all")])
def test_the_agreement_is_a_word_and_a_number(agreement: float, word: str) -> None:
    answer = {"agreement": np.array(agreement), "size": np.array(4), "places": np.array(70), "is_exact": np.array(False)}
    words = describe_agreement(answer)
    assert f"agree {word}: rank correlation {agreement:+.2f}".replace("-", "−") in words and "4 x 4 pixels at 70 places" in words


def test_a_network_without_hidden_layers_can_not_be_checked_by_covering() -> None:
    answer = {"agreement": np.array(1.0), "size": np.array(4), "places": np.array(70), "is_exact": np.array(True)}
    words = describe_agreement(answer)
    assert "have to agree" in words and "+1" not in words


def test_without_anything_to_cover_there_is_no_agreement() -> None:
    answer = {"agreement": np.array(np.nan), "size": np.array(4), "places": np.array(0)}
    assert describe_agreement(answer).startswith("There is too little to compare")


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("shape", [(28, 28), (32, 32, 3), (1, 5), (3, 1)])
def test_any_image_can_be_drawn(shape: tuple[int, ...], theme: object) -> None:
    info = evidence({(0, 0): 1.0}, shape)
    info = EvidenceInfo(**(vars(info) | {"first": "a $ name that is far too long for its place $", "second": "_"}))
    assert figure_bytes(draw_evidence(info, theme, "Evidence"), "png").startswith(b"\x89PNG")
    assert b"</svg>" in figure_bytes(draw_evidence(info, theme, "Evidence"), "svg")


def flipped(change: Change = Change.ERASED, size: int = 3) -> dict[str, np.ndarray]:
    numbers = {"found": True, "largest": 14, "row": 5, "column": 12, "size": size, "change": int(change), "old_label": 9, "label": 4}
    return {name: np.array(value) for name, value in numbers.items()} | {
        "probability": np.array(0.81, np.float32),
        "changed": np.ones((28, 28), np.uint8),
    }


NAMES = tuple("0123456789")


def found(answer: dict[str, np.ndarray]) -> PatchInfo:
    info = build_patch(np.zeros((28, 28), np.uint8), 255, answer, NAMES)
    assert info is not None
    return info


def test_a_patch_is_told_in_one_sentence() -> None:
    assert describe_patch(found(flipped())) == "Erasing 3 x 3 pixels at row 5, column 12 turns the answer from 9 into 4 (81.0 %)."
    assert describe_patch(found(flipped(Change.ADDED, 1))).startswith("Filling 1 pixel at row 5, column 12 with ink turns")
    assert describe_patch(found(flipped(Change.COVERED))).startswith("Covering 3 x 3 pixels at row 5, column 12 with one colour turns")


def test_the_table_of_a_patch_has_all_of_it() -> None:
    [row] = patch_table(found(flipped())).to_dict("records")
    assert list(row.values())[:6] == [5, 12, 3, "erased", "9", "4"]
    assert row["Probability after"] == pytest.approx(0.81)


def test_where_no_patch_was_found_it_is_said_what_was_tried() -> None:
    answer = {"found": np.array(False), "largest": np.array(14), "old_label": np.array(9)}
    assert build_patch(np.zeros((28, 28), np.uint8), 255, answer, NAMES) is None
    assert describe_no_patch(answer) == "No single patch of up to 14 x 14 pixels changes the answer, wherever it lies."


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_patch_can_be_drawn(theme: object) -> None:
    assert figure_bytes(draw_patch(found(flipped()), theme), "png").startswith(b"\x89PNG")
