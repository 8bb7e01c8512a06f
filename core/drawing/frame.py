"""What is around a figure on clean paper and no part of it: the frame of a screenshot or a crop, and what a sheet lies on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.drawing.ink import InkBox, border, ink_box

Mask = NDArray[np.bool_]

SHEET, SOLID, STRAIGHT = 0.3, 0.6, 0.7
"""A sheet covers this part of the picture at least, and is bare but for a figure: so much of the box around it belongs to it, and so much
of the outline of that box, of which rounded corners take some."""

THICKEST, THICKEST_PIXELS = 0.05, 3
"""Width of a frame's lines, as a part of the picture's shorter side or in pixels, whichever is more. Pens are wider."""

LINE = 0.6
"""Part of the picture's width, or height, that a line of a frame fills: rounded corners and a margin outside it take the rest."""

REACH, SMALLEST = 0.25, 60
"""How far from the edge a frame may lie, as a part of the side; in pictures with a side shorter than so many pixels, at the edge only."""

FIGURE = 0.2
"""Length of what is left inside, as a part of the longer side, below which there is no figure and so no frame."""

CORNER = 0.25
"""Part of each end of a side where what is left of rounded corners may lie."""


@dataclass(frozen=True)
class _Side:
    """Where a frame's line was found: `start` and `end` count from the edge inwards."""

    start: int
    end: int


def find_sheet(mask: Mask) -> InkBox | None:
    """What may be the sheet that a figure is on, if the edge of the picture is something else: a frame, a dark page around a light card.

    It is nearly all of the picture and fills the box around it; whether there is a figure on it is for others to see.

    Args:
        mask: what differs from the picture's edge, `bool (height, width)`.
    """
    from scipy.ndimage import find_objects, label

    pieces, count = label(mask)
    if not count:
        return None
    # A figure that reaches the frame cuts the sheet into pieces; what lies outside of a rounded frame is another one.
    largest = pieces == 1 + int(np.bincount(pieces.ravel())[1:].argmax())
    for sheet in (mask, largest):
        rows, columns = find_objects(sheet.astype(np.int8))[0]
        box, inside = InkBox(rows.start, columns.start, rows.stop, columns.stop), sheet[rows, columns]
        if inside.size >= SHEET * mask.size and inside.mean() >= SOLID and border(inside).mean() >= STRAIGHT and inside.size < mask.size:
            # A pixel less on each side, where the sheet's edge is soft.
            return InkBox(box.top + 1, box.left + 1, box.bottom - 1, box.right - 1)
    return None


def find_frame(mask: Mask) -> InkBox | None:
    """What lies inside a frame of thin lines, along two sides of the picture at least; None if there is no frame.

    A line of a figure can lie like one of a frame, such as the bars of a 5 on a display. So there has to be a figure left inside, and it
    may touch the frame only where that is at the edge of the picture, as when somebody cropped too closely.

    Args:
        mask: the ink, `bool (height, width)`.
    """
    height, width = mask.shape
    thickest = max(THICKEST_PIXELS, round(THICKEST * min(mask.shape)))
    top, bottom = (_find_line(rows, thickest) for rows in (mask, mask[::-1]))
    left, right = (_find_line(columns, thickest) for columns in (mask.T, mask.T[::-1]))
    sides = (top, left, bottom, right)
    found = [side for side in sides if side is not None]
    is_parallel = len(found) == 2 and (top is None) == (bottom is None)
    if len(found) < 2 or (is_parallel and any(side.start for side in found)):
        return None
    # A pixel more, where the line's edge is soft.
    ends = [0 if side is None else side.end + 1 for side in sides]
    box = InkBox(ends[0], ends[1], height - ends[2], width - ends[3])
    if box.height < 2 or box.width < 2:
        return None
    inside = mask[box.top : box.bottom, box.left : box.right]
    edges = (inside[0], inside[:, 0], inside[-1], inside[:, -1])
    touches = any(side is not None and side.start and _is_touched(edge) for side, edge in zip(sides, edges, strict=True))
    return box if has_figure(drop_edge(inside)) and not touches else None


def drop_edge(mask: Mask) -> Mask:
    """Without the pieces that reach the edge, if there are others: what a frame left in its corners is no figure."""
    from scipy.ndimage import label

    pieces, count = label(mask, np.ones((3, 3)))
    inside = np.ones(count + 1, dtype=bool)
    inside[border(pieces)] = False
    kept: Mask = inside[pieces] & mask
    return kept if has_figure(kept) else mask


def _find_line(rows: Mask, thickest: int) -> _Side | None:
    """The outermost line along the first of these rows, and one more close to it; None if there is none, or it is too thick."""
    is_line = rows.mean(axis=1) >= LINE
    reach = round(REACH * len(rows)) if min(rows.shape) >= SMALLEST else 1
    side: _Side | None = None
    row = 0
    while row < reach:
        if not is_line[row]:
            row += 1
            continue
        end = row + int(np.argmin(np.append(is_line[row:], False)))
        if end - row > thickest:
            break
        side = _Side(row if side is None else side.start, end)
        # The second line of a double frame.
        reach, row = min(end + 2 * thickest, round(REACH * len(rows))), end
    return side


def _is_touched(edge: NDArray[np.bool_]) -> bool:
    corner = round(CORNER * len(edge))
    return bool(edge[corner : len(edge) - corner].any())


def has_figure(mask: Mask) -> bool:
    """Whether there is ink, and not only a speck."""
    box = ink_box(mask.astype(np.uint8) * np.uint8(255))
    return box is not None and max(box.height, box.width) >= FIGURE * max(mask.shape)
