"""What a run makes small, in words. One name for one number: "loss" is always that, "cross-entropy" the plain one of any network."""

from __future__ import annotations

from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.losses import LOSSES
from core.networks.spec import TrainingSpec

PLAIN = "cross-entropy"


def name_objective(spec: TrainingSpec) -> str:
    """The loss function with all that the settings add to it, such as "cross-entropy, labels smoothed by 0.1, with L2 penalties of 0.01".

    Losses of runs can be compared only where this is the same.
    """
    smoothed = [f"labels smoothed by {spec.label_smoothing:g}"] if spec.label_smoothing else []
    amounts = sorted({layer.l2 for layer in spec.hidden if isinstance(layer, (DenseLayer, Conv2DLayer)) and layer.l2})
    penalties = [f"with L2 penalties of {' and '.join(f'{amount:g}' for amount in amounts)}"] if amounts else []
    return ", ".join([LOSSES[spec.loss].measure, *smoothed, *penalties])


def name_loss(objective: str, images: str) -> str:
    """What sentences call the loss on these images, "training" or "validation", of a run whose `name_objective` this is.

    "validation cross-entropy" where it is the plain one, otherwise such as "validation loss (mean squared error)".
    """
    return f"{images} {PLAIN}" if objective == PLAIN else f"{images} loss ({objective})"


def describe_objective(spec: TrainingSpec) -> str:
    """What the loss of a run is, and whether it is the number by which networks are scored, in a sentence or two."""
    name = name_objective(spec)
    if name == PLAIN:
        return "The loss is the cross-entropy, the one that Score tells too."
    return f"The loss is what this run makes small: {name}. Score tells the plain cross-entropy, which is another number."
