"""Which images a network still reads right while they are spoilt more and more: a job. And one image, as a question."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.datasets.image_set import Images, ImageSet, Labels, Split, fingerprint
from core.errors import Cancelled
from core.predictions.perturbations import FAST_GRADIENT, PERTURBATIONS, Conditions, perturb
from core.training.splitting import Positions, choose_stratified

SAMPLE = 2_000
"""Images of a curve at most: enough for an interval of two points either way, and few enough for a moment."""

SEED = 1
"""What the sample is drawn with, and the noise: the same for all networks, so that they are asked about the same images."""

_VERSION = 2
"""To be raised with every change of what `measure_curve` gives, so that older results on the disk are not taken for the new ones."""

_IMAGES_AT_ONCE, _PIXELS_AT_ONCE = 500, 2**22
"""Images spoilt in one go, at most: what is computed on the way takes a hundred megabytes or less."""


def choose_sample(labels: Labels, positions: Positions) -> Positions:
    """Up to `SAMPLE` of `positions`, in ascending order and the same for all networks: of each class the same share.

    `labels` are those of the whole half, which the positions count.
    """
    return choose_stratified(positions, labels, SAMPLE, SEED)


def curve_key(model_key: str, split: Split, positions: Positions, name: str) -> str:
    """The key of a job of `measure_curve`: the weights, the images, and what is done to them how much."""
    images = fingerprint(positions)
    strengths = ",".join(f"{strength:g}" for strength in PERTURBATIONS[name].strengths)
    return f"break-{_VERSION}-{model_key}-{split.value}-{images}-{name}-{strengths}-{SEED}"


@with_plain_errors
def measure_curve(
    report: Report,
    should_stop: Callable[[], bool],
    key: str,
    source: ModelSource,
    image_set: ImageSet,
    split: Split,
    positions: Positions,
    name: str,
) -> dict[str, NDArray[Any]]:
    """Which of the images at `positions` are read right at each strength of a perturbation.

    Returns `right`, `bool (strengths, n)`. Raises `Cancelled`.
    """
    predictor, strengths = find_predictor(key, source), PERTURBATIONS[name].strengths
    blocks = _cut(positions, image_set.image_shape)
    right = np.zeros((len(strengths), len(positions)), np.bool_)
    for done, (place, (number, block)) in enumerate(product(range(len(strengths)), enumerate(blocks))):
        if should_stop():
            raise Cancelled("The curve was called off.")
        report(done / (len(strengths) * len(blocks)), f"{PERTURBATIONS[name].describe(strengths[place])}.")
        images, labels = image_set.images(split)[block], image_set.labels(split)[block]
        # Another seed for each block, or all would be spoilt by the same few random numbers.
        conditions = Conditions(image_set.max_value, seed=SEED + number)
        spoilt = _spoil(predictor, images, labels, name, strengths[place], conditions)
        first = number * len(blocks[0])
        right[place, first : first + len(block)] = predictor.probabilities(spoilt).argmax(axis=1) == labels
    return {"right": right}


def move_along_slope(predictor: Any, images: Images, labels: Labels, strength: float, max_value: int) -> dict[str, NDArray[Any]]:
    """`add_fast_gradient` as a question to a network: `images`."""
    from core.predictions.fast_gradient import add_fast_gradient

    return {"images": add_fast_gradient(predictor, images, labels, strength, max_value)}


def _spoil(predictor: Any, images: Images, labels: Labels, name: str, strength: float, conditions: Conditions) -> Images:
    if name == FAST_GRADIENT:
        spoilt: Images = move_along_slope(predictor, images, labels, strength, conditions.max_value)["images"]
        return spoilt
    return perturb(images, {name: strength}, conditions)


def _cut(positions: Positions, image_shape: tuple[int, ...]) -> list[Positions]:
    size = max(1, min(_IMAGES_AT_ONCE, _PIXELS_AT_ONCE // math.prod(image_shape)))
    return [positions[first : first + size] for first in range(0, len(positions), size)]
