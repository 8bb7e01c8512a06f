"""The way of one number: where its inputs lie, and that the words and the table say the true sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.figures.samples import figure_bytes
from core.figures.theme import LIGHT
from core.figures.way import (
    WayInfo,
    build_way,
    describe_inputs,
    describe_way,
    explain_way,
    format_number,
    name_places,
    way_rows,
    way_table,
    weighted_steps,
)
from core.figures.way_pictures import Part, build_contribution_chart, draw_contributions, draw_part, draw_way
from core.networks.activations import ACTIVATIONS
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, GlobalAveragePoolingLayer, MaxPoolingLayer
from core.networks.plan import plan_layers
from core.networks.spec import TrainingSpec

IMAGE = np.arange(12, dtype=np.uint8).reshape(3, 4)


def way(
    name: str,
    hidden: tuple[Any, ...],
    image: np.ndarray = IMAGE,
    *,
    window: tuple[int, ...] | None = None,
    scaling: str = "divide",
    **found: Any,
) -> WayInfo:
    """Inputs are 0, 1, 2, ...; every weight is a half."""
    steps = plan_layers(TrainingSpec(hidden=hidden, scaling=scaling), image.shape, 2)
    step = next(step for step in steps if step.name == name)
    inputs = np.arange(np.prod(window or step.input_shape), dtype=np.float32).reshape(window or -1)
    numbers = {
        "inputs": inputs,
        "weights": np.full_like(inputs, 0.5),
        "corner": np.zeros(2, np.int64),
        "bias": np.float32(-1),
        "output": np.float32(32),
        "sums": np.array([1.0, 2.0]),
    }
    return build_way(steps, name, "unit 3", numbers | found, image)


def test_the_first_dense_layer_looks_at_the_pixels_in_their_places() -> None:
    info = way("dense_1", (DropoutLayer(), DenseLayer()))
    assert info.title == "unit 3 of 2. Dense, ReLU"
    assert info.inputs.shape == (3, 4, 1) and info.sees_image and not info.is_window
    np.testing.assert_array_equal(info.pixels[..., 0], IMAGE)
    assert way_table(info, 2).to_dict("records") == [
        {"Row": 2, "Column": 3, "Pixel": "11", "Input": 11.0, "Weight": 0.5, "Product": 5.5},
        {"Row": 2, "Column": 2, "Pixel": "10", "Input": 10.0, "Weight": 0.5, "Product": 5.0},
    ]


def test_the_sum_is_told_with_its_numbers() -> None:
    info = way("dense_1", (DenseLayer(),))
    assert info.sum == 33.0 and info.before == 32.0
    assert describe_way(info) == "sum 33.000 + bias −1.000 = 32.000, through ReLU: 32.000"
    assert explain_way(info).startswith("12 inputs, each times its weight; 1 of the products are 0. ReLU")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (-12.3456, "−12.346"), (1234.5, "1,234.500"), (0.00012, "0.00012"), (-0.00012, "−0.00012")]
)
def test_numbers_keep_three_decimals_and_never_read_as_a_zero_that_they_are_not(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("hidden", "scaling", "words"),
    [
        ((), "divide", "every pixel of the image, as it is after the scaling."),
        ((), "none", "every pixel of the image, as it comes."),
        ((BatchNormalizationLayer(),), "standardise_set", "every pixel of the image, as it is after the scaling and BatchNormalization."),
    ],
)
def test_what_pixels_have_been_through_is_said(hidden: tuple[Any, ...], scaling: str, words: str) -> None:
    assert describe_inputs(way("dense_1", (*hidden, DenseLayer()), scaling=scaling)) == f"It looks at {words}"


def test_what_another_activation_does_is_said_as_it_is_where_it_is_chosen() -> None:
    assert explain_way(way("dense_1", (DenseLayer(activation="tanh"),))).endswith(f"Tanh: {ACTIVATIONS['tanh'].help}")


def test_the_colours_of_an_image_are_named() -> None:
    info = way("dense_1", (DenseLayer(),), np.zeros((2, 2, 3), np.uint8))
    assert info.channel_names == ("red", "green", "blue")
    assert way_table(info, 1)["Colour"].tolist() == ["blue"]
    assert name_places(way_table(info, 1)) == ["row 1, column 1, blue"]


def test_a_later_layer_looks_at_units_and_one_behind_maps_at_their_places() -> None:
    later = way("dense_2", (DenseLayer(units=4), BatchNormalizationLayer(), DenseLayer()))
    assert not later.has_places and not later.sees_image and later.pixels is None
    assert name_places(way_table(later, 2)) == ["unit 4", "unit 3"]
    behind = way("dense_1", (Conv2DLayer(filters=2), MaxPoolingLayer(), DropoutLayer(), DenseLayer()), np.zeros((4, 4), np.uint8))
    assert behind.inputs.shape == (2, 2, 2) and not behind.sees_image
    assert name_places(way_table(behind, 1)) == ["row 1, column 1, map 2"]
    assert describe_inputs(behind) == "It looks at every number of all maps of the layer before, put in a row."


def test_a_layer_behind_a_mean_of_maps_looks_at_units() -> None:
    info = way("output", (Conv2DLayer(filters=3), GlobalAveragePoolingLayer()))
    assert info.inputs.shape == (3,) and not info.sees_image


def test_the_softmax_is_explained_with_the_sums_of_all_classes() -> None:
    info = way("output", (DenseLayer(units=3),), output=np.float32(0.25))
    assert info.activation == "Softmax"
    assert "each of the 2 sums: that of this class is 25.0 % of all" in explain_way(info)


def test_the_network_without_hidden_layers_looks_at_the_image_with_its_answer() -> None:
    assert way("output", ()).sees_image


def test_a_window_at_the_corner_says_what_lies_outside() -> None:
    info = way("conv2d_1", (Conv2DLayer(),), window=(3, 3, 1), corner=np.array([-1, 2]))
    assert info.is_window and info.sees_image
    expected = np.array([[np.nan] * 3, [2, 3, np.nan], [6, 7, np.nan]])
    np.testing.assert_array_equal(info.pixels[..., 0], expected)
    assert "beyond the edge, the input is 0" in describe_inputs(info)
    rows = way_rows(info, 9)
    assert set(rows["Row"]) == {"-1", "0", "1"} and "outside" in set(rows["Pixel"])


def test_only_layers_with_weights_have_sums() -> None:
    steps = plan_layers(TrainingSpec(hidden=(Conv2DLayer(), MaxPoolingLayer(), DenseLayer())), (8, 8), 2)
    assert [step.name for step in weighted_steps(steps)] == ["conv2d_1", "dense_1", "output"]


def test_contributions_are_written_out_as_products() -> None:
    chart = build_contribution_chart(way("dense_2", (DenseLayer(units=4), DenseLayer())), LIGHT)
    assert chart.data["text"].tolist()[0] == "3.000 x 0.500 = 1.500"
    assert chart.data["name"].tolist() == ["unit 4", "unit 3", "unit 2", "unit 1"]


def test_everything_can_be_drawn() -> None:
    image, window = way("dense_1", (DenseLayer(),)), way("conv2d_1", (Conv2DLayer(),), window=(3, 3, 1), corner=np.array([-1, 2]))
    later = way("dense_2", (DenseLayer(units=4), DenseLayer()))
    figures = [draw_way(image, 0, LIGHT), draw_part(window, Part.PRODUCT, 0, LIGHT), draw_contributions(later, LIGHT)]
    for figure in figures:
        assert figure_bytes(figure, "png").startswith(b"\x89PNG")
