"""What each layer of a network makes of one image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.predictions.predictor import Predictor


def activations(predictor: Predictor, image: Images) -> dict[str, NDArray[np.float32]]:
    """The outputs of all layers, by their names as in `core.networks.plan`, in the order from the image to the answer.

    Args:
        image: `uint8`, of the shape that the network was trained on.

    Each output is `float32` without a batch axis: `(units,)`, `(height, width, channels)`, or `(height, width)` of a scaled grey image.
    Layers that only work while a network learns, such as Dropout, pass on what they get.
    """
    import keras

    model = predictor.model
    through = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = through([image[None]], training=False)
    return {layer.name: np.asarray(output[0], np.float32) for layer, output in zip(model.layers, outputs, strict=True)}
