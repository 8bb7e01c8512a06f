"""Kept drawings as a network gets them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.datasets.image_set import Images
from core.drawing.ink import Ink
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch


def prepare_all(inks: Iterable[Ink], reader: Reader) -> Images:
    """The drawings as this network gets them, `uint8 (n, *image_shape)`. Raises `DrawingError` if one holds (almost) no ink."""
    return np.array([reader.prepare(Sketch(ink)).image for ink in inks], np.uint8).reshape(-1, *reader.image_shape)
