"""Ready-made settings to start from: public name to spec, the reason for it, and what others reached with it."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InklingError
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec


@dataclass(frozen=True)
class Recipe:
    """A starting point.

    Attributes:
        title: as shown in the picker.
        summary: one or two plain sentences: what it is and what to change first.
        spec: the settings themselves.
        published_accuracy: test accuracy from 0 to 1 that the tutorial with this network reports, if there is one.
    """

    title: str
    summary: str
    spec: TrainingSpec
    published_accuracy: float | None = None


def _relu(*units: int) -> tuple[DenseLayer, ...]:
    return tuple(DenseLayer(units=count, activation="relu") for count in units)


RECIPES: dict[str, Recipe] = {
    "digits-64": Recipe(
        "Digits, one layer of 64",
        "Learns the small bundled digits in seconds. Try 8 units instead of 64, then none at all.",
        TrainingSpec(recipe="digits-64", dataset="digits", hidden=_relu(64), epochs=40, validation_split=0.2),
    ),
    "mnist-128": Recipe(
        "MNIST, one layer of 128",
        "The network of most first tutorials. Try another layer and see how little it changes.",
        TrainingSpec(recipe="mnist-128", dataset="mnist", hidden=_relu(128), epochs=5),
        published_accuracy=0.976,
    ),
    "mnist-784-32-sgd": Recipe(
        "MNIST, 784 and 32 with plain SGD",
        "A wide layer, a narrow one and large batches. Switch the scaling off to see it fail.",
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
    "cifar10-200-150": Recipe(
        "CIFAR-10, 200 and 150",
        "Small colour photos, where dense layers reach their limit: about half are right. More units barely help.",
        TrainingSpec(recipe="cifar10-200-150", dataset="cifar10", hidden=_relu(200, 150), learning_rate=0.0005, epochs=10),
        published_accuracy=0.49,
    ),
    "fashion-128": Recipe(
        "Fashion-MNIST, one layer of 128",
        "The same network as for digits, on clothes. Look at which kinds it takes for each other.",
        TrainingSpec(recipe="fashion-128", dataset="fashion_mnist", hidden=_relu(128), epochs=10),
        published_accuracy=0.881,
    ),
    "mnist-512": Recipe(
        "MNIST, one layer of 512",
        "Four times as wide as the usual one. Watch the gap between the training and the validation curve.",
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
