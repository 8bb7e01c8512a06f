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
from core.drawing.scaling import MARGIN, PROPORTIONS, SHARPEN, STRENGTH, lay_at, scale_and_centre
from core.drawing.step import Cut, Frame, Rule, Skipped, Step

CENTRE = Rule(
    "centre",
    "Centre of mass in the middle",
    "Every training image was moved until its centre of mass, the mean place of its ink, came to the middle (LeCun et al. 1998, III.A).",
    "Off: the figure stays where it was on the paper.",
)
RULES = (SHARPEN, PROPORTIONS, STRENGTH, MARGIN, CENTRE)


def prepare_mnist(cut: Cut, frame: Frame, skipped: Skipped) -> tuple[Step, ...]:
    """The steps from what was cut out to an image like the frame says. In MNIST itself, ink fills 20 of 28 pixels."""
    return scale_and_centre(cut, frame, skipped, CENTRE, centre_mass)


def centre_mass(image: Ink, shape: tuple[int, int]) -> Ink:
    """Lay an image into an empty, larger frame, its centre of mass as close to the middle as whole pixels and the edges allow."""
    weights = image.astype(np.int64)
    top, left = (_offset(weights.sum(axis=1 - axis), shape[axis]) for axis in (0, 1))
    return lay_at(image, top, left, shape)


def _offset(weights: NDArray[np.int64], room: int) -> int:
    """Where to begin so that the weighted mean of the indices comes to `room / 2`."""
    # Specks in a large picture may leave no ink at all when they are shrunk.
    mean = float(np.average(np.arange(len(weights)), weights=weights)) if weights.any() else len(weights) / 2
    return int(np.clip(round(room / 2 - mean), 0, room - len(weights)))
