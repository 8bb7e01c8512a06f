"""The styles: each repeats how its data set was made."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from core.drawing.mnist import centre_mass
from core.drawing.pipeline import STYLES, PreparedDrawing, prepare_drawing
from core.drawing.scaling import fit_size, resize_ink, sharpen_ink
from core.drawing.style import GENERIC_SHARE, MNIST_SHARE, DrawingStyle
from core.drawing.uci_digits import MAX_INK, MIN_INK, balance_ink, count_blocks, fill_height, straighten
from core.errors import DrawingError
from tests.unit.drawing.pen import draw_strokes, load_strokes

SHAPES = {"mnist": ((28, 28), 255), "uci_digits": ((8, 8), 16), "generic": ((32, 32, 3), 255)}
MNIST = DrawingStyle("mnist", MNIST_SHARE)
UCI_DIGITS = DrawingStyle("uci_digits", 1.0)
GENERIC = DrawingStyle("generic", GENERIC_SHARE)
ALL = {style.name: style for style in (MNIST, UCI_DIGITS, GENERIC)}


def solid(height: int, width: int) -> np.ndarray:
    return np.full((height, width), 255, dtype=np.uint8)


def at(drawing: PreparedDrawing, key: str) -> np.ndarray:
    """The image that the step with this key left."""
    return next(step.image for step in drawing.steps if step.rule.key == key)


def test_every_style_is_tested_here() -> None:
    assert set(ALL) == set(STYLES) == set(SHAPES)


@pytest.mark.parametrize("style", ALL.values(), ids=ALL)
def test_an_image_has_the_shape_dtype_and_range_of_the_data_set(style: DrawingStyle) -> None:
    shape, max_value = SHAPES[style.name]
    drawing = prepare_drawing(draw_strokes(load_strokes()[0].strokes), style, shape, max_value)
    assert (drawing.image.shape, drawing.image.dtype, drawing.image.max()) == (shape, np.uint8, max_value)
    assert drawing.style == style
    np.testing.assert_array_equal(drawing.steps[-1].image, drawing.image if len(shape) == 2 else drawing.image[..., 0])


def test_colour_images_get_three_equal_channels() -> None:
    image = prepare_drawing(draw_strokes(load_strokes()[0].strokes), GENERIC, (32, 32, 3), 255).image
    np.testing.assert_array_equal(image[..., 0], image[..., 1])
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


def test_an_unknown_style_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(DrawingError, match="mnist, uci_digits, generic"):
        prepare_drawing(solid(9, 9), DrawingStyle("kanji", 1.0), (8, 8), 255)


@pytest.mark.parametrize("style", ALL.values(), ids=ALL)
def test_place_and_size_on_the_canvas_make_hardly_any_difference(style: DrawingStyle) -> None:
    shape, max_value = SHAPES[style.name]
    seven = next(drawn for drawn in load_strokes() if drawn.name == "with bar").strokes
    large = prepare_drawing(draw_strokes(seven, pen=20, size=200, left=10, top=60), style, shape, max_value)
    small = prepare_drawing(draw_strokes(seven, pen=10, size=100, left=150, top=20), style, shape, max_value)
    difference = np.abs(large.image.astype(int) - small.image.astype(int)) / max_value
    assert difference.mean() < 0.02


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(sorted(SHAPES)))
def test_ink_boxes_of_any_proportions_are_prepared(height: int, width: int, style: str) -> None:
    canvas = np.zeros((300, 300), dtype=np.uint8)
    canvas[:height, :width] = 255
    shape, max_value = SHAPES[style]
    if height * width >= 6:
        image = prepare_drawing(canvas, ALL[style], shape, max_value).image
        assert image.shape == shape
        assert 0 < image.max() <= max_value


def test_dark_ink_on_bright_paper_is_the_same_drawing_turned_over() -> None:
    strokes = draw_strokes(load_strokes()[0].strokes)
    bright = prepare_drawing(strokes, MNIST, (28, 28), 255)
    dark = prepare_drawing(strokes, replace(MNIST, is_dark=True), (28, 28), 255)
    np.testing.assert_array_equal(dark.image, 255 - bright.image)
    assert dark.steps[-1].rule.title == "Dark ink on bright paper"


@pytest.mark.parametrize("name", ["mnist", "generic"])
def test_the_ink_fills_the_share_of_the_frame_that_the_style_says(name: str) -> None:
    image = prepare_drawing(np.pad(solid(200, 100), 40), DrawingStyle(name, 0.5), (40, 40), 255).image
    assert image.any(axis=1).sum() == 20
    assert image.any(axis=0).sum() == 10


def test_mnist_fills_a_box_of_twenty_and_keeps_proportions() -> None:
    scaled = at(prepare_drawing(np.pad(solid(200, 100), 40), MNIST, (28, 28), 255), "strength")
    assert scaled.shape == (20, 10)
    assert scaled.min() == 255


def test_mnist_moves_the_centre_of_mass_to_pixel_fourteen() -> None:
    heavy_left = np.pad(solid(100, 40), ((0, 0), (0, 60)))
    heavy_left[20:60] = 255
    image = prepare_drawing(np.pad(heavy_left, 20), MNIST, (28, 28), 255).image.astype(float)
    rows, columns = (np.average(np.arange(28), weights=image.sum(axis=1 - axis)) for axis in (0, 1))
    assert rows == pytest.approx(14, abs=0.5)
    assert columns == pytest.approx(14, abs=0.5)
    # Not the box, whose middle would be columns 4 to 23.
    assert np.flatnonzero(image.any(axis=0))[0] > 4


def test_mass_at_the_edge_stays_in_the_frame() -> None:
    image = np.zeros((20, 20), dtype=np.uint8)
    image[:, 0] = 255
    image[0, -1] = 1
    placed = centre_mass(image, (28, 28))
    assert placed.sum() == image.sum()


def test_generic_leaves_a_margin_on_each_side() -> None:
    image = prepare_drawing(np.pad(solid(50, 50), 3), GENERIC, (20, 20), 255).image
    assert image[:2].max() == image[-2:].max() == image[:, :2].max() == image[:, -2:].max() == 0
    assert image[2:-2, 2:-2].min() == 255


def test_shrinking_averages_and_keeps_edges_sharp() -> None:
    ramp = np.repeat(np.clip(np.arange(-20, 60) * 6, 0, 255).astype(np.uint8)[np.newaxis], 40, axis=0)
    small = resize_ink(sharpen_ink(ramp, (4, 8)), (4, 8))
    assert np.count_nonzero((small[0] > 0) & (small[0] < 255)) <= 2


def test_the_thinnest_shape_keeps_a_pixel() -> None:
    assert fit_size((300, 2), (20, 20)) == (20, 1)


def test_uci_digits_fill_the_height_and_at_most_twenty_columns() -> None:
    wide = fill_height(solid(100, 300))
    assert np.flatnonzero(wide.any(axis=0)).tolist() == list(range(6, 26))
    assert wide.any(axis=1).all()


def test_an_upright_stroke_is_not_stretched_into_a_block() -> None:
    bitmap = balance_ink(fill_height(solid(200, 20)))
    assert 8 <= bitmap.any(axis=0).sum() <= 12


@pytest.mark.parametrize("pen", [3, 10, 20, 60])
def test_pens_of_all_widths_come_out_within_the_ink_of_the_data(pen: int) -> None:
    for drawn in load_strokes():
        ink = draw_strokes(drawn.strokes, pen=pen)
        assert MIN_INK <= at(prepare_drawing(ink, UCI_DIGITS, (8, 8), 16), "thickness").sum() <= MAX_INK + 32


def test_the_ink_bounds_are_the_data_s_own() -> None:
    ink = load_digits().images.sum(axis=(1, 2))
    assert np.median(ink) == MIN_INK
    assert np.percentile(ink, 99) == pytest.approx(MAX_INK, abs=1)


def test_a_slanted_stroke_is_sheared_upright() -> None:
    slanted = np.zeros((32, 32), dtype=bool)
    for row in range(32):
        slanted[row, 20 - row // 4 : 24 - row // 4] = True
    columns = np.flatnonzero(straighten(slanted).any(axis=0))
    assert len(columns) <= 6


def test_an_upright_stroke_stays_where_it_is() -> None:
    upright = np.zeros((32, 32), dtype=bool)
    upright[:, 14:18] = True
    np.testing.assert_array_equal(straighten(upright), upright)


def test_a_flat_stroke_is_left_alone_by_the_shear() -> None:
    flat = np.zeros((32, 32), dtype=bool)
    flat[15:17] = True
    np.testing.assert_array_equal(straighten(flat), flat)


def test_ink_is_counted_in_blocks_of_four_by_four() -> None:
    bitmap = np.zeros((32, 32), dtype=bool)
    bitmap[0:4, 0:4] = True
    bitmap[4, 4:7] = True
    counts = count_blocks(bitmap)
    assert counts[0, 0] == 16
    assert counts[1, 1] == 3
    assert counts.sum() == 19


def test_a_preparation_takes_well_under_twenty_milliseconds() -> None:
    canvas = draw_strokes(load_strokes()[5].strokes, side=560, pen=40, size=380)
    for style, (shape, max_value) in SHAPES.items():
        started = time.perf_counter()
        for _ in range(5):
            prepare_drawing(canvas, ALL[style], shape, max_value)
        assert (time.perf_counter() - started) / 5 < 0.02
