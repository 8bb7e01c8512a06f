"""Text as outlines: a hundred labels as one shape.

A matplotlib `Text` costs a layout each time a figure is saved, a hundred of them more than all pixels together.
Outlines of the few different labels are made once and only moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

_EM = 100
"""Size at which outlines are made. Any will do: they are scaled."""

_FONT = FontProperties(family="DejaVu Sans")
"""Comes with matplotlib, so it is there on every machine, and it has the marks for right and wrong."""


class Word(NamedTuple):
    """A piece of text, centred on `x`, with its baseline at `y` and letters of `size` (1 em), in the axes' units. y points down."""

    text: str
    x: float
    y: float
    size: float


class _Outline(NamedTuple):
    """Corners `(n, 2)` of a text's letters at size `_EM`, y upwards, with matplotlib's codes of how to join them; its width in em."""

    corners: NDArray[np.float64]
    codes: NDArray[np.uint8]
    width: float


def measure(text: str) -> float:
    """Width of a text in em."""
    return _outline(text).width


def shorten(text: str, width: float) -> str:
    """The text, or as much of it as fits `width` em with an ellipsis; never less than its first letter."""
    if measure(text) <= width:
        return text
    kept = (text[:length].rstrip() + "…" for length in range(len(text) - 1, 0, -1))
    return next((part for part in kept if measure(part) <= width), text[:1] + "…")


def letter(words: Iterable[Word]) -> Path:
    """All words as one outline, to be filled."""
    placed = [(word, _outline(word.text)) for word in words]
    if not placed:
        return Path(np.empty((0, 2)))
    corners = [
        outline.corners * (word.size / _EM, -word.size / _EM) + (word.x - outline.width * word.size / 2, word.y) for word, outline in placed
    ]
    return Path(np.concatenate(corners), np.concatenate([outline.codes for _, outline in placed]))


@lru_cache(maxsize=4096)
def _outline(text: str) -> _Outline:
    if not text.strip():
        return _Outline(np.empty((0, 2)), np.empty(0, dtype=np.uint8), 0.0)
    # A dollar sign in a class name is no formula.
    path = TextPath((0, 0), text.replace("$", r"\$"), size=_EM, prop=_FONT)
    corners = np.asarray(path.vertices, dtype=np.float64).reshape(-1, 2)
    return _Outline(corners, np.asarray(path.codes, dtype=np.uint8), float(corners[:, 0].max(initial=0.0)) / _EM)
