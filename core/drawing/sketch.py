"""What somebody drew, wrote or photographed, before any network sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.drawing.ink import Ink


@dataclass(frozen=True, eq=False)
class Stroke:
    """One stroke of the pen, from where it was put down to where it was lifted.

    Attributes:
        points: `float64 (n, 2)`, x to the right and y downwards, in pixels of the canvas.
        width: of the pen, in pixels.
    """

    points: NDArray[np.float64]
    width: float


@dataclass(frozen=True, eq=False)
class Sketch:
    """A drawing as it was made.

    Attributes:
        ink: `uint8 (height, width)`, 0 for bare paper to 255.
        strokes: in the order in which they were drawn; none where the ink comes from a picture.
        photo: the colour picture that the ink was read from, `uint8 (height, width, 3)`; None if it was drawn here.
        pieces: how many pieces of the size of writing a photo of paper shows, most of which are no part of the ink.
    """

    ink: Ink
    strokes: tuple[Stroke, ...] = ()
    photo: NDArray[np.uint8] | None = None
    pieces: int = 0
