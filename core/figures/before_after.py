"""A picture as it was brought and as the network will get it, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images
from core.datasets.importing.source import Example
from core.figures.import_preview import format_size
from core.figures.theme import FigureTheme

TILE = 192
"""Pixels on a side of the square that each of the two pictures gets."""

_GAP = 36
"""Pixels between the two, where the arrow is."""


@dataclass(frozen=True, eq=False)
class PairInfo:
    """Two pictures, `(height, width, 3)` `uint8` of at most `TILE` pixels a side, and their sizes in words."""

    before: Images
    after: Images
    sentence: str


def build_pair(example: Example) -> PairInfo:
    """Bring both pictures to about the size of a tile. Small ones grow by a whole factor, so that each of their pixels can be seen."""
    height, width = example.after.shape[:2]
    sentence = f"{format_size(example.original_size)} becomes {format_size((width, height))}"
    return PairInfo(_fill_tile(example.before), _fill_tile(example.after), sentence)


def draw_pair(info: PairInfo, theme: FigureTheme) -> NDArray[np.uint8]:
    """Both pictures in thin frames with an arrow between them: RGBA `(TILE, 2 * TILE + gap, 4)`, transparent where there is nothing."""
    canvas = np.zeros((TILE, 2 * TILE + _GAP, 4), dtype=np.uint8)
    _place(canvas[:, :TILE], info.before, theme)
    _place(canvas[:, -TILE:], info.after, theme)
    middle, reach = TILE // 2, _GAP // 4
    for column in range(2 * reach):
        half = reach - (column + 1) // 2
        canvas[middle - half : middle + half + 1, TILE + reach + column] = _rgba(theme.muted)
    return canvas


def _fill_tile(picture: Images) -> Images:
    coloured = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    longest = max(coloured.shape[:2])
    if longest <= TILE:
        factor = TILE // longest
        return coloured.repeat(factor, axis=0).repeat(factor, axis=1)
    height, width = (max(1, round(side * TILE / longest)) for side in coloured.shape[:2])
    return np.asarray(Image.fromarray(coloured).resize((width, height), Image.Resampling.LANCZOS))


def _place(tile: NDArray[np.uint8], picture: Images, theme: FigureTheme) -> None:
    height, width = picture.shape[:2]
    top, left = (TILE - height) // 2, (TILE - width) // 2
    cell = tile[top : top + height, left : left + width]
    # The frame takes the picture's outermost pixels: without it, a black picture on a dark page would have no edge.
    cell[:] = _rgba(theme.line)
    cell[1:-1, 1:-1, :3] = picture[1:-1, 1:-1]


def _rgba(colour: str) -> tuple[int, ...]:
    return (*(round(part * 255) for part in to_rgb(colour)), 255)
