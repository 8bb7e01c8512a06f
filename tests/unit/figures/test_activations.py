"""What each layer made of one image: which layers are shown, what is said of them, and that they can be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.activation_pictures import build_layer_chart, colour_maps, colour_values, draw_layer, draw_map
from core.figures.activations import LayerInfo, build_layers, describe_colours, describe_layer, describe_map, layer_table, values_table
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT, FigureTheme
from core.networks.layers import Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.plan import plan_layers
from core.networks.spec import TrainingSpec

NAMES = ("cat", "dog", "$5 $6")


def layers(*hidden: object, shape: tuple[int, ...] = (8, 8)) -> tuple[LayerInfo, ...]:
    steps = plan_layers(TrainingSpec(hidden=hidden), shape, len(NAMES))
    random = np.random.default_rng(3)
    found = {step.name: random.normal(size=step.output_shape).astype(np.float32) for step in steps[1:]}
    found["output"] = np.array([0.1, 0.7, 0.2], np.float32)
    return build_layers(steps, found, NAMES)


def units(*values: float) -> LayerInfo:
    return LayerInfo(
        "dense_1", "1. Dense, ReLU", "unit", tuple(str(place + 1) for place in range(len(values))), np.array(values, np.float32)
    )


def maps(values: np.ndarray) -> LayerInfo:
    names = tuple(str(place + 1) for place in range(values.shape[2]))
    return LayerInfo("conv2d_1", "1. Conv2D, ReLU", "filter", names, values.astype(np.float32))


def silent_and_loud() -> LayerInfo:
    values = np.zeros((3, 4, 2))
    values[1, 2, 1] = 6.0
    return maps(values)


def test_the_layers_go_from_the_image_to_the_answer_with_their_places_in_the_form() -> None:
    found = layers(Conv2DLayer(filters=2), MaxPoolingLayer(), DropoutLayer(), DenseLayer(units=5, activation="tanh"))
    assert [(info.title, info.noun, len(info.labels)) for info in found] == [
        ("Scaled image", "map", 1),
        ("1. Conv2D, ReLU", "filter", 2),
        ("2. MaxPooling2D", "map", 2),
        ("4. Dense, Tanh", "unit", 5),
        ("Output, softmax", "class", 3),
    ]
    assert found[-1].labels == NAMES


def test_the_maps_of_a_colour_image_are_its_colours() -> None:
    assert layers(DenseLayer(units=3), shape=(5, 6, 3))[0].labels == ("red", "green", "blue")


def test_a_row_of_numbers_in_words() -> None:
    assert describe_layer(units(0, 0, 1.5, 3)) == (
        "4 numbers, from 0 to 3. 2 of 4 (50.0 %) are exactly 0: for this image they say nothing. The strongest is unit 4, with 3."
    )
    assert describe_layer(units(-2.5, 1)) == "2 numbers, from −2.5 to 1. None is exactly 0. The strongest is unit 1, with −2.5."


def test_a_layer_that_is_silent_altogether_has_no_strongest() -> None:
    assert describe_layer(units(0, 0)) == "2 numbers, from 0 to 0. 2 of 2 (100.0 %) are exactly 0: for this image they say nothing."


def test_maps_in_words() -> None:
    info = silent_and_loud()
    assert describe_layer(info) == (
        "2 maps of 3 x 4 numbers, from 0 to 6. 23 of 24 (95.8 %) are exactly 0, and 1 map is 0 everywhere. "
        "The strongest is filter 2, with a mean size of 0.5."
    )
    assert describe_map(info, 0) == "Filter 1: 0 everywhere."
    assert describe_map(info, 1) == "Filter 2: from 0 to 6, the largest at row 1, column 2."


def test_the_answer_in_words() -> None:
    assert describe_layer(layers()[-1]) == "3 probabilities, which add up to 1. The highest is that of dog, 70.0 %."


def test_the_colours_are_told_in_words() -> None:
    assert describe_colours(units(0, 2)) == "The page's own colour is 0, blue is positive, full colour is 2."
    assert "orange negative" in describe_colours(units(-1, 2))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_zero_is_the_page_s_own_colour_and_the_ends_are_the_theme_s(theme: FigureTheme) -> None:
    ends = ["#" + bytes(colour).hex() for colour in colour_values(np.array([-2.0, 0.0, 2.0]), 2.0, theme)]
    assert ends == [colour.lower() for colour in (theme.second, theme.background, theme.first)]


def test_one_scale_holds_for_all_maps_of_a_layer() -> None:
    coloured = colour_maps(silent_and_loud(), LIGHT)
    assert coloured.shape == (2, 3, 4, 3) and coloured.dtype == np.uint8
    assert (coloured[0] == 255).all()
    assert colour_maps(silent_and_loud(), LIGHT, first=1).shape == (1, 3, 4, 3)


def test_tables_have_every_unit_every_map_and_every_number() -> None:
    assert layer_table(units(0, 2)).to_dict("list") == {"Unit": ["1", "2"], "Value": [0.0, 2.0]}
    table = layer_table(silent_and_loud())
    assert table["Largest"].tolist() == [0.0, 6.0] and table["Zeros (%)"].round(1).tolist() == [100.0, 91.7]
    numbers = values_table(silent_and_loud())
    assert len(numbers) == 24
    assert numbers[numbers["Value"] > 0].to_dict("records") == [{"Filter": "2", "Row": 1, "Column": 2, "Value": 6.0}]


def test_a_strip_is_wrapped_and_marks_the_exact_zeros() -> None:
    chart = build_layer_chart(units(*([0.0] * 40 + [1.0])), LIGHT)
    assert chart.data["line"].max() == 1 and chart.data["column"].max() == 31
    assert chart.spec["layer"][1]["transform"] == [{"filter": "datum.value === 0"}]


def test_the_answer_is_drawn_as_bars_with_percentages() -> None:
    chart = build_layer_chart(layers()[-1], LIGHT)
    assert chart.data["text"].tolist() == ["10.0 %", "70.0 %", "20.0 %"]
    assert chart.data["best"].tolist() == [False, True, False]


def test_everything_can_be_drawn() -> None:
    for info in [*layers(Conv2DLayer(filters=70), DenseLayer(units=40)), units(0, 0), silent_and_loud()]:
        assert figure_bytes(draw_layer(info, LIGHT), "png").startswith(b"\x89PNG")
    assert figure_bytes(draw_map(silent_and_loud(), 1, DARK), "png").startswith(b"\x89PNG")
