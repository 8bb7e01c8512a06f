"""What learns: a network, its loss and its optimiser, with everything that they remember from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet
from core.networks.building import KerasModel, adapt_scaling, build_loss, build_network, build_optimiser, load_weights
from core.networks.shuffling import pixel_order
from core.networks.spec import TrainingSpec
from core.training.fast_layers import call_fast
from core.training.splitting import Positions

Tensor = Any
Weights = list[NDArray[np.float32]]
Memory = list[NDArray[Any]]


class Learner:
    """A network about to learn, or on its way. Everything has to be loaded before it is traced.

    Not safe for several threads.
    """

    def __init__(self, spec: TrainingSpec, image_set: ImageSet, training: Positions) -> None:
        self.model: KerasModel = build_network(spec, image_set.image_shape, image_set.class_count, image_set.max_value)
        if spec.scaling.startswith("standardise"):
            # Asked here, because picking out the images takes a copy of them.
            adapt_scaling(self.model, spec, image_set.x_train[training])
        # Its variables have to exist before it is traced.
        self._optimiser = build_optimiser(spec)
        self._optimiser.build(self.model.trainable_variables)
        self._loss = build_loss(spec, image_set.class_count)
        self.pixel_order = pixel_order(spec, image_set.image_shape)

    def judge(self, images: Tensor, labels: Tensor, *, training: bool) -> tuple[Tensor, Tensor]:
        """The loss of each image, `float32 (n,)`, and whether its most probable class is the right one, `bool (n,)`."""
        import tensorflow as tf

        probabilities = call_fast(self.model, images, training=training)
        return self.losses(labels, probabilities), tf.equal(tf.argmax(probabilities, axis=-1, output_type=tf.int32), labels)

    def losses(self, labels: Tensor, probabilities: Tensor) -> Tensor:
        """The loss of each image, penalties on weights left out, `float32 (n,)`."""
        return self._loss(labels, probabilities)

    def penalty(self) -> Tensor:
        """What large weights add to the mean loss of a batch. Keras counts it in all losses that it reports, and so do we."""
        return sum(self.model.losses, 0.0)

    def step(self, gradients: Sequence[Tensor], rate: Tensor) -> None:
        """Change the weights, as the optimiser sees fit."""
        self._optimiser.learning_rate.assign(rate)
        self._optimiser.apply(gradients, self.model.trainable_variables)

    def weights(self) -> Weights:
        """A copy of the weights, layer by layer."""
        return list(self.model.get_weights())

    def load_weights(self, weights: Weights) -> None:
        """Raises `InklingError` if they are of another network."""
        load_weights(self.model, weights)

    def memory(self) -> Memory:
        """A copy of all else that decides the next step: what the optimiser remembers, and where dropout's random numbers are."""
        return [variable.numpy() for variable in self._remembering()]

    def load_memory(self, memory: Memory) -> None:
        """The inverse of `memory`, of a learner of the same spec."""
        for variable, value in zip(self._remembering(), memory, strict=True):
            variable.assign(value)

    def _remembering(self) -> list[Any]:
        # Keras counts the states of random numbers among a model's variables, and not among its weights.
        weights = {id(variable) for variable in self.model.weights}
        return [*self._optimiser.variables, *(variable for variable in self.model.variables if id(variable) not in weights)]
