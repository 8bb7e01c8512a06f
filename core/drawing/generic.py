"""The generic style: the ink box in the middle, with a margin."""

from __future__ import annotations

import numpy as np

from core.drawing.ink import Ink
from core.drawing.step import Step, fit_ink, stretch_to


def prepare_generic(inside: Ink, frame: tuple[int, int], max_value: int, box_share: float) -> tuple[Step, ...]:
    """The steps from the ink inside its box to an image of `frame` (height, width), values 0..`max_value`.

    `box_share` is the part of the frame's side that the ink fills.
    """
    height, width = (max(1, round(side * box_share)) for side in frame)
    scaled = stretch_to(fit_ink(inside, height, width), max_value)
    return (
        Step(f"Scaled into {height} x {width}", scaled, max_value),
        Step("Box in the middle", centre_box(scaled, frame), max_value),
    )


def centre_box(image: Ink, frame: tuple[int, int]) -> Ink:
    """Lay an image into the middle of an empty, larger frame."""
    placed = np.zeros(frame, dtype=np.uint8)
    top, left = (frame[0] - image.shape[0]) // 2, (frame[1] - image.shape[1]) // 2
    placed[top : top + image.shape[0], left : left + image.shape[1]] = image
    return placed
