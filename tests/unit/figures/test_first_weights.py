"""The first layer's weights as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.first_weights import build_first_weights, colour_weights, describe_first_weights, describe_unit, scale_colours
from core.figures.theme import DARK, LIGHT
from core.training.events import Glimpsed, LayerHealth


def glimpse(weights: np.ndarray, layer: str = "dense_1") -> Glimpsed:
    pictures = weights.astype("<f2")
    return Glimpsed(1, 40, (), b"", (LayerHealth(layer, 0.1, 0.1, 0.1, 0.0),), pictures.tobytes(), pictures.shape)


def three_units() -> np.ndarray:
    weights = np.zeros((3, 2, 2))
    weights[0, 0, 1], weights[1, 1, 0], weights[2, 1, 1] = 0.5, -1.0, 0.25
    return weights


def test_a_layer_that_does_not_see_the_image_has_no_pictures() -> None:
    assert build_first_weights(glimpse(np.empty(0))) is None


def test_weights_come_out_as_they_went_in() -> None:
    info = build_first_weights(glimpse(three_units()))
    assert info is not None
    np.testing.assert_array_equal(info.pictures, three_units())
    assert (info.layer, info.step, info.noun, info.has_colours, info.extent) == ("dense_1", 40, "unit", False, 1.0)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_zero_is_the_colour_of_the_page_and_the_ends_are_the_theme_s(theme: object) -> None:
    info = build_first_weights(glimpse(three_units()))
    coloured = colour_weights(info, theme)
    low, middle, high = (tuple(bytes.fromhex(colour[1:])) for colour in scale_colours(info, theme))
    assert coloured.shape == (3, 2, 2, 3) and coloured.dtype == np.uint8
    assert tuple(coloured[1, 1, 0]) == low
    assert tuple(coloured[0, 0, 0]) == middle
    assert np.abs(coloured[0, 0, 1].astype(int) - (np.array(middle) + high) // 2).max() <= 2


def test_one_huge_weight_does_not_make_the_others_pale() -> None:
    weights = np.full((10, 10, 10), 0.1)
    weights[0, 0, 0] = 100.0
    info = build_first_weights(glimpse(weights))
    assert info.extent == pytest.approx(0.1, rel=0.6)
    assert tuple(colour_weights(info, LIGHT)[0, 0, 0]) == tuple(bytes.fromhex(LIGHT.first[1:]))


def test_weights_that_are_all_zero_can_be_drawn() -> None:
    info = build_first_weights(glimpse(np.zeros((2, 3, 3))))
    assert (colour_weights(info, LIGHT) == 255).all()


def test_filters_of_a_grey_image_are_grey_and_called_filters() -> None:
    info = build_first_weights(glimpse(np.ones((4, 3, 3, 1)), layer="conv2d_1"))
    assert info.pictures.shape == (4, 3, 3) and info.noun == "filter"


def test_weights_of_colours_are_mixed_to_a_colour_in_which_grey_is_zero() -> None:
    weights = np.zeros((2, 1, 1, 3))
    weights[0, 0, 0] = 1.0, -1.0, 0.0
    info = build_first_weights(glimpse(weights, layer="conv2d_1"))
    assert info.has_colours
    coloured = colour_weights(info, LIGHT)
    assert tuple(coloured[0, 0, 0]) == (255, 0, 128)
    assert tuple(coloured[1, 0, 0]) == (128, 128, 128)
    assert scale_colours(info, DARK)[1] == "#808080"


def test_the_sentence_names_the_strongest_and_the_weakest() -> None:
    info = build_first_weights(glimpse(three_units()))
    assert describe_first_weights(info) == (
        "3 units of the layer dense_1 after step 40. Unit 2 has the largest weights, unit 3 the smallest."
    )
    assert describe_first_weights(build_first_weights(glimpse(three_units()[:1]))) == "1 unit of the layer dense_1 after step 40."


def test_one_unit_is_told_in_numbers() -> None:
    info = build_first_weights(glimpse(three_units()))
    assert describe_unit(info, 1) == ("Unit 2: the largest weight is +0 at row 0, column 0, the smallest −1 at row 1, column 0.")
