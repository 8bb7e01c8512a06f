"""Grids of images, single images, and their numbers."""

from __future__ import annotations

import io
import time
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from core.figures.lettering import Word, letter, measure, shorten
from core.figures.samples import (
    COLOUR_MAPS,
    GridLabel,
    ImageInfo,
    Mark,
    build_sample_grid,
    colour_image,
    draw_image,
    draw_sample_grid,
    figure_bytes,
    paint_image,
    pixel_table,
)
from core.figures.theme import DARK, LIGHT, THEMES, FigureTheme
from core.figures.verdicts import build_verdict_grid, verdict

CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def noise(count: int, *shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, *shape), dtype=np.uint8)


def pixels_of(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def has_colour(picture: NDArray[np.uint8], colour: str) -> bool:
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return bool((picture == [*wanted, 255]).all(axis=2).any())


def test_short_labels_stay_as_they_are() -> None:
    info = build_sample_grid(noise(3, 28, 28), ["0", "1", "2"], columns=10)
    assert info.labels == (GridLabel(("0",)), GridLabel(("1",)), GridLabel(("2",)))
    assert info.columns == 3


def test_long_class_names_fit_their_tiles_by_smaller_letters() -> None:
    info = build_sample_grid(noise(10, 28, 28), CLOTHES, columns=10)
    assert [label.lines[0] for label in info.labels] == list(CLOTHES)
    assert max(measure(name) for name in CLOTHES) * info.letter_size <= 1.1


def test_names_too_long_even_for_small_letters_are_cut_with_an_ellipsis() -> None:
    info = build_sample_grid(noise(1, 28, 28), ["a class with a really long name"], columns=10)
    (line,) = info.labels[0].lines
    assert line.endswith("…")
    assert measure(line) * info.letter_size <= 1.1


@pytest.mark.parametrize(("images", "labels", "columns"), [(0, 0, 5), (3, 2, 5), (3, 3, 0), (3, 3, 11), (31, 31, 3)])
def test_grids_out_of_bounds_are_refused(images: int, labels: int, columns: int) -> None:
    with pytest.raises(ValueError, match="at most 10 x 10"):
        build_sample_grid(noise(images, 8, 8), ["a"] * labels, columns=columns)


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (32, 32, 3), (20, 40), (256, 256, 3), (1, 1)])
def test_images_of_all_shapes_are_drawn_with_their_labels(shape: tuple[int, ...], theme: FigureTheme) -> None:
    info = build_sample_grid(noise(7, *shape), ["one", "2", "three", "4", "5", "6", "Ankle boot"], columns=4)
    picture = pixels_of(figure_bytes(draw_sample_grid(info, theme), "png"))
    assert has_colour(picture, theme.foreground)
    assert (picture[..., 3] == 0).any()


def test_each_pixel_of_an_image_is_drawn_in_its_colour_and_place() -> None:
    image = np.array([[255, 0], [0, 0]], dtype=np.uint8)
    picture = pixels_of(figure_bytes(draw_sample_grid(build_sample_grid(image[np.newaxis], ["x"], columns=1), LIGHT), "png"))
    white = np.argwhere((picture == 255).all(axis=2))
    black = np.argwhere((picture == [0, 0, 0, 255]).all(axis=2))
    assert white.max(axis=0)[0] < black.max(axis=0)[0]
    assert white.max(axis=0)[1] < black.max(axis=0)[1]
    assert len(black) == pytest.approx(3 * len(white), rel=0.1)


def test_values_are_coloured_from_nought_to_the_data_set_s_largest() -> None:
    np.testing.assert_array_equal(colour_image(np.array([0, 16], np.uint8), 16, "gray"), [[0, 0, 0], [255, 255, 255]])
    np.testing.assert_array_equal(colour_image(np.array([0, 255], np.uint8), 255, "gray_r"), [[255, 255, 255], [0, 0, 0]])


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_each_colour_map_on_offer_exists(name: str) -> None:
    assert colour_image(np.arange(17, dtype=np.uint8), 16, name).shape == (17, 3)


def test_an_svg_needs_no_font_and_no_other_file_and_is_the_same_each_time() -> None:
    info = build_sample_grid(noise(4, 8, 8), CLOTHES[:4], columns=2)
    svg = figure_bytes(draw_sample_grid(info, LIGHT), "svg")
    root = ElementTree.fromstring(svg)
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))
    links = [image.get("{http://www.w3.org/1999/xlink}href", "") for image in root.iter("{http://www.w3.org/2000/svg}image")]
    assert links
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert svg == figure_bytes(draw_sample_grid(info, LIGHT), "svg")


def test_a_hundred_images_are_drawn_quickly() -> None:
    info = build_sample_grid(noise(100, 28, 28), CLOTHES * 10, columns=10)
    figure_bytes(draw_sample_grid(info, DARK), "png")
    started = time.perf_counter()
    figure_bytes(draw_sample_grid(info, DARK), "png")
    # 60 ms on a quiet machine; noise is the worst that PNG can be asked to pack.
    assert time.perf_counter() - started < 0.5


def test_a_verdict_says_what_was_read_and_what_it_is() -> None:
    assert verdict("7", "7") == GridLabel(("✓ 7",), Mark.RIGHT)
    assert verdict("4", "9") == GridLabel(("✗ 4, is 9",), Mark.WRONG)
    assert verdict("Sandal", "Ankle boot") == GridLabel(("✗ Sandal", "is Ankle boot"), Mark.WRONG)


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_right_and_wrong_have_their_colours_in_the_grid(theme: FigureTheme) -> None:
    images, true = np.zeros((2, 28, 28), np.uint8), np.array([1, 9])
    both = build_verdict_grid(images, np.array([1, 4]), true, [str(digit) for digit in range(10)], columns=2)
    picture = pixels_of(figure_bytes(draw_sample_grid(both, theme), "png"))
    assert has_colour(picture, theme.right)
    assert has_colour(picture, theme.wrong)
    right_only = build_verdict_grid(images, true, true, [str(digit) for digit in range(10)], columns=2)
    assert not has_colour(pixels_of(figure_bytes(draw_sample_grid(right_only, theme), "png")), theme.wrong)


def test_a_grey_image_has_a_scale_of_its_values_and_a_colour_image_has_none() -> None:
    grey = draw_image(ImageInfo(noise(1, 8, 8)[0], "3", max_value=16), LIGHT)
    colour = draw_image(ImageInfo(noise(1, 8, 8, 3)[0], "cat"), LIGHT)
    assert [axes.get_ylabel() for axes in grey.axes] == ["row", "pixel value"]
    assert grey.axes[1].get_ylim() == (0, 16)
    assert [axes.get_ylabel() for axes in colour.axes] == ["row"]
    assert figure_bytes(grey, "png").startswith(b"\x89PNG")
    assert b"<svg" in figure_bytes(colour, "svg")


def test_a_pixel_can_be_read_off_the_table() -> None:
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    table = pixel_table(image)
    assert table.loc[1, "2"] == 5
    assert table.index.name == "row"
    colours = np.dstack([image, image + 10, image + 20])
    assert pixel_table(colours, 2).loc[0, "1"] == 21


@pytest.mark.parametrize(("shape", "channel"), [((4, 4), 0), ((4, 4, 3), None)])
def test_a_table_needs_a_channel_for_colour_images_only(shape: tuple[int, ...], channel: int | None) -> None:
    with pytest.raises(ValueError, match="channel"):
        pixel_table(np.zeros(shape, np.uint8), channel)


def test_text_is_measured_shortened_and_placed() -> None:
    assert measure("") == 0
    assert measure("WW") > measure("ii") > 0
    assert shorten("boot", 10) == "boot"
    assert shorten("Ankle boot", measure("Ankle…")) == "Ankle…"
    assert shorten("Ankle boot", 0) == "A…"
    corners = letter([Word("n", 50, 20, 10)]).vertices
    assert corners[:, 1].max() == pytest.approx(20)
    assert (corners[:, 0].min() + corners[:, 0].max()) / 2 == pytest.approx(50, abs=1)
    assert len(letter([]).vertices) == 0


def test_dollar_signs_in_names_are_no_formulas() -> None:
    assert measure("$a$") > measure("a") * 2


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_one_image_is_enlarged_by_a_whole_factor_inside_a_frame(theme: FigureTheme) -> None:
    image = np.arange(28 * 28, dtype=np.int64).reshape(28, 28).astype(np.uint8)
    painted = paint_image(image, 255, theme)
    assert painted.shape == (336, 336, 3)
    assert painted.dtype == np.uint8
    centres = painted[6::12, 6::12]
    np.testing.assert_array_equal(centres, image[..., None].repeat(3, axis=2))
    frame = np.rint(np.array(to_rgb(theme.line)) * 255)
    for corner in (painted[0, 0], painted[-1, -1], painted[0, -1], painted[170, 0], painted[-1, 170]):
        np.testing.assert_array_equal(corner, frame)


def test_one_image_in_colour_and_a_large_one_keep_their_pixels_and_are_not_written_to() -> None:
    colour = np.random.default_rng(0).integers(0, 255, (32, 20, 3)).astype(np.uint8)
    painted = paint_image(colour, 255, LIGHT)
    np.testing.assert_array_equal(painted[8::17, 8::17], colour)
    large = np.zeros((900, 1000), np.uint8)
    assert paint_image(large, 255, LIGHT).shape == (900, 1000, 3)
    assert not large.any()
