"""A trained network that answers: images in, class probabilities out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.errors import InklingError
from core.networks.building import KerasModel, build_network, load_weights
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.rates import SUREST

BATCH_SIZE = 500
"""Images answered at once: 10,000 take 40 ms. Larger batches gain little and would need gigabytes for large photos."""


class Predictor:
    """A copy of a trained network, ready to answer. Building one takes about a tenth of a second, an answer a millisecond.

    Thread contract: never changes once built; any number of threads may ask it at the same time.
    """

    def __init__(self, spec: TrainingSpec, image_shape: tuple[int, ...], class_count: int, max_value: int, weights: bytes) -> None:
        """Build the network of `spec` around `weights`, as `train` or `pack_weights` gave them.

        Raises `InklingError` if the weights are damaged or of another network.
        """
        import tensorflow as tf

        self._image_shape = tuple(image_shape)
        # Kept here because a traced function does not keep the variables it uses.
        self._model = build_network(spec, image_shape, class_count, max_value)
        load_weights(self._model, unpack_weights(weights))
        # One graph for any number of images and for either question: nothing is ever compiled again, whatever the size of the batch.
        signature = [tf.TensorSpec([None, *image_shape], tf.uint8)]
        both = _with_hidden(self._model, has_hidden=bool(spec.hidden))
        function = tf.function(lambda images: both(images, training=False), autograph=False, input_signature=signature)
        self._answer = function.get_concrete_function()
        self._nothing = tuple(np.empty((0, *output.shape[1:]), np.float32) for output in both.outputs)
        # Built and run here, so that the first question is answered as fast as the next, and no two threads build it.
        self.probabilities(np.zeros((1, *image_shape), np.uint8))

    def probabilities(self, images: Images) -> NDArray[np.float32]:
        """The probability of each class, `float32 (n, class_count)`, `SUREST` at most.

        Images are of shape `(n, *image_shape)` and type `uint8`.

        Raises `InklingError` if the images have another shape or type than those the network was trained on.
        """
        return self.answers(images)[1]

    def hidden(self, images: Images) -> NDArray[np.float32]:
        """What the last hidden layer makes of each image, `float32 (n, units)`. Images and errors as for `probabilities`.

        A network without hidden layers gives its probabilities: it has nothing else between the pixels and the answer.
        """
        return self.answers(images)[0]

    def answers(self, images: Images) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What `hidden` and `probabilities` give, at the price of one of them.

        No images get arrays of the right shape without TensorFlow being asked: with some processors' kernels (oneDNN's) it has
        no answer to an empty batch, and fails.
        """
        if images.dtype != np.uint8 or images.shape[1:] != self._image_shape:
            raise InklingError(
                f"The images are {images.dtype} of shape {images.shape[1:]}; this network was trained on"
                f" uint8 of shape {self._image_shape}. Choose images of the data set it was trained on."
            )
        import tensorflow as tf

        blocks = [self._answer(tf.constant(images[first : first + BATCH_SIZE])) for first in range(0, len(images), BATCH_SIZE)]
        hidden, probabilities = (
            np.concatenate([nothing, *(block[output].numpy() for block in blocks)]) for output, nothing in enumerate(self._nothing)
        )
        return hidden, np.minimum(probabilities, SUREST)

    @property
    def model(self) -> KerasModel:
        """The network itself, from raw pixels to probabilities, for explanations. To be read, never to be changed."""
        return self._model


def _with_hidden(model: KerasModel, *, has_hidden: bool) -> KerasModel:
    """The same layers and weights with two outputs: the last hidden layer's, and the network's own."""
    import keras

    output = model.layers[-1].output
    return keras.Model(model.inputs, [model.layers[-2].output if has_hidden else output, output])
