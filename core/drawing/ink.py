"""Ink: how much pen there is at each point, from a canvas or a picture file, and the box that it fills.

Ink is a `uint8` array `(height, width)`: 0 is bare paper, 255 is covered by the pen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import DrawingError

Ink = NDArray[np.uint8]

INKED = 96
"""Ink from which a pixel counts as drawn: well under a half, but enough that the soft edge of a stroke does not widen the box."""

MIN_INKED_PIXELS = 6
"""Fewer inked pixels than this are a slip of the mouse or dust, not a drawing."""

MIN_CONTRAST = 24
"""Grey levels between paper and ink in a picture. With less, what looks like ink is noise."""

NO_DRAWING = "There is nothing drawn yet. Draw one large figure in the middle, then lift the pen."
NO_INK = "The picture shows no ink: it is nearly the same grey all over. Expected one dark figure on light paper."


class InkBox(NamedTuple):
    """The smallest box around the ink, in pixels: rows from `top` up to, not including, `bottom`; columns likewise."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def ink_from_canvas(pixels: NDArray[np.uint8]) -> Ink:
    """Ink of a canvas with a light pen on black.

    Args:
        pixels: `uint8`, `(height, width, 4)` RGBA, `(height, width, 3)` RGB or `(height, width)` grey.
            Transparent pixels count as black.

    Raises `DrawingError` for any other shape or dtype.
    """
    known_shape = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if pixels.dtype != np.uint8 or not known_shape or 0 in pixels.shape:
        raise DrawingError(
            f"The drawing is a {pixels.dtype} array of shape {pixels.shape};"
            " expected uint8 pixels of shape (height, width), (height, width, 3) or (height, width, 4)."
        )
    if pixels.ndim == 2:
        return pixels
    grey = np.asarray(Image.fromarray(np.ascontiguousarray(pixels[..., :3])).convert("L"))
    if pixels.shape[2] == 3:
        return grey
    covered: Ink = (grey * (pixels[..., 3].astype(np.uint16) + 1) >> 8).astype(np.uint8)
    return covered


def find_ink(grey: Ink, is_dark: bool | None = None) -> Ink:
    """Ink on clean paper, all of one grey, as in a scan or a screenshot: dark on light, or light on dark.

    Which of the two, if `is_dark` does not say it, is told by the border: if the median of its pixels is lighter than middle grey,
    the ink is what is darker than that median, otherwise what is lighter. The median is the paper; differences from it such as
    the border itself has (three times their median) are the paper's grain. From there to the strongest ink, values are stretched to 0..255.

    Raises `DrawingError` if there is no ink.
    """
    edge = border(grey).astype(np.int16)
    paper = int(np.median(edge))
    sign = -1 if (paper > 127 if is_dark is None else is_dark) else 1
    grain = 3 * int(np.median(np.abs(edge - paper)))
    strongest = max((int(level) - paper) * sign for level in (grey.min(), grey.max()))
    if strongest - grain < MIN_CONTRAST:
        raise DrawingError(NO_INK)
    # One value for each of the 256 greys and not for each pixel, of which there may be a million.
    contrast = (np.arange(256) - paper) * sign
    stretched = (contrast - grain) * (255 / (strongest - grain))
    ink: Ink = np.clip(np.rint(stretched), 0, 255).astype(np.uint8)[grey]
    return ink


def border(image: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels of an image `(height, width)`, in one row."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


def ink_box(ink: Ink) -> InkBox | None:
    """The smallest box around all pixels of at least `INKED`; None with fewer than `MIN_INKED_PIXELS` of them."""
    inked = ink >= INKED
    if np.count_nonzero(inked) < MIN_INKED_PIXELS:
        return None
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return InkBox(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def crop_to_ink(ink: Ink) -> tuple[InkBox, Ink]:
    """The ink box and the ink inside it. Raises `DrawingError`, asking for a drawing, if there is (almost) none."""
    box = ink_box(ink)
    if box is None:
        raise DrawingError(NO_DRAWING)
    return box, ink[box.top : box.bottom, box.left : box.right]


def flatten(picture: Image.Image) -> Ink:
    """Grey levels of a picture, transparency replaced by paper: white, or black under ink that is itself light."""
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"))
    grey, alpha = (np.asarray(band, dtype=np.float32) for band in picture.convert("LA").split())
    opaque = grey[alpha > 127]
    is_light_ink = 0 < opaque.size < alpha.size and np.median(opaque) > 127
    paper = 0 if is_light_ink else 255
    return np.rint(paper + (grey - paper) * (alpha / 255)).astype(np.uint8)
