"""What the styles have in common: a stage worth showing, and scaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.drawing.ink import Ink


@dataclass(frozen=True, eq=False)
class Step:
    """One stage of the preparation: a `uint8` image `(height, width)` with values 0..`max_value`, and what was done."""

    title: str
    image: Ink
    max_value: int


def scale_ink(ink: Ink, height: int, width: int) -> Ink:
    """Resize, anti-aliased: when shrinking, each new pixel is the mean of the area it covers; when enlarging, interpolated.

    Before shrinking, edges are made as sharp as the reduction, for the originals of MNIST and the UCI digits had two levels only:
    a soft edge, which a canvas or a camera makes many pixels wide, would leave no pixel of a thin stroke at full strength.
    """
    reduction = min(ink.shape[0] / height, ink.shape[1] / width)
    if reduction < 1:
        return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))
    sharp = np.clip((ink - np.float32(127.5)) * reduction + 127.5, 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(sharp).resize((width, height), Image.Resampling.BOX))


def fit_ink(ink: Ink, height: int, width: int) -> Ink:
    """Resize to the largest size within `height` x `width` that keeps the proportions, at least one pixel each way."""
    factor = min(height / ink.shape[0], width / ink.shape[1])
    return scale_ink(ink, max(1, round(ink.shape[0] * factor)), max(1, round(ink.shape[1] * factor)))


def stretch_to(ink: Ink, max_value: int) -> Ink:
    """Scale all values so that the strongest one is `max_value`, without which the strokes of a thin pen stay grey."""
    stretched: Ink = np.rint(ink * (max_value / max(1, int(ink.max())))).astype(np.uint8)
    return stretched
