"""What to erase from a drawing, and what to add to it, to change a network's mind. Runs in a worker."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.predictions.evidence import find_background
from core.predictions.patches import Change
from core.predictions.predictor import Predictor

MAX_DABS = 8
"""Dabs of the pen at most. A drawing that takes more is another drawing."""

_PEN = 3 / 28
"""Width of a dab as a share of the shorter side: that of the strokes in MNIST, 3 of 28 pixels."""

_VALUES_AT_ONCE = 2**20
"""Pixels, times channels, that are made at once: all dabs on an MNIST image are, while large photos would need gigabytes."""


class Way(IntEnum):
    """What the pen may do. The number is the place in the arrays that `change_mind` gives."""

    EITHER = 0
    ERASING = 1
    ADDING = 2


_ALLOWED = {Way.EITHER: (Change.ERASED, Change.ADDED), Way.ERASING: (Change.ERASED,), Way.ADDING: (Change.ADDED,)}


class _Dab(NamedTuple):
    """One touch of the pen or of the rubber: the middle of it, and which of the two."""

    row: int
    column: int
    change: Change


class _Pen(NamedTuple):
    """Paper and ink, `uint8 ()` or `(3,)`, and half the width of a dab in pixels."""

    paper: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    radius: float


def change_mind(predictor: Predictor, image: Images, second: int, max_value: int) -> dict[str, NDArray[Any]]:
    """Dabs as wide as a stroke that turn the answer to a drawing into class `second`, found greedily.

    In each round a dab is tried at every other pixel of the ink, to erase it, and beside the ink, to add to it; the one after which
    `second` leads most (see `_lead`) is kept. That ends when `second` is the answer, when no dab helps, or after `MAX_DABS`.
    Being greedy, it may miss what would do with fewer. It is done for each `Way` by itself.

    Measured with the shipped network for 36 drawn digits and the runner-up: about 520 images are asked about, in 0.11 s of processor
    time (median; 95th percentile 0.22 s). All became the runner-up by either, 64 % by erasing alone, 97 % by adding alone.

    Args:
        image: `uint8 (*image_shape)`, 0 to `max_value`: a drawing, that is ink of one colour on paper of one colour.
        second: not the class that is the answer now.

    Returns:
        `before`, `float32 (c,)`, the answer to the image as it is; and for each `Way`, in their order: `images`
        `uint8 (3, *image_shape)`, with its dabs; `probabilities`, `float32 (3, c)`, the answer to that; `count` `(3,)`, how many dabs;
        `rows`, `columns`, `changes`, `(3, MAX_DABS)`, their middles and what they do (see `Change`), -1 where there are no more.
        `width`, `float64 ()`: of a dab, in pixels.

    Raises `ValueError` if `second` is the answer already.
    """
    before = predictor.probabilities(image[None])[0]
    if int(before.argmax()) == second:
        raise ValueError(f"the answer is class {second} already; expected another one to change it to")
    pen = _choose_pen(image, max_value)
    tries = _Tries(predictor, pen)
    found = [_search(tries, image, before, second, _ALLOWED[way]) for way in Way]
    numbers = np.full((3, len(Way), MAX_DABS), -1)
    for way, (_, _, dabs) in zip(Way, found, strict=True):
        numbers[:, way, : len(dabs)] = np.array(dabs).reshape(-1, 3).T
    return {
        "before": before,
        "images": np.stack([changed for changed, _, _ in found]),
        "probabilities": np.stack([probabilities for _, probabilities, _ in found]),
        "count": np.array([len(dabs) for _, _, dabs in found]),
        "rows": numbers[0],
        "columns": numbers[1],
        "changes": numbers[2],
        "width": np.array(2 * pen.radius),
    }


def _choose_pen(image: Images, max_value: int) -> _Pen:
    paper = find_background(image)
    is_light = float(paper.mean()) * 2 > max_value
    return _Pen(paper, np.full_like(paper, 0 if is_light else max_value), max(1.0, min(image.shape[:2]) * _PEN) / 2)


class _Tries:
    """The answers after each single dab on an image. Kept, since the three ways begin alike and often go on so."""

    def __init__(self, predictor: Predictor, pen: _Pen) -> None:
        self._predictor, self.pen = predictor, pen
        self._done: dict[tuple[bytes, Change], tuple[list[_Dab], NDArray[np.float32]]] = {}

    def ask(self, image: Images, change: Change) -> tuple[list[_Dab], NDArray[np.float32]]:
        """All dabs that change the image in this way, and the answer after each, `float32 (n, c)`."""
        key = image.tobytes(), change
        if key not in self._done:
            dabs = _find_places(image, self.pen, change)
            at_once = max(1, _VALUES_AT_ONCE // image.size)
            blocks = [dabs[start : start + at_once] for start in range(0, max(1, len(dabs)), at_once)]
            self._done[key] = dabs, np.concatenate([self._predictor.probabilities(_touch(image, block, self.pen)) for block in blocks])
        return self._done[key]


def _search(
    tries: _Tries, image: Images, answer: NDArray[np.float32], second: int, allowed: tuple[Change, ...]
) -> tuple[Images, NDArray[np.float32], list[_Dab]]:
    """The image with all dabs, the answer to it, and the dabs in their order."""
    done: list[_Dab] = []
    while len(done) < MAX_DABS and int(answer.argmax()) != second:
        tried = [tries.ask(image, change) for change in allowed]
        dabs, answers = [dab for some, _ in tried for dab in some], np.concatenate([some for _, some in tried])
        leads = np.where([_undoes(dab, done, tries.pen) for dab in dabs], -np.inf, _lead(answers, second))
        if leads.max(initial=-np.inf) <= _lead(answer, second):
            break
        best = int(leads.argmax())
        image, answer = _touch(image, [dabs[best]], tries.pen)[0], answers[best]
        done.append(dabs[best])
    return image, answer, done


def _undoes(dab: _Dab, done: list[_Dab], pen: _Pen) -> bool:
    """Whether it takes back part of what was done."""
    return any(one.change != dab.change and np.hypot(one.row - dab.row, one.column - dab.column) < 2 * pen.radius for one in done)


def _find_places(image: Images, pen: _Pen, change: Change) -> list[_Dab]:
    """Where a dab is tried: on the ink to erase it, beside the ink to add to it; at every other pixel, and less often in large images."""
    amount = np.abs(image.astype(np.int16) - pen.paper)
    inked = (amount if image.ndim == 2 else amount.mean(axis=2)) * 2 >= np.abs(pen.ink.astype(np.int16) - pen.paper).mean()
    wanted = inked if change == Change.ERASED else _dilate(inked, round(pen.radius + 0.5)) & ~inked
    stride = max(1, round(pen.radius * 2 / 3))
    rows, columns = np.indices(inked.shape)
    is_tried = (rows % stride == 0) & (columns % stride == 0)
    if pen.radius >= 1:
        # As the black squares lie on a chessboard. A dab of one pixel would leave the white ones untried.
        is_tried &= (rows + columns) // stride % 2 == 0
    return [_Dab(row, column, change) for row, column in np.argwhere(wanted & is_tried).tolist()]


def _dilate(inked: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Also what is at most `reach` pixels away, along either axis."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(inked, reach), (2 * reach + 1, 2 * reach + 1))
    return np.asarray(windows.any(axis=(2, 3)))


def _touch(image: Images, dabs: list[_Dab], pen: _Pen) -> Images:
    """One copy of the image for each dab, `(n, *image_shape)`. A dab is round, its edge soft by a pixel."""
    rows, columns = (np.array([dab[axis] for dab in dabs]).reshape(-1, 1, 1) for axis in range(2))
    distance = np.hypot(np.arange(image.shape[0])[:, np.newaxis] - rows, np.arange(image.shape[1]) - columns)
    share = np.clip(pen.radius + 0.5 - distance, 0, 1).reshape(*distance.shape, *[1] * (image.ndim - 2))
    colours = np.array([pen.paper if dab.change == Change.ERASED else pen.ink for dab in dabs], np.float32)
    value = colours.reshape(len(dabs), 1, 1, *image.shape[2:])
    touched: Images = np.rint(image + share * (value - image)).astype(np.uint8)
    return touched


def _lead(probabilities: NDArray[np.float32], second: int) -> NDArray[np.float32]:
    """log p(second) less that of the most probable other class, along the last axis. Above 0, `second` is the answer."""
    sure = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    lead: NDArray[np.float32] = sure[..., second] - np.delete(sure, second, axis=-1).max(axis=-1)
    return lead
