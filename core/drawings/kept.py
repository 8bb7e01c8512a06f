"""What is known of a kept drawing, and what may be kept at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.datasets.importing.labels import MAX_CLASS_NAME, is_class_name
from core.drawing.ink import NO_DRAWING, Ink, ink_box
from core.errors import DrawingError

MAX_SIDE = 1_000
"""Pixels on one side of a drawing: several times a canvas, so that photographed figures fit as well."""

MAX_DRAWINGS = 5_000
"""In one collection: a class of thirty that writes all evening. On canvases of usual size they take about ten megabytes of disk."""


@dataclass(frozen=True)
class Answer:
    """What a network took a drawing for when it was kept.

    Attributes:
        reader: the network's id, and `title` what it was called.
        read_as: the class it took the drawing for.
        probability: that it gave this class, from 0 to 1.
    """

    reader: str
    title: str
    read_as: str
    probability: float


@dataclass(frozen=True)
class NewDrawing:
    """A drawing about to be kept.

    Attributes:
        label: what it is, a class's name.
        ink: `uint8 (height, width)`, 0 for bare paper to 255, as it was drawn.
        kept: seconds since 1970.
        answer: None where no network was asked.
    """

    label: str
    ink: Ink
    kept: float
    answer: Answer | None = None


@dataclass(frozen=True)
class KeptDrawing:
    """A drawing in the collection, but for its ink: `height` and `width` are the ink's. The rest is as in `NewDrawing`.

    Its ink never changes, and no other drawing ever gets its `id`; only the label may be corrected. `fingerprint` names the ink itself,
    also in another collection.
    """

    id: int
    fingerprint: str
    label: str
    kept: float
    height: int
    width: int
    answer: Answer | None


def shrink_to_keep(ink: Ink) -> Ink:
    """Ink larger than may be kept, as that of a photograph can be, made smaller; any other as it is."""
    factor = MAX_SIDE / max(ink.shape)
    if factor >= 1:
        return ink
    height, width = (max(1, int(side * factor)) for side in ink.shape)
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))


def check_drawing(drawing: NewDrawing) -> None:
    """Raises `DrawingError` unless this can be kept: ink within the limits, (almost) not empty, and the name of a class."""
    check_label(drawing.label)
    ink = drawing.ink
    if ink.ndim != 2 or ink.dtype != "uint8" or max(ink.shape) > MAX_SIDE:
        raise DrawingError(
            f"The drawing is a {ink.dtype} array of shape {ink.shape}; expected uint8 ink (height, width)"
            f" of at most {MAX_SIDE:,} x {MAX_SIDE:,} pixels. Make it smaller."
        )
    if 0 in ink.shape or ink_box(ink) is None:
        raise DrawingError(NO_DRAWING)


def check_label(label: str) -> None:
    """Raises `DrawingError` unless this can be a class's name."""
    if not is_class_name(label):
        raise DrawingError(f"A drawing can't be called {label[:40]!r}; expected the name of a class, 1 to {MAX_CLASS_NAME} characters.")
