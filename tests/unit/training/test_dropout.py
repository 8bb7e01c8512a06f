"""Dropout in the compiled loop: random, so it is held against Keras in distribution."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from core.networks.layers import Conv2DLayer, DenseLayer, DropoutLayer
from core.networks.spec import TrainingSpec
from core.training.learner import Learner
from core.training.steps import CompiledSteps

pytestmark = pytest.mark.slow

BATCH, EPOCHS = 30, 80

DENSE = (DropoutLayer(rate=0.2), DenseLayer(units=20), DropoutLayer(rate=0.5))
CONVOLUTION = (Conv2DLayer(filters=4), DropoutLayer(rate=0.4))


def _losses_of_steps(hidden, image_set):
    """The mean loss of each of many steps that are too small to change anything, and the network they were taken with."""
    spec = TrainingSpec(hidden=hidden, optimiser="sgd", learning_rate=1e-12, batch_size=BATCH, validation_split=0.0)
    order = np.arange(len(image_set.y_train), dtype=np.int32)
    learner = Learner(spec, image_set, order)
    steps = CompiledSteps(spec, image_set, learner, len(order))
    sums = []
    for _ in range(EPOCHS):
        steps.begin_epoch(order, np.full(steps.steps_per_epoch, 1e-12, np.float32))
        sums.append([0.0, *(steps.run(1)[1].loss for _ in range(steps.steps_per_epoch))])
    return np.diff(sums, axis=1) / BATCH, learner.model


def _losses_of_keras(model, image_set):
    """The same from one call of Keras' network, which drops other values for each image of a batch however large."""
    images, labels = np.tile(image_set.x_train, (EPOCHS, 1, 1)), np.tile(image_set.y_train, EPOCHS)
    losses = keras.losses.sparse_categorical_crossentropy(labels, model(images, training=True))
    return np.asarray(losses).reshape(EPOCHS, -1, BATCH).mean(axis=2)


@pytest.mark.parametrize("hidden", [DENSE, CONVOLUTION])
def test_losses_under_dropout_are_distributed_as_those_of_keras(hidden, tiny_set):
    ours, model = _losses_of_steps(hidden, tiny_set)
    theirs = _losses_of_keras(model, tiny_set)
    assert ours.shape == theirs.shape == (EPOCHS, 5)
    spread = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / EPOCHS)
    # Five batches, each within four standard errors of the difference.
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4 * spread).all()
    np.testing.assert_allclose(ours.std(axis=0), theirs.std(axis=0), rtol=0.4)


def test_every_step_drops_something_else(tiny_set):
    losses, _ = _losses_of_steps(DENSE, tiny_set)
    assert len(np.unique(losses)) == losses.size
