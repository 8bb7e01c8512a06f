"""The strokes of a drawing: from what the canvas sends, painted again, and the drawing as it was after each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.datasets.image_set import Images
from core.drawing.ink import Ink
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch, Stroke
from core.errors import DrawingError

MAX_STROKES, MAX_COMMANDS = 500, 20_000
"""Strokes of a drawing, and pieces of one stroke, that are read. A mouse takes minutes for such a stroke."""

MAX_MOMENTS = 60
"""Pictures of a drawing's way at most: with more strokes than that, some are left out in between."""

_FEW_MOMENTS = 10
"""Pictures that are wanted at least. Drawings of few strokes, as most digits are, get several for each."""

_MAX_COORDINATE, _MAX_PEN = 10_000, 500
"""Pixels. More than that no canvas sends."""

_NUMBERS = {"M": 2, "L": 2, "Q": 4}
"""How many numbers follow each command of a path, as in SVG: move to, line to, and a quadratic curve by its control point and end."""

_PIECE, _MAX_PIECES = 3.0, 32
"""Pixels of a curve that are drawn as one straight line, about, and such lines for one curve at most."""

_FINER = 4
"""Strokes are painted so many times larger and then scaled down, which makes their edges as soft as the browser does."""


@dataclass(frozen=True, eq=False)
class Moment:
    """The drawing at some time while it was made.

    Attributes:
        strokes: how many were drawn by then: after 1.5 of them, the first and half the length of the second.
        ink: `uint8 (height, width)`, 0 for bare paper to 255.
    """

    strokes: float
    ink: Ink


def read_strokes(objects: Sequence[Mapping[str, Any]]) -> tuple[Stroke, ...]:
    """The strokes among the objects of the canvas, in the order in which they were drawn.

    A stroke is an object of Fabric.js (version 7.4) with the type `Path`, its `path` a list of commands such as `["M", 60, 60]`,
    `["Q", 60, 60, 71.5, 60]` and `["L", 120, 230]` in pixels of the canvas. Curves become straight pieces of about 3 pixels.
    It comes from the browser, so it may be anything: what is no such stroke is left out.
    """
    found = (_read_stroke(one) for one in islice(objects, MAX_STROKES))
    return tuple(stroke for stroke in found if stroke is not None)


def draw_strokes(strokes: Sequence[Stroke], height: int, width: int) -> Ink:
    """Ink of strokes as the canvas draws them: ends and joints are round, edges soft by about a pixel. `uint8 (height, width)`."""
    paper = _Paper(height, width)
    for stroke in strokes:
        paper.paint(stroke)
    return paper.ink()


def retrace(sketch: Sketch) -> tuple[Moment, ...]:
    """The drawing after each of its strokes, and where they are few, also at equal parts of the length of each.

    The last moment has the very ink of the sketch. At most `MAX_MOMENTS`; none for a sketch without strokes.
    """
    if not sketch.strokes:
        return ()
    count, paper = len(sketch.strokes), _Paper(*sketch.ink.shape)
    shown = set(np.linspace(count, 1, min(count, MAX_MOMENTS)).round().astype(int).tolist())
    moments = []
    for number, stroke in enumerate(sketch.strokes, start=1):
        for share in _shares(stroke, max(1, _FEW_MOMENTS // count)):
            paper.paint(cut_stroke(stroke, share))
            if number in shown:
                # Never more than there is in the end: the ink may have been made softer since.
                moments.append(Moment(number - 1 + share, np.minimum(paper.ink(), sketch.ink)))
    return (*moments[:-1], Moment(float(count), sketch.ink))


def prepare_moments(reader: Reader, sketch: Sketch) -> tuple[tuple[float, ...], Images]:
    """The drawing after each of its strokes and on the way, as the network would have got it then.

    Returns how many strokes were drawn at each of m moments, ascending, and images `uint8 (m, *image_shape)`.
    Moments with too little ink to be read are left out.

    Raises `DrawingError` if no moment is left.
    """
    strokes, images = [], []
    for moment in retrace(sketch):
        with suppress(DrawingError):
            images.append(reader.prepare(Sketch(moment.ink)).image)
            strokes.append(moment.strokes)
    if not images:
        raise DrawingError("There are no strokes with enough ink to be read. Draw one large figure in the middle, then lift the pen.")
    return tuple(strokes), np.stack(images)


def cut_stroke(stroke: Stroke, share: float) -> Stroke:
    """The first part of a stroke, up to a share of its length from 0 to 1."""
    points = stroke.points
    done = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    end = share * done[-1]
    whole = points[done <= end]
    last = np.array([np.interp(end, done, points[:, axis]) for axis in range(2)])
    return Stroke(np.concatenate([whole, last[np.newaxis]]), stroke.width)


def _shares(stroke: Stroke, parts: int) -> list[float]:
    """Where to stop on the way of a stroke. A dot has no way."""
    is_dot = bool((np.ptp(stroke.points, axis=0) < stroke.width / 2).all())
    return [1.0] if is_dot else [part / parts for part in range(1, parts + 1)]


class _Paper:
    """A sheet that strokes are painted on, `_FINER` times as large as the ink that is wanted."""

    def __init__(self, height: int, width: int) -> None:
        self._sheet = Image.new("L", (width * _FINER, height * _FINER))
        self._pen = ImageDraw.Draw(self._sheet)

    def paint(self, stroke: Stroke) -> None:
        across = max(1, round(stroke.width * _FINER))
        # In whole numbers, since Pillow drops what is behind the point. A circle fills the pixels at both ends of its box.
        corners = np.rint(stroke.points * _FINER - across / 2)
        self._pen.line((corners + (across - 1) / 2).round().ravel().tolist(), fill=255, width=max(1, across - 1))
        for left, top in corners:
            self._pen.ellipse((left, top, left + across - 1, top + across - 1), fill=255)

    def ink(self) -> Ink:
        return np.asarray(self._sheet.reduce(_FINER))


def _read_stroke(thing: object) -> Stroke | None:
    if not isinstance(thing, Mapping) or str(thing.get("type")).lower() != "path":
        return None
    width, path = thing.get("strokeWidth"), thing.get("path")
    if not _is_number(width, _MAX_PEN) or width <= 0 or not isinstance(path, list) or not path:
        return None
    commands = path[:MAX_COMMANDS]
    if not all(_is_command(command) for command in commands):
        return None
    return Stroke(np.concatenate(list(_follow(commands))), float(width))


def _is_command(command: object) -> bool:
    if not isinstance(command, list) or not command or not isinstance(command[0], str):
        return False
    return len(command) - 1 == _NUMBERS.get(command[0]) and all(_is_number(value, _MAX_COORDINATE) for value in command[1:])


def _is_number(value: object, largest: float) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) <= largest


def _follow(commands: Sequence[Sequence[Any]]) -> Iterator[NDArray[np.float64]]:
    """The points that each command adds, `(n, 2)`."""
    here = np.array(commands[0][-2:], float)
    for command in commands:
        end = np.array(command[-2:], float)
        yield _bend(here, np.array(command[1:3], float), end) if command[0] == "Q" else end[np.newaxis]
        here = end


def _bend(start: NDArray[np.float64], control: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of a quadratic curve, without its start."""
    length = float(np.hypot(*(control - start)) + np.hypot(*(end - control)))
    count = min(max(1, round(length / _PIECE)), _MAX_PIECES)
    share = np.linspace(0, 1, count + 1)[1:, np.newaxis]
    return (1 - share) ** 2 * start + 2 * share * (1 - share) * control + share**2 * end
