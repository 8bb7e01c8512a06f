"""Why this class and not that one: which pixels speak for it, and how far that is to be believed. Runs in a worker.

Everything here is about one number, the *difference* of two classes: `log p(first) - log p(second)`. Softmax divides both by the
same sum, so it is the difference of what goes into the softmax. 0 means undecided, +1 that the first is e = 2.7 times as probable.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.networks.building import KerasModel, Tensor, load_weights
from core.predictions.predictor import Predictor

STEPS = 128
"""Points on the way from the baseline to the image; Sundararajan and others advise 20 to 300 (section 5).

With so many, the pixels of a trained network's map miss their sum by 0.2 % (median over MNIST and CIFAR-10), by 2 % at worst.
"""

PATCHES_ACROSS = 7
"""Patches that would lie side by side along the shorter side of the image, for the check by occlusion."""

LEAST_PATCH = 2
"""Pixels along a patch at least: covering a single pixel asks the same as the slope at that pixel, and would check nothing."""

LEAST_PLACES = 3
"""Places of which a rank correlation can be told at least."""

_VALUES_AT_ONCE = 2**20
"""Pixels, times channels, that pass the network together: all steps of a CIFAR-10 image do, while large photos would need gigabytes."""

_RANDOM_SEED = 20181003
"""Of the random weights. Any number, but the same each time, so that the map does not change from look to look."""


def explain(predictor: Predictor, image: Images, first: int, second: int, random_weights: bool = False) -> dict[str, NDArray[Any]]:
    """How much each pixel of an image speaks for class `first` rather than `second`.

    Integrated gradients along the straight way from a baseline to the image (Sundararajan, Taly and Yan, "Axiomatic Attribution
    for Deep Networks", 2017, equation 1), as a sum over the middles of `STEPS` equal parts. If nothing between the pixels and the
    softmax bends, the gradient is the same all along, and a single point gives the exact answer: weight times change of the pixel.

    Args:
        image: `uint8 (*image_shape)`.
        random_weights: ask a network of the same layers that has learned nothing. A map that looks the same then shows the
            image and not what was learned (Adebayo and others, "Sanity Checks for Saliency Maps", 2018, section 3).

    Returns:
        `evidence`: `float32 (height, width)`, channels added up; above 0 speaks for `first`.
        `difference`, `baseline_difference`: of the image and of the baseline, `float32 ()`.
        `completeness`: what the evidence adds up to, less what it ought to: `difference - baseline_difference`.
        `baseline`: `find_background(image)`. `is_exact`: whether the network is linear up to the softmax, `bool ()`.
    """
    network = _find_network(predictor, random_weights)
    background = find_background(image)
    start = np.broadcast_to(background, image.shape).astype(np.float32)
    step = image.astype(np.float32) - start
    count = 1 if network.is_linear else STEPS
    shares = (np.arange(count, dtype=np.float32) + 0.5) / count
    points = start + shares.reshape(-1, *[1] * image.ndim) * step
    evidence = step * network.slopes(points, first, second).mean(axis=0)
    ends = network.differences(np.stack([image, start]), first, second)
    return {
        "evidence": evidence if image.ndim == 2 else evidence.sum(axis=-1),
        "difference": ends[0],
        "baseline_difference": ends[1],
        "completeness": evidence.sum(dtype=np.float64) - (ends[0] - ends[1]),
        "baseline": background,
        "is_exact": np.array(network.is_linear),
    }


def occlude(
    predictor: Predictor, image: Images, evidence: NDArray[np.float32], first: int, second: int, random_weights: bool = False
) -> dict[str, NDArray[Any]]:
    """A check that needs no gradients: what is lost of the difference when a patch of the image is covered with the background.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.1.

    Args:
        image, first, second, random_weights: as for `explain`.
        evidence: what `explain` gave, to be compared.

    Returns:
        `loss`: `float32 (height, width)`, for each pixel the mean loss of the patches that cover it.
        `agreement`: Spearman's rank correlation, -1 to 1, of the loss and of the evidence under the patch, over all patches that
            cover something; not a number for fewer than `LEAST_PLACES` or where one of the two never changes.
        `size`, `places`: pixels along a patch, and how many patches cover something.
        `is_exact`: whether the network has no hidden layers, so that both have to be the same sum.
    """
    network = _find_network(predictor, random_weights)
    shortest = min(image.shape[:2])
    size = min(max(LEAST_PATCH, round(shortest / PATCHES_ACROSS)), shortest)
    corners = patch_corners(image.shape, size, max(1, size // 2))
    covered = cover(image, corners, size, find_background(image))
    lost = network.differences(image[None], first, second) - network.differences(covered, first, second)
    total, times = np.zeros((2, *image.shape[:2]), np.float32)
    for (row, column), loss in zip(corners, lost, strict=True):
        total[row : row + size, column : column + size] += loss
        times[row : row + size, column : column + size] += 1
    changes = (covered != image).reshape(len(corners), -1).any(axis=1)
    under = np.array([evidence[row : row + size, column : column + size].sum() for row, column in corners])
    return {
        "loss": total / times,
        "agreement": np.array(_rank_correlation(lost[changes], under[changes])),
        "size": np.array(size),
        "places": np.array(changes.sum()),
        "is_exact": np.array(network.is_linear),
    }


def find_background(image: Images) -> NDArray[np.uint8]:
    """What an image is compared with: `uint8 ()` for a grey image, `(3,)` for a colour one.

    The value that at least half of the image's edge has, such as the black around a digit. A photo has no such value; then the
    mean colour of the image itself, which takes away all shapes and leaves the brightness. What happens to have that very colour
    gets no evidence, as with every baseline.
    """
    edge = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    values, counts = np.unique(edge, axis=0, return_counts=True)
    is_common = counts.max() * 2 >= len(edge)
    return np.asarray(values[counts.argmax()] if is_common else np.rint(image.mean(axis=(0, 1))), np.uint8)


def patch_corners(shape: Sequence[int], size: int, stride: int) -> NDArray[np.intp]:
    """Rows and columns `(n, 2)` of the upper left pixels of square patches, `stride` apart, the last ones against the far edges."""
    rows, columns = (np.unique([*range(0, side - size, stride), side - size]) for side in shape[:2])
    return np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)


def cover(image: Images, corners: NDArray[np.intp], size: int, value: NDArray[np.uint8]) -> Images:
    """One copy of the image for each patch, `(n, *image_shape)`, with that patch in one colour."""
    copies = np.repeat(image[None], len(corners), axis=0)
    for copy, (row, column) in zip(copies, corners, strict=True):
        copy[row : row + size, column : column + size] = value
    return copies


class _Network:
    """The difference of two classes and its gradient, compiled once for any number of images and any two classes.

    Thread contract: never changes once built; any number of threads may ask it at the same time.
    """

    def __init__(self, model: KerasModel) -> None:
        import keras
        import tensorflow as tf

        # Kept here because a traced function does not keep the variables it uses.
        self._model = model
        self.is_linear = _is_linear(model)
        output, features = model.layers[-1], keras.Model(model.inputs, model.layers[-2].output)

        def differences(points: Tensor, first: Tensor, second: Tensor) -> Tensor:
            direction = tf.gather(output.kernel, first, axis=1) - tf.gather(output.kernel, second, axis=1)
            return tf.linalg.matvec(features(points, training=False), direction) + output.bias[first] - output.bias[second]

        def slopes(points: Tensor, first: Tensor, second: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                tape.watch(points)
                found = differences(points, first, second)
            return tape.gradient(found, points)

        label = tf.TensorSpec([], tf.int32)
        signature = [tf.TensorSpec([None, *model.inputs[0].shape[1:]], tf.float32), label, label]
        self._differences, self._slopes = (
            tf.function(ask, autograph=False, input_signature=signature).get_concrete_function() for ask in (differences, slopes)
        )

    def differences(self, images: NDArray[Any], first: int, second: int) -> NDArray[np.float32]:
        """`float32 (n,)` of images of any number type."""
        return self._ask(self._differences, images, first, second)

    def slopes(self, images: NDArray[Any], first: int, second: int) -> NDArray[np.float32]:
        """How fast the difference grows with each pixel value, `float32 (n, *image_shape)`."""
        return self._ask(self._slopes, images, first, second)

    def _ask(self, function: Any, images: NDArray[Any], first: int, second: int) -> NDArray[np.float32]:
        import tensorflow as tf

        classes = tf.constant(first, tf.int32), tf.constant(second, tf.int32)
        at_once = max(1, _VALUES_AT_ONCE // images[0].size)
        blocks = (images[start : start + at_once].astype(np.float32) for start in range(0, len(images), at_once))
        return np.concatenate([function(tf.constant(block), *classes).numpy() for block in blocks])


_networks: WeakKeyDictionary[Predictor, dict[bool, _Network]] = WeakKeyDictionary()
_building = threading.Lock()


def _find_network(predictor: Predictor, random_weights: bool) -> _Network:
    """Kept as long as the predictor is: compiling takes much longer than an answer."""
    with _building:
        kept = _networks.setdefault(predictor, {})
        if random_weights not in kept:
            kept[random_weights] = _Network(_forget(predictor.model) if random_weights else predictor.model)
        return kept[random_weights]


def _forget(model: KerasModel) -> KerasModel:
    """A copy of the network that has learned nothing. How it scales the pixels stays, which was measured and not learned.

    All kernels are drawn anew, from another seed than that of the run: the weights that a run began with are still to be seen
    in what it ended with, so they would make the two maps more alike than they ought to be.
    """
    import keras

    fixed = {"bias": 0.0, "beta": 0.0, "moving_mean": 0.0, "gamma": 1.0, "moving_variance": 1.0}
    weights = []
    for number, variable in enumerate(model.weights):
        if variable.name == "kernel":
            weights.append(np.asarray(keras.initializers.GlorotUniform(seed=_RANDOM_SEED + number)(variable.shape)))
        else:
            weights.append(np.full(variable.shape, fixed[variable.name], np.float32) if variable.name in fixed else variable.numpy())
    copy = keras.models.clone_model(model)
    load_weights(copy, weights)
    return copy


def _is_linear(model: KerasModel) -> bool:
    """Whether nothing bends between the pixels and the softmax: the difference then changes by the same for each step of a pixel."""
    import keras

    return not any(
        isinstance(layer, keras.layers.MaxPooling2D)
        or getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear
        for layer in model.layers[:-1]
    )


def _rank_correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    from scipy.stats import spearmanr

    if len(one) < LEAST_PLACES or not np.ptp(one) or not np.ptp(other):
        return float("nan")
    return float(spearmanr(one, other).statistic)
