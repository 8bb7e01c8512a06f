"""Scaling ink: to a size, in proportion, with sharp edges, to full strength. What the MNIST and the generic style have in common."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from core.drawing.ink import Ink
from core.drawing.step import Cut, Frame, Rule, Skipped, Step

SHARPEN = Rule(
    "sharpen",
    "Sharpen the edges",
    "The originals of MNIST were black and white, without soft edges: all their greys come from the shrinking (LeCun et al. 1998, III.A).",
    "Off: the soft edge of the pen is shrunk with the rest, and strokes come out thinner and paler.",
)
PROPORTIONS = Rule(
    "proportions",
    "Shrink in proportion",
    "The figure is shrunk until its longer side fits the box, so that a 1 stays narrow (LeCun et al. 1998, III.A).",
    "Off: it is stretched to fill the box both ways, and a 1 becomes a block.",
)
STRENGTH = Rule(
    "strength",
    "Stretch to full strength",
    "Thin strokes turn grey when they are shrunk; the brightest pixel of nearly every training image is all white.",
    "Off: thin strokes stay grey.",
)
MARGIN = Rule(
    "margin",
    "Leave a margin",
    "Ink in the training images fills a part of the frame only: 20 of 28 pixels in MNIST (LeCun et al. 1998, III.A).",
    "Off: the figure is scaled to the whole frame, larger than anything the network has seen.",
)


def scale_and_centre(
    cut: Cut, frame: Frame, skipped: Skipped, centre: Rule, lay: Callable[[Ink, tuple[int, int]], Ink]
) -> tuple[Step, ...]:
    """The steps from what was cut out to an image like the frame says; the last is `centre`, which lays the scaled image in its place."""
    share = 1.0 if MARGIN.key in skipped else frame.box_share
    room = (max(1, round(frame.shape[0] * share)), max(1, round(frame.shape[1] * share)))
    size = room if PROPORTIONS.key in skipped else fit_size(cut.ink.shape, room)
    sharp = cut.ink if SHARPEN.key in skipped else sharpen_ink(cut.ink, size)
    small = resize_ink(sharp, size)
    scaled = rescale_to(small, frame.max_value) if STRENGTH.key in skipped else stretch_to(small, frame.max_value)
    as_drawn = place_as_drawn(scaled, cut, frame.shape)
    return (
        Step(SHARPEN, sharp, 255),
        Step(PROPORTIONS, small, 255),
        Step(STRENGTH, scaled, frame.max_value),
        Step(MARGIN, as_drawn, frame.max_value),
        Step(centre, as_drawn if centre.key in skipped else lay(scaled, frame.shape), frame.max_value),
    )


def fit_size(shape: tuple[int, ...], room: tuple[int, int]) -> tuple[int, int]:
    """The largest (height, width) within `room` with the proportions of `shape`, at least one pixel each way."""
    factor = min(room[0] / shape[0], room[1] / shape[1])
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def sharpen_ink(ink: Ink, size: tuple[int, int]) -> Ink:
    """Make edges as sharp as they will be shrunk to `size`: those at half of the strongest ink stay where they are.

    A soft edge, which a canvas or a camera makes many pixels wide, would leave no pixel of a thin stroke at full strength.
    Ink that will be enlarged stays as it is.
    """
    reduction = _reduction(ink, size)
    if reduction < 1:
        return ink
    middle = np.float32(ink.max() / 2)
    sharp: Ink = np.clip((ink - middle) * reduction + middle, 0, 255).astype(np.uint8)
    return sharp


def resize_ink(ink: Ink, size: tuple[int, int]) -> Ink:
    """Resize to (height, width), anti-aliased: each new pixel is the mean of the area it covers; when enlarging, interpolated."""
    method = Image.Resampling.BILINEAR if _reduction(ink, size) < 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(ink).resize((size[1], size[0]), method))


def stretch_to(ink: Ink, max_value: int) -> Ink:
    """Scale all values so that the strongest one is `max_value`, without which the strokes of a thin pen stay grey."""
    stretched: Ink = np.rint(ink * (max_value / max(1, int(ink.max())))).astype(np.uint8)
    return stretched


def rescale_to(ink: Ink, max_value: int) -> Ink:
    """Values of 0..255 as values of 0..`max_value`."""
    rescaled: Ink = np.rint(ink * (max_value / 255)).astype(np.uint8)
    return rescaled


def place_as_drawn(image: Ink, cut: Cut, shape: tuple[int, int]) -> Ink:
    """Lay an image into an empty, larger frame of `shape`, its middle where the middle of its box was on the canvas."""
    box = cut.place
    middles = ((box.top + box.bottom) / 2, (box.left + box.right) / 2)
    top, left = (
        _offset(middle / whole * room, side, room)
        for middle, whole, side, room in zip(middles, cut.canvas, image.shape, shape, strict=True)
    )
    return lay_at(image, top, left, shape)


def lay_at(image: Ink, top: int, left: int, shape: tuple[int, int]) -> Ink:
    """Lay an image into an empty frame of `shape` (height, width), its corner at `top` and `left`."""
    placed = np.zeros(shape, dtype=np.uint8)
    placed[top : top + image.shape[0], left : left + image.shape[1]] = image
    return placed


def _offset(middle: float, side: int, room: int) -> int:
    return int(np.clip(round(middle - side / 2), 0, room - side))


def _reduction(ink: Ink, size: tuple[int, int]) -> float:
    return float(min(ink.shape[0] / size[0], ink.shape[1] / size[1]))
