"""The loop is ours; the mathematics has to be that of `keras.Model.fit`."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from core.networks.activations import ACTIVATIONS
from core.networks.building import build_network, build_optimiser
from core.networks.layers import DenseLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.training.events import EpochEnded
from core.training.loop import train
from core.training.steps import CompiledSteps

FAST = [("adam", "relu"), ("nesterov", "tanh")]
EVERY_OPTIMISER = [(optimiser, "relu") for optimiser in OPTIMISERS]
EVERY_ACTIVATION = [("momentum", activation) for activation in ACTIVATIONS]
SLOW = [pytest.param(*pair, marks=pytest.mark.slow) for pair in EVERY_OPTIMISER + EVERY_ACTIVATION if pair not in FAST]


def _spec(**changes):
    settings = {"hidden": (DenseLayer(units=12), DenseLayer(units=9)), "epochs": 3, "shuffle": False, "validation_split": 0.2}
    return TrainingSpec(**(settings | changes))


def _keras_model(spec, image_set):
    model = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
    model.compile(build_optimiser(spec), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _fit(spec, image_set, model, **options):
    return model.fit(
        image_set.x_train, image_set.y_train, batch_size=spec.batch_size, epochs=spec.epochs, shuffle=False, verbose=0, **options
    ).history


def _assert_equal_to_fit(spec, image_set):
    model = _keras_model(spec, image_set)
    expected = _fit(spec, image_set, model, validation_split=spec.validation_split)
    events = []
    outcome = train(spec, image_set, events.append, lambda: False)
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    np.testing.assert_allclose([epoch.loss for epoch in epochs], expected["loss"], rtol=1e-4)
    np.testing.assert_allclose([epoch.accuracy for epoch in epochs], expected["accuracy"], rtol=1e-6)
    if spec.validation_split:
        np.testing.assert_allclose([epoch.validation_loss for epoch in epochs], expected["val_loss"], rtol=1e-4)
        np.testing.assert_allclose([epoch.validation_accuracy for epoch in epochs], expected["val_accuracy"], rtol=1e-6)
    for ours, theirs in zip(unpack_weights(outcome.weights), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("optimiser", "activation"), FAST + SLOW)
def test_losses_accuracies_and_weights_follow_keras_fit(optimiser, activation, tiny_set):
    # exp of a sum of pixels overflows at the usual rate, in Keras as well.
    rate = 1e-4 if activation == "exponential" else OPTIMISERS[optimiser].default_rate
    hidden = (DenseLayer(units=12, activation=activation), DenseLayer(units=9, activation=activation))
    _assert_equal_to_fit(_spec(optimiser=optimiser, learning_rate=rate, hidden=hidden), tiny_set)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": ()},
        {"validation_split": 0.0},
        {"scale_inputs": False, "learning_rate": 1e-4},
        {"batch_size": 1, "epochs": 1},
        {"batch_size": 500},
        {"batch_size": 120},
    ],
    ids=["no hidden layer", "nothing held back", "raw pixels", "single images", "batch larger than the epoch", "no partial batch"],
)
def test_unusual_settings_follow_keras_fit_too(changes, tiny_set):
    _assert_equal_to_fit(_spec(**changes), tiny_set)


def test_each_single_step_follows_keras(tiny_set):
    spec = _spec(validation_split=0.0, epochs=1)
    expected = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: expected.append(logs["loss"]))
    _fit(spec, tiny_set, _keras_model(spec, tiny_set), callbacks=[record])

    steps = CompiledSteps(spec, tiny_set, 150)
    steps.begin_epoch(np.arange(150, dtype=np.int32))
    means = [steps.run(1)[1].mean_loss for _ in range(steps.steps_per_epoch)]

    assert len(means) == 5
    # Keras reports the mean over the epoch so far, so do the sums.
    np.testing.assert_allclose(means, expected, rtol=1e-4)
