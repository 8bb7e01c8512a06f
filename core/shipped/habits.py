"""Habits that are rare among MNIST's writers: a 1 with a flag or a foot, a 7 with a bar.

MNIST was written in the United States around 1990; much of the world writes these two digits otherwise, and would be told that its
digits are unlike anything the network has seen. The strokes are added to MNIST's own 1s and 7s, with about the same pen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Random = np.random.Generator
Point = NDArray[np.float64]

_INKED = 127


def add_habit(picture: Image.Image, digit: int, rng: Random) -> Image.Image:
    """A grey picture of a digit, white on black, with a stroke more if the digit is written in several ways; else as it is."""
    ink = np.asarray(picture) > _INKED
    if digit not in _HABITS or not ink.any():
        return picture
    changed, width = picture.copy(), _pen_width(ink)
    for first, last in _HABITS[digit](ink, rng):
        _draw_stroke(changed, first, last, width)
    return changed


def _flag_and_foot(ink: NDArray[np.bool_], rng: Random) -> list[tuple[Point, Point]]:
    """A flag to the left of a 1, from its top; for every third one also a foot."""
    top, bottom = _middle(ink, 0.05), _middle(ink, 0.95)
    stem, turn = bottom - top, np.radians(rng.uniform(20, 60))
    # Downwards along the stem, turned to the left; the first coordinate goes to the right, the second down.
    flag = np.array([stem[0] * np.cos(turn) - stem[1] * np.sin(turn), stem[0] * np.sin(turn) + stem[1] * np.cos(turn)])
    strokes = [(top, top + rng.uniform(0.15, 0.55) * flag)]
    if rng.random() < 1 / 3:
        half = np.array([rng.uniform(0.12, 0.3) * abs(stem[1]), 0])
        strokes.append((bottom - half, bottom + half))
    return strokes


def _bar(ink: NDArray[np.bool_], rng: Random) -> list[tuple[Point, Point]]:
    """A bar through the stem of a 7, about half-way down."""
    middle, height = _middle(ink, rng.uniform(0.42, 0.65)), _height(ink)
    reach = rng.uniform(0.12, 0.28) * height * np.array([1, rng.normal(0, 0.15)])
    return [(middle - reach, middle + reach)]


_HABITS: Mapping[int, Callable[[NDArray[np.bool_], Random], list[tuple[Point, Point]]]] = {1: _flag_and_foot, 7: _bar}


def _height(ink: NDArray[np.bool_]) -> int:
    rows = np.flatnonzero(ink.any(axis=1))
    return int(rows[-1] - rows[0] + 1)


def _middle(ink: NDArray[np.bool_], share: float) -> Point:
    """The middle of the ink in the row that lies at this share of the figure's height, `(x, y)`."""
    rows = np.flatnonzero(ink.any(axis=1))
    row = rows[round(share * (len(rows) - 1))]
    return np.array([np.flatnonzero(ink[row]).mean(), float(row)])


def _pen_width(ink: NDArray[np.bool_]) -> int:
    """Of the stroke where it is thickest, in pixels."""
    from scipy.ndimage import distance_transform_edt

    return max(2, round(2 * float(distance_transform_edt(ink).max()) - 1))


def _draw_stroke(picture: Image.Image, first: Point, last: Point, width: int) -> None:
    """A straight stroke with round ends."""
    draw = ImageDraw.Draw(picture)
    draw.line([tuple(map(float, first)), tuple(map(float, last))], fill=255, width=width)
    for x, y in (first, last):
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
