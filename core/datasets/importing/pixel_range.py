"""What the numbers of pictures mean: which of them stands for black and which for white. One rule for every kind of file.

A file seldom says how large its numbers may be: ink can be 1, 16, 255, 4,095 or a fraction. The largest number that occurs tells it,
since nearly every set has a pixel that is (almost) white. What is proposed is shown before anything is stored, and can be changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images

MOST_UNFIT = 0.1
"""The share of pictures whose numbers may be missing, or beyond what the others agree on."""

_WHITES = (1, 3, 7, 15, 16, 31, 63, 100, 127, 255, 1_023, 4_095, 16_383, 65_535)
"""What white is in whole numbers of 1 to 16 bits, in scikit-learn's digits (16), and in per cent."""

_COMMON = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
"""Ranges so common that a few pictures beyond them are damaged, and do not decide for all the others."""

_CENTRED = ((-0.5, 0.5), (-1.0, 1.0), (-128.0, 127.0))
"""Usual ranges around 0, the last one of whole numbers."""

_TOLERANCE = 1 + 1e-6
_AT_ONCE = 1 << 18
_HOW_TO_CHANGE = "If another number is white, put it under Largest value."


@dataclass(frozen=True, eq=False)
class Extents:
    """The smallest and the largest number of each picture, `float64 (n,)`, nan if it has a number that is none.

    `lowest_at` and `highest_at`, `(n,)`, say where in the picture, counted from 0 along its rows, the first of them is; `is_whole` that
    no number of any picture is a fraction.
    """

    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    lowest_at: NDArray[np.intp]
    highest_at: NDArray[np.intp]
    is_whole: bool

    def describe_unfit(self, picture: int) -> str:
        """Which number of the picture at this position is the one that can't be used."""
        lowest, highest = float(self.lowest[picture]), float(self.highest[picture])
        is_low = lowest < 0 and not np.isnan(highest)
        value, place = (lowest, self.lowest_at) if is_low else (highest, self.highest_at)
        return f"Pixel {place[picture] + 1:,} is {value:.15g}, beyond those of nine in ten others."


@dataclass(frozen=True)
class PixelRange:
    """The numbers that stand for black and white, and a sentence on how they were found; None where nothing needs saying."""

    black: float = 0.0
    white: float = 255.0
    note: str | None = None

    def convert(self, numbers: NDArray[np.generic]) -> Images:
        """Pixels from 0 to 255, `uint8`, of the same shape, rounded to nearest; what is beyond black or white becomes that."""
        if (self.black, self.white) == (0, 255) and numbers.dtype == np.uint8:
            return numbers.astype(np.uint8, copy=False)
        pixels = np.empty(numbers.shape, dtype=np.uint8)
        for first in range(0, len(numbers), rows := max(1, _AT_ONCE * len(numbers) // max(1, numbers.size))):
            # Of several equally exact ways to the quotient, this one has no error where white is a whole multiple.
            spread = (numbers[first : first + rows].astype(np.float64) - self.black) * 255 / (self.white - self.black)
            pixels[first : first + rows] = np.rint(spread).clip(0, 255)
        return pixels

    def with_largest(self, largest: float | None) -> PixelRange:
        """The same with another number for white, if one was chosen."""
        return self if largest is None or largest <= self.black else replace(self, white=largest)


AS_BYTES = PixelRange()
"""Numbers from 0 to 255, which are pixels already."""


def measure(pictures: NDArray[np.generic]) -> Extents:
    """The extents of pictures of numbers, `(n, ...)`."""
    flat = pictures.reshape(len(pictures), -1)
    is_whole = pictures.dtype.kind in "iub" or bool((np.rint(flat) == flat)[np.isfinite(flat)].all())
    lowest_at, highest_at = flat.argmin(axis=1), flat.argmax(axis=1)
    rows = np.arange(len(flat))
    return Extents(flat[rows, lowest_at].astype(np.float64), flat[rows, highest_at].astype(np.float64), lowest_at, highest_at, is_whole)


def join(parts: Sequence[Extents]) -> Extents:
    """The extents of all pictures, part after part; at least one part."""
    return Extents(
        np.concatenate([part.lowest for part in parts]),
        np.concatenate([part.highest for part in parts]),
        np.concatenate([part.lowest_at for part in parts]),
        np.concatenate([part.highest_at for part in parts]),
        all(part.is_whole for part in parts),
    )


def find_unfit(extents: Extents) -> NDArray[np.bool_]:
    """`(n,)`: the pictures whose numbers are infinite, missing, or beyond a common range that at least nine in ten others keep to."""
    lowest, highest = extents.lowest, extents.highest
    is_evidence = highest != lowest
    for black, white in _COMMON if is_evidence.any() else ():
        inside = (lowest >= black) & (highest <= white * _TOLERANCE)
        if (inside & is_evidence).sum() >= (1 - MOST_UNFIT) * is_evidence.sum():
            return ~inside
    unfit: NDArray[np.bool_] = ~(np.isfinite(lowest) & np.isfinite(highest))
    return unfit


def propose_range(lowest: float, highest: float, *, is_whole: bool) -> PixelRange:
    """Which numbers are black and white, told by the finite smallest and largest number of all pictures.

    Without negative numbers black is 0, and white the smallest of the usual numbers that is not exceeded; fractions up to 1 are taken
    as shares of 255. Numbers around 0 are -1 to 1, -0.5 to 0.5 or -128 to 127 if they stay within that; others, as standardised ones,
    are spread from their smallest to their largest.
    """
    found = f"The pixels are {'whole numbers' if is_whole else 'fractions'} from {lowest:g} to {highest:g}"
    if lowest < 0:
        fitting = (
            pair for pair in _CENTRED[: None if is_whole else -1] if pair[0] * _TOLERANCE <= lowest and highest <= pair[1] * _TOLERANCE
        )
        black, white = next(fitting, (lowest, highest if highest > lowest else lowest + 1))
        return PixelRange(black, white, f"{found}: {black:g} and {white:g} are taken as black and white. {_HOW_TO_CHANGE}")
    if highest == 0:
        return AS_BYTES
    if is_whole or highest > _TOLERANCE:
        white = _usual_white(highest)
    else:
        white = _usual_white(np.ceil(highest * 255 / _TOLERANCE)) / 255 if highest >= 1 / 255 else highest
    if white == 255:
        return AS_BYTES
    return PixelRange(0.0, white, f"{found}: 0 and {white:g} are taken as black and white. {_HOW_TO_CHANGE}")


def propose_for(extents: Extents) -> PixelRange:
    """The range of the pictures that are not unfit. At least one must be fit."""
    fit = ~find_unfit(extents)
    # A picture of a single shade shows neither black nor white.
    fit &= (extents.highest > extents.lowest) | (not extents.is_whole)
    if not fit.any():
        return AS_BYTES
    return propose_range(float(extents.lowest[fit].min()), float(extents.highest[fit].max()), is_whole=extents.is_whole)


def _usual_white(highest: float) -> float:
    return float(next((white for white in _WHITES if highest <= white * _TOLERANCE), highest))
