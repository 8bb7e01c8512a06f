"""Whether a drawing can be read at all, and what may be wrong with it: asked before a network is, which would name a class for anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.drawing.ink import INKED, NO_INK, Ink, InkBox, crop_to_ink, ink_box
from core.drawing.separate import MAX_PARTS, separate
from core.drawing.sketch import Sketch
from core.errors import DrawingError

FILLED = 0.6
"""Share of the canvas under ink from which there is no figure to be seen: the boldest digits, drawn as large as fits, cover 0.37."""

DOT_SIDE, DOT_INK, DOT_LENGTH = 0.16, 0.7, 1.5
"""A dot is no longer than this share of the canvas, of which the widest pen makes 0.14; fills this share of its box, as a disc does with
0.79; and is no longer than so many times its width. A digit written with a pen far too wide does all but the first: it is at least 0.2."""

SMALL = 1 / 8
"""Share of the canvas below which a figure is very small: less than two widths of the usual pen, so that its strokes run together."""

MOST_FIGURES = 20
"""Figures in a picture from which it is a page, and no number that somebody wrote."""

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


@dataclass(frozen=True)
class Advice:
    """What to do about what is wrong: where it was drawn, and where a picture was brought, without a pen or a canvas."""

    drawn: str
    brought: str

    def give(self, is_brought: bool) -> str:
        return self.brought if is_brought else self.drawn


CLEAR = Advice("Clear it and draw one with a thinner pen.", "Bring a picture of one figure with some bare paper around it.")
DRAW_FIGURE = Advice(
    "Draw one large figure: keep the button or your finger down while you move.", "Bring a picture of one figure, or crop it closer."
)
ENLARGE = Advice("Draw it larger.", "Crop the picture to it.")
PART = Advice("choose Several digits.", "give each a picture of its own.")

CROP = "Crop it to one figure, or take a photo of that figure alone, so that it fills about half of the picture."


def check_sketch(sketch: Sketch) -> tuple[Note, ...]:
    """Look at a drawing or a picture of one figure before it is read, as `check_ink` does.

    Raises `DrawingError` besides for a picture with more than `MAX_PARTS` pieces of ink on it, or more than `MOST_FIGURES` figures: what
    is left once the small pieces are dropped is then no figure, but a part of a page of writing, or a shadow on it.
    """
    is_brought = sketch.photo is not None
    if sketch.pieces > MAX_PARTS:
        raise DrawingError(f"The picture shows {sketch.pieces:,} separate pieces of ink, as a page of writing does. {CROP}")
    return check_ink(sketch.ink, is_brought=is_brought)


def check_ink(ink: Ink, *, is_brought: bool = False) -> tuple[Note, ...]:
    """Look at a drawing of one figure before it is read.

    Args:
        ink: `uint8 (height, width)`, 0 for bare paper to 255.
        is_brought: whether it was found in a picture that somebody brought, for whom there is no pen and no canvas.

    Returns what may be wrong, nothing for a good drawing.

    Raises `DrawingError` for what can't be read: an array of another kind, no ink, a single dot, a filled canvas, ink in very many pieces.
    """
    if ink.dtype != np.uint8 or ink.ndim != 2 or 0 in ink.shape:
        raise DrawingError(f"The drawing is {ink.dtype} of shape {ink.shape}; expected uint8 of shape (height, width). Draw it again.")
    if is_brought and ink_box(ink) is None:
        raise DrawingError(NO_INK)
    box, inside = crop_to_ink(ink)
    _refuse(ink, box, inside, is_brought)
    found = (
        (NoteKind.CUT, _find_cut(ink, box)),
        (NoteKind.SMALL, _find_small(ink, box, is_brought)),
        (NoteKind.SEVERAL, _find_several(ink, is_brought)),
    )
    return tuple(Note(kind, message) for kind, message in found if message)


def _refuse(ink: Ink, box: InkBox, inside: Ink, is_brought: bool) -> None:
    if np.count_nonzero(ink >= INKED) >= FILLED * ink.size:
        raise DrawingError(f"Nearly everything is covered with ink, so there is no figure to be seen. {CLEAR.give(is_brought)}")
    shorter, longer = sorted((box.height, box.width))
    is_solid = np.count_nonzero(inside >= INKED) >= DOT_INK * inside.size
    if longer <= DOT_SIDE * min(ink.shape) and longer < DOT_LENGTH * shorter and is_solid:
        raise DrawingError(f"That is a single dot. {DRAW_FIGURE.give(is_brought)}")


def _find_cut(ink: Ink, box: InkBox) -> str:
    if box.top > 0 and box.left > 0 and box.bottom < ink.shape[0] and box.right < ink.shape[1]:
        return ""
    return "The ink reaches the edge, so part of the figure may be cut off. Leave some room around it."


def _find_small(ink: Ink, box: InkBox, is_brought: bool) -> str:
    longer = max(box.height, box.width)
    if longer >= max(SMALL * min(ink.shape), FEWEST_PIXELS):
        return ""
    size = f"{box.height} x {box.width} of {ink.shape[0]} x {ink.shape[1]} pixels"
    return f"It is very small, {size}. {ENLARGE.give(is_brought)}"


def _find_several(ink: Ink, is_brought: bool) -> str:
    count = len(separate(ink, is_brought=is_brought).figures)
    if count == 1:
        return ""
    if is_brought and count > MOST_FIGURES:
        raise DrawingError(f"The picture shows {count} separate figures. {CROP}")
    return f"There seem to be {_COUNTS.get(count, count)} separate figures, and all of them are read as one: {PART.give(is_brought)}"


_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
