"""From ink to an image made the way the network's training images were made.

A network reads what it was trained on: the same size, place, stroke width and grey levels. Each *style* repeats
the steps by which a family of data sets was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.drawing.generic import prepare_generic
from core.drawing.ink import Ink, InkBox, crop_to_ink
from core.drawing.mnist import prepare_mnist
from core.drawing.step import Step
from core.drawing.style import DrawingStyle
from core.drawing.uci_digits import prepare_uci_digits
from core.errors import DrawingError

STYLES: dict[str, Callable[[Ink, tuple[int, int], int, float], tuple[Step, ...]]] = {
    "mnist": prepare_mnist,
    "uci_digits": prepare_uci_digits,
    "generic": prepare_generic,
}
"""Public name to a function from the ink inside its box, the image's (height, width) and largest value, and the share of the frame."""


@dataclass(frozen=True, eq=False)
class PreparedDrawing:
    """A drawing as the network gets it, and how it came to be.

    Attributes:
        style: the style it was prepared in.
        box: where the ink was on the canvas, in the canvas' pixels.
        steps: the stages worth showing, in order; the last one's image is `image` but for the colour axis.
        image: `uint8`, exactly of the data set's image shape, values 0..`max_value` of the set.
    """

    style: DrawingStyle
    box: InkBox
    steps: tuple[Step, ...]
    image: Ink


def prepare_drawing(ink: Ink, style: DrawingStyle, image_shape: tuple[int, ...], max_value: int) -> PreparedDrawing:
    """Prepare a drawing for a network.

    Args:
        ink: `uint8`, `(height, width)` of any size, 0 for bare paper to 255.
        style: as `core.drawing.style.style_for` finds it for a set.
        image_shape: `(height, width)` for grey images, or `(height, width, 3)` for colour, which gets three equal channels.
        max_value: the largest value a pixel of the data set can take.

    Raises `DrawingError` if there is (almost) no ink or no such style.
    """
    if style.name not in STYLES:
        raise DrawingError(f"There is no drawing style called {style.name!r}; expected one of {', '.join(STYLES)}.")
    box, inside = crop_to_ink(ink)
    steps = STYLES[style.name](inside, (image_shape[0], image_shape[1]), max_value, style.box_share)
    if style.is_dark:
        steps = (*steps, Step("Dark ink on bright paper", max_value - steps[-1].image, max_value))
    image = steps[-1].image
    if len(image_shape) == 3:
        image = np.repeat(image[..., np.newaxis], image_shape[2], axis=2)
    return PreparedDrawing(style, box, steps, image)
