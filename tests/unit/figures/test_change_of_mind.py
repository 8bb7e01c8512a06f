"""What to erase and add, in marks, words and tables."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.change_of_mind import (
    ChangeOfMindInfo,
    Touch,
    build_change_of_mind,
    change_table,
    describe_way,
    draw_change_of_mind,
    draw_way,
    mark_touches,
    touch_table,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.predictions.change_of_mind import MAX_DABS, Way
from core.predictions.patches import Change

NAMES = tuple("0123456789")
ERASED, ADDED = int(Change.ERASED), int(Change.ADDED)


def found(dabs: list[list[tuple[int, int, int]]], labels: list[int], shape: tuple[int, ...] = (28, 28)) -> ChangeOfMindInfo:
    """A 7 that should become a 1: the dabs of each way, and what is read after them."""
    numbers = np.full((3, len(Way), MAX_DABS), -1)
    for way, some in enumerate(dabs):
        numbers[:, way, : len(some)] = np.array(some, int).reshape(-1, 3).T
    answers = np.full((len(Way), 10), 0.04, np.float32)
    for row, label in zip(answers, labels, strict=True):
        row[label] = 0.62
    before = np.full(10, 0.01, np.float32)
    before[7] = 0.91
    answer = {
        "before": before,
        "images": np.zeros((len(Way), *shape), np.uint8),
        "probabilities": answers,
        "count": np.array([len(some) for some in dabs]),
        "rows": numbers[0],
        "columns": numbers[1],
        "changes": numbers[2],
        "width": np.array(3.0),
    }
    return build_change_of_mind(np.full(shape, 90, np.uint8), 255, 1, answer, NAMES)


def sentences(info: ChangeOfMindInfo) -> list[str]:
    return [describe_way(info, way) for way in info.ways]


def test_what_to_do_is_told_by_the_part_of_the_image() -> None:
    either = [(2, 2, ERASED), (14, 14, ADDED), (3, 4, ERASED), (27, 14, ERASED), (14, 27, ERASED)]
    info = found([either, [(2, 2, ERASED)], [(14, 13, ADDED), (27, 27, ADDED)]], [1, 1, 1])
    assert sentences(info) == [
        "Erase at the upper left (2 dabs), the lower middle (1 dab) and the right (1 dab), and add at the centre (1 dab), "
        "and it reads 1 (62.0 %).",
        "Erase at the upper left (1 dab), and it reads 1 (62.0 %).",
        "Add at the centre (1 dab) and the lower right (1 dab), and it reads 1 (62.0 %).",
    ]


def test_where_it_can_not_be_done_that_is_told() -> None:
    info = found([[(2, 2, ERASED)], [(2, 2, ERASED)] * 3, []], [4, 7, 7])
    assert sentences(info) == [
        "To erase and add does not make it 1: after 1 dab it reads 4 (62.0 %).",
        "To only erase does not make it 1: after 3 dabs it still reads 7 (62.0 %).",
        "To only add does not make it 1: no dab of ink brings it any closer.",
    ]


def test_the_tables_have_all_ways_and_all_dabs() -> None:
    info = found([[(2, 2, ERASED), (14, 14, ADDED)], [], [(27, 0, ADDED)]], [1, 7, 4])
    ways = change_table(info)
    assert ways["Becomes 1"].tolist() == ["yes", "no", "no"] and ways["Dabs"].tolist() == [2, 0, 1]
    assert ways["Read before"].tolist() == ["7 (91.0 %)"] * 3 and ways["Read after"].tolist() == ["1 (62.0 %)", "7 (62.0 %)", "4 (62.0 %)"]
    dabs = touch_table(info)
    assert dabs[["way", "dab", "change", "row", "column", "where"]].to_numpy().tolist() == [
        ["Erase and add", 1, "erased", 2, 2, "the upper left"],
        ["Erase and add", 2, "added", 14, 14, "the centre"],
        ["Only add", 1, "added", 27, 0, "the lower left"],
    ]


def test_erased_and_added_differ_in_their_sign_and_not_in_colour_alone() -> None:
    image = np.zeros((28, 28), np.uint8)
    marked = {change: mark_touches(image, 255, [Touch(14, 14, change, "the centre")], 3.0) for change in (Change.ERASED, Change.ADDED)}
    side = marked[Change.ADDED].shape[0]
    # Above the middle of the dab, inside its ring, there is ink only in a plus.
    above = round(14.5 * side / 28 - 0.45 * side / 28), round(14.5 * side / 28)
    assert marked[Change.ADDED][above].any() and not marked[Change.ERASED][above].any()


def test_the_middle_of_a_mark_is_the_middle_of_its_pixel() -> None:
    marked = mark_touches(np.zeros((28, 28), np.uint8), 255, [Touch(4, 20, Change.ERASED, "the upper right")], 3.0)
    rows, columns = np.nonzero(marked.any(axis=2))
    np.testing.assert_allclose([rows.mean(), columns.mean()], [4.5 * marked.shape[0] / 28, 20.5 * marked.shape[1] / 28], atol=1)


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (32, 32, 3), (300, 200, 3)])
def test_images_of_all_kinds_can_be_drawn(shape: tuple[int, ...]) -> None:
    info = found([[(2, 2, ERASED)], [(5, 5, ERASED)], [(7, 0, ADDED)]], [1, 1, 1], shape)
    for figure in (draw_way(info, info.ways[0], LIGHT), draw_change_of_mind(info, DARK)):
        assert figure_bytes(figure, "png").startswith(b"\x89PNG")
