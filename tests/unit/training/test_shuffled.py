"""Training on shuffled pixels is training on images that were shuffled before, in every respect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.figures.first_weights import find_first_weights
from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.shuffling import pixel_order, shuffle_pixels
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.predictions.predictor import Predictor
from core.training.events import EpochEnded, Glimpsed
from core.training.loop import train

pytestmark = pytest.mark.slow

SPEC = TrainingSpec(hidden=(DenseLayer(units=7),), epochs=3, validation_split=0.2, shuffled_pixels=True)
NETWORKS = {
    "dense": SPEC,
    "standardised": SPEC.model_copy(update={"scaling": "standardise_pixel"}),
    "convolution": SPEC.model_copy(update={"hidden": (Conv2DLayer(filters=3),)}),
}


def _train(spec, image_set):
    events = []
    weights = train(spec, image_set, events.append).weights
    return weights, events


def _shuffled(image_set, spec):
    order = pixel_order(spec, image_set.image_shape)
    return replace(image_set, x_train=shuffle_pixels(image_set.x_train, order), x_test=shuffle_pixels(image_set.x_test, order))


@pytest.mark.parametrize("spec", NETWORKS.values(), ids=NETWORKS)
def test_it_learns_what_a_plain_network_learns_from_shuffled_images(spec, tiny_set):
    plain, shuffled = spec.model_copy(update={"shuffled_pixels": False}), _shuffled(tiny_set, spec)
    (ours, events), (theirs, others) = _train(spec, tiny_set), _train(plain, shuffled)
    losses, expected = ([event.validation_loss for event in one if isinstance(event, EpochEnded)] for one in (events, others))
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    inside, outside = (
        Predictor(one, tiny_set.image_shape, tiny_set.class_count, 255, weights) for one, weights in ((spec, ours), (plain, theirs))
    )
    # Nobody who asks it has to know of the shuffle.
    np.testing.assert_allclose(inside.probabilities(tiny_set.x_test), outside.probabilities(shuffled.x_test), rtol=1e-3, atol=1e-5)


def test_pictures_of_weights_have_every_weight_where_its_pixel_is_in_the_image(tiny_set):
    weights, events = _train(SPEC, tiny_set)
    kernel, order = unpack_weights(weights)[0], pixel_order(SPEC, tiny_set.image_shape)
    expected = np.empty((7, 64), np.float32)
    expected[:, order] = kernel.T
    info = find_first_weights(SPEC, tiny_set.image_shape, tiny_set.class_count, unpack_weights(weights))
    np.testing.assert_allclose(info.pictures.reshape(7, 64), expected, atol=1e-3)
    last = [event for event in events if isinstance(event, Glimpsed)][-1]
    np.testing.assert_allclose(np.frombuffer(last.first_weights, "<f2").reshape(7, 64), expected, atol=1e-3)
