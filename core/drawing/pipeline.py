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
from core.drawing.uci_digits import prepare_uci_digits
from core.errors import DrawingError

STYLES: dict[str, Callable[[Ink, tuple[int, int], int], tuple[Step, ...]]] = {
    "mnist": prepare_mnist,
    "uci_digits": prepare_uci_digits,
    "generic": prepare_generic,
}
"""Public name to a function from the ink inside its box, the image's (height, width) and its largest value to the steps."""


@dataclass(frozen=True, eq=False)
class PreparedDrawing:
    """A drawing as the network gets it, and how it came to be.

    Attributes:
        style: its name in `STYLES`.
        box: where the ink was on the canvas, in the canvas' pixels.
        steps: the stages worth showing, in order; the last one's image is `image` but for the colour axis.
        image: `uint8`, exactly of the data set's image shape, values 0..`max_value` of the set.
    """

    style: str
    box: InkBox
    steps: tuple[Step, ...]
    image: Ink


def prepare_drawing(ink: Ink, style: str, image_shape: tuple[int, ...], max_value: int) -> PreparedDrawing:
    """Prepare a drawing for a network.

    Args:
        ink: `uint8`, `(height, width)` of any size, 0 for bare paper to 255.
        style: a name in `STYLES`, as `style_for` chooses it.
        image_shape: `(height, width)` for grey images, or `(height, width, 3)` for colour, which gets three equal channels.
        max_value: the largest value a pixel of the data set can take.

    Raises `DrawingError` if there is (almost) no ink or no such style.
    """
    if style not in STYLES:
        raise DrawingError(f"There is no drawing style called {style!r}; expected one of {', '.join(STYLES)}.")
    box, inside = crop_to_ink(ink)
    steps = STYLES[style](inside, (image_shape[0], image_shape[1]), max_value)
    image = steps[-1].image
    if len(image_shape) == 3:
        image = np.repeat(image[..., np.newaxis], image_shape[2], axis=2)
    return PreparedDrawing(style, box, steps, image)


def style_for(dataset_name: str, image_shape: tuple[int, ...], max_value: int) -> str:
    """The style that a data set's images were made in, as far as that can be known: a name in `STYLES`."""
    if dataset_name == "digits" and image_shape == (8, 8) and max_value == 16:
        return "uci_digits"
    return "mnist" if image_shape == (28, 28) else "generic"
