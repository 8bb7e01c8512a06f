"""Steps of the preparation can be left out one by one; with none left out it is what it always was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.drawing.generic import centre_box
from core.drawing.ink import crop_to_ink
from core.drawing.mnist import centre_mass
from core.drawing.pipeline import RULE_KEYS, PreparedDrawing, prepare_drawing, rules_of
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch
from core.drawing.softness import soften_ink
from core.drawing.style import GENERIC_SHARE, MNIST_SHARE, DrawingStyle
from core.drawing.uci_digits import balance_ink, count_blocks, fill_height, straighten
from core.errors import DrawingError
from tests.unit.drawing.pen import draw_strokes, load_strokes

MNIST = DrawingStyle("mnist", MNIST_SHARE)
DARK_MNIST = replace(MNIST, is_dark=True)
UCI_DIGITS = DrawingStyle("uci_digits", 1.0)
GENERIC = DrawingStyle("generic", GENERIC_SHARE)
STYLES = {"mnist": MNIST, "dark": DARK_MNIST, "uci_digits": UCI_DIGITS, "generic": GENERIC}
EVERY_SWITCH = [(name, rule.key) for name, style in STYLES.items() for rule in rules_of(style)]

# A thin pen, so that stretching to full strength has something to do; small and off the middle, so that cutting out has;
# and one with soft edges, as a browser draws them, so that sharpening has.
CANVASES = [
    draw_strokes(drawn.strokes, pen=pen, size=size, left=left, top=15)
    for drawn in load_strokes()[::4]
    for pen, size, left in ((20, 190, 45), (5, 150, 100))
]
CANVASES.append(soften_ink(CANVASES[0], 2))


def prepare(ink: np.ndarray, style: DrawingStyle, skipped: frozenset[str] = frozenset()) -> PreparedDrawing:
    shape, max_value = ((8, 8), 16) if style is UCI_DIGITS else ((28, 28), 255)
    return prepare_drawing(ink, style, shape, max_value, skipped)


def shrink(ink: np.ndarray, room: int) -> np.ndarray:
    """As it was done before there were switches: proportions kept, edges sharpened, stretched to full strength."""
    factor = min(room / ink.shape[0], room / ink.shape[1])
    height, width = (max(1, round(side * factor)) for side in ink.shape)
    reduction = min(ink.shape[0] / height, ink.shape[1] / width)
    sharp = np.clip((ink - np.float32(127.5)) * reduction + 127.5, 0, 255).astype(np.uint8)
    small = np.asarray(Image.fromarray(sharp).resize((width, height), Image.Resampling.BOX))
    return np.rint(small * (255 / small.max())).astype(np.uint8)


def test_with_all_steps_on_every_image_is_bit_for_bit_what_it_was_before_there_were_switches() -> None:
    for canvas in CANVASES:
        inside = crop_to_ink(canvas)[1]
        by_mass = centre_mass(shrink(inside, 20), (28, 28))
        np.testing.assert_array_equal(prepare(canvas, MNIST).image, by_mass)
        np.testing.assert_array_equal(prepare(canvas, DARK_MNIST).image, 255 - by_mass)
        np.testing.assert_array_equal(prepare(canvas, GENERIC).image, centre_box(shrink(inside, 22), (28, 28)))
        np.testing.assert_array_equal(prepare(canvas, UCI_DIGITS).image, count_blocks(straighten(balance_ink(fill_height(inside)))))


@pytest.mark.parametrize(("name", "key"), EVERY_SWITCH)
def test_each_switch_changes_the_image_of_some_drawing(name: str, key: str) -> None:
    pairs = [(prepare(canvas, STYLES[name]).image, prepare(canvas, STYLES[name], frozenset({key})).image) for canvas in CANVASES]
    assert any((on != off).any() for on, off in pairs)


@pytest.mark.parametrize("name", STYLES)
def test_there_is_a_picture_of_the_canvas_and_of_every_step(name: str) -> None:
    drawing = prepare(CANVASES[0], STYLES[name])
    assert [step.rule.key for step in drawing.steps] == ["canvas", *(rule.key for rule in rules_of(STYLES[name]))]
    assert drawing.steps[0].box == drawing.box
    np.testing.assert_array_equal(drawing.steps[0].image, CANVASES[0])
    assert all(step.image.dtype == np.uint8 and step.image.max() <= step.max_value for step in drawing.steps)
    assert {rule.key for rule in rules_of(STYLES[name])} <= RULE_KEYS


@pytest.mark.parametrize("name", STYLES)
def test_every_step_says_why_it_is_done_and_what_is_without_it(name: str) -> None:
    assert all(rule.title and rule.why.endswith(".") and rule.without.startswith("Off: ") for rule in rules_of(STYLES[name]))


def test_without_cutting_out_a_small_drawing_stays_small() -> None:
    small = draw_strokes(load_strokes()[0].strokes, pen=8, size=60, left=10, top=10)
    image = prepare(small, MNIST, frozenset({"box"})).image
    assert image.any(axis=1).sum() <= 8


def test_without_centring_it_stays_where_it_was_drawn() -> None:
    canvas = np.zeros((280, 280), dtype=np.uint8)
    canvas[200:260, 10:50] = 255
    image = prepare(canvas, MNIST, frozenset({"centre"})).image
    assert image[:, :14].sum() > image[:, 14:].sum()
    assert image[14:].sum() > image[:14].sum()


def test_without_a_margin_the_ink_fills_the_frame_and_without_proportions_both_ways() -> None:
    upright = np.zeros((280, 280), dtype=np.uint8)
    upright[40:240, 130:150] = 255
    assert prepare(upright, MNIST, frozenset({"margin"})).image.any(axis=1).all()
    stretched = prepare(upright, MNIST, frozenset({"proportions"})).image
    assert (stretched.any(axis=0).sum(), stretched.any(axis=1).sum()) == (20, 20)
    assert prepare(upright, MNIST, frozenset({"margin", "proportions"})).image.all()


def test_without_full_strength_a_thin_stroke_stays_grey() -> None:
    ring = draw_strokes(load_strokes()[0].strokes, pen=3)
    assert prepare(ring, MNIST).image.max() == 255
    assert prepare(ring, MNIST, frozenset({"strength"})).image.max() < 255


def test_keys_of_other_styles_are_without_effect() -> None:
    np.testing.assert_array_equal(prepare(CANVASES[0], MNIST, frozenset({"thickness"})).image, prepare(CANVASES[0], MNIST).image)


def test_a_reader_leaves_out_what_it_is_told() -> None:
    reader = Reader("a", "Digits", "digits", "", tuple("0123456789"), (8, 8), 16, UCI_DIGITS)
    skipped = frozenset({"upright", "blocks"})
    image = reader.prepare(Sketch(CANVASES[1]), skipped).image
    np.testing.assert_array_equal(image, prepare(CANVASES[1], UCI_DIGITS, skipped).image)
    assert (image != reader.prepare(Sketch(CANVASES[1])).image).any()


def test_faint_and_speckled_ink_is_prepared_like_any_other() -> None:
    faint = (draw_strokes(load_strokes()[3].strokes) * (100 / 255)).astype(np.uint8)
    assert prepare(faint, MNIST).image.max() == 255
    specks = np.zeros((280, 280), dtype=np.uint8)
    specks[::40, ::40] = 99
    specks[0, 0] = 255
    assert prepare(specks, MNIST).image.shape == (28, 28)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(STYLES)),
    st.frozensets(st.sampled_from(sorted(RULE_KEYS))),
    st.tuples(*(st.integers(0, 149) for _ in range(4))),
    st.integers(100, 255),
)
def test_whatever_is_left_out_the_network_gets_an_image(
    name: str, skipped: frozenset[str], corners: tuple[int, ...], strength: int
) -> None:
    canvas = np.zeros((150, 150), dtype=np.uint8)
    (top, bottom), (left, right) = sorted(corners[:2]), sorted(corners[2:])
    canvas[top : bottom + 1, left : right + 1] = strength
    if (bottom + 1 - top) * (right + 1 - left) < 6:
        with pytest.raises(DrawingError):
            prepare(canvas, STYLES[name], skipped)
        return
    drawing = prepare(canvas, STYLES[name], skipped)
    assert drawing.image.shape == ((8, 8) if name == "uci_digits" else (28, 28))
    assert drawing.image.dtype == np.uint8
    assert drawing.image.max() <= (16 if name == "uci_digits" else 255)
