"""What it means to have looked at images often: the more networks are tried on them, the more the best of them flatters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, mean, stdev

from core.errors import InklingError

_MANY = 1e-3
"""Luck below this, a tenth of a percentage point, is not worth a number."""


_FEW = 5
"""Networks from which on the spread of their accuracies is known well enough to go by."""


def luck_of_the_best(looks: int, images: int, accuracy: float, spread: float | None = None) -> float:
    """How much too high the best of `looks` equally good networks comes out on average, from 0 to 1; 0.002 are 0.2 percentage points.

    Chance alone moves an accuracy measured on `images` images by its standard error. The largest of several such moves is, by G. Blom's
    approximation (Statistical Estimates and Transformed Beta-Variables, 1958, chapter 6), the normal quantile of
    (k - 0.375) / (k + 0.25). Networks asked about the same images stumble over the same ones, so that their accuracies lie closer
    together than that: where their `spread` is known and smaller, it takes the standard error's place.

    Args:
        looks: networks, at least 1.
        images: how many each was asked about, at least 1.
        accuracy: about what share of them such a network gets right, from 0 to 1.
        spread: the standard deviation of the networks' accuracies, from 0; None if it is not known.

    Raises `InklingError` unless there is a look, an image, and an accuracy from 0 to 1.
    """
    if looks < 1 or images < 1 or not 0 <= accuracy <= 1:
        raise InklingError(
            f"{looks} looks at {images} images with accuracy {accuracy:g}: expected at least one look, one image, and 0 to 1."
        )
    if looks == 1:
        return 0.0
    deviation = math.sqrt(accuracy * (1 - accuracy) / images)
    return NormalDist().inv_cdf((looks - 0.375) / (looks + 0.25)) * min(deviation, deviation if spread is None else spread)


def describe_looks(looks: int, images: int, accuracy: float | None, *, with_shipped: bool = False) -> str:
    """What the number of networks whose answers to these test images were looked at means, in two or three sentences.

    Args:
        looks: networks so far, at least 0.
        images: test images, at least 1.
        accuracy: about how many of them such a network gets right, from 0 to 1, or None if that is not known.
        with_shipped: whether the network that comes with Inkling is one of them.
    """
    if looks == 1 and with_shipped:
        return (
            "No answers of a network of your own to these test images have been looked at on this machine yet. Those of the network that "
            "comes with Inkling have been, to measure how good it is."
        )
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
    if with_shipped:
        counted += " The network that comes with Inkling is one of them."
    words = _describe_luck(looks, 0.0 if accuracy is None else luck_of_the_best(looks, images, accuracy))
    less = " It is less the more they err on the same images." if "points" in words else ""
    return f"{counted} {words}{less} So choose by validation images, and take this set for a last check."


def describe_validation_looks(accuracies: Sequence[float], images: int) -> str:
    """What it means to choose the best of so many networks by their validation images, in two sentences.

    Args:
        accuracies: of each network on its validation images, from 0 to 1; at least one.
        images: how many validation images a network was asked about, at least 1.
    """
    looks = len(accuracies)
    last = "So what it really gets right, only the test images tell: open them for the one that you choose."
    if looks < 2:
        return f"Choose by these images, not by test images. With every further network, the best looks a little better than it is. {last}"
    spread = stdev(accuracies) if looks >= _FEW else None
    return f"{_describe_luck(looks, luck_of_the_best(looks, images, mean(accuracies), spread))} {last}"


def _describe_luck(looks: int, luck: float) -> str:
    flatters = f"The best of {looks:,} networks looks better on these images than it is, even if all are equally good"
    return f"{flatters}: by about {luck * 100:.1f} points on average, by luck alone." if luck >= _MANY else f"{flatters}."
