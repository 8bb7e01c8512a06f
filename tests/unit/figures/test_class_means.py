"""Mean and spread of classes as images, and the difference of two."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.datasets.statistics import ClassImages
from core.figures.class_means import (
    AT_ONCE,
    PixelDifference,
    build_class_grid,
    build_difference,
    closest_pair,
    describe_difference,
    difference_table,
    draw_difference,
)
from core.figures.samples import figure_bytes
from core.figures.theme import THEMES, FigureTheme


def class_images(mean: NDArray[np.floating] | float, deviation: float = 0.0, shape: tuple[int, ...] = (2, 3)) -> ClassImages:
    return ClassImages(10, np.full(shape, mean, dtype=np.float32), np.full(shape, deviation, dtype=np.float32))


FOUR = class_images(np.array([[10, 200, 0], [0, 0, 50]]))
NINE = class_images(np.array([[10, 20, 0], [90, 0, 40]]))


def test_spreads_stand_under_their_means_and_white_is_half_the_largest_value() -> None:
    info = build_class_grid({3: class_images(12.4, 4.0), 1: class_images(0.0, 8.0)}, ("zero", "one", "two", "three"), max_value=16)
    assert [label.lines for label in info.labels] == [("three", "mean"), ("one", "mean"), ("three", "spread"), ("one", "spread")]
    assert info.images[:, 0, 0].tolist() == [12, 0, 8, 16]
    assert info.columns == 2


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (10, 5), (6, 3), (7, 4), (AT_ONCE, 5)])
def test_bands_are_evenly_filled(count: int, columns: int) -> None:
    classes = {label: class_images(float(label)) for label in range(count)}
    info = build_class_grid(classes, [f"c{label}" for label in range(count)], max_value=255)
    assert info.columns == columns
    named = {label.lines: position for position, label in enumerate(info.labels)}
    assert all(named[(f"c{label}", "spread")] - named[(f"c{label}", "mean")] == columns for label in range(count))


def test_the_spread_of_a_colour_image_is_grey_and_of_all_three_together() -> None:
    images = ClassImages(2, np.zeros((1, 1, 3), np.float32), np.array([[[3, 0, 6]]], dtype=np.float32))
    info = build_class_grid({0: images}, ("a",), max_value=255)
    assert info.images[1, 0, 0].tolist() == [round(2 * np.sqrt((9 + 36) / 3))] * 3


def test_the_difference_knows_the_largest_each_way() -> None:
    info = build_difference(("4", FOUR), ("9", NINE))
    assert info.values.tolist() == [[0, 180, 0], [-90, 0, 10]]
    assert info.extent == 180
    assert info.pixels == (PixelDifference(0, 1, 200, 20), PixelDifference(1, 0, 0, 90), PixelDifference(1, 2, 50, 40))
    assert (info.brightest_first, info.brightest_second) == (info.pixels[0], info.pixels[1])


def test_the_words_name_colours_classes_and_places() -> None:
    assert describe_difference(build_difference(("4", FOUR), ("9", NINE))) == (
        "Blue (+) is where 4 is brighter on average, most at row 0, column 1 (200 against 20). "
        "Orange (−) is where 9 is brighter on average, most at row 1, column 0 (0 against 90)."
    )
    assert describe_difference(build_difference(("4", FOUR), ("dark", class_images(0.0)))) == (
        "Blue (+) is where 4 is brighter on average, most at row 0, column 1 (200 against 0)."
    )
    assert describe_difference(build_difference(("4", FOUR), ("4 again", FOUR))).endswith("the same in every pixel.")


def test_the_table_lists_the_most_different_pixels_first() -> None:
    table = difference_table(build_difference(("4", FOUR), ("9", NINE)))
    assert list(table) == ["Row", "Column", "Mean of 4", "Mean of 9", "Difference"]
    assert table.to_numpy().tolist()[:2] == [["0", "1", "200.0", "20.0", "+180.0"], ["1", "0", "0.0", "90.0", "−90.0"]]


def test_the_closest_pair_is_found_by_label() -> None:
    classes = {1: class_images(0.0), 4: class_images(100.0), 7: class_images(200.0), 9: class_images(90.0)}
    assert closest_pair(classes) == (4, 9)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_the_drawing_has_both_colours_and_fades_into_the_page_between(theme: FigureTheme) -> None:
    opposite = class_images(np.array([[10, 20, 0], [180, 0, 50]]))
    png = figure_bytes(draw_difference(build_difference(("4", FOUR), ("9", opposite)), theme), "png")
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    for colour in (theme.first, theme.second, theme.background):
        assert (picture == [int(colour[place : place + 2], 16) for place in (1, 3, 5)]).all(axis=2).any()


def test_two_classes_without_any_difference_can_be_drawn() -> None:
    assert figure_bytes(draw_difference(build_difference(("4", FOUR), ("4", FOUR)), THEMES["light"]), "png")
