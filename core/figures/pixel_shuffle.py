"""What a fixed shuffle of the pixels does to an image, and what it cost a network."""

from __future__ import annotations

import numpy as np

from core.datasets.image_set import Images
from core.figures.conclusion import describe_conclusion
from core.figures.samples import SampleGridInfo, build_sample_grid
from core.networks.plan import NEEDS_IMAGE
from core.networks.shuffling import Order, shuffle_pixels
from core.networks.spec import TrainingSpec
from core.predictions.conclusions import Comparison


def build_shuffle_grid(images: Images, order: Order, max_value: int) -> SampleGridInfo:
    """Two rows for `draw_sample_grid`: images as they are, and below each the same with its pixels in that order."""
    labels = ["in place"] * len(images) + ["shuffled"] * len(images)
    return build_sample_grid(np.concatenate([images, shuffle_pixels(images, order)]), labels, columns=len(images), max_value=max_value)


def describe_shuffle(comparison: Comparison, spec: TrainingSpec) -> str:
    """What two runs say that differ in the shuffle alone, and what their layers lead one to expect.

    Args:
        comparison: of the network with the pixels in place and of that with them shuffled, on validation images.
        spec: of either.
    """
    words = describe_conclusion(comparison, "the network with the pixels in place", "the network with them shuffled", "validation images")
    if not any(layer.kind in NEEDS_IMAGE for layer in spec.hidden):
        return f"{words} {_NO_NEIGHBOURS}"
    if comparison.is_clear:
        return f"{words} {_USES_NEIGHBOURS if comparison.difference > 0 else _ODD}"
    return f"{words} {_MAY_USE_NEIGHBOURS}"


_NO_NEIGHBOURS = (
    "It has neither convolution nor pooling: a Dense layer weighs every pixel by itself, so this network never knew that it was a picture, "
    "and whatever lies between the two is the luck of training."
)
_USES_NEIGHBOURS = "This network makes use of which pixels are next to each other."
_ODD = "Layers that go by neighbours should not gain by the shuffle: train both again with another seed before you believe it."
_MAY_USE_NEIGHBOURS = (
    "It has layers that go by neighbours (convolution or pooling), so a difference is to be expected. "
    "A set with more images, or more epochs, may show it."
)
