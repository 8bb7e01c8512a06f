from __future__ import annotations

import keras
import numpy as np
import pytest

from core.errors import InklingError
from core.networks.activations import ACTIVATIONS
from core.networks.building import build_network, build_optimiser, export_keras, load_weights
from core.networks.layers import DenseLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.spec import TrainingSpec

SPEC = TrainingSpec(hidden=(DenseLayer(units=6), DenseLayer(units=5, activation="tanh")))
PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)


def _build(spec=SPEC):
    return build_network(spec, (4, 4, 3), 7, 255)


def _same(one, other):
    return all(np.array_equal(left, right) for left, right in zip(one.get_weights(), other.get_weights(), strict=True))


def test_layers_have_names_for_people():
    assert [layer.name for layer in _build().layers] == ["scale", "flatten", "dense_1", "dense_2", "output"]


def test_the_network_takes_raw_pixels_and_gives_probabilities():
    probabilities = _build()(PIXELS).numpy()
    assert probabilities.shape == (3, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_scaling_happens_inside():
    scaled, raw = _build(), _build(SPEC.model_copy(update={"scale_inputs": False}))
    assert raw.layers[0].name == "flatten"
    np.testing.assert_allclose(scaled(PIXELS).numpy(), raw(PIXELS / np.float32(255)).numpy(), rtol=1e-5)


def test_the_seed_alone_decides_the_first_weights():
    first = _build()
    keras.utils.set_random_seed(99)
    np.random.default_rng().normal()
    assert _same(first, _build())
    assert not _same(first, _build(SPEC.model_copy(update={"seed": 2})))


def test_layers_of_the_same_shape_start_differently():
    model = build_network(TrainingSpec(hidden=(DenseLayer(units=4), DenseLayer(units=4))), (2, 2), 4, 16)
    kernels = [layer.get_weights()[0] for layer in model.layers[2:]]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


def test_weights_start_as_glorot_and_bengio_have_them():
    kernel, bias = build_network(TrainingSpec(hidden=(DenseLayer(units=300),)), (20, 20), 10, 255).get_layer("dense_1").get_weights()
    limit = np.sqrt(6 / (400 + 300))
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not bias.any()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_on_offer_can_be_built(activation):
    spec = SPEC.model_copy(update={"hidden": (DenseLayer(units=3, activation=activation),)})
    assert np.isfinite(_build(spec)(PIXELS).numpy()).all()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_on_offer_has_the_rate_of_the_spec(name):
    optimiser = build_optimiser(SPEC.model_copy(update={"optimiser": name, "learning_rate": 0.0625}))
    assert float(optimiser.learning_rate.numpy()) == 0.0625


def test_an_exported_network_answers_alike_without_inkling(tmp_path):
    model = _build(SPEC.model_copy(update={"seed": 5}))
    path = tmp_path / "model.keras"
    path.write_bytes(export_keras(SPEC, (4, 4, 3), 7, 255, model.get_weights()))
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded(PIXELS).numpy(), model(PIXELS).numpy())
    assert [layer.name for layer in loaded.layers] == ["scale", "flatten", "dense_1", "dense_2", "output"]


def test_an_export_does_not_depend_on_what_was_built_before(tmp_path):
    keras.layers.Dense(3)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    test_an_exported_network_answers_alike_without_inkling(tmp_path)


@pytest.mark.parametrize("damage", [lambda weights: weights[:-1], lambda weights: [*weights[:-1], np.zeros(8, np.float32)]])
def test_weights_of_another_network_are_refused(damage):
    model = _build()
    with pytest.raises(InklingError, match="do not fit the network"):
        load_weights(model, damage(model.get_weights()))
