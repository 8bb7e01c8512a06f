"""What arrays of numbers have to do with pictures: rows of pixels, channels first, channels last."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

_FLAT_COLOUR = "red, green and blue of one pixel after the other, row by row"


@dataclass(frozen=True)
class PictureLayout:
    """How an array becomes pictures of shape `(height, width)` or `(height, width, 3)`, and a sentence if it is not plain."""

    image_shape: tuple[int, ...]
    arrange: Callable[[NDArray[Any]], NDArray[Any]]
    note: str | None = None


def square_shape(pixels: int) -> tuple[int, ...] | None:
    """`(side, side)`, or `(side, side, 3)` for three numbers a pixel; None if so many numbers are no square picture."""
    for numbers, channels in ((pixels, ()), (pixels // 3 if pixels % 3 == 0 else 0, (3,))):
        side = math.isqrt(max(0, numbers))
        if side > 0 and side * side == numbers:
            return (side, side, *channels)
    return None


def describe_rows(shape: tuple[int, ...]) -> str:
    """A sentence on how pictures were made of rows of numbers."""
    order = "from left to right and from top to bottom" if len(shape) == 2 else _FLAT_COLOUR
    return f"The numbers of each picture are taken as {shape[1]} x {shape[0]} pixels, {order}. Look at the examples to see whether it fits."


def find_layout(shape: tuple[int, ...]) -> PictureLayout | None:
    """How an array of this shape, `(n, ...)`, holds pictures; None if it can't be told."""
    if len(shape) == 2:
        square = square_shape(shape[1])
        return PictureLayout(square, lambda rows: rows.reshape(len(rows), *square), describe_rows(square)) if square else None
    if len(shape) == 3:
        return PictureLayout(shape[1:], lambda rows: rows)
    if len(shape) != 4:
        return None
    if shape[3] == 3:
        return PictureLayout(shape[1:], lambda rows: rows)
    if shape[3] == 1:
        return PictureLayout(shape[1:3], lambda rows: rows[..., 0])
    if shape[1] == 1:
        return PictureLayout(shape[2:], lambda rows: rows[:, 0])
    if shape[1] == 3:
        note = f"The array has the shape {shape}: its second axis is taken as red, green and blue."
        return PictureLayout((*shape[2:], 3), lambda rows: rows.transpose(0, 2, 3, 1), note)
    return None
