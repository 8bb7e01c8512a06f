"""Noise along the slope of the loss, on real networks."""

from __future__ import annotations

import numpy as np
import pytest

from core.networks.building import build_network
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.predictions.fast_gradient import add_fast_gradient
from core.predictions.predictor import Predictor
from core.rates import SUREST

pytestmark = pytest.mark.slow

DENSE = TrainingSpec(hidden=(DenseLayer(units=12), DropoutLayer(), DenseLayer(units=8, activation="tanh")))
NETWORKS = {
    "dense": (DENSE, (8, 8), 16),
    "shuffled": (DENSE.model_copy(update={"shuffled_pixels": True}), (8, 8), 255),
    "convolutions": (TrainingSpec(hidden=(Conv2DLayer(filters=4), BatchNormalizationLayer(), MaxPoolingLayer())), (8, 8, 3), 255),
    "no hidden layer": (TrainingSpec(hidden=()), (8, 8), 255),
}


def ask(name):
    """A network with random weights, images, and the classes it takes them for."""
    spec, shape, max_value = NETWORKS[name]
    weights = pack_weights(build_network(spec, shape, 5, max_value).get_weights())
    predictor = Predictor(spec, shape, 5, max_value, weights)
    images = np.random.default_rng(1).integers(0, max_value + 1, (20, *shape), dtype=np.uint8)
    return predictor, images, predictor.probabilities(images).argmax(axis=1), max_value


@pytest.mark.parametrize("name", NETWORKS)
def test_the_true_class_gets_less_likely_for_every_image_and_no_pixel_moves_further_than_it_may(name):
    predictor, images, labels, max_value = ask(name)
    moved = add_fast_gradient(predictor, images, labels, 0.07, max_value)
    rows = np.arange(len(images))
    assert (predictor.probabilities(moved)[rows, labels] < predictor.probabilities(images)[rows, labels]).all()
    assert (moved.dtype, moved.shape) == (np.uint8, images.shape)
    assert np.abs(moved.astype(int) - images).max() == round(0.07 * max_value)
    assert moved.max() <= max_value
    assert add_fast_gradient(predictor, images, labels, 0.0, max_value) is images


def test_each_pixel_moves_the_way_that_raises_the_loss():
    predictor, images, labels, max_value = ask("no hidden layer")
    # Without hidden layers, the slope of the loss is known: weights of each class, by how far its probability is off.
    off = predictor.probabilities(images) - np.eye(5)[labels]
    expected = np.sign(off @ predictor.model.get_layer("output").kernel.numpy().T).reshape(images.shape)
    moved = add_fast_gradient(predictor, images, labels, 0.04, max_value)
    np.testing.assert_array_equal(moved, np.clip(images + np.rint(0.04 * max_value) * expected, 0, max_value))


def test_an_answer_that_is_quite_sure_has_a_slope_as_well():
    spec, shape, max_value = NETWORKS["dense"]
    model = build_network(spec, shape, 5, max_value)
    *others, kernel, bias = model.get_weights()
    predictor = Predictor(spec, shape, 5, max_value, pack_weights([*others, kernel * 60, bias]))
    images = np.random.default_rng(1).integers(0, max_value + 1, (50, *shape), dtype=np.uint8)
    answers = predictor.probabilities(images)
    sure = images[answers.max(axis=1) == SUREST]
    assert len(sure)
    moved = add_fast_gradient(predictor, sure, predictor.probabilities(sure).argmax(axis=1), 0.07, max_value)
    assert (moved != sure).reshape(len(sure), -1).any(axis=1).all()
