"""What can't be read is refused with a sentence that helps; what can, at most warned of."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.drawing.checks import FILLED, NoteKind, check_ink, check_sketch
from core.drawing.ink import NO_DRAWING, Ink
from core.drawing.separate import MAX_PARTS
from core.drawing.sketch import Sketch
from core.errors import DrawingError
from tests.unit.drawing.pen import draw_strokes, load_strokes

SIDE = 280


def canvas(*boxes: tuple[int, int, int, int]) -> Ink:
    """An empty canvas with filled boxes, each (top, left, bottom, right)."""
    ink = np.zeros((SIDE, SIDE), dtype=np.uint8)
    for top, left, bottom, right in boxes:
        ink[top:bottom, left:right] = 255
    return ink


def disc(diameter: int) -> Ink:
    image = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(image).ellipse((100, 90, 100 + diameter, 90 + diameter), fill=255)
    return np.array(image)


def kinds(ink: Ink) -> list[NoteKind]:
    return [note.kind for note in check_ink(ink)]


def test_a_good_drawing_gets_no_notes() -> None:
    seven = next(one for one in load_strokes() if one.digit == 7)
    assert check_ink(draw_strokes(seven.strokes)) == ()


@pytest.mark.parametrize("pen", [8, 14, 20, 28, 40])
def test_no_digit_drawn_by_hand_is_refused_or_taken_for_several(pen: int) -> None:
    for drawn in load_strokes():
        for size in (60, 160, 260):
            left = (SIDE - size) / 2
            found = kinds(draw_strokes(drawn.strokes, pen=pen, size=size, left=left, top=left))
            # The widest pen at the largest size does not fit onto the canvas.
            assert set(found) <= ({NoteKind.CUT} if size == 260 else set()), (drawn.digit, drawn.name, size)


@pytest.mark.slow
def test_no_enlarged_mnist_digit_is_refused_and_hardly_one_taken_for_several() -> None:
    folders = [Path(folder) for folder in os.environ.get("INKLING_DATASETS", "").split(os.pathsep) if folder]
    file = next((folder / "mnist.npz" for folder in folders if (folder / "mnist.npz").exists()), None)
    if file is None:
        pytest.skip("needs mnist.npz in a folder of INKLING_DATASETS")
    with np.load(file) as archive:
        images = archive["x_test"][:2000]
    rng = np.random.default_rng(1)
    several = 0
    for image in images:
        side = min(SIDE, round(196 * rng.uniform(0.5, 1.6)))
        top, left = rng.integers(0, SIDE - side + 1, 2)
        ink = np.zeros((SIDE, SIDE), dtype=np.uint8)
        ink[top : top + side, left : left + side] = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        several += NoteKind.SEVERAL in kinds(ink)
    assert several <= 10


def test_an_empty_canvas_asks_for_a_drawing() -> None:
    with pytest.raises(DrawingError) as caught:
        check_ink(canvas())
    assert str(caught.value) == NO_DRAWING


@pytest.mark.parametrize("diameter", [4, 8, 20, 40])
def test_a_dot_of_any_pen_is_refused(diameter: int) -> None:
    with pytest.raises(DrawingError, match="single dot"):
        check_ink(disc(diameter))


def test_a_dot_on_a_grid_of_28_cells_is_refused() -> None:
    ink = np.zeros((28, 28), dtype=np.uint8)
    ink[10:13, 10:13] = 255
    with pytest.raises(DrawingError, match="single dot"):
        check_ink(ink)


def test_a_short_stroke_and_a_small_ring_are_no_dots() -> None:
    ring = disc(44)
    ring[112:133, 102:123] = 0
    assert check_ink(ring) == ()
    assert check_ink(canvas((100, 130, 160, 150))) == ()


@pytest.mark.parametrize("share", [1.0, FILLED + 0.01])
def test_a_filled_canvas_is_refused(share: float) -> None:
    with pytest.raises(DrawingError, match="covered with ink"):
        check_ink(canvas((0, 0, round(SIDE * share) + 1, SIDE)))


def test_noise_of_very_many_pieces_is_refused_in_words() -> None:
    ink = np.zeros((SIDE, SIDE), dtype=np.uint8)
    ink.reshape(28, 10, 28, 10)[:, :6, :, :6] = 255
    with pytest.raises(DrawingError, match="784 separate pieces"):
        check_ink(ink)


@pytest.mark.parametrize("box", [(0, 100, 120, 130), (160, 100, 280, 130), (50, 0, 200, 30), (50, 250, 200, 280)])
def test_ink_at_any_edge_may_be_cut_off(box: tuple[int, int, int, int]) -> None:
    assert kinds(canvas(box)) == [NoteKind.CUT]


def test_one_pixel_from_the_edge_nothing_is_cut_off() -> None:
    assert kinds(canvas((1, 100, 120, 130))) == []


def test_a_very_small_figure_is_said_with_its_size() -> None:
    (note,) = check_ink(canvas((100, 100, 130, 110)))
    assert note.kind == NoteKind.SMALL and "30 x 10 of 280 x 280 pixels" in note.message


def test_a_tiny_picture_has_too_few_pixels_even_if_the_figure_fills_it() -> None:
    ink = np.zeros((9, 9), dtype=np.uint8)
    ink[1:8, 4] = 255
    assert kinds(ink) == [NoteKind.SMALL]


def test_two_figures_are_said_with_what_to_choose() -> None:
    (note,) = check_ink(canvas((60, 60, 200, 80), (60, 160, 200, 180)))
    assert note.kind == NoteKind.SEVERAL
    assert note.message == "There seem to be two separate figures, and all of them are read as one: choose Several digits."


def test_a_slip_of_the_pen_beside_a_figure_is_no_second_one() -> None:
    assert kinds(canvas((60, 60, 200, 80), (60, 160, 74, 174))) == []


@pytest.mark.parametrize("ink", [np.zeros((5, 5)), np.zeros((5, 5, 4), np.uint8), np.zeros((0, 5), np.uint8), np.zeros(5, np.uint8)])
def test_what_is_no_ink_is_refused_with_its_shape(ink: np.ndarray) -> None:
    with pytest.raises(DrawingError, match="expected uint8 of shape"):
        check_ink(ink)


# What is said of a picture that somebody brought.

OF_THE_CANVAS = re.compile(r"canvas|\bpen\b|\bdraw\b|drawn|drawing|clear it|button|finger|Several digits", re.IGNORECASE)


def bring(ink: Ink, pieces: int = 0) -> Sketch:
    return Sketch(ink, photo=np.dstack([255 - ink] * 3), pieces=pieces)


BAD = {
    "nothing": canvas(),
    "filled": canvas((0, 0, SIDE, SIDE)),
    "dot": disc(30),
    "small": canvas((100, 130, 120, 137)),
    "cut": canvas((0, 130, 160, 150)),
    "two": canvas((60, 60, 200, 80), (60, 160, 200, 180)),
    "row": canvas(*((60, 5 + 11 * column, 200, 10 + 11 * column) for column in range(25))),
    "pieces": canvas(*((row, column, row + 6, column + 6) for row in range(0, 280, 20) for column in range(0, 280, 20))),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_said_of_a_picture_never_speaks_of_the_canvas(name: str) -> None:
    try:
        said = " ".join(note.message for note in check_sketch(bring(BAD[name])))
    except DrawingError as error:
        said = str(error)
    assert said and not OF_THE_CANVAS.search(said), said
    assert re.search(r"Crop|Expected|Bring|Leave|give each", said), said


def test_a_photo_of_a_page_of_writing_is_refused_with_what_to_do() -> None:
    seven = next(one for one in load_strokes() if one.digit == 7)
    ink = draw_strokes(seven.strokes)
    assert check_sketch(bring(ink, pieces=MAX_PARTS)) == ()
    with pytest.raises(DrawingError, match=r"1,234 separate pieces of ink, as a page of writing does\. Crop it to one figure"):
        check_sketch(bring(ink, pieces=1_234))


def test_more_figures_than_a_number_has_are_refused_in_a_picture() -> None:
    with pytest.raises(DrawingError, match=r"shows 25 separate figures\. Crop it to one"):
        check_sketch(bring(BAD["row"]))
