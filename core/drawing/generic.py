"""The generic style: the ink box in the middle, with a margin."""

from __future__ import annotations

from core.drawing.ink import Ink
from core.drawing.scaling import MARGIN, PROPORTIONS, SHARPEN, STRENGTH, lay_at, scale_and_centre
from core.drawing.step import Cut, Frame, Rule, Skipped, Step

CENTRE = Rule(
    "centre",
    "Box in the middle",
    "The network has seen its figures in the middle of the image, whatever their place on the paper was.",
    "Off: the figure stays where it was on the paper.",
)
RULES = (SHARPEN, PROPORTIONS, STRENGTH, MARGIN, CENTRE)


def prepare_generic(cut: Cut, frame: Frame, skipped: Skipped) -> tuple[Step, ...]:
    """The steps from what was cut out to an image like the frame says."""
    return scale_and_centre(cut, frame, skipped, CENTRE, centre_box)


def centre_box(image: Ink, shape: tuple[int, int]) -> Ink:
    """Lay an image into the middle of an empty, larger frame."""
    return lay_at(image, (shape[0] - image.shape[0]) // 2, (shape[1] - image.shape[1]) // 2, shape)
