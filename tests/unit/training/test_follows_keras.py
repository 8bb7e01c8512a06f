"""The loop is ours; the mathematics has to be that of `keras.Model.fit`."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from core.networks.activations import ACTIVATIONS
from core.networks.building import adapt_scaling, build_network, build_optimiser
from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    MaxPoolingLayer,
)
from core.networks.losses import LOSSES
from core.networks.optimisers import OPTIMISERS
from core.networks.schedules import SCHEDULES, learning_rates
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.training.events import EpochEnded
from core.training.learner import Learner
from core.training.loop import train
from core.training.steps import CompiledSteps

TRAINED = 120
"""Of the 150 images of the tiny set, in three batches of 32 and one of 24."""

DENSE = DenseLayer(units=9)
NORMALISED = (DenseLayer(units=12), BatchNormalizationLayer(), DENSE)
CONVOLUTIONS = (
    Conv2DLayer(filters=4, kernel=3, padding="valid", l2=0.01),
    MaxPoolingLayer(),
    BatchNormalizationLayer(),
    Conv2DLayer(filters=5, kernel=2, stride=2, activation="elu"),
    FlattenLayer(),
    DENSE,
)

FAST = {"adam": {}}

SLOW = {
    "normalised, a last batch of its own": {"hidden": NORMALISED, "optimiser": "nesterov", "learning_rate": 0.05},
    "convolutions": {"hidden": CONVOLUTIONS, "loss": "categorical_crossentropy", "label_smoothing": 0.1, "schedule": "cosine"},
    **{f"optimiser {name}": {"optimiser": name, "learning_rate": OPTIMISERS[name].default_rate} for name in OPTIMISERS},
    # exp of a sum of pixels overflows at the usual rate, in Keras as well.
    **{
        f"activation {name}": {
            "hidden": (DenseLayer(units=12, activation=name), DenseLayer(units=9, activation=name)),
            "optimiser": "momentum",
            "learning_rate": 1e-4 if name == "exponential" else 0.01,
        }
        for name in ACTIVATIONS
    },
    **{f"loss {name}": {"loss": name} for name in LOSSES},
    **{f"smoothed {name}": {"loss": name, "label_smoothing": 0.2} for name, loss in LOSSES.items() if loss.is_one_hot},
    **{f"schedule {name}": {"schedule": name, "drop_every": 1, "warmup_epochs": 0.7} for name in SCHEDULES},
    "momentum of its own": {"optimiser": "nesterov", "momentum": 0.5, "learning_rate": 0.05},
    "rmsprop with momentum": {"optimiser": "rmsprop", "momentum": 0.7, "rho": 0.8},
    "adam with betas": {"optimiser": "adam", "beta_1": 0.8, "beta_2": 0.95},
    "lion with betas": {"optimiser": "lion", "beta_1": 0.8, "beta_2": 0.9},
    "adadelta with rho": {"optimiser": "adadelta", "rho": 0.8, "learning_rate": 1.0},
    "weight decay on a schedule": {"optimiser": "sgd", "weight_decay": 0.05, "learning_rate": 0.1, "schedule": "exponential"},
    "adamw with more decay": {"optimiser": "adamw", "weight_decay": 0.1},
    "gradients cut short": {"optimiser": "sgd", "clip_norm": 0.1, "learning_rate": 0.5},
    "l2": {"hidden": (DenseLayer(units=12, l2=0.02), DenseLayer(units=9, l2=0.001))},
    "nothing scaled": {"scaling": "none", "learning_rate": 1e-4},
    "standardised": {"scaling": "standardise_set"},
    "standardised by pixel": {"scaling": "standardise_pixel"},
    "standardised convolutions": {"scaling": "standardise_pixel", "hidden": CONVOLUTIONS},
    "initialised otherwise": {"hidden": (DenseLayer(units=12, initialiser="he_normal"), DenseLayer(units=9, initialiser="lecun_normal"))},
    "no hidden layer": {"hidden": ()},
    "nothing held back": {"validation_split": 0.0},
    "single images": {"batch_size": 1, "epochs": 1},
    "a last batch of a single image": {"batch_size": 17, "hidden": NORMALISED},
    "a batch larger than the epoch": {"batch_size": 500, "hidden": NORMALISED},
    "no smaller batch": {"batch_size": 40, "hidden": NORMALISED},
    "average pooling": {"hidden": (AveragePoolingLayer(size=3), DENSE)},
    "pooling of the image": {"hidden": (MaxPoolingLayer(), BatchNormalizationLayer(), DENSE)},
    "global pooling": {"hidden": (Conv2DLayer(filters=4, kernel=5), GlobalAveragePoolingLayer())},
    "convolution with stride, valid": {"hidden": (Conv2DLayer(filters=4, kernel=4, stride=3, padding="valid", activation="tanh"), DENSE)},
    # Not Adam: a bias before a normalisation has no slope but what rounding leaves, which Adam would blow up.
    "normalised convolutions": {
        "optimiser": "momentum",
        "hidden": (Conv2DLayer(filters=4, activation="linear"), BatchNormalizationLayer(), AveragePoolingLayer(), Conv2DLayer(filters=3)),
    },
    "hinge through convolutions": {"hidden": CONVOLUTIONS, "loss": "categorical_hinge", "optimiser": "adamw", "clip_norm": 0.5},
    "shuffled pixels": {"shuffled_pixels": True, "scaling": "standardise_pixel"},
    "shuffled pixels for convolutions": {"shuffled_pixels": True, "hidden": CONVOLUTIONS},
    "dropout of nothing": {"hidden": (DENSE, DropoutLayer(rate=0.0))},
}

CASES = [pytest.param(changes, id=name) for name, changes in FAST.items()]
CASES += [pytest.param(changes, id=name, marks=pytest.mark.slow) for name, changes in SLOW.items()]


def _spec(**changes):
    settings = {"hidden": (DenseLayer(units=12), DENSE), "epochs": 2, "shuffle": False, "validation_split": 0.2}
    return TrainingSpec(**(settings | changes))


def _keras_loss(spec):
    """Keras' own loss, and what it wants as labels: our way to compute it is not asked."""
    smoothing = {"label_smoothing": spec.label_smoothing} if spec.loss == "categorical_crossentropy" else {}
    name = "".join(word.capitalize() for word in spec.loss.split("_"))

    def encode(labels):
        if not LOSSES[spec.loss].is_one_hot:
            return labels
        by_hand = 0.0 if smoothing else spec.label_smoothing
        return (np.eye(4)[labels] * (1 - by_hand) + by_hand / 4).astype(np.float32)

    return getattr(keras.losses, name)(**smoothing), encode


def _fit(spec, image_set, *callbacks):
    """Returns Keras' model and the history of `fit`."""
    model = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
    trained = TRAINED if spec.validation_split else 150
    adapt_scaling(model, spec, image_set.x_train[:trained])
    loss, encode = _keras_loss(spec)
    model.compile(build_optimiser(spec), loss=loss, metrics=["accuracy"])
    rates = iter(learning_rates(spec, -(-trained // spec.batch_size)))
    follow = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: model.optimizer.learning_rate.assign(next(rates)))
    options = {"batch_size": spec.batch_size, "epochs": spec.epochs, "validation_split": spec.validation_split}
    labels = encode(image_set.y_train)
    return model, model.fit(image_set.x_train, labels, shuffle=False, verbose=0, callbacks=[follow, *callbacks], **options).history


@pytest.mark.parametrize("changes", CASES)
def test_losses_accuracies_and_weights_follow_keras_fit(changes, tiny_set):
    spec = _spec(**changes)
    model, expected = _fit(spec, tiny_set)
    events = []
    outcome = train(spec, tiny_set, events.append)
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    np.testing.assert_allclose([epoch.loss for epoch in epochs], expected["loss"], rtol=1e-4)
    np.testing.assert_allclose([epoch.accuracy for epoch in epochs], expected["accuracy"], rtol=1e-6)
    if spec.validation_split:
        np.testing.assert_allclose([epoch.validation_loss for epoch in epochs], expected["val_loss"], rtol=1e-4)
        np.testing.assert_allclose([epoch.validation_accuracy for epoch in epochs], expected["val_accuracy"], rtol=1e-6)
    for ours, theirs in zip(unpack_weights(outcome.weights), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=2e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "hidden",
    [(DenseLayer(units=12),), NORMALISED, CONVOLUTIONS],
)
def test_each_single_step_follows_keras(hidden, tiny_set):
    spec = _spec(hidden=hidden, validation_split=0.0, epochs=1, schedule="exponential")
    expected = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: expected.append(logs["loss"]))
    _fit(spec, tiny_set, record)

    order = np.arange(150, dtype=np.int32)
    steps = CompiledSteps(spec, tiny_set, Learner(spec, tiny_set, order), 150)
    steps.begin_epoch(order, learning_rates(spec, 5))
    means = [steps.run(1)[1].mean_loss for _ in range(steps.steps_per_epoch)]

    assert len(means) == 5
    # Keras reports the mean over the epoch so far, so do the sums.
    np.testing.assert_allclose(means, expected, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("patience", [1, 2])
def test_early_stopping_ends_at_the_epoch_where_keras_ends(patience, tiny_set):
    # A rate at which the validation loss soon goes up and down.
    spec = _spec(optimiser="sgd", learning_rate=1.5, epochs=30, patience=patience, keep_best=True)
    stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience, restore_best_weights=True)
    model, expected = _fit(spec, tiny_set, stopping)
    events = []
    outcome = train(spec, tiny_set, events.append)
    assert outcome.epochs_done == len(expected["loss"]) < 30
    for ours, theirs in zip(unpack_weights(outcome.weights), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=5e-3, atol=1e-4)
