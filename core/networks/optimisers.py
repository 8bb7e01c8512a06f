"""The optimisers on offer: public name to title, help, default rate, their own settings and how to build them in Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KerasOptimiser = Any


@dataclass(frozen=True)
class Optimiser:
    """One way to turn gradients into steps.

    Attributes:
        title: as papers write it.
        help: one plain sentence for a learner.
        keras_name: its class in `keras.optimizers`.
        default_rate: the learning rate to start from.
        options: the settings of `TrainingSpec` that it heeds, and what each is if nothing was chosen.
            Weight decay and clipping are heeded by all and are not listed, unless their default is not 0.
        fixed: what is always passed to Keras.
        slots: numbers that it keeps for each weight; with a momentum above 0 one more, if that is among its options.
    """

    title: str
    help: str
    keras_name: str
    default_rate: float
    options: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    slots: int = 0


_BETAS = {"beta_1": 0.9, "beta_2": 0.999}

OPTIMISERS: dict[str, Optimiser] = {
    "sgd": Optimiser("SGD", "Plain gradient descent: one step down the slope of each batch.", "SGD", 0.1),
    "momentum": Optimiser(
        "SGD with momentum",
        "Gradient descent that keeps nine tenths of its last step, so it rolls through small bumps.",
        "SGD",
        0.01,
        {"momentum": 0.9},
    ),
    "nesterov": Optimiser(
        "Nesterov",
        "Momentum that looks one step ahead before it measures the slope.",
        "SGD",
        0.01,
        {"momentum": 0.9},
        {"nesterov": True},
    ),
    "rmsprop": Optimiser(
        "RMSprop",
        "Gives each weight a step size of its own, from its recent gradients.",
        "RMSprop",
        0.001,
        {"rho": 0.9, "momentum": 0.0},
        slots=1,
    ),
    "adagrad": Optimiser("Adagrad", "Gives each weight a step size of its own, which only ever shrinks.", "Adagrad", 0.01, slots=1),
    "adadelta": Optimiser(
        "Adadelta",
        "Like Adagrad, but it forgets old gradients, so that its steps do not die out.",
        "Adadelta",
        1.0,
        {"rho": 0.95},
        slots=2,
    ),
    "adam": Optimiser("Adam", "Momentum and a step size for each weight together. The usual first choice.", "Adam", 0.001, _BETAS, slots=2),
    "adamw": Optimiser(
        "AdamW",
        "Adam that also pulls every weight a little towards 0, which can help against memorising.",
        "AdamW",
        0.001,
        {**_BETAS, "weight_decay": 0.004},
        slots=2,
    ),
    "adamax": Optimiser(
        "Adamax", "Adam that goes by the largest recent gradient instead of their mean square.", "Adamax", 0.001, _BETAS, slots=2
    ),
    "nadam": Optimiser("Nadam", "Adam that looks one step ahead, as Nesterov does.", "Nadam", 0.001, _BETAS, slots=2),
    "lion": Optimiser(
        "Lion",
        "Goes by the sign of the gradient alone, so every weight moves equally far. Wants a rate a tenth of Adam's.",
        "Lion",
        0.0001,
        {"beta_1": 0.9, "beta_2": 0.99},
        slots=1,
    ),
}
