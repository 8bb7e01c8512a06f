"""Looks inside a network, in real short trainings and with a clock that stands still."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.networks.building import build_network, load_weights
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.training.events import Glimpsed
from core.training.glimpses import GLIMPSE_SHARE, Glimpses
from core.training.learner import Learner
from core.training.loop import train
from core.training.splitting import split_images
from core.training.steps import CompiledSteps

pytestmark = pytest.mark.slow

SPEC = TrainingSpec(hidden=(DenseLayer(units=8),), epochs=3, validation_split=0.2, learning_rate=0.01)
CONVOLUTIONS = SPEC.model_copy(
    update={"hidden": (Conv2DLayer(filters=3, kernel=2), BatchNormalizationLayer(), MaxPoolingLayer(), DropoutLayer(), DenseLayer(units=5))}
)


def _train(spec, image_set):
    events = []
    outcome = train(spec, image_set, events.append)
    return outcome, [event for event in events if isinstance(event, Glimpsed)]


@pytest.fixture(scope="module")
def dense(tiny_set):
    return _train(SPEC, tiny_set)


def _model(outcome, image_set, spec=SPEC):
    model = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
    load_weights(model, unpack_weights(outcome.weights))
    return model


def test_the_last_look_is_at_the_network_that_comes_out(dense, tiny_set):
    outcome, glimpses = dense
    last = glimpses[-1]
    assert (last.epoch, last.step) == (3, 12)
    expected = _model(outcome, tiny_set)(tiny_set.x_train[list(last.examples)]).numpy()
    np.testing.assert_allclose(np.frombuffer(last.probabilities, "<f4").reshape(12, 4), expected, rtol=1e-5)


def test_the_examples_are_the_same_all_along_and_held_back_evenly_from_all_classes(dense, tiny_set):
    examples = {glimpse.examples for glimpse in dense[1]}
    assert len(examples) == 1
    positions = list(examples.pop())
    assert set(positions) <= set(split_images(SPEC, tiny_set.y_train).validation.tolist())
    assert tiny_set.y_train[positions].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_with_nothing_held_back_training_images_are_shown(tiny_set):
    _, glimpses = _train(SPEC.model_copy(update={"validation_split": 0.0, "epochs": 1}), tiny_set)
    assert len(glimpses[-1].examples) == 12


def test_the_first_weights_are_those_of_each_unit_over_the_image(dense):
    outcome, glimpses = dense
    kernel = unpack_weights(outcome.weights)[0]
    assert glimpses[-1].first_shape == (8, 8, 8)
    pictures = np.frombuffer(glimpses[-1].first_weights, "<f2").reshape(8, 8, 8)
    np.testing.assert_array_equal(pictures, kernel.T.reshape(8, 8, 8).astype(np.float16))


def test_layers_are_told_by_their_size(dense, tiny_set):
    outcome, glimpses = dense
    first, output = glimpses[-1].layers
    kernels = unpack_weights(outcome.weights)[::2]
    assert (first.name, output.name) == ("dense_1", "output")
    for layer, kernel in zip((first, output), kernels, strict=True):
        assert layer.weight == pytest.approx(np.sqrt((kernel**2).mean()), rel=1e-5)
        assert layer.gradient > 0
    assert 0.25 <= output.activation <= 0.5
    assert output.dead == 0.0


def test_a_convolution_shows_its_filters_and_every_layer_with_a_kernel_is_told(tiny_set):
    outcome, glimpses = _train(CONVOLUTIONS, tiny_set)
    last = glimpses[-1]
    assert [layer.name for layer in last.layers] == ["conv2d_1", "dense_1", "output"]
    assert last.first_shape == (3, 2, 2, 1)
    pictures = np.frombuffer(last.first_weights, "<f2").reshape(last.first_shape)
    np.testing.assert_array_equal(pictures, np.moveaxis(unpack_weights(outcome.weights)[0], -1, 0).astype(np.float16))


def test_a_first_layer_that_does_not_see_the_image_has_no_picture(tiny_set):
    _, glimpses = _train(SPEC.model_copy(update={"hidden": (MaxPoolingLayer(), DenseLayer(units=4)), "epochs": 1}), tiny_set)
    assert (glimpses[-1].first_weights, glimpses[-1].first_shape) == (b"", (0,))


@pytest.mark.parametrize(("activation", "dead"), [("relu", 1.0), ("tanh", 0.0)])
def test_units_that_give_nothing_are_dead_only_where_that_is_the_end_of_them(activation, dead, tiny_set):
    layer = DenseLayer(units=4, activation=activation, initialiser="zeros")
    _, glimpses = _train(SPEC.model_copy(update={"hidden": (layer,), "epochs": 1}), tiny_set)
    assert glimpses[0].layers[0].dead == dead
    assert glimpses[0].layers[0].gradient >= 0


class Clock:
    """Stands still until told to move."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def _glimpses(image_set, spec, clock, cost=0.0):
    split = split_images(spec, image_set.y_train)
    learner = Learner(spec, image_set, split.training)
    compiled = CompiledSteps(spec, image_set, learner, len(split.training))
    seen = []

    def see(glimpse):
        seen.append(glimpse)
        clock.now += cost

    return Glimpses(image_set, split, spec.seed, learner, compiled, see, clock), learner, seen


@pytest.mark.parametrize("spec", [SPEC, CONVOLUTIONS], ids=["dense", "convolutions and dropout"])
def test_a_look_changes_nothing(spec, tiny_set):
    glimpses, learner, seen = _glimpses(tiny_set, spec, Clock())
    before = learner.weights() + learner.memory()
    glimpses.look(1, 1)
    glimpses.look(1, 2)
    assert dataclasses.replace(seen[0], step=2) == seen[1]
    for one, other in zip(before, learner.weights() + learner.memory(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_looks_come_once_a_second_and_nothing_is_looked_at_twice(tiny_set):
    clock = Clock()
    glimpses, _, seen = _glimpses(tiny_set, SPEC, clock)
    for step in range(20):
        glimpses.offer(1, step)
        clock.now += 0.25
    assert [glimpse.step for glimpse in seen] == [0, 4, 8, 12, 16]
    glimpses.look(1, 16)
    assert len(seen) == 5


def test_the_end_of_an_epoch_is_looked_at_unless_one_has_just_ended(tiny_set):
    clock = Clock()
    glimpses, _, seen = _glimpses(tiny_set, SPEC, clock)
    for epoch, pause in enumerate((0.1, 0.1, 0.1, 2.0, 2.0), start=1):
        clock.now += pause
        glimpses.offer(epoch, 10 * epoch - 1)
        glimpses.offer(epoch, 10 * epoch, is_epoch_end=True)
    assert [glimpse.step for glimpse in seen] == [9, 10, 39, 40, 49, 50]


def test_dear_looks_are_taken_seldom_enough_to_cost_next_to_nothing(tiny_set):
    clock = Clock()
    glimpses, _, seen = _glimpses(tiny_set, SPEC, clock, cost=0.1)
    for step in range(1000):
        clock.now += 0.2
        glimpses.offer(1, step)
    assert len(seen) > 1
    assert len(seen) * 0.1 <= 1000 * 0.2 * GLIMPSE_SHARE + 0.1
