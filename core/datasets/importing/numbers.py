"""From numbers of any kind to pixels from 0 to 255, where it is clear what they mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.errors import DatasetError


@dataclass(frozen=True)
class ValueRange:
    """The numbers of an array. `lowest` and `highest` are nan if one of them is; `whole` says that none is a fraction."""

    lowest: float
    highest: float
    whole: bool

    def __or__(self, other: ValueRange) -> ValueRange:
        lowest, highest = np.minimum(self.lowest, other.lowest), np.maximum(self.highest, other.highest)
        return ValueRange(float(lowest), float(highest), self.whole and other.whole)


@dataclass(frozen=True)
class Conversion:
    """What to multiply the numbers with before they are rounded, and a sentence on it; None where nothing needs saying."""

    factor: int
    note: str | None

    def apply(self, numbers: NDArray[np.generic]) -> Images:
        """Pixels, `uint8`, of the same shape."""
        if self.factor == 1:
            return numbers.astype(np.uint8, copy=False)
        return np.rint(numbers.astype(np.float32) * self.factor).astype(np.uint8)


def measure(numbers: NDArray[np.generic]) -> ValueRange:
    """The range of an array that holds at least one number."""
    lowest, highest = float(np.min(numbers)), float(np.max(numbers))
    whole = numbers.dtype.kind in "iub" or bool((np.rint(numbers) == numbers).all())
    return ValueRange(lowest, highest, whole)


def choose_conversion(found: ValueRange, dtype: np.dtype[np.generic], name: str, *, max_value: int | None) -> Conversion:
    """How numbers of this range become pixels.

    Whole numbers from 0 to 255 are pixels already, of whatever type. Numbers from 0 to 1 are shares of white, unless `max_value`,
    the largest pixel as the file states it, says otherwise. Nothing else is clear.

    Raises `DatasetError`, naming the array, with how to convert it.
    """
    if not 0 <= found.lowest <= found.highest <= 255:
        raise DatasetError(f"{name} holds {_describe(found)}; expected pixels from 0 to 255, or from 0 to 1. {_advise(found)}")
    if found.highest <= 1 and max_value is None and found.highest > 0:
        what = "0 and 1 are taken as black and white" if found.whole else "they are multiplied by 255 and rounded"
        return Conversion(255, f"The pixels of {name} run from 0 to 1: {what}.")
    if not found.whole:
        raise DatasetError(
            f"{name} holds fractions from {found.lowest:g} to {found.highest:g}; expected whole numbers from 0 to 255,"
            " or fractions from 0 to 1. Convert them: numpy.rint(x).astype('uint8')."
        )
    if max_value is not None and found.highest > max_value:
        raise DatasetError(f"{name}: a pixel is {found.highest:g}; expected at most {max_value}, the max_value that the file states.")
    if dtype != np.uint8:
        return Conversion(1, f"The pixels of {name} are whole numbers from 0 to 255 saved as {dtype}; they are kept as bytes.")
    return Conversion(1, None)


def _describe(found: ValueRange) -> str:
    if not np.isfinite([found.lowest, found.highest]).all():
        return "numbers that are infinite or missing (nan)"
    return f"numbers from {found.lowest:g} to {found.highest:g}"


def _advise(found: ValueRange) -> str:
    if not np.isfinite([found.lowest, found.highest]).all():
        return "Replace them, or leave those images out."
    if found.lowest >= 0 and found.highest <= 65_535:
        return "Convert them: (x / x.max() * 255).astype('uint8')."
    return "Convert them: ((x - x.min()) / (x.max() - x.min()) * 255).astype('uint8')."
