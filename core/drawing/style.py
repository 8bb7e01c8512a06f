"""Which style a data set's images were made in: known for the public sets, measured for a set of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet
from core.datasets.known_sets import BUNDLED, KNOWN_SETS
from core.drawing.ink import Ink, InkBox, ink_box

MNIST_SHARE = 20 / 28
"""The part of the frame's side that MNIST's digits fill."""

GENERIC_SHARE = 0.8
"""The same where nothing can be measured: a tenth of the frame stays free on each side."""

_MEASURED = 500
"""Training images looked at: medians of so many are within a few percent, and it takes 30 ms."""


@dataclass(frozen=True)
class DrawingStyle:
    """How to turn ink into an image like those of a data set.

    Attributes:
        name: a key of `core.drawing.pipeline.STYLES`.
        box_share: the part of the frame's side that the longer side of the ink fills. The UCI digits have rules of their own.
        is_dark: whether the set shows dark ink on bright paper.
    """

    name: str
    box_share: float
    is_dark: bool = False


def style_for(image_set: ImageSet) -> DrawingStyle:
    """The style of this set. One of your own is measured on some of its training images."""
    if image_set.name == BUNDLED:
        return DrawingStyle("uci_digits", 1.0)
    if image_set.name in KNOWN_SETS:
        return DrawingStyle("mnist", MNIST_SHARE) if image_set.is_grey else DrawingStyle("generic", GENERIC_SHARE)
    return measure_style(image_set)


def measure_style(image_set: ImageSet) -> DrawingStyle:
    """The style that the images themselves tell.

    The paper is bright if the median of the pixels along the borders is. The size is the median, over the images, of the longer side of
    the box around the ink. They were laid with their centre of mass in the middle, as MNIST was, if that lies closer to the middle
    of the frame than the middle of the box does, in the mean over the images; otherwise with the box.
    """
    chosen = np.linspace(0, len(image_set.x_train) - 1, min(_MEASURED, len(image_set.x_train))).astype(int)
    inks, is_dark = _read_inks(image_set.x_train[chosen], image_set.max_value)
    found = [(ink, box) for ink in inks if (box := ink_box(ink)) is not None]
    if not found:
        return DrawingStyle("generic", GENERIC_SHARE, is_dark)
    frame = np.array(image_set.image_shape[:2])
    share = float(np.median([max(box.height / frame[0], box.width / frame[1]) for _, box in found]))
    by_mass = np.mean([_distance(_mass_centre(ink), frame) for ink, _ in found])
    by_box = np.mean([_distance(_box_centre(box), frame) for _, box in found])
    return DrawingStyle("mnist" if by_mass < by_box else "generic", share, is_dark)


def _read_inks(images: NDArray[np.uint8], max_value: int) -> tuple[Ink, bool]:
    """Ink `(n, height, width)`, 0 for paper to 255, and whether it was dark on bright."""
    grey = images if images.ndim == 3 else images.mean(axis=3)
    ink = np.rint(grey * (255 / max_value)).astype(np.uint8)
    border = np.concatenate([ink[:, 0].ravel(), ink[:, -1].ravel(), ink[:, :, 0].ravel(), ink[:, :, -1].ravel()])
    is_dark = bool(np.median(border) > 127)
    return (255 - ink if is_dark else ink), is_dark


def _mass_centre(ink: Ink) -> NDArray[np.float64]:
    weights = ink.astype(np.float64)
    rows, columns = (np.arange(length) + 0.5 for length in ink.shape)
    return np.array([np.average(rows, weights=weights.sum(axis=1)), np.average(columns, weights=weights.sum(axis=0))])


def _box_centre(box: InkBox) -> NDArray[np.float64]:
    return np.array([(box.top + box.bottom) / 2, (box.left + box.right) / 2])


def _distance(centre: NDArray[np.float64], frame: NDArray[np.int_]) -> float:
    return float(np.abs(centre - frame / 2).sum())
