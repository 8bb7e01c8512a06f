"""The losses on offer: what a training makes as small as it can. All are computed from the class probabilities."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """`title` for a page, `help` one plain sentence for a learner, `keras_name` its function in `keras.losses`.

    `measure` is what its number is called, whatever form the labels have.
    `is_one_hot` tells that labels go in as one-hot vectors, which is what can be smoothed.
    """

    title: str
    help: str
    keras_name: str
    measure: str
    is_one_hot: bool = True


LOSSES: dict[str, Loss] = {
    "sparse_categorical_crossentropy": Loss(
        "Cross-entropy, labels as numbers",
        "How surprised the network is by the right answer. The usual choice for telling classes apart.",
        "sparse_categorical_crossentropy",
        "cross-entropy",
        is_one_hot=False,
    ),
    "categorical_crossentropy": Loss(
        "Cross-entropy, labels one-hot",
        "The same number from one-hot labels, which can be smoothed: then no answer has to be quite certain.",
        "categorical_crossentropy",
        "cross-entropy",
    ),
    "mean_squared_error": Loss(
        "Mean squared error",
        "The squared distance between the probabilities and the one-hot label. Learns slowly where the network is confidently wrong.",
        "mean_squared_error",
        "mean squared error",
    ),
    "mean_absolute_error": Loss(
        "Mean absolute error",
        "The distance between the probabilities and the one-hot label. Often gives up on the hardest classes.",
        "mean_absolute_error",
        "mean absolute error",
    ),
    "categorical_hinge": Loss(
        "Hinge",
        "Asks that the right class be ahead of the next one by a margin of 1. Probabilities are that far apart only when they are 1 and 0,"
        " so unlike a hinge on raw scores it is never content, and it may give up on a class.",
        "categorical_hinge",
        "hinge",
    ),
}
