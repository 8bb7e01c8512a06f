"""What arrays of numbers have to do with pictures: rows of pixels, channels first, channels last."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLED = 200
"""Rows of numbers that are looked at to find out how they hold colours."""

_ORDERS = {
    "grey": "from left to right and from top to bottom",
    "pixels": "red, green and blue of one pixel after the other, row by row",
    "planes": "first the red of all pixels, then the green, then the blue, as in CIFAR-10's files",
}
_SMALLEST_SIDE = 4
_SMOOTHER = 0.8
"""Neighbours in real pictures differ by half of what pixels three rows apart do, in noise by as much."""


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


def lay_out_rows(shape: tuple[int, ...], *, are_planes: bool = False) -> PictureLayout:
    """How rows of numbers become pictures of the shape `(side, side)` or `(side, side, 3)`, with a sentence on it.

    `are_planes`: all red numbers come first, then all green and all blue ones; otherwise those of one pixel stand together.
    """
    order = _ORDERS["grey" if len(shape) == 2 else "planes" if are_planes else "pixels"]
    note = f"The numbers of each picture are taken as {shape[1]} x {shape[0]} pixels, {order}. Look at the examples to see whether it fits."
    if are_planes and len(shape) == 3:
        return PictureLayout(shape, lambda rows: rows.reshape(len(rows), 3, *shape[:2]).transpose(0, 2, 3, 1), note)
    return PictureLayout(shape, lambda rows: rows.reshape(len(rows), *shape), note)


def look_like_planes(rows: NDArray[Any]) -> bool:
    """Whether rows of numbers, `(n, 3 * side * side)`, rather hold the colours of their pictures one after the other.

    Then the pixel below is `side` numbers further on and otherwise `3 * side`, and what lies below one another is most alike.
    """
    side = math.isqrt(rows.shape[1] // 3)
    numbers = rows[:SAMPLED].astype(np.float64)
    numbers = numbers[np.isfinite(numbers).all(axis=1)]
    if side < _SMALLEST_SIDE or not len(numbers):
        return False
    with np.errstate(over="ignore"):
        near, far = (float(np.abs(numbers[:, step:] - numbers[:, :-step]).mean()) for step in (side, 3 * side))
    return near < _SMOOTHER * far


def find_layout(shape: tuple[int, ...], sample: Callable[[], NDArray[Any]] | None = None) -> PictureLayout | None:
    """How an array of this shape, `(n, ...)`, holds pictures; None if it can't be told. `sample` gives some of its rows."""
    if len(shape) == 2:
        square = square_shape(shape[1])
        is_colour = square is not None and len(square) == 3
        return lay_out_rows(square, are_planes=is_colour and sample is not None and look_like_planes(sample())) if square else None
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
