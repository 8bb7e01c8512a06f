"""Pictures that somebody brings: the ink in them, and the colour photo itself for networks that learned from such."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.drawing.frame import drop_edge, find_frame, find_sheet, has_figure
from core.drawing.ink import INKED, Ink, InkBox, border, find_ink, flatten
from core.drawing.paper import choose_channel, drop_ruling, drop_specks, read_paper
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
_FRAMES = 4
"""Frames within frames that are cut off."""

RULING = 5
"""Lines one way across a clean picture from which they are the ruling of the page that a pen on a screen wrote on."""

_SOFT_EDGE = 2
"""Pixels around a piece of ink that belong to it, though they are too weak to be counted."""

_FRAME = Rule("frame", "Frame cut off", "Thin lines along the edge, or another ground around the sheet, are no part of a figure.")
_INK = Rule("ink", "Ink", "The paper is clean, of one colour: what differs from it is ink, the strongest in full white.")
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
    colours = flatten(picture)
    box = find_inside(colours)
    inside = colours[box.top : box.bottom, box.left : box.right]
    has_frame = inside.shape != colours.shape
    clean = is_clean(inside)
    if clean:
        steps, pieces = _read_clean(inside, tone.is_dark, has_frame), 0
    else:
        found = read_paper(choose_channel(inside), tone.is_dark)
        steps, pieces = found.steps, found.pieces
    before = (Step(_PHOTO, colours, 255), *((Step(_FRAME, inside, 255),) if has_frame else ()))
    return PictureReading(Sketch(_shrink(steps[-1].image), photo=colours, pieces=pieces), (*before, *steps), clean)


def find_inside(colours: NDArray[np.uint8]) -> InkBox:
    """The part of a picture, `uint8 (height, width, 3)`, within the frames that are around it: all of it if there is none."""
    box = InkBox(0, 0, *colours.shape[:2])
    for _ in range(_FRAMES):
        inside = colours[box.top : box.bottom, box.left : box.right]
        if not is_clean(inside) or (inner := _find_inner(inside)) is None:
            break
        box = InkBox(box.top + inner.top, box.left + inner.left, box.top + inner.bottom, box.left + inner.right)
    return box


def _find_inner(colours: NDArray[np.uint8]) -> InkBox | None:
    """Within one frame; None where there is none, or nothing within it."""
    mask = _find_mask(colours)
    sheet = find_sheet(mask)
    if sheet is not None and has_figure(_find_mask(colours[sheet.top : sheet.bottom, sheet.left : sheet.right])):
        return sheet
    return find_frame(mask)


def _find_mask(colours: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where there is ink, if this is a clean picture."""
    try:
        return find_ink(colours) >= INKED
    except DrawingError:
        return np.zeros(colours.shape[:2], dtype=bool)


def is_clean(colours: NDArray[np.uint8]) -> bool:
    """Whether the paper is of one colour, as no camera sees it, or the picture too small for a photo of paper."""
    edge = border(colours).astype(np.int16)
    return min(colours.shape[:2]) < SMALL or float((np.abs(edge - np.median(edge, axis=0)).max(axis=1) <= EVEN).mean()) >= EVEN_SHARE


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


def _read_clean(colours: NDArray[np.uint8], is_dark: bool | None, had_frame: bool) -> tuple[Step, ...]:
    try:
        ink = find_ink(colours, is_dark)
    except DrawingError:
        ink = np.zeros(colours.shape[:2], np.uint8)
    mask = ink >= INKED
    kept = mask if min(mask.shape) < SMALL else _drop_ruling(mask)
    kept = drop_edge(kept) if had_frame else kept
    return (Step(_INK, ink if np.array_equal(kept, mask) else _keep(ink, kept), 255),)


def _drop_ruling(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without ruling, and then without the specks that are left where its lines crossed."""
    kept = drop_ruling(mask, RULING)
    return mask if np.array_equal(kept, mask) else drop_specks(kept)


def _keep(ink: Ink, kept: NDArray[np.bool_]) -> Ink:
    """These pieces with their soft edges, and nothing else."""
    from scipy.ndimage import binary_dilation

    near = binary_dilation(kept, np.ones((3, 3)), iterations=_SOFT_EDGE)
    return np.where(kept | (near & (ink < INKED)), ink, 0).astype(np.uint8)


def _shrink(ink: Ink) -> Ink:
    picture = Image.fromarray(ink)
    picture.thumbnail((INK_SIDE, INK_SIDE), Image.Resampling.BOX)
    return np.asarray(picture)


def _middle(height: int, width: int, proportion: float) -> InkBox:
    """The largest box in the middle that is `proportion` as high as it is wide."""
    rows, columns = min(height, round(width * proportion)), min(width, round(height / proportion))
    top, left = (height - rows) // 2, (width - columns) // 2
    return InkBox(top, left, top + rows, left + columns)
