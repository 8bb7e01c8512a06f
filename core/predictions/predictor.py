"""A trained network that answers: images in, class probabilities out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.errors import InklingError
from core.networks.building import build_network, load_weights
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights

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
        self._class_count = class_count
        # Kept here because a traced function does not keep the variables it uses.
        self._model = build_network(spec, image_shape, class_count, max_value)
        load_weights(self._model, unpack_weights(weights))
        # One graph for any number of images: nothing is ever compiled again, whatever the size of the batch.
        signature = [tf.TensorSpec([None, *image_shape], tf.uint8)]
        function = tf.function(lambda images: self._model(images, training=False), autograph=False, input_signature=signature)
        self._answer = function.get_concrete_function()
        # Built and run here, so that the first question is answered as fast as the next, and no two threads build it.
        self.probabilities(np.zeros((1, *image_shape), np.uint8))

    def probabilities(self, images: Images) -> NDArray[np.float32]:
        """The probability of each class, `float32 (n, class_count)`, for images of shape `(n, *image_shape)` and type `uint8`.

        Raises `InklingError` if the images have another shape or type than those the network was trained on.
        """
        if images.dtype != np.uint8 or images.shape[1:] != self._image_shape:
            raise InklingError(
                f"The images are {images.dtype} of shape {images.shape[1:]}; this network was trained on"
                f" uint8 of shape {self._image_shape}. Choose images of the data set it was trained on."
            )
        import tensorflow as tf

        blocks = [self._answer(tf.constant(images[first : first + BATCH_SIZE])).numpy() for first in range(0, len(images), BATCH_SIZE)]
        return np.concatenate(blocks) if blocks else np.empty((0, self._class_count), np.float32)
