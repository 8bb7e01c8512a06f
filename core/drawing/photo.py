"""Pictures that somebody brings: the ink in them, and the colour photo itself for networks that learned from such."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.drawing.ink import Ink, InkBox, border, find_ink, flatten
from core.drawing.paper import read_paper
from core.drawing.picture import open_picture
from core.drawing.pipeline import PreparedDrawing
from core.drawing.sketch import Sketch
from core.drawing.step import Rule, Step
from core.drawing.style import DrawingStyle
from core.errors import DrawingError

LONGER_SIDE = 1_000
"""Pixels to which larger pictures are shrunk: a thin pen is still several wide, and it takes a tenth of the time."""

INK_SIDE = 500
"""Pixels of the ink's longer side, in the end: no more is needed, and all that looks at it takes a quarter of the time."""

SMALL = 100
"""Pixels of the shorter side below which a picture is a data set's image or an icon, too small for a photo of paper."""

EVEN, EVEN_SHARE = 2, 0.75
"""Grey levels from the border's median, and the part of the border that is no further from it, if paper is clean: no camera sees it so."""

_PHOTO = Rule("photo", "The picture", "As it was brought, turned upright and made no larger than needed.")
_INK = Rule("ink", "Ink", "The paper is clean, of one grey: what differs from it is ink, the strongest in full white.")
_MIDDLE = Rule("middle", "The middle, made small", "A network of colour photos gets the middle of the photo, each pixel the mean of many.")


class Tone(StrEnum):
    """Which is the ink."""

    AUTO = "auto"
    DARK = "dark"
    LIGHT = "light"

    @property
    def is_dark(self) -> bool | None:
        return None if self == Tone.AUTO else self == Tone.DARK


@dataclass(frozen=True, eq=False)
class PictureReading:
    """A picture as it was read.

    Attributes:
        sketch: its ink, all 0 where none was found, and its colours.
        steps: the stages on the way to the ink; the first is the picture itself, in colour `(height, width, 3)`.
        is_clean: whether its paper was found to be clean, so that one grey parts ink from paper.
    """

    sketch: Sketch
    steps: tuple[Step, ...]
    is_clean: bool


def read_picture(source: Path | str | bytes, tone: Tone = Tone.AUTO) -> PictureReading:
    """Read the ink of a picture file: a scan, a screenshot, an image of a data set, or a photo of paper.

    Small pictures, and those whose border is of one grey, are read as clean ones (`core.drawing.ink.find_ink`), which keeps soft edges;
    all others as photos (`core.drawing.paper.read_paper`).

    Args:
        source: the path of a PNG, JPEG, BMP, GIF or WebP file, or its bytes.
        tone: which is the ink; by default that is told from the picture.

    Raises `DrawingError` as `open_picture` does. A picture without ink is none: a network of colour photos needs no ink.
    """
    picture = open_picture(source, at_most=LONGER_SIDE)
    grey, colour = flatten(picture), _on_white(picture)
    clean = is_clean(grey)
    steps = _read_clean(grey, tone.is_dark) if clean else read_paper(grey, tone.is_dark).steps
    return PictureReading(Sketch(_shrink(steps[-1].image), photo=colour), (Step(_PHOTO, colour, 255), *steps), clean)


def is_clean(grey: Ink) -> bool:
    """Whether the paper is of one grey, as no camera sees it, or the picture too small for a photo of paper."""
    edge = border(grey).astype(np.int16)
    return min(grey.shape) < SMALL or float((np.abs(edge - np.median(edge)) <= EVEN).mean()) >= EVEN_SHARE


def prepare_photo(photo: NDArray[np.uint8], style: DrawingStyle, image_shape: tuple[int, ...], max_value: int) -> PreparedDrawing:
    """The middle of a colour photo as a network gets it that learned from colour photos.

    Args:
        photo: `uint8 (height, width, 3)`.
        style: the network's; without effect, for there is no ink.
        image_shape: `(height, width, 3)`.
        max_value: the largest value a pixel of its data set can take.
    """
    height, width = image_shape[:2]
    fitted = np.asarray(ImageOps.fit(Image.fromarray(photo), (width, height), Image.Resampling.BOX))
    image = np.rint(fitted * (max_value / 255)).astype(np.uint8)
    box = _middle(photo.shape[0], photo.shape[1], height / width)
    return PreparedDrawing(style, box, (Step(_PHOTO, photo, 255, box), Step(_MIDDLE, image, max_value)), image)


def _read_clean(grey: Ink, is_dark: bool | None) -> tuple[Step, ...]:
    try:
        ink = find_ink(grey, is_dark)
    except DrawingError:
        ink = np.zeros_like(grey)
    return (Step(_INK, ink, 255),)


def _shrink(ink: Ink) -> Ink:
    picture = Image.fromarray(ink)
    picture.thumbnail((INK_SIDE, INK_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)


def _on_white(picture: Image.Image) -> NDArray[np.uint8]:
    """The colours, with white where the picture is see-through."""
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("RGB"))
    sheet = Image.new("RGBA", picture.size, "white")
    sheet.alpha_composite(picture.convert("RGBA"))
    return np.asarray(sheet.convert("RGB"))


def _middle(height: int, width: int, proportion: float) -> InkBox:
    """The largest box in the middle that is `proportion` as high as it is wide."""
    rows, columns = min(height, round(width * proportion)), min(width, round(height / proportion))
    top, left = (height - rows) // 2, (width - columns) // 2
    return InkBox(top, left, top + rows, left + columns)
