"""What each layer makes of one image, held against the network itself."""

from __future__ import annotations

import numpy as np
import pytest

from core.networks.building import build_network
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.plan import plan_layers
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.predictions.activations import activations
from core.predictions.predictor import Predictor

IMAGE = np.random.default_rng(4).integers(0, 17, (8, 8), dtype=np.uint8)


def build(spec: TrainingSpec, shape: tuple[int, ...] = (8, 8)) -> Predictor:
    return Predictor(spec, shape, 10, 16, pack_weights(build_network(spec, shape, 10, 16).get_weights()))


@pytest.mark.slow
def test_every_layer_is_there_in_order_with_the_shape_that_was_planned() -> None:
    hidden = (
        Conv2DLayer(filters=3),
        BatchNormalizationLayer(),
        MaxPoolingLayer(),
        DropoutLayer(rate=0.5),
        DenseLayer(units=6, activation="tanh"),
    )
    spec = TrainingSpec(hidden=hidden)
    predictor = build(spec)
    found = activations(predictor, IMAGE)
    assert [(name, array.shape) for name, array in found.items()] == [
        (step.name, step.output_shape) for step in plan_layers(spec, (8, 8), 10)[1:]
    ]
    assert all(array.dtype == np.float32 for array in found.values())
    np.testing.assert_allclose(found["scale"], IMAGE / 16, rtol=1e-6)
    np.testing.assert_allclose(found["output"], predictor.probabilities(IMAGE[None])[0], rtol=1e-5)
    # Dropout is for learning alone, and a flattened map is the same numbers in a row.
    np.testing.assert_array_equal(found["dropout_1"], found["max_pooling2d_1"])
    np.testing.assert_array_equal(found["flatten"], found["dropout_1"].ravel())
    again = activations(predictor, IMAGE)
    np.testing.assert_array_equal(again["dense_1"], found["dense_1"])


@pytest.mark.slow
def test_a_network_without_hidden_layers_and_without_scaling_has_its_answer() -> None:
    found = activations(build(TrainingSpec(hidden=(), scaling="none")), IMAGE)
    assert list(found) == ["flatten", "output"]
    assert found["output"].sum() == pytest.approx(1, abs=1e-6)
