"""From a `TrainingSpec` to Keras objects: the network, its optimiser, and a model file to download."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError
from core.networks.optimisers import OPTIMISERS, KerasOptimiser
from core.networks.spec import TrainingSpec

KerasModel = Any


def build_network(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, max_value: int) -> KerasModel:
    """Build the Keras model that a spec describes, with fresh weights.

    It takes raw pixels, `(n, *image_shape)` from 0 to `max_value` in any number type: the scaling is its first layer,
    so whoever loads an exported model can't forget it. It returns class probabilities, `float32 (n, class_count)`.

    The weights depend on `spec.seed` alone (Glorot uniform, Keras' default; biases start at 0). Every layer is named
    here, because Keras would number unnamed ones by what the process has built before.
    """
    import keras

    layers = [keras.Input(image_shape, name="image")]
    if spec.scale_inputs:
        layers.append(keras.layers.Rescaling(1 / max_value, name="scale"))
    layers.append(keras.layers.Flatten(name="flatten"))
    seeds = np.random.SeedSequence(spec.seed).generate_state(len(spec.hidden) + 1).tolist()
    for number, (layer, seed) in enumerate(zip(spec.hidden, seeds, strict=False), start=1):
        layers.append(_dense(f"dense_{number}", layer.units, layer.activation, seed))
    layers.append(_dense("output", class_count, "softmax", seeds[-1]))
    return keras.Sequential(layers, name="inkling")


def build_optimiser(spec: TrainingSpec) -> KerasOptimiser:
    """The Keras optimiser of a spec, with its learning rate. It has no variables yet."""
    return OPTIMISERS[spec.optimiser].build(spec.learning_rate)


def load_weights(model: KerasModel, weights: Sequence[NDArray[np.float32]]) -> None:
    """Put `weights` (in Keras' order: kernel and bias of each layer) into the model.

    Raises `InklingError` if they are not of this network.
    """
    expected = [tuple(variable.shape) for variable in model.weights]
    received = [array.shape for array in weights]
    if expected != received:
        raise InklingError(
            f"The weights do not fit the network: expected arrays of shapes {expected}, got {received}. Train the run again."
        )
    model.set_weights(list(weights))


def export_keras(
    spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, max_value: int, weights: Sequence[NDArray[np.float32]]
) -> bytes:
    """A `.keras` file that `keras.models.load_model` reads without Inkling. It takes raw pixels.

    It is not compiled: the optimiser's state is not kept, and without it Keras warns at each loading of a compiled model.

    Raises `InklingError` if the weights are not of this network.
    """
    model = build_network(spec, image_shape, class_count, max_value)
    load_weights(model, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _dense(name: str, units: int, activation: str, seed: int) -> Any:
    import keras

    return keras.layers.Dense(units, activation, kernel_initializer=keras.initializers.GlorotUniform(seed=seed), name=name)
