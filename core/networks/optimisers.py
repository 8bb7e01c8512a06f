"""The optimisers on offer: public name to title, help, default rate and how to build it in Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KerasOptimiser = Any


@dataclass(frozen=True)
class Optimiser:
    """`default_rate` is the learning rate to start from; `build(rate)` imports Keras and makes the optimiser."""

    title: str
    help: str
    default_rate: float
    build: Callable[[float], KerasOptimiser]


def _keras(name: str, **options: Any) -> Callable[[float], KerasOptimiser]:
    def build(rate: float) -> KerasOptimiser:
        import keras

        return getattr(keras.optimizers, name)(learning_rate=rate, **options)

    return build


OPTIMISERS: dict[str, Optimiser] = {
    "sgd": Optimiser("SGD", "Plain gradient descent: one step down the slope of each batch.", 0.1, _keras("SGD")),
    "momentum": Optimiser(
        "SGD with momentum",
        "Gradient descent that keeps nine tenths of its last step, so it rolls through small bumps.",
        0.01,
        _keras("SGD", momentum=0.9),
    ),
    "nesterov": Optimiser(
        "Nesterov",
        "Momentum that looks one step ahead before it measures the slope.",
        0.01,
        _keras("SGD", momentum=0.9, nesterov=True),
    ),
    "rmsprop": Optimiser("RMSprop", "Gives each weight a step size of its own, from its recent gradients.", 0.001, _keras("RMSprop")),
    "adagrad": Optimiser("Adagrad", "Gives each weight a step size of its own, which only ever shrinks.", 0.01, _keras("Adagrad")),
    "adam": Optimiser("Adam", "Momentum and a step size for each weight together. The usual first choice.", 0.001, _keras("Adam")),
    "adamw": Optimiser(
        "AdamW",
        "Adam that also pulls every weight a little towards 0 (weight decay 0.004), which can help against memorising.",
        0.001,
        _keras("AdamW"),
    ),
}
