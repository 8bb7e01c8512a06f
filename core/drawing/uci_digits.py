"""The UCI digits style: 8x8 images of 0..16, counted out of 32x32 bitmaps.

Sources: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998: bitmaps of 32x32
from NIST's preprocessing programs, ink counted in blocks of 4x4. M. D. Garris and others, "NIST Form-Based Handprint Recognition
System", NISTIR 5469, 1994, and its published programs: a character is scaled to 20 by 32, thickened or thinned towards bounds of its ink,
and sheared upright.

Measured on the 1,797 images that scikit-learn brings: every digit fills all 8 rows; wide ones reach from block 1 to block 6, which is
20 columns of the bitmap in the middle of 32. Of 1,024 points, 313 are ink (median; 251 to 397 from the 1st to the 99th percentile),
nearly the same for all ten digits.

Two things differ from NIST's programs, because a mouse is not a ballpoint pen. They stretch every character to 20 columns, an upright
stroke of a mouse would become a black block, and the flag of a 1 would turn it into a 7: here nothing is stretched sideways, only narrowed.
They thicken by whole points; here the ink is brought to the data's median, so that a thin pen reads like a thick one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.drawing.ink import Ink
from core.drawing.scaling import lay_at, resize_ink, sharpen_ink
from core.drawing.step import Cut, Frame, Rule, Skipped, Step

Bitmap = NDArray[np.bool_]

SIDE = 32
"""Rows and columns of the bitmap."""

MAX_COLUMNS = 20
"""The widest that a digit gets, in columns of the bitmap."""

BLOCK = 4
"""Rows and columns of the bitmap that are counted into one pixel, whose largest value is therefore 16."""

MIN_INK, MAX_INK = 313, 397
"""Points of ink in the bitmap: the data's median, up to which thin strokes are thickened, and its 99th percentile."""

SPREAD = 1.6
"""Standard deviation, in points, of the blur by which strokes are thickened or thinned. Of 0.8, 1.2 and 1.6, the last read best."""

_GAUSSIAN = np.exp(-((np.arange(SIDE) - np.arange(SIDE)[:, np.newaxis]) ** 2) / (2 * SPREAD**2))
"""Multiplied from the left it blurs columns, from the right rows. Not normalised: only the order of the values is used."""

NOISY_ROWS = 2
"""Rows at the top and the bottom of a character that NIST's shear skips, because their ends are ragged."""


HEIGHT = Rule(
    "proportions",
    "Fill the height, in proportion",
    "NIST's programs scaled every character to the full height of the bitmap, 32 points, and at most 20 wide (Garris et al. 1994).",
    "Off: it is stretched over all 32 x 32 points, and a 1 becomes a block.",
)
THICKNESS = Rule(
    "thickness",
    "Strokes as thick as the data's",
    "Thin characters were thickened and thick ones thinned until about a third of the points were ink (Garris et al. 1994).",
    "Off: strokes stay as thick as the pen made them.",
)
UPRIGHT = Rule(
    "upright",
    "Shear upright",
    "Slanted writing was sheared until the left ends of its upper and lower edge stood above each other (Garris et al. 1994).",
    "Off: it stays as slanted as you wrote it.",
)
BLOCKS = Rule(
    "blocks",
    "Count the ink in blocks",
    "Each pixel of the image says how many of 4 x 4 points are ink, from 0 to 16 (Alpaydin and Kaynak 1998).",
    "Off: one point of each block decides alone, so that a pixel is all ink or none.",
)
RULES = (HEIGHT, THICKNESS, UPRIGHT, BLOCKS)


def prepare_uci_digits(cut: Cut, frame: Frame, skipped: Skipped) -> tuple[Step, ...]:
    """The steps from what was cut out to an 8x8 image of 0..16. The frame does not matter: digits fill the height."""
    filled = stretch_over(cut.ink) if HEIGHT.key in skipped else fill_height(cut.ink)
    bitmap = filled > 127 if THICKNESS.key in skipped else balance_ink(filled)
    upright = bitmap if UPRIGHT.key in skipped else straighten(bitmap)
    image = sample_blocks(upright) if BLOCKS.key in skipped else count_blocks(upright)
    return (
        Step(HEIGHT, filled, 255),
        Step(THICKNESS, bitmap.astype(np.uint8), 1),
        Step(UPRIGHT, upright.astype(np.uint8), 1),
        Step(BLOCKS, image, BLOCK * BLOCK),
    )


def fill_height(inside: Ink) -> Ink:
    """Scale ink to 32 rows and at most 20 columns, in the middle of 32 x 32. Values stay 0..255."""
    height, width = inside.shape
    size = (SIDE, min(MAX_COLUMNS, max(1, round(width * SIDE / height))))
    return lay_at(resize_ink(sharpen_ink(inside, size), size), 0, (SIDE - size[1]) // 2, (SIDE, SIDE))


def stretch_over(inside: Ink) -> Ink:
    """Scale ink to 32 x 32, whatever its proportions. Values stay 0..255."""
    return resize_ink(sharpen_ink(inside, (SIDE, SIDE)), (SIDE, SIDE))


def balance_ink(grey: Ink) -> Bitmap:
    """Points of ink, at least `MIN_INK` and at most `MAX_INK` of them.

    The blurred ink falls off evenly from the middle of each stroke, so that its strongest points are the same strokes, thicker or thinner.
    """
    wanted = int(np.clip(np.count_nonzero(grey > 127), MIN_INK, MAX_INK))
    blurred = _GAUSSIAN @ grey @ _GAUSSIAN
    bitmap: Bitmap = blurred >= np.partition(blurred, -wanted, axis=None)[-wanted]
    return bitmap


def straighten(bitmap: Bitmap) -> Bitmap:
    """Shift each row so that the left ends of the upper and the lower edge come to stand above each other (NISTIR 5469).

    What is shifted out of the bitmap is lost, as in the original.
    """
    rows = np.flatnonzero(bitmap.any(axis=1))
    if not len(rows):
        return bitmap
    top, bottom = rows[0] + NOISY_ROWS, rows[-1] - NOISY_ROWS
    if top >= bottom or not bitmap[[top, bottom]].any(axis=1).all():
        return bitmap
    slope = (int(bitmap[top].argmax()) - int(bitmap[bottom].argmax())) / (bottom - top)
    shifts = np.rint((np.arange(SIDE) - SIDE // 2) * slope).astype(int)
    columns = np.arange(SIDE) - shifts[:, np.newaxis]
    shifted: Bitmap = np.take_along_axis(bitmap, columns.clip(0, SIDE - 1), axis=1) & (columns >= 0) & (columns < SIDE)
    return shifted


def count_blocks(bitmap: Bitmap) -> Ink:
    """Points of ink in each block of 4x4: `uint8`, `(8, 8)`, 0..16."""
    blocks = SIDE // BLOCK
    counts: Ink = bitmap.reshape(blocks, BLOCK, blocks, BLOCK).sum(axis=(1, 3)).astype(np.uint8)
    return counts


def sample_blocks(bitmap: Bitmap) -> Ink:
    """16 where the point in the middle of a block of 4x4 is ink, otherwise 0: `uint8`, `(8, 8)`."""
    middle = BLOCK // 2
    sampled: Ink = bitmap[middle::BLOCK, middle::BLOCK].astype(np.uint8) * (BLOCK * BLOCK)
    return sampled
