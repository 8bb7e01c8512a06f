"""Whether a drawing can be read at all, and what may be wrong with it: asked before a network is, which would name a class for anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.drawing.ink import INKED, Ink, InkBox, crop_to_ink
from core.drawing.separate import separate
from core.errors import DrawingError

FILLED = 0.6
"""Share of the canvas under ink from which there is no figure to be seen: the boldest digits, drawn as large as fits, cover 0.37."""

DOT_SIDE, DOT_INK, DOT_LENGTH = 0.16, 0.7, 1.5
"""A dot is no longer than this share of the canvas, of which the widest pen makes 0.14; fills this share of its box, as a disc does with
0.79; and is no longer than so many times its width. A digit written with a pen far too wide does all but the first: it is at least 0.2."""

SMALL = 1 / 8
"""Share of the canvas below which a figure is very small: less than two widths of the usual pen, so that its strokes run together."""

FEWEST_PIXELS = 8
"""Pixels of height and width below which there is too little to tell figures apart, however large it is made."""


class NoteKind(StrEnum):
    """What may be wrong with a drawing that can be read."""

    CUT = "cut"
    SMALL = "small"
    SEVERAL = "several"


@dataclass(frozen=True)
class Note:
    """A warning, in a sentence that says what to do."""

    kind: NoteKind
    message: str


def check_ink(ink: Ink) -> tuple[Note, ...]:
    """Look at a drawing of one figure before it is read.

    Args:
        ink: `uint8 (height, width)`, 0 for bare paper to 255.

    Returns what may be wrong, nothing for a good drawing.

    Raises `DrawingError` for what can't be read: an array of another kind, no ink, a single dot, a filled canvas, ink in very many pieces.
    """
    if ink.dtype != np.uint8 or ink.ndim != 2 or 0 in ink.shape:
        raise DrawingError(f"The drawing is {ink.dtype} of shape {ink.shape}; expected uint8 of shape (height, width). Draw it again.")
    box, inside = crop_to_ink(ink)
    _refuse(ink, box, inside)
    return tuple(Note(kind, message) for kind, find in _FINDERS.items() if (message := find(ink, box)))


def _refuse(ink: Ink, box: InkBox, inside: Ink) -> None:
    if np.count_nonzero(ink >= INKED) >= FILLED * ink.size:
        raise DrawingError(
            "Nearly everything is covered with ink, so there is no figure to be seen. Clear it and draw one with a thinner pen."
        )
    shorter, longer = sorted((box.height, box.width))
    is_solid = np.count_nonzero(inside >= INKED) >= DOT_INK * inside.size
    if longer <= DOT_SIDE * min(ink.shape) and longer < DOT_LENGTH * shorter and is_solid:
        raise DrawingError("That is a single dot. Draw one large figure: keep the button or your finger down while you move.")


def _find_cut(ink: Ink, box: InkBox) -> str:
    if box.top > 0 and box.left > 0 and box.bottom < ink.shape[0] and box.right < ink.shape[1]:
        return ""
    return "The ink reaches the edge, so part of the figure may be cut off. Leave some room around it."


def _find_small(ink: Ink, box: InkBox) -> str:
    longer = max(box.height, box.width)
    if longer >= max(SMALL * min(ink.shape), FEWEST_PIXELS):
        return ""
    size = f"{box.height} x {box.width} of {ink.shape[0]} x {ink.shape[1]} pixels"
    return f"It is very small, {size}. Draw it larger, or crop the picture to it."


def _find_several(ink: Ink, box: InkBox) -> str:
    count = len(separate(ink).figures)
    if count == 1:
        return ""
    return f"There seem to be {_COUNTS.get(count, count)} separate figures, and all of them are read as one: choose Several digits."


_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}

_FINDERS: dict[NoteKind, Callable[[Ink, InkBox], str]] = {
    NoteKind.CUT: _find_cut,
    NoteKind.SMALL: _find_small,
    NoteKind.SEVERAL: _find_several,
}
"""Each gives the sentence, empty if there is nothing to say."""
