"""The smallest square patch that changes a network's answer to an image: how little it takes. Runs in a worker."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.predictions.evidence import cover, find_background, patch_corners
from core.predictions.predictor import Predictor

UNITS_ACROSS = 32
"""Sizes and places are tried in steps of this part of the shorter side, at least a pixel: every pixel up to 32 x 32 and a little more."""


class Change(IntEnum):
    """What the patch does: takes away what is there, adds full ink, or, in an image without a background, hides what is there."""

    ERASED = 0
    ADDED = 1
    COVERED = 2


class _Flip(NamedTuple):
    """A patch that changes the answer. `margin` is by how much more probable the new class is than the old one."""

    margin: float
    change: Change
    corner: NDArray[np.intp]
    image: Images
    label: int
    probability: float


def smallest_patch(
    predictor: Predictor, image: Images, max_value: int, on_progress: Callable[[float, int], None] = lambda share, size: None
) -> dict[str, NDArray[Any]]:
    """The smallest square that turns the answer into another, wherever it has to lie; of several, the one that does so most clearly.

    All sizes are tried at all places, from one pixel up to half of the image's shorter side. In images of more than 63 pixels
    a side, sizes and places are whole multiples of a step (`UNITS_ACROSS`), so that a smaller patch between them may be missed.

    Args:
        image: `uint8 (*image_shape)`, 0 to `max_value`.
        on_progress: called before each size with the share that is done, 0 to 1, and the size in pixels. What it raises comes out.

    Returns:
        `found`, `bool ()`; `largest`, the largest size that was tried; `old_label`, what the network says to the image as it is;
        and if one was found: `row`, `column` (of the upper left pixel), `size` in pixels, `change` (see `Change`), `label`
        (the new answer), `probability` (its probability, `float32 ()`) and `changed` (the image with the patch).
    """
    side = min(image.shape[:2])
    unit = max(1, side // UNITS_ACROSS)
    sizes = range(unit, max(side // 2, unit) + 1, unit)
    old = int(predictor.probabilities(image[None])[0].argmax())
    found: dict[str, Any] = {"found": False, "largest": sizes[-1], "old_label": old}
    for size in sizes:
        on_progress((size - unit) / sizes[-1], size)
        flips = [_clearest_flip(predictor, image, change, value, size, unit, old) for change, value in _choose_changes(image, max_value)]
        best = max((flip for flip in flips if flip is not None), key=lambda flip: flip.margin, default=None)
        if best is not None:
            row, column = best.corner
            found |= {"found": True, "row": row, "column": column, "size": size, "change": best.change, "label": best.label}
            found |= {"probability": np.float32(best.probability), "changed": best.image}
            break
    return {name: np.asarray(value) for name, value in found.items()}


def _choose_changes(image: Images, max_value: int) -> list[tuple[Change, NDArray[np.uint8]]]:
    """What is tried at each place: the change and the colour of the patch."""
    background = find_background(image)
    if image.ndim == 3:
        return [(Change.COVERED, background)]
    ink = max_value if int(background) * 2 <= max_value else 0
    return [(Change.ERASED, background), (Change.ADDED, np.array(ink, np.uint8))]


def _clearest_flip(
    predictor: Predictor, image: Images, change: Change, value: NDArray[np.uint8], size: int, stride: int, old: int
) -> _Flip | None:
    """Of all patches of one size, the one after which another class is ahead by most; None if there is none."""
    corners = patch_corners(image.shape, size, stride)
    covered = cover(image, corners, size, value)
    probabilities = predictor.probabilities(covered)
    labels, best = probabilities.argmax(axis=1), probabilities.max(axis=1)
    margins = np.where(labels != old, best - probabilities[:, old], -1.0)
    place = int(margins.argmax())
    if labels[place] == old:
        return None
    return _Flip(float(margins[place]), change, corners[place], covered[place], int(labels[place]), float(best[place]))
