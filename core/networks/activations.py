"""The activation functions on offer: public name to title and a plain sentence.

The public names are Keras' own, so building a layer passes them through.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Activation:
    """`title` as papers write it; `help` is one plain sentence for a learner."""

    title: str
    help: str


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation("ReLU", "Passes positive values on and turns negative ones into 0. The usual first choice."),
    "leaky_relu": Activation("Leaky ReLU", "Like ReLU, but lets a fifth of a negative value through, so a unit can't get stuck at 0."),
    "elu": Activation("ELU", "Like ReLU, with a smooth curve down to -1 for negative values."),
    "selu": Activation("SELU", "An ELU scaled so that the values keep about the same spread from layer to layer."),
    "gelu": Activation("GELU", "A smooth ReLU, common in language models."),
    "silu": Activation("SiLU (swish)", "A smooth ReLU: the value times its own sigmoid."),
    "mish": Activation("Mish", "A smooth ReLU that dips slightly below 0."),
    "softplus": Activation("Softplus", "A smooth ReLU that is always above 0."),
    "softsign": Activation("Softsign", "An S-curve from -1 to 1 that flattens slowly."),
    "tanh": Activation("Tanh", "An S-curve from -1 to 1. Used before ReLU; learns slowly once its values get large."),
    "sigmoid": Activation("Sigmoid", "An S-curve from 0 to 1. In several layers on top of each other it learns slowly."),
    "hard_sigmoid": Activation("Hard sigmoid", "A sigmoid made of three straight lines, cheap to compute."),
    "exponential": Activation("Exponential", "e to the power of the value. Grows fast, so training easily breaks; here to see that."),
    "linear": Activation("Linear (none)", "Passes the value on as it is. Several linear layers in a row can do no more than one."),
}
