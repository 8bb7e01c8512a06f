"""The ways to draw the weights that a layer starts with: public name to title and a plain sentence.

The public names are Keras' own, so building a layer passes them through. Biases start at 0.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Initialiser:
    """`title` as papers write it; `help` is one plain sentence for a learner."""

    title: str
    help: str


INITIALISERS: dict[str, Initialiser] = {
    "glorot_uniform": Initialiser(
        "Glorot uniform", "Spread so that values keep their size on the way through. Keras' own choice (Glorot and Bengio, 2010)."
    ),
    "he_normal": Initialiser("He normal", "A wider spread that makes up for ReLU turning half of the values into 0 (He et al., 2015)."),
    "lecun_normal": Initialiser("LeCun normal", "A narrower spread; the one that goes with SELU (LeCun et al., 1998)."),
    "random_normal": Initialiser("Small normal", "Every weight near 0.05, however wide the layer is. Often too small or too large."),
    "zeros": Initialiser("All zero", "Every unit starts the same and stays the same. Here to see that it can't learn."),
}
