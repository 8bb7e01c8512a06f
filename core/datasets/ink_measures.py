"""How much ink the images of a class hold, how large it is and where it lies. For grey images: a colour photo has no ink.

The paper is the median of all border pixels of all images given. Ink is what is lighter than the paper or, on paper lighter than middle
grey, what is darker, as for a picture file that somebody brings (`core.drawing.ink`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images, Labels
from core.datasets.statistics import pieces

INKED_SHARE = 0.25
"""Ink, as a share of the most there can be, from which a pixel counts for the size of the box: a faint edge does not widen it."""

QUARTILES = (0.25, 0.5, 0.75)


class Measure(StrEnum):
    """What is measured on each image.

    Ink is the mean over all pixels as a share of the most there can be. Height and width are those of the smallest box around all inked
    pixels. Row and column are those of the centre of mass, counted in pixels from 0, the middle of the first.
    """

    INK = "ink"
    HEIGHT = "height"
    WIDTH = "width"
    ROW = "row"
    COLUMN = "column"


@dataclass(frozen=True)
class Paper:
    """The value of bare paper, and whether ink is darker than it. `strongest` is the most ink that a pixel can hold."""

    value: int
    dark_ink: bool
    strongest: int

    @property
    def inked(self) -> int:
        """Ink from which a pixel counts for the box, at least 1."""
        return max(1, round(INKED_SHARE * self.strongest))


@dataclass(frozen=True)
class Quartiles:
    """A quarter of the images lie below `low`, half below `middle`, three quarters below `high`."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class ClassInk:
    """The ink of one class: its number, its images, and the quartiles of each measure. Images without an inked pixel are left out."""

    label: int
    images: int
    measures: dict[Measure, Quartiles]


@dataclass(frozen=True)
class InkSummary:
    """All classes that have an inked image, in their order; `blank` images have no inked pixel."""

    paper: Paper
    classes: tuple[ClassInk, ...]
    blank: int


def summarise_ink(images: Images, labels: Labels, max_value: int) -> InkSummary:
    """Measure every image, `(n, height, width)`, and take quartiles for each class; 0.3 s for MNIST."""
    paper = find_paper(images, max_value)
    measured = np.concatenate([measure_ink(piece, paper) for piece in pieces(images)], axis=1)
    inked = measured[_ORDER.index(Measure.HEIGHT)] > 0
    present = np.unique(labels[inked])
    classes = [_summarise_class(int(label), measured[:, inked & (labels == label)]) for label in present]
    return InkSummary(paper, tuple(classes), int(np.count_nonzero(~inked)))


def find_paper(images: Images, max_value: int) -> Paper:
    """Tell the paper of grey images, `(n, height, width)`, by their borders."""
    counts = np.zeros(max_value + 1, dtype=np.int64)
    for piece in pieces(images):
        for side in (piece[:, 0], piece[:, -1], piece[:, :, 0], piece[:, :, -1]):
            counts += np.bincount(side.reshape(-1), minlength=max_value + 1)
    value = int(np.searchsorted(counts.cumsum(), counts.sum() / 2))
    dark_ink = value > max_value / 2
    return Paper(value, dark_ink, value if dark_ink else max_value - value)


def measure_ink(images: Images, paper: Paper) -> NDArray[np.float64]:
    """The measures of each image, `(5, n)`, in the order of `Measure`. An image without an inked pixel has height and width 0.

    `images` are `(n, height, width)`. A centre of mass without any ink is not a number.
    """
    # Pixels first, images last: sums then run along many images at a time instead of along a few pixels.
    ink = np.ascontiguousarray(read_ink(images, paper).transpose(1, 2, 0))
    by_row, by_column = ink.sum(axis=1, dtype=np.uint32), ink.sum(axis=0, dtype=np.uint32)
    total = by_row.sum(axis=0, dtype=np.float64)
    safe = np.where(total > 0, total, np.nan)
    return np.stack(
        [
            total / (paper.strongest * images[0].size),
            _extent(ink.max(axis=1) >= paper.inked),
            _extent(ink.max(axis=0) >= paper.inked),
            np.arange(by_row.shape[0], dtype=np.float64) @ by_row / safe,
            np.arange(by_column.shape[0], dtype=np.float64) @ by_column / safe,
        ]
    )


def read_ink(images: Images, paper: Paper) -> Images:
    """Ink of each pixel, from 0 for paper to `paper.strongest`."""
    value = np.uint8(paper.value)
    ink: Images = value - np.minimum(images, value) if paper.dark_ink else np.maximum(images, value) - value
    return ink


_ORDER = list(Measure)


def _extent(inked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """From the first to the last inked of each column of `(pixels, n)`: `(n,)`, 0 where there is none."""
    first, behind = inked.argmax(axis=0), len(inked) - inked[::-1].argmax(axis=0)
    extent: NDArray[np.float64] = np.where(inked.any(axis=0), behind - first, 0).astype(np.float64)
    return extent


def _summarise_class(label: int, measured: NDArray[np.float64]) -> ClassInk:
    quartiles = np.quantile(measured, QUARTILES, axis=1).T
    return ClassInk(
        label, measured.shape[1], {measure: Quartiles(*map(float, row)) for measure, row in zip(_ORDER, quartiles, strict=True)}
    )
