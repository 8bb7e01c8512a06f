"""From a `TrainingSpec` to Keras objects: the network, its loss, its optimiser, and a model file to download."""

from __future__ import annotations

import json
import math
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError
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
from core.networks.optimisers import OPTIMISERS, KerasOptimiser
from core.networks.plan import Step, plan_layers
from core.networks.shuffling import Order, pixel_order
from core.networks.spec import TrainingSpec

KerasModel = Any
Tensor = Any

CLASS_NAMES_FILE = "class_names.json"
"""In an exported model, beside Keras' own files."""

PIXELS_AT_ONCE = 2**22
"""Pixels whose squares are added up in one go by `adapt_scaling`: 34 MB at most, however large the set is."""

LEAST_SPREAD = 0.1
"""Of the spread of all pixels together: what a single place in the image is divided by at least (`adapt_scaling`)."""


def build_network(spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, max_value: int) -> KerasModel:
    """Build the Keras model that a spec describes, with fresh weights.

    It takes raw pixels, `(n, *image_shape)` from 0 to `max_value` in any number type: the scaling is its first layer,
    so whoever loads an exported model can't forget it. It returns class probabilities, `float32 (n, class_count)`.
    A scaling that has to be measured does nothing until `adapt_scaling` or `load_weights`.

    The weights depend on `spec.seed` alone; biases start at 0. Every layer is named here (see `plan_layers`),
    because Keras would number unnamed ones by what the process has built before.

    Raises `SpecError` if a layer can't do its work on what it gets.
    """
    import keras

    image, *steps = plan_layers(spec, image_shape, class_count)
    seeds = _seeds(spec, steps)
    order = pixel_order(spec, image_shape)
    layers = [
        _build_shuffle(step, order)
        if order is not None and step.kind == "shuffle"
        else _build_layer(step, seeds.get(step.name, 0), max_value)
        for step in steps
    ]
    return keras.Sequential([keras.Input(image_shape, name=image.name), *layers], name="inkling")


def adapt_scaling(model: KerasModel, spec: TrainingSpec, images: NDArray[np.uint8]) -> None:
    """Measure mean and spread of the pixels and put them into the network. Does nothing if the scaling needs neither.

    Has to come before the network is traced. `images`, `(n, *image_shape)`, have to be the ones that are trained on,
    without those held back, or the validation would no longer be of images that the network knows nothing of.

    With a mean for each place, some hardly ever change: every corner of MNIST is black. A new image with ink there would
    be blown up without limit, so the spread of a place counts as at least a tenth of the spread of all pixels together.
    """
    if spec.scaling not in ("standardise_set", "standardise_pixel"):
        return
    means, squares = _moments(images)
    mean, variance = means.mean(), squares.mean() - means.mean() ** 2
    # Images of a single shade have no spread; then there is nothing to divide by.
    variance = variance or 1.0
    if spec.scaling == "standardise_pixel":
        mean, variance = means, np.maximum(squares - means**2, LEAST_SPREAD**2 * variance)
    layer = model.get_layer("standardise")
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(variance)
    layer.finalize_state()


def build_optimiser(spec: TrainingSpec) -> KerasOptimiser:
    """The Keras optimiser of a spec with all its options. It has no variables yet but its learning rate, which can be assigned to."""
    import keras

    optimiser = OPTIMISERS[spec.optimiser]
    options = spec.optimiser_options()
    if "clip_norm" in options:
        options["global_clipnorm"] = options.pop("clip_norm")
    return getattr(keras.optimizers, optimiser.keras_name)(learning_rate=spec.learning_rate, **options, **optimiser.fixed)


def build_loss(spec: TrainingSpec, class_count: int) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of each image: labels `int32 (n,)` and probabilities `float32 (n, class_count)` to `float32 (n,)`.

    It is what `compile(loss=...)` averages. Penalties on weights are no part of it; Keras has them in `model.losses`.
    In a compiled function Keras finds the softmax behind the probabilities and computes a cross-entropy from what
    went into it, without rounding to 0.

    Keras smooths labels for the cross-entropy only; here the one-hot labels of every loss can be smoothed, by the same
    formula (Szegedy et al., "Rethinking the Inception Architecture", 2016, section 7).
    """
    import keras

    loss = LOSSES[spec.loss]
    compute: Callable[[Tensor, Tensor], Tensor] = getattr(keras.losses, loss.keras_name)
    if not loss.is_one_hot:
        return compute

    def compute_one_hot(labels: Tensor, probabilities: Tensor) -> Tensor:
        targets = keras.ops.one_hot(labels, class_count, dtype=probabilities.dtype)
        if spec.label_smoothing:
            targets = targets * (1 - spec.label_smoothing) + spec.label_smoothing / class_count
        return compute(targets, probabilities)

    return compute_one_hot


def load_weights(model: KerasModel, weights: Sequence[NDArray[np.float32]]) -> None:
    """Put `weights` (in Keras' order, layer by layer) into the model. Has to come before the network is traced.

    Raises `InklingError` if they are not of this network.
    """
    expected = [tuple(variable.shape) for variable in model.weights]
    received = [array.shape for array in weights]
    if expected != received:
        raise InklingError(
            f"The weights do not fit the network: expected arrays of shapes {expected}, got {received}. Train the run again."
        )
    model.set_weights(list(weights))
    for layer in model.layers:
        # A Normalization layer computes with a copy of its weights, which only this renews.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def export_keras(
    spec: TrainingSpec,
    image_shape: tuple[int, ...],
    class_names: Sequence[str],
    max_value: int,
    weights: Sequence[NDArray[np.float32]],
) -> bytes:
    """A `.keras` file that `keras.models.load_model` reads without Inkling. It takes raw pixels.

    The file is an archive. Beside what Keras keeps there, `class_names.json` lists the names of the classes in the order of the outputs;
    Keras leaves it alone.

    It is not compiled: the optimiser's state is not kept, and without it Keras warns at each loading of a compiled model.

    Raises `InklingError` if the weights are not of this network.
    """
    model = build_network(spec, image_shape, len(class_names), max_value)
    load_weights(model, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(CLASS_NAMES_FILE, json.dumps(list(class_names), ensure_ascii=False))
        return path.read_bytes()


def _seeds(spec: TrainingSpec, steps: Sequence[Step]) -> dict[str, int]:
    """A seed for each layer that draws something. Dropout has a sequence of its own, so that adding it leaves the weights alone."""
    kernels = [step.name for step in steps if step.has_kernel]
    dropouts = [step.name for step in steps if step.kind == "dropout"]
    kernel_seeds = np.random.SeedSequence(spec.seed).generate_state(len(kernels)).tolist()
    dropout_seeds = np.random.SeedSequence([spec.seed, 1]).generate_state(len(dropouts)).tolist()
    return dict(zip(kernels + dropouts, kernel_seeds + dropout_seeds, strict=True))


def _build_layer(step: Step, seed: int, max_value: int) -> Any:
    from keras import layers

    layer, name = step.layer, step.name
    match layer:
        case DenseLayer():
            return layers.Dense(layer.units, name=name, **_weight_options(layer, seed))
        case Conv2DLayer():
            return layers.Conv2D(
                layer.filters, layer.kernel, strides=layer.stride, padding=layer.padding, name=name, **_weight_options(layer, seed)
            )
        case MaxPoolingLayer():
            return layers.MaxPooling2D(layer.size, name=name)
        case AveragePoolingLayer():
            return layers.AveragePooling2D(layer.size, name=name)
        case GlobalAveragePoolingLayer():
            return layers.GlobalAveragePooling2D(name=name)
        case FlattenLayer():
            return layers.Flatten(name=name)
        case DropoutLayer():
            return layers.Dropout(layer.rate, seed=seed, name=name)
        case BatchNormalizationLayer():
            return layers.BatchNormalization(name=name)
        case None:
            return _build_fixed_layer(step, seed, max_value)


def _build_fixed_layer(step: Step, seed: int, max_value: int) -> Any:
    """A layer that nobody chose."""
    import keras

    name = step.name
    match step.kind:
        case "divide":
            return keras.layers.Rescaling(1 / max_value, name=name)
        case "standardise_set":
            return keras.layers.Normalization(axis=None, name=name)
        case "standardise_pixel":
            return keras.layers.Normalization(axis=tuple(range(1, len(step.input_shape) + 1)), name=name)
        case "channels":
            return keras.layers.Reshape(step.output_shape, name=name)
        case "flatten":
            return keras.layers.Flatten(name=name)
        case _:
            initialiser = keras.initializers.GlorotUniform(seed=seed)
            return keras.layers.Dense(step.output_shape[0], "softmax", kernel_initializer=initialiser, name=name)


def _build_shuffle(step: Step, order: Order) -> Any:
    """The pixels in another order: a small network without weights, of what Keras itself can save and load in its safe mode."""
    import keras

    image = keras.Input(step.input_shape)
    pixels = keras.layers.Reshape((len(order), *step.input_shape[2:]))(image)
    shuffled = keras.ops.take(pixels, order.tolist(), axis=1)
    return keras.Model(image, keras.layers.Reshape(step.output_shape)(shuffled), name=step.name)


def _weight_options(layer: DenseLayer | Conv2DLayer, seed: int) -> dict[str, Any]:
    import keras

    initialiser = keras.initializers.get(layer.initialiser)
    return {
        "activation": layer.activation,
        # All but zeros draw, each layer from a seed of its own.
        "kernel_initializer": initialiser if layer.initialiser == "zeros" else type(initialiser)(seed=seed),
        "kernel_regularizer": keras.regularizers.L2(layer.l2) if layer.l2 else None,
    }


def _moments(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of each pixel and of its square over all images, `float64 (*image_shape)`. Whole numbers are added up, so both are exact."""
    shape = images.shape[1:]
    sums, squares = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    at_once = max(1, PIXELS_AT_ONCE // math.prod(shape))
    for first in range(0, len(images), at_once):
        block = images[first : first + at_once]
        sums += block.sum(axis=0, dtype=np.int64)
        squares += np.square(block, dtype=np.int64).sum(axis=0)
    return sums / len(images), squares / len(images)
