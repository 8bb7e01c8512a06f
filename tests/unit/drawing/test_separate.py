"""Several figures in a row: told apart by their ink, and said to touch where they do."""

from __future__ import annotations

import numpy as np
import pytest

from core.drawing.ink import NO_DRAWING, Ink, InkBox
from core.drawing.separate import MAX_PARTS, looks_joined, separate
from core.errors import DrawingError
from tests.unit.drawing.pen import draw_strokes, load_strokes

BY_NAME = {(one.digit, one.name): one.strokes for one in load_strokes()}
BODY = (60, 100, 200, 160)
"""The box of a figure in the middle of a canvas, as (top, left, bottom, right)."""


def canvas(*boxes: tuple[int, int, int, int]) -> Ink:
    """A wide canvas with filled boxes."""
    ink = np.zeros((280, 700), dtype=np.uint8)
    for top, left, bottom, right in boxes:
        ink[top:bottom, left:right] = 255
    return ink


def write(*digits: int, apart: int = 150, size: float = 150) -> Ink:
    """Digits by hand, one beside the other."""
    ink = np.zeros((280, 280 + apart * (len(digits) - 1)), dtype=np.uint8)
    for place, digit in enumerate(digits):
        strokes = next(one.strokes for one in load_strokes() if one.digit == digit)
        left = place * apart
        here = ink[:, left : left + 280]
        np.maximum(here, draw_strokes(strokes, size=size, pen=16), out=here)
    return ink


def boxes(ink: Ink) -> list[tuple[int, ...]]:
    return [tuple(figure.box) for figure in separate(ink).figures]


def test_figures_come_from_left_to_right_each_with_its_own_ink() -> None:
    row = write(2, 0, 7, 6)
    found = separate(row).figures
    assert [figure.box.left for figure in found] == sorted(figure.box.left for figure in found)
    assert len(found) == 4 and not any(figure.touches for figure in found)
    for figure in found:
        box = figure.box
        assert figure.ink.shape == (box.height, box.width) and figure.ink.dtype == np.uint8
        np.testing.assert_array_equal(figure.ink, row[box.top : box.bottom, box.left : box.right])


def test_one_figure_alone_is_the_ink_in_its_box() -> None:
    (figure,) = separate(canvas(BODY)).figures
    assert figure.box == InkBox(60, 100, 200, 160) and figure.ink.min() == 255


def test_the_ink_of_a_neighbour_that_leans_over_is_left_out() -> None:
    ink = canvas()
    for row in range(60, 200):
        middle = 200 - (row - 60) // 2
        ink[row, middle : middle + 12] = 255
        ink[row, middle + 60 : middle + 72] = 255
    ink[np.roll(ink, 1, axis=1) > ink] = 60
    first, second = separate(ink).figures
    assert second.box.left < first.box.right
    for figure in (first, second):
        # A single slanted stroke: nothing in the two corners beside it, the neighbour's soft edge neither.
        assert figure.ink[:60, :30].max() == 0 and figure.ink[-60:, -30:].max() == 0


@pytest.mark.parametrize("bar", [(70, 160, 90, 220), (30, 110, 50, 190), (70, 172, 90, 220)], ids=["beside", "above", "a little apart"])
def test_a_loose_bar_belongs_to_its_figure(bar: tuple[int, int, int, int]) -> None:
    body, other = (60, 100, 200, 158), (60, 400, 200, 420)
    assert len(boxes(canvas(body, bar, other))) == 2


def test_a_dash_between_figures_is_a_figure_of_its_own() -> None:
    assert boxes(canvas(BODY, (120, 200, 140, 260), (60, 300, 200, 360)))[1] == (120, 200, 140, 260)


def test_a_second_stroke_through_a_four_belongs_to_it() -> None:
    assert len(boxes(canvas((60, 100, 140, 190), (150, 160, 250, 180)))) == 1


def test_parts_above_one_another_are_one_figure_and_neighbours_are_not() -> None:
    assert len(boxes(canvas((40, 100, 120, 180), (140, 110, 220, 170)))) == 1
    assert len(boxes(canvas((40, 100, 200, 160), (40, 150 + 12, 200, 240)))) == 2


def test_specks_are_dropped_and_counted() -> None:
    found = separate(canvas(BODY, (10, 300, 20, 312), (250, 120, 262, 130)))
    assert [tuple(figure.box) for figure in found.figures] == [BODY] and found.specks == 2


def test_a_speck_inside_a_figure_does_not_reach_the_network() -> None:
    ink = canvas((60, 100, 200, 110), (60, 100, 70, 180), (190, 100, 200, 180), (60, 170, 200, 180), (120, 135, 128, 143))
    (figure,) = separate(ink).figures
    assert figure.ink[20:120, 20:60].max() == 0


def test_a_dot_alone_is_a_figure_and_left_to_the_network() -> None:
    assert boxes(canvas((100, 100, 120, 120))) == [(100, 100, 120, 120)]


def test_an_empty_canvas_asks_for_a_drawing() -> None:
    with pytest.raises(DrawingError) as caught:
        separate(canvas())
    assert str(caught.value) == NO_DRAWING


def test_very_many_pieces_are_refused_with_their_number() -> None:
    ink = np.zeros((280, 280), dtype=np.uint8)
    ink.reshape(28, 10, 28, 10)[:, :6, :, :6] = 255
    with pytest.raises(DrawingError, match=f"784 separate pieces; expected at most {MAX_PARTS}"):
        separate(ink)


def test_digits_that_touch_are_said_to() -> None:
    touching = write(3, 8, apart=95)
    (figure,) = separate(touching).figures
    assert figure.touches


def test_digits_that_touch_are_said_to_beside_one_that_does_not() -> None:
    row = np.concatenate([write(3, 8, apart=95), write(5)], axis=1)
    assert [figure.touches for figure in separate(row).figures] == [True, False]


@pytest.mark.parametrize("drawn", load_strokes(), ids=lambda one: f"{one.digit} {one.name}")
def test_no_digit_by_hand_is_said_to_touch(drawn) -> None:  # type: ignore[no-untyped-def]
    for pen in (8, 20, 40):
        (figure,) = separate(draw_strokes(drawn.strokes, pen=pen)).figures
        assert not figure.touches


def test_a_neck_between_two_high_halves_is_what_makes_two_of_one() -> None:
    pair = np.zeros((100, 100), dtype=np.uint8)
    pair[:, :10] = pair[:, -10:] = 255
    pair[50:60] = 255
    assert looks_joined(pair)
    ring = np.pad(np.zeros((80, 80), np.uint8), 10, constant_values=255)
    assert not looks_joined(ring)
    low_right = pair.copy()
    low_right[:50, 60:] = 0
    assert not looks_joined(low_right)
    narrow = pair[:, 15:]
    assert not looks_joined(narrow)


def test_what_is_half_as_wide_again_as_high_is_several() -> None:
    assert looks_joined(np.full((100, 150), 255, np.uint8)) and not looks_joined(np.full((100, 149), 255, np.uint8))
