"""The numbers that a number is made of add up to what the network computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import InklingError
from core.networks.building import adapt_scaling, build_network
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, MaxPoolingLayer
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.predictions.activations import activations
from core.predictions.predictor import Predictor
from core.predictions.way import follow_number

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(4)
GREY, COLOUR = RANDOM.integers(0, 17, (20, 8, 8), dtype=np.uint8), RANDOM.integers(0, 256, (20, 7, 9, 3), dtype=np.uint8)


def build(images: np.ndarray, **settings: Any) -> Predictor:
    """A network whose biases are not the zeros that it begins with."""
    spec = TrainingSpec(**settings)
    model = build_network(spec, images.shape[1:], 10, int(images.max()))
    adapt_scaling(model, spec, images)
    measured = 3 if spec.scaling.startswith("standardise") else 0
    weights = [
        array if place < measured or array.ndim > 1 else np.abs(RANDOM.normal(size=array.shape)).astype(np.float32)
        for place, array in enumerate(model.get_weights())
    ]
    return Predictor(spec, images.shape[1:], 10, int(images.max()), pack_weights(weights))


def before(way: dict[str, np.ndarray]) -> float:
    return float((way["inputs"].astype(float) * way["weights"]).sum() + way["bias"])


def apply(activation: str, value: float) -> float:
    import keras

    return float(keras.activations.get(activation)(np.float32([value]))[0])


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "linear"])
@pytest.mark.parametrize("scaling", ["divide", "standardise_pixel"])
def test_a_dense_layer_adds_up(activation: str, scaling: str) -> None:
    predictor = build(GREY, hidden=(DenseLayer(units=6, activation=activation), DenseLayer(units=5)), scaling=scaling)
    outputs = activations(predictor, GREY[3])
    for name, function in (("dense_1", activation), ("dense_2", "relu")):
        for unit, output in enumerate(outputs[name]):
            way = follow_number(predictor, GREY[3], name, unit)
            assert apply(function, before(way)) == pytest.approx(output, rel=1e-4, abs=1e-5)
            assert float(way["output"]) == pytest.approx(output, rel=1e-5, abs=1e-6)
            assert way["sums"][unit] == pytest.approx(before(way), rel=1e-6, abs=1e-6)


def test_what_goes_into_the_first_layer_is_the_scaled_image() -> None:
    predictor = build(GREY, hidden=(DenseLayer(units=3),))
    np.testing.assert_allclose(follow_number(predictor, GREY[0], "dense_1", 2)["inputs"], GREY[0].ravel() / 16, rtol=1e-6)


def test_the_answer_is_the_softmax_of_all_sums() -> None:
    predictor = build(GREY, hidden=(DenseLayer(units=4),))
    way = follow_number(predictor, GREY[1], "output", 7)
    shares = np.exp(way["sums"]) / np.exp(way["sums"]).sum()
    assert shares[7] == pytest.approx(float(way["output"]), rel=1e-4)
    np.testing.assert_allclose(shares, predictor.probabilities(GREY[1:2])[0], rtol=1e-4)


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, "same"), (4, 2, "same"), (3, 2, "valid"), (5, 3, "same"), (1, 4, "same")])
def test_a_convolution_adds_up_at_every_place_of_its_map(images: np.ndarray, kernel: int, stride: int, padding: str) -> None:
    hidden = (Conv2DLayer(filters=2, kernel=kernel, stride=stride, padding=padding, activation="tanh"),)
    predictor = build(images, hidden=hidden)
    maps = activations(predictor, images[2])["conv2d_1"]
    for row, column in {(0, 0), (0, maps.shape[1] - 1), (maps.shape[0] - 1, 0), (maps.shape[0] // 2, maps.shape[1] // 2)}:
        way = follow_number(predictor, images[2], "conv2d_1", 1, row, column)
        assert way["inputs"].shape == way["weights"].shape == (kernel, kernel, 1 if images.ndim == 3 else 3)
        assert np.tanh(before(way)) == pytest.approx(maps[row, column, 1], rel=1e-4, abs=1e-5)


def test_a_convolution_says_where_its_window_lies() -> None:
    predictor = build(GREY, hidden=(Conv2DLayer(filters=2, kernel=3),))
    corner = follow_number(predictor, GREY[0], "conv2d_1", 0, 0, 0)
    assert corner["corner"].tolist() == [-1, -1]
    assert not corner["inputs"][0].any() and not corner["inputs"][:, 0].any()
    inside = follow_number(predictor, GREY[0], "conv2d_1", 0, 3, 5)
    assert inside["corner"].tolist() == [2, 4]
    np.testing.assert_allclose(inside["inputs"][..., 0], GREY[0, 2:5, 4:7] / 16, rtol=1e-6)


def test_layers_in_between_are_what_the_inputs_have_been_through() -> None:
    hidden = (Conv2DLayer(filters=3), BatchNormalizationLayer(), MaxPoolingLayer(), DenseLayer(units=4))
    predictor = build(GREY, hidden=hidden)
    outputs = activations(predictor, GREY[4])
    way = follow_number(predictor, GREY[4], "dense_1", 1)
    np.testing.assert_allclose(way["inputs"], outputs["max_pooling2d_1"].ravel(), rtol=1e-5, atol=1e-6)
    assert max(before(way), 0) == pytest.approx(outputs["dense_1"][1], rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("asked", [("dense_9", 0), ("flatten", 0), ("dense_1", 4), ("dense_1", -1), ("conv2d_1", 0, 8, 0), ("conv2d_1", 2)])
def test_what_is_not_there_is_refused_in_words(asked: tuple[Any, ...]) -> None:
    predictor = build(GREY, hidden=(Conv2DLayer(filters=2), DenseLayer(units=4)))
    with pytest.raises(InklingError, match="Choose another one"):
        follow_number(predictor, GREY[0], *asked)
