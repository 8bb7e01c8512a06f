"""What the sizes of gradients and activations say about a network."""

from __future__ import annotations

import json

import altair
import pytest

from core.figures.layer_health import build_dead_chart, build_size_chart, describe_dead, describe_gradients, layers_table
from core.figures.theme import LIGHT
from core.training.events import LayerHealth


def layer(name: str, gradient: float = 0.01, dead: float = 0.0, activation: float = 1.0) -> LayerHealth:
    return LayerHealth(name, gradient, 0.05, activation, dead)


def test_a_first_gradient_a_hundred_times_smaller_is_called_vanishing() -> None:
    told = describe_gradients([layer("dense_1", 0.00005), layer("dense_2", 0.001), layer("output", 0.01)])
    assert "dense_1, is 200 times smaller" in told and "hardly learns" in told


def test_a_first_gradient_a_hundred_times_larger_is_called_growing() -> None:
    assert "150 times larger" in describe_gradients([layer("dense_1", 1.5), layer("output", 0.01)])


@pytest.mark.parametrize(("first", "words"), [(0.001, "10.0 times smaller"), (0.02, "2.0 times larger"), (0.01, "1.0 times larger")])
def test_ordinary_differences_are_no_cause_for_alarm(first: float, words: str) -> None:
    told = describe_gradients([layer("dense_1", first), layer("output", 0.01)])
    assert words in told and "reaches all layers" in told


def test_a_layer_without_any_gradient_is_named() -> None:
    told = describe_gradients([layer("dense_1", 0.0), layer("dense_2", 0.0), layer("output", 0.01)])
    assert told == "No gradient reaches dense_1 and dense_2: they do not learn at all."
    assert describe_gradients([layer("output", 0.0)]) == "No gradient reaches output: it does not learn at all."


def test_a_single_layer_has_nothing_to_be_compared_with() -> None:
    assert "only one layer" in describe_gradients([layer("output")])


def test_more_than_half_dead_is_told_of_each_such_layer_and_no_other() -> None:
    told = describe_dead([layer("dense_1", dead=0.63), layer("dense_2", dead=0.5), layer("dense_3", dead=1.0), layer("output")], 64)
    assert "dense_1 (63 %) and dense_3 (100 %)" in told and "dense_2" not in told
    assert "64 training images" in told


def test_few_dead_units_are_usual_and_none_are_said_to_be_none() -> None:
    assert "Of the units of dense_1, 12 % gave 0" in describe_dead([layer("dense_1", dead=0.12), layer("output")], 64)
    assert describe_dead([layer("dense_1")], 64).startswith("No unit is dead")


def test_the_table_has_a_row_for_each_layer_from_the_image_to_the_output() -> None:
    table = layers_table([layer("conv2d_1", dead=0.25), layer("output", gradient=0.0)])
    assert table["Layer"].tolist() == ["conv2d_1", "output"]
    assert table["Dead units"].tolist() == ["25.0 %", "0.0 %"]
    assert table["Gradient"].tolist() == ["0.01", "0"]


def test_the_charts_are_sound_and_have_every_layer_in_order() -> None:
    layers = [layer("dense_1", gradient=0.0, dead=0.7), layer("output")]
    sizes, dead = build_size_chart(layers, LIGHT), build_dead_chart(layers, LIGHT)
    assert sizes.spec["encoding"]["y"]["scale"]["domain"] == ["dense_1", "output"]
    # A gradient of 0 has no place on a logarithmic axis.
    assert len(sizes.data) == 3
    assert dead.data["dead"].tolist() == [0.7, 0.0]
    assert altair.Chart.from_dict(sizes.to_dict()).to_dict()["mark"]["type"] == "point"
    assert len(altair.LayerChart.from_dict(dead.to_dict()).to_dict()["layer"]) == 2
    assert json.dumps([sizes.to_dict(), dead.to_dict()], allow_nan=False)


@pytest.mark.parametrize(
    ("gradient", "ends"), [(0.0003, (1e-4, 1.0)), (0.0, (1.0, 10.0)), (1.0, (1.0, 10.0)), (1e-12, (1e-12, 1.0)), (250.0, (1.0, 1000.0))]
)
def test_the_axis_of_sizes_ends_at_powers_of_ten(gradient: float, ends: tuple[float, float]) -> None:
    axis = build_size_chart([layer("output", gradient=gradient)], LIGHT).spec["encoding"]["x"]
    assert axis["scale"]["domain"] == pytest.approx(ends)
    assert axis["axis"]["values"][-1] == pytest.approx(ends[1])
