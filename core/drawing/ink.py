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

TWO_TONES, LEAST_INK = 64, 0.02
"""What is seen of a picture with transparent parts is of two tones if this part of it differs so much, in some channel, from the rest."""

NO_DRAWING = "There is nothing drawn yet. Draw one large figure in the middle, then lift the pen."
NO_INK = "The picture shows no ink: it is nearly the same all over. Expected one figure, dark on light paper or light on dark."


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


def find_ink(pixels: NDArray[np.uint8], is_dark: bool | None = None) -> Ink:
    """Ink on clean paper, all of one colour, as in a scan or a screenshot: whatever differs from the paper, in lightness or in hue.

    The paper is the median of the pixels along the border. How far a pixel is from it is how far it is in the channel where they differ
    most, so that no two colours are too alike to be told apart because their greys are. Differences such as the border itself has (three
    times their median) are the paper's grain. From there to the strongest ink, values are stretched to 0..255.

    Args:
        pixels: `uint8`, `(height, width)` grey or `(height, width, 3)` colours.
        is_dark: whether only what is darker than the paper is ink, or only what is lighter; None for both.

    Raises `DrawingError` if there is no ink.
    """
    edge = border(pixels).astype(np.int16).reshape(-1, *pixels.shape[2:])
    paper = np.median(edge, axis=0).astype(np.int16)
    grain = 3 * int(np.median(np.abs(edge - paper), axis=0).max())
    contrast = np.abs(pixels - paper)
    if pixels.ndim == 3:
        contrast = contrast.max(axis=2)
    if is_dark is not None:
        lighter = _lightness(pixels) - _lightness(paper)
        contrast[lighter > 0 if is_dark else lighter < 0] = 0
    strongest = int(contrast.max())
    if strongest - grain < MIN_CONTRAST:
        raise DrawingError(NO_INK)
    # One value for each of the 256 differences and not for each pixel, of which there may be a million.
    stretched = (np.arange(256) - grain) * (255 / (strongest - grain))
    ink: Ink = np.clip(np.rint(stretched), 0, 255).astype(np.uint8)[contrast]
    return ink


def _lightness(pixels: NDArray[Any]) -> NDArray[np.int32]:
    """Of colours `(..., 3)` by the weights of ITU-R BT.601, in thousandths; of greys `(height, width)` themselves."""
    if pixels.ndim == 2 or pixels.ndim == 0:
        return pixels.astype(np.int32)
    lightness: NDArray[np.int32] = pixels.astype(np.int32) @ np.array([299, 587, 114], np.int32)
    return lightness


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


def flatten(picture: Image.Image) -> NDArray[np.uint8]:
    """The colours of a picture, `uint8 (height, width, 3)`, transparency replaced by paper.

    That is white, or black under ink that is itself light. If what can be seen is of two tones, it is a sheet with ink on it: then the
    paper is the sheet's own, its most frequent colour.
    """
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("RGB"))
    pixels = np.asarray(picture.convert("RGBA")).astype(np.float32)
    colours, alpha = pixels[..., :3], pixels[..., 3:] / np.float32(255)
    paper = _find_paper(colours[alpha[..., 0] > 0.5], alpha[..., 0])
    return np.rint(paper + (colours - paper) * alpha).astype(np.uint8)


def _find_paper(seen: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """The colour to put behind a picture, `(3,)`, of which the pixels `(n, 3)` can be seen."""
    white, black = np.full(3, 255, np.float32), np.zeros(3, np.float32)
    if not len(seen):
        return white
    usual = np.median(seen, axis=0)
    has_ink = float((np.abs(seen - usual).max(axis=1) > TWO_TONES).mean()) > LEAST_INK
    if has_ink:
        return np.asarray(usual, np.float32)
    is_light_ink = len(seen) < alpha.size and float(usual @ np.array([0.299, 0.587, 0.114])) > 127
    return black if is_light_ink else white
