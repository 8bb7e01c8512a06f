"""Ready-made settings to start from: public name to spec, the reasons for it, and what others reached with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.errors import InklingError
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, Layer, MaxPoolingLayer
from core.networks.spec import TrainingSpec


@dataclass(frozen=True)
class Recipe:
    """A starting point.

    Attributes:
        title: as shown in the picker.
        summary: one or two plain sentences: what it is and what to change first.
        reasons: why each choice was made, one or two sentences for each thing chosen.
        spec: the settings themselves.
        published_accuracy: test accuracy from 0 to 1 that the tutorial with this network reports, if there is one.
    """

    title: str
    summary: str
    reasons: tuple[str, ...]
    spec: TrainingSpec
    published_accuracy: float | None = None


def _relu(*units: int) -> tuple[DenseLayer, ...]:
    return tuple(DenseLayer(units=count, activation="relu") for count in units)


def _convolution(filters: int, *pooling: MaxPoolingLayer) -> tuple[Layer, ...]:
    # Normalised after the pooling: there are a quarter as many values then.
    return (Conv2DLayer(filters=filters, padding="valid"), *pooling, BatchNormalizationLayer())


_POOLING = MaxPoolingLayer()
_TWO_AND_ONE = (*_convolution(32, _POOLING), *_convolution(64, _POOLING), *_convolution(64))
_THREE = (*_convolution(32, _POOLING), *_convolution(64, _POOLING), *_convolution(128, _POOLING))


def _dense_between(before: float, after: float) -> tuple[Layer, ...]:
    return (DropoutLayer(rate=before), DenseLayer(units=128), DropoutLayer(rate=after))


_SETTLING: dict[str, Any] = {"learning_rate": 0.002, "schedule": "cosine", "batch_size": 64}
"""Large steps at first, none at the end; see the reasons of `mnist-cnn`."""

RECIPES: dict[str, Recipe] = {
    "digits-64": Recipe(
        "Digits, one layer of 64",
        "Learns the small bundled digits in seconds. Try 8 units instead of 64, then none at all.",
        (
            "64 units are as many as an 8 x 8 image has pixels: enough to learn from, and done in seconds.",
            "40 epochs, because there are few images and each epoch is short.",
            "A fifth is held back: with 1,437 images, a tenth would be too few to trust.",
        ),
        TrainingSpec(recipe="digits-64", dataset="digits", hidden=_relu(64), epochs=40, validation_split=0.2),
    ),
    "mnist-128": Recipe(
        "MNIST, one layer of 128",
        "The network of most first tutorials. Try another layer and see how little it changes.",
        (
            "A single layer of 128 ReLU units is enough to read nearly all of these digits.",
            "Adam at 0.001 needs no tuning, which is why tutorials begin with it.",
            "5 epochs: after that the training cross-entropy still falls, and the validation cross-entropy hardly does.",
        ),
        TrainingSpec(recipe="mnist-128", dataset="mnist", hidden=_relu(128), epochs=5),
        published_accuracy=0.976,
    ),
    "mnist-784-32-sgd": Recipe(
        "MNIST, 784 and 32 with plain SGD",
        "A wide layer, a narrow one and large batches. Switch the scaling off to see it fail.",
        (
            "784 units, one for each pixel, and then 32: the narrow layer has to sum up what the wide one found.",
            "Plain gradient descent has a single rate for all weights, so it wants a hundred times Adam's.",
            "Batches of 500 give smooth curves, but few steps in each epoch: hence 20 epochs.",
        ),
        TrainingSpec(
            recipe="mnist-784-32-sgd",
            dataset="mnist",
            hidden=_relu(784, 32),
            optimiser="sgd",
            learning_rate=0.1,
            batch_size=500,
            epochs=20,
        ),
        published_accuracy=0.95,
    ),
    "mnist-784-32-raw": Recipe(
        "MNIST, 784 and 32 on raw pixels",
        "Fails on purpose: the same network without scaling. Scale the pixels to 0..1 first; or keep them raw and try a rate of 0.001.",
        (
            "Pixels up to 255 in place of 1 make the first gradients hundreds of times as large, at a rate that was right before.",
            "The first steps throw the weights so far off that most ReLU units give 0 for every image, and a unit that always gives 0"
            " has no gradient to come back by.",
            "All else is as in the recipe that works, so that the scaling alone makes the difference.",
        ),
        TrainingSpec(
            recipe="mnist-784-32-raw",
            dataset="mnist",
            scaling="none",
            hidden=_relu(784, 32),
            optimiser="sgd",
            learning_rate=0.1,
            batch_size=500,
            epochs=5,
        ),
    ),
    "mnist-cnn": Recipe(
        "MNIST, three convolutions",
        "Windows of 3 x 3 pixels find a stroke wherever it is: less than half the mistakes of a Dense layer. Try it without its dropout.",
        (
            "Three convolutions with pooling between them: the first sees 3 x 3 pixels, the second 8 x 8, the third 18 x 18.",
            "Normalising keeps the steps steady, and after a pooling costs a quarter. Dropout keeps the Dense layer,"
            " which holds more than half of the weights, from learning images by heart.",
            "The cosine schedule begins at twice Adam's usual rate and ends at 0: large steps to find the way, small ones to settle.",
        ),
        TrainingSpec(
            recipe="mnist-cnn",
            dataset="mnist",
            hidden=(*_TWO_AND_ONE, *_dense_between(0.25, 0.5)),
            **_SETTLING,
            epochs=8,
        ),
    ),
    "cifar10-200-150": Recipe(
        "CIFAR-10, 200 and 150",
        "Small colour photos, where dense layers reach their limit: about half are right. More units barely help.",
        (
            "Two layers of 200 and 150 units hold 646,260 weights, nearly all of them between the pixels and the first layer.",
            "Half of Adam's usual rate: photos differ more than digits do, so the gradients of small batches are noisier.",
            "A Dense layer has to learn a cat anew in each corner. Compare with the network of convolutions.",
        ),
        TrainingSpec(recipe="cifar10-200-150", dataset="cifar10", hidden=_relu(200, 150), learning_rate=0.0005, epochs=10),
        published_accuracy=0.49,
    ),
    "cifar10-cnn": Recipe(
        "CIFAR-10, three convolutions",
        "Three small convolutions against one wide Dense layer: far better, with a quarter of the weights. Mirror the images next.",
        (
            "Three convolutions with pooling between them: edges, then corners and textures, then parts of things.",
            "Twice the filters each time, as there are more kinds of parts than of edges, and the image gets smaller each time.",
            "The cosine schedule begins at twice Adam's usual rate and ends at 0. More epochs and a mirror help most from here.",
        ),
        TrainingSpec(
            recipe="cifar10-cnn",
            dataset="cifar10",
            hidden=(*_THREE, *_dense_between(0.25, 0.25)),
            **_SETTLING,
            epochs=6,
        ),
    ),
    "fashion-128": Recipe(
        "Fashion-MNIST, one layer of 128",
        "The same network as for digits, on clothes. Look at which kinds it takes for each other.",
        (
            "The network of the digits unchanged, so that only the data differ: clothes are harder.",
            "10 epochs, twice as many, because shirts, coats and pullovers take longer to tell apart.",
        ),
        TrainingSpec(recipe="fashion-128", dataset="fashion_mnist", hidden=_relu(128), epochs=10),
        published_accuracy=0.881,
    ),
    "fashion-cnn": Recipe(
        "Fashion-MNIST, three convolutions",
        "The network of mnist-cnn on clothes. Try it with half the filters, then without the second dropout.",
        (
            "The same three convolutions as for the digits: what they look for is learned, not built in.",
            "Dropout and normalisation as there, for the same reasons. Take one of them out to see what it is worth.",
        ),
        TrainingSpec(
            recipe="fashion-cnn",
            dataset="fashion_mnist",
            hidden=(*_TWO_AND_ONE, *_dense_between(0.25, 0.5)),
            **_SETTLING,
            epochs=8,
        ),
    ),
    "mnist-512": Recipe(
        "MNIST, one layer of 512",
        "Four times as wide as the usual one. Watch the gap between the training and the validation curve.",
        (
            "512 units make 407,050 parameters: seven for each training image, so that it can learn many of them by heart.",
            "10 epochs are enough to see that happen. Put a Dropout layer behind it and watch the gap shrink.",
        ),
        TrainingSpec(recipe="mnist-512", dataset="mnist", hidden=_relu(512), epochs=10),
        published_accuracy=0.9799,
    ),
}

DEFAULT_RECIPE = "digits-64"


def find_recipe(name: str) -> Recipe:
    """The recipe of this name. Raises `InklingError`, listing the names there are."""
    if name not in RECIPES:
        raise InklingError(f"There is no recipe called {name!r}; expected one of {', '.join(RECIPES)}.")
    return RECIPES[name]
