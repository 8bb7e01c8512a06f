"""An image beside its numbers in a row."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from core.datasets.flattening import Flattening, Place
from core.figures.flattening import (
    LINE,
    MAX_LINES,
    FlatteningInfo,
    chosen_table,
    describe_index,
    describe_place,
    draw_chosen_pixels,
    draw_strip,
)
from core.figures.samples import figure_bytes
from core.figures.theme import LIGHT, THEMES, FigureTheme

GREY, COLOUR = Flattening((28, 28)), Flattening((32, 32, 3))


def info(shape: tuple[int, ...], chosen: range) -> FlatteningInfo:
    return FlatteningInfo(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8), chosen, 255)


def has_colour(figure: Figure, colour: str) -> bool:
    picture = np.asarray(Image.open(io.BytesIO(figure_bytes(figure, "png"))).convert("RGB"))
    return bool((picture == [int(colour[place : place + 2], 16) for place in (1, 3, 5)]).all(axis=2).any())


def test_the_way_there_and_back_is_reckoned_in_words() -> None:
    assert describe_place(GREY, Place(14, 3)) == "index = row x width + column = 14 x 28 + 3 = 395"
    assert describe_place(COLOUR, Place(2, 1, 2)) == "index = (row x width + column) x 3 + colour = (2 x 32 + 1) x 3 + 2 = 197 (blue)"
    assert describe_index(GREY, 395) == "395 divided by 28 is 14, the row, with 3 left over, the column."
    assert describe_index(COLOUR, 197) == (
        "197 divided by 3 is 65, with 2 left over, the colour blue; 65 divided by 32 is 2, the row, with 1 left over, the column."
    )


def test_the_table_holds_the_chosen_numbers_of_the_row() -> None:
    grey = info((28, 28), GREY.row(14))
    table = chosen_table(grey)
    assert list(table) == ["Index in the row", "Row", "Column", "Value"]
    assert list(table["Value"]) == grey.image[14].tolist()
    assert list(table["Index in the row"]) == list(range(392, 420))
    colour = info((32, 32, 3), COLOUR.pixel(31, 31))
    assert chosen_table(colour).to_numpy().tolist() == [
        [3069 + channel, 31, 31, name, int(colour.image[31, 31, channel])] for channel, name in enumerate(("red", "green", "blue"))
    ]


def test_a_row_that_fits_is_drawn_whole_and_a_longer_one_around_the_chosen_part() -> None:
    assert info((28, 28), GREY.row(27)).lines == range(8)
    assert info((32, 32, 3), COLOUR.row(0)).lines == range(31)
    large = Flattening((256, 256))
    for row in (0, 128, 255):
        lines = info((256, 256), large.row(row)).lines
        assert len(lines) == MAX_LINES
        assert all(index // LINE in lines for index in large.row(row))


def test_even_the_widest_row_of_colours_is_drawn_whole() -> None:
    widest = Flattening((256, 256, 3))
    for row in (0, 100, 255):
        lines = info((256, 256, 3), widest.row(row)).lines
        assert all(index // LINE in lines for index in widest.row(row))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize(("shape", "chosen"), [((28, 28), range(392, 420)), ((32, 32, 3), range(1536, 1539)), ((1, 1), range(1))])
def test_both_pictures_outline_the_chosen_numbers(shape: tuple[int, ...], chosen: range, theme: FigureTheme) -> None:
    for draw in (draw_chosen_pixels, draw_strip):
        assert has_colour(draw(info(shape, chosen), theme), theme.second)


def test_a_part_that_runs_over_the_end_of_a_line_is_outlined_on_both() -> None:
    outlines = [patch for patch in draw_strip(info((28, 28), GREY.row(14)), LIGHT).axes[0].patches if patch.get_linewidth() > 1]
    places = {(patch.get_x(), patch.get_y(), patch.get_width()) for patch in outlines}
    assert places == {(92, 3, 8), (0, 4, 20)}
