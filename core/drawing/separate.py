"""Several figures in a row: which ink belongs to which, from left to right, and which of them look like several that touch.

Ink that hangs together is one part. Specks are dropped, parts that stand above one another are joined, and so is a loose piece close to
a figure, such as the bar of a 5. Nothing is ever cut: where figures touch, that is said.

What the shares below are worth on MNIST's digits, `python -m tests.benchmarks.several_digits` measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.drawing.ink import INKED, MIN_INKED_PIXELS, NO_DRAWING, NO_INK, Ink, InkBox
from core.errors import DrawingError

MAX_PARTS = 60
"""Parts of ink in a row. More is a pattern or a grainy photo."""

SPECK = 0.12
"""Parts shorter than this both ways, as a share of the row's height, are slips of the pen: a dot is, the bar of a 5 is three times that."""

OVERLAP = 0.5
"""Parts that have this share of the narrower one's columns in common stand above one another. Neighbours that lean have less."""

LOOSE = 0.4
"""Parts lower than this share of the row's height are pieces of a figure, if they are close to one."""

CLOSE = 0.1
"""How wide the gap to such a piece may be, as a share of the row's height. People leave more between figures."""

WIDE = 1.5
"""Width, in heights, from which a figure is several: so is a third of the pairs that touch, and one digit of MNIST in a hundred."""

NECK_WIDTH, NECK_INK, NECK_SIDES = 0.9, 0.5, 0.9
"""A narrower figure is several if it is at least this wide and has a neck: a column in its middle half with a single piece of ink, no
longer than the second share of its height, left and right of which the ink reaches over the third share of its height.
That is so where digits touch; of single ones, some 4 whose upper ends are level and some 0 that is open look like it. Chosen on
training digits of MNIST: three quarters of the pairs that touch are told then, for one single digit in a hundred that is no pair."""


@dataclass(frozen=True, eq=False)
class SeparateFigure:
    """One of the figures in a row.

    Attributes:
        ink: inside its box, without that of its neighbours: `uint8 (box.height, box.width)`.
        box: where it is on the canvas.
        touches: whether it looks like several figures that touch one another.
    """

    ink: Ink
    box: InkBox
    touches: bool


@dataclass(frozen=True, eq=False)
class Separated:
    """The figures of a row from left to right, and the number of specks that were dropped."""

    figures: tuple[SeparateFigure, ...]
    specks: int


@dataclass(frozen=True)
class _Group:
    """Parts that belong together, by their numbers in the labelled ink, and the box around them."""

    parts: tuple[int, ...]
    box: InkBox


def separate(ink: Ink, *, is_brought: bool = False) -> Separated:
    """Tell the figures of a row apart.

    Args:
        ink: `uint8 (height, width)`, 0 for bare paper to 255.
        is_brought: whether it was found in a picture that somebody brought, for whom there is no canvas.

    Raises `DrawingError` if there is (almost) no ink, or it is in more than `MAX_PARTS` parts.
    """
    labelled, parts = _find_parts(ink)
    if not parts:
        raise DrawingError(NO_INK if is_brought else NO_DRAWING)
    height = max(part.box.height for part in parts)
    kept = [part for part in parts if max(part.box.height, part.box.width) >= SPECK * height]
    if len(kept) > MAX_PARTS:
        advice = "Crop the picture to the figures" if is_brought else "Draw figures of unbroken strokes"
        raise DrawingError(f"The ink is in {len(kept):,} separate pieces; expected at most {MAX_PARTS}. {advice}.")
    groups = sorted(_join(kept, height), key=lambda group: group.box.left + group.box.right)
    return Separated(tuple(_cut_out(ink, labelled, group) for group in groups), len(parts) - len(kept))


def looks_joined(ink: Ink) -> bool:
    """Whether the ink of one figure, `(height, width)` inside its box, looks like several that touch: see `WIDE` and `NECK_WIDTH`."""
    inked = ink >= INKED
    height, width = inked.shape
    if width >= WIDE * height:
        return True
    return width >= NECK_WIDTH * height and _has_neck(inked)


def _find_parts(ink: Ink) -> tuple[NDArray[np.int32], list[_Group]]:
    """The ink with the parts numbered from 1, 0 between them, and each part with enough pixels to be drawn on purpose."""
    from scipy import ndimage

    labelled, _ = ndimage.label(ink >= INKED, np.ones((3, 3)))
    pixels = np.bincount(labelled.ravel())
    found = enumerate(ndimage.find_objects(labelled), start=1)
    boxes = ((part, InkBox(rows.start, columns.start, rows.stop, columns.stop)) for part, (rows, columns) in found)
    return labelled, [_Group((part,), box) for part, box in boxes if pixels[part] >= MIN_INKED_PIXELS]


def _join(parts: Sequence[_Group], height: int) -> list[_Group]:
    """Join what belongs together until nothing more does. `height` is the row's."""
    groups = list(parts)
    while (pair := next((pair for pair in combinations(groups, 2) if _belong_together(*pair, height)), None)) is not None:
        first, second = pair
        groups = [group for group in groups if group not in pair] + [_Group(first.parts + second.parts, _around(first.box, second.box))]
    return groups


def _belong_together(first: _Group, second: _Group, height: int) -> bool:
    shared = min(first.box.right, second.box.right) - max(first.box.left, second.box.left)
    if shared >= OVERLAP * min(first.box.width, second.box.width):
        return True
    lower = min(first.box.height, second.box.height)
    return lower < LOOSE * height and -shared <= CLOSE * height


def _around(first: InkBox, second: InkBox) -> InkBox:
    return InkBox(
        min(first.top, second.top), min(first.left, second.left), max(first.bottom, second.bottom), max(first.right, second.right)
    )


def _cut_out(ink: Ink, labelled: NDArray[np.int32], group: _Group) -> SeparateFigure:
    from scipy import ndimage

    window = np.s_[group.box.top : group.box.bottom, group.box.left : group.box.right]
    own = np.isin(labelled[window], group.parts)
    # With the soft edges of the neighbours' strokes, which are too weak to be parts of anything.
    others = ndimage.binary_dilation((labelled[window] > 0) & ~own, np.ones((3, 3)), iterations=2)
    inside: Ink = np.where(others & ~own, 0, ink[window]).astype(np.uint8)
    return SeparateFigure(inside, group.box, looks_joined(inside))


def _has_neck(inked: NDArray[np.bool_]) -> bool:
    height, width = inked.shape
    above = np.pad(inked, ((1, 0), (0, 0)))[:-1]
    is_thin = (np.count_nonzero(inked & ~above, axis=0) == 1) & (np.count_nonzero(inked, axis=0) <= NECK_INK * height)
    reaches = np.minimum(_reach(inked), _reach(inked[:, ::-1])[::-1]) >= NECK_SIDES * height
    middle = slice(width // 4, width - width // 4)
    return bool((is_thin & reaches)[middle].any())


def _reach(inked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How high the ink to the left of each column and in it reaches, from its highest to its lowest row: `int64 (width,)`."""
    height = len(inked)
    highest = np.where(inked.any(axis=0), inked.argmax(axis=0), height)
    lowest = np.where(inked.any(axis=0), height - inked[::-1].argmax(axis=0), 0)
    reach: NDArray[np.int64] = np.maximum.accumulate(lowest) - np.minimum.accumulate(highest)
    return reach
