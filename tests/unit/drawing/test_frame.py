"""A figure is read whatever is around it, and whatever two colours it and its paper have."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.drawing.frame import find_frame
from core.drawing.ink import INKED, InkBox, find_ink, ink_box
from core.drawing.photo import find_inside, read_picture
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import DrawingStyle
from tests.unit.drawing.camera import Scene, photograph, saved
from tests.unit.drawing.pen import draw_strokes, load_strokes

MNIST = DrawingStyle("mnist", 20 / 28)
SEVEN, FIVE, ZERO = (next(one for one in load_strokes() if one.digit == digit) for digit in (7, 5, 0))
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
COLOURS = {
    "white": WHITE,
    "black": BLACK,
    "grey": (128, 128, 128),
    "red": (210, 40, 40),
    "green": (40, 160, 60),
    "blue": (30, 60, 220),
    "yellow": (255, 230, 0),
    "cyan": (0, 200, 210),
    "magenta": (220, 0, 200),
    "brown": (120, 70, 20),
}
"""Red and green have nearly the same lightness, and so have blue and brown, and yellow and white."""

TELLING = {
    *zip(COLOURS, [*COLOURS][1:] + [*COLOURS][:1], strict=True),
    *(("red", "green"), ("green", "red"), ("blue", "brown"), ("brown", "blue"), ("yellow", "white"), ("white", "yellow")),
}
"""Each colour once as paper and once as ink, and those pairs."""

Colour = tuple[int, int, int]
Picture = NDArray[np.uint8]


def cover(digit=SEVEN, side: int = 200, size: float = 0.6) -> NDArray[np.float64]:
    """How much ink covers each pixel, 0 to 1."""
    large = draw_strokes(digit.strokes, side=400, pen=48 * size, size=400 * size, left=200 * (1 - size), top=200 * (1 - size))
    return np.asarray(Image.fromarray(large).resize((side, side), Image.Resampling.BOX)) / 255


def paint(covered: NDArray[np.float64], paper: Colour = WHITE, ink: Colour = BLACK) -> Picture:
    return np.rint(np.array(paper) + (np.array(ink, float) - paper) * covered[..., None]).astype(np.uint8)


def draw_frame(picture: Picture, width: int, colour: Colour = BLACK, sides: str = "tlbr", inset: int = 0, radius: int = 0) -> Picture:
    framed = Image.fromarray(picture)
    draw, (right, bottom), first, last = ImageDraw.Draw(framed), framed.size, inset, width - 1
    right, bottom = right - 1 - inset, bottom - 1 - inset
    lines = {
        "t": (first, first, right, first + last),
        "l": (first, first, first + last, bottom),
        "b": (first, bottom - last, right, bottom),
        "r": (right - last, first, right, bottom),
    }
    if radius:
        draw.rounded_rectangle((first, first, right, bottom), radius, outline=colour, width=width)
    else:
        for side in sides:
            draw.rectangle(lines[side], fill=colour)
    return np.asarray(framed)


def prepared(picture: Picture | bytes) -> Picture:
    data = picture if isinstance(picture, bytes) else saved(picture, "PNG")
    return prepare_drawing(read_picture(data).sketch.ink, MNIST, (28, 28), 255).image


def likeness(picture: Picture | bytes, digit=SEVEN, side: int = 200) -> float:
    """How like the same digit without anything around it: the correlation of the two images that a network gets."""
    return float(np.corrcoef(prepared(picture).ravel(), prepared(paint(cover(digit, side))).ravel())[0, 1])


@pytest.mark.parametrize("digit", [SEVEN, FIVE, ZERO])
@pytest.mark.parametrize("side", [28, 64, 120, 300])
@pytest.mark.parametrize("width", [0, 1, 2, 3])
def test_a_figure_in_a_frame_is_read_as_the_figure(digit, side: int, width: int) -> None:
    plain = paint(cover(digit, side))
    assert likeness(draw_frame(plain, width) if width else plain, digit, side) > 0.98


@pytest.mark.parametrize("sides", ["tl", "br", "tb", "lr", "tlb", "lbr"])
@pytest.mark.parametrize("width", [1, 4])
def test_a_frame_on_some_of_the_sides_goes_as_well(sides: str, width: int) -> None:
    assert likeness(draw_frame(paint(cover()), width, sides=sides)) > 0.98


@pytest.mark.parametrize("colour", [(200, 0, 0), (0, 0, 220), (120, 120, 120), (205, 205, 205)])
@pytest.mark.parametrize("ground", [(WHITE, BLACK), ((18, 18, 18), (240, 240, 240))])
def test_a_frame_may_have_a_colour_of_its_own(colour: Colour, ground: tuple[Colour, Colour]) -> None:
    assert likeness(draw_frame(paint(cover(), *ground), 3, colour)) > 0.98


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize(("inset", "radius"), [(20, 0), (16, 20), (0, 25), (0, 40)])
def test_a_frame_may_have_round_corners_and_a_margin_around_it(width: int, inset: int, radius: int) -> None:
    assert likeness(draw_frame(paint(cover(size=0.5)), width, inset=inset, radius=radius)) > 0.97


def test_a_double_frame_and_a_wide_one_go_as_well() -> None:
    double = draw_frame(draw_frame(paint(cover(size=0.5)), 2), 2, inset=5)
    assert likeness(double) > 0.97
    for width in (10, 40):
        assert likeness(np.pad(paint(cover()), ((width, width), (width, width), (0, 0)), constant_values=25)) > 0.98


def test_a_frame_that_the_figure_touches_goes_and_the_figure_stays() -> None:
    covered = cover(size=0.97)
    assert likeness(draw_frame(paint(covered), 3)) > 0.9


@pytest.mark.parametrize("digit", [SEVEN, FIVE, ZERO])
@pytest.mark.parametrize("size", [0.6, 0.86])
def test_a_figure_without_a_frame_is_left_as_it_is(digit, size: float) -> None:
    covered = cover(digit, size=size)
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    crop = covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for picture in (paint(covered), paint(crop), paint(crop, BLACK, WHITE)):
        assert find_inside(picture) == InkBox(0, 0, *picture.shape[:2])
        # What reaches the edge so often is read as a photo, with edges less soft.
        assert likeness(picture, digit) > 0.85


@pytest.mark.parametrize("lit", ["abged", "abgcd", "afgcd", "afgedc", "abcdefg", "abcdfg", "abcdef", "abc"])
def test_the_bars_of_a_display_are_no_frame(lit: str) -> None:
    bars = {"a": (40, 40, 160, 47), "g": (40, 97, 160, 104), "d": (40, 153, 160, 160)}
    bars |= {"f": (40, 40, 47, 104), "e": (40, 97, 47, 160), "b": (153, 40, 160, 104), "c": (153, 97, 160, 160)}
    picture = Image.new("L", (200, 200))
    for bar in lit:
        ImageDraw.Draw(picture).rectangle(bars[bar], fill=255)
    assert find_frame(np.asarray(picture) > 0) is None


def test_an_empty_frame_is_a_figure_itself() -> None:
    box = draw_frame(np.full((200, 200, 3), 255, np.uint8), 8, inset=40)
    assert ink_box(read_picture(saved(box, "PNG")).sketch.ink) == InkBox(40, 40, 160, 160)


def test_a_photo_within_a_frame_is_read_as_a_photo() -> None:
    photo = photograph(SEVEN.strokes, Scene(gradient=0.5, noise=6), np.random.default_rng(1), width=300, height=300)
    framed = read_picture(saved(np.pad(photo, ((3, 3), (3, 3), (0, 0))), "PNG"))
    assert not framed.is_clean and [step.rule.key for step in framed.steps][:3] == ["photo", "frame", "evened"]


# Colours.


@pytest.mark.parametrize(
    ("paper", "ink"), [pytest.param(*pair, marks=() if pair in TELLING else pytest.mark.slow) for pair in permutations(COLOURS, 2)]
)
def test_ink_is_found_in_any_colour_on_paper_of_any_other(paper: str, ink: str) -> None:
    picture = paint(cover(), COLOURS[paper], COLOURS[ink])
    assert likeness(picture) > 0.99
    assert likeness(saved(picture, "JPEG", quality=85)) > 0.97


@pytest.mark.parametrize("ink", COLOURS)
def test_ink_of_any_colour_is_found_on_a_transparent_ground(ink: str) -> None:
    covered = cover()
    pixels = np.dstack([np.full((*covered.shape, 3), COLOURS[ink]), np.rint(covered * 255)]).astype(np.uint8)
    assert likeness(pixels) > 0.99


@pytest.mark.parametrize(("paper", "ink"), [(WHITE, BLACK), ((20, 20, 30), WHITE), ((200, 30, 30), WHITE), (WHITE, (255, 230, 0))])
def test_a_card_with_transparent_corners_has_its_own_paper(paper: Colour, ink: Colour) -> None:
    card = Image.fromarray(paint(cover(size=0.5), paper, ink))
    seen = Image.new("L", card.size)
    ImageDraw.Draw(seen).rounded_rectangle((8, 8, 191, 191), 30, fill=255)
    card.putalpha(seen)
    assert likeness(np.asarray(card)) > 0.97


@pytest.mark.parametrize(
    ("paper", "ink"), [((60, 160, 70), (200, 40, 40)), ((235, 235, 235), (240, 215, 40)), ((120, 70, 20), (30, 80, 220))]
)
def test_a_pen_that_differs_from_photographed_paper_in_hue_alone_is_found(paper: Colour, ink: Colour) -> None:
    scene = Scene(ink=ink, paper=paper, gradient=0.3, noise=4, shadow=0.6, softness=10)
    photo = photograph(SEVEN.strokes, scene, np.random.default_rng(1), width=600, height=600)
    reading = read_picture(saved(photo, quality=90))
    assert not reading.is_clean
    assert likeness(saved(photo, quality=90)) > 0.8


def test_who_says_that_the_ink_is_dark_gets_nothing_lighter_than_the_paper() -> None:
    page = paint(cover(), (128, 128, 128), BLACK)
    page[10:20, 10:20] = 255
    dark, light = (find_ink(page, is_dark) for is_dark in (True, False))
    assert not (dark[10:20, 10:20] >= INKED).any() and (dark >= INKED).sum() > 1_000
    assert ink_box(light) == InkBox(10, 10, 20, 20)


@pytest.mark.parametrize("is_squared", [False, True])
@pytest.mark.parametrize("colour", [(190, 205, 235), (90, 130, 200), (60, 60, 60)])
def test_the_ruling_of_a_clean_page_is_no_ink(is_squared: bool, colour: Colour) -> None:
    page = Image.new("RGB", (300, 300), "white")
    for place in range(20, 300, 24):
        ImageDraw.Draw(page).line((0, place, 300, place), fill=colour)
        if is_squared:
            ImageDraw.Draw(page).line((place, 0, place, 300), fill=colour)
    covered = cover(side=300)[..., None]
    picture = np.rint(np.asarray(page) * (1 - covered)).astype(np.uint8)
    assert likeness(picture, side=300) > 0.85
