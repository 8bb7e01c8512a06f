"""What it means to have looked at test images often: the more networks are tried on them, the more the best of them flatters."""

from __future__ import annotations

import math
from statistics import NormalDist

from core.errors import InklingError

_MANY = 1e-3
"""Luck below this, a tenth of a percentage point, is not worth a number."""


def luck_of_the_best(looks: int, images: int, accuracy: float) -> float:
    """How much too high the best of `looks` equally good networks comes out on average, from 0 to 1; 0.002 are 0.2 percentage points.

    Chance alone moves an accuracy measured on `images` images by its standard error. The largest of several such moves is, by G. Blom's
    approximation (Statistical Estimates and Transformed Beta-Variables, 1958, chapter 6), the normal quantile of
    (k - 0.375) / (k + 0.25). Networks asked about the same images stumble over the same ones, which makes it less: this is the most.

    Raises `InklingError` unless there is a look, an image, and an accuracy from 0 to 1.
    """
    if looks < 1 or images < 1 or not 0 <= accuracy <= 1:
        raise InklingError(
            f"{looks} looks at {images} images with accuracy {accuracy:g}: expected at least one look, one image, and 0 to 1."
        )
    if looks == 1:
        return 0.0
    return NormalDist().inv_cdf((looks - 0.375) / (looks + 0.25)) * math.sqrt(accuracy * (1 - accuracy) / images)


def describe_looks(looks: int, images: int, accuracy: float | None) -> str:
    """What the number of networks whose answers to these test images were looked at means, in two or three sentences.

    Args:
        looks: networks so far, at least 0.
        images: test images, at least 1.
        accuracy: about how many of them such a network gets right, from 0 to 1, or None if that is not known.
    """
    if looks == 0:
        return (
            "No network's answers to these test images have been looked at on this machine yet. The first accuracy read off them is honest."
        )
    if looks == 1:
        return (
            "The answers of 1 network to these test images have been looked at on this machine. One look is what they are for. "
            "With every further one it becomes more tempting to keep the network that happens to do best here."
        )
    counted = f"The answers of {looks:,} networks to these test images have been looked at on this machine."
    return f"{counted} {_describe_luck(looks, images, accuracy)} So choose by validation images, and take this set for a last check."


def _describe_luck(looks: int, images: int, accuracy: float | None) -> str:
    flatters = f"The best of {looks:,} looks better than it is, even if all are equally good"
    luck = 0.0 if accuracy is None else luck_of_the_best(looks, images, accuracy)
    return f"{flatters}: by up to {luck * 100:.1f} points, by luck alone." if luck >= _MANY else f"{flatters}."
