"""A soft pen: ink with its edges blurred."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from core.drawing.ink import Ink
from core.errors import DrawingError

MAX_SOFTNESS = 6
"""Pixels of the canvas. Softer than that, a pen of 8 pixels would leave a mist."""


def soften_ink(ink: Ink, softness: float) -> Ink:
    """Blur ink, `uint8 (height, width)`, by a Gaussian of standard deviation `softness` pixels; its strongest point keeps its strength.

    Raises `DrawingError` unless the softness is from 0 to `MAX_SOFTNESS`.
    """
    if not 0 <= softness <= MAX_SOFTNESS:
        raise DrawingError(f"The pen's softness is {softness:g} pixels; expected 0 to {MAX_SOFTNESS}.")
    if softness == 0 or not ink.any():
        return ink
    blurred = np.asarray(Image.fromarray(ink).filter(ImageFilter.GaussianBlur(softness)))
    soft: Ink = np.rint(blurred * (int(ink.max()) / max(1, int(blurred.max())))).astype(np.uint8)
    return soft
