"""How much ink the images of a set hold, how large it is and where it lies, kept so that one drawing can be placed among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.datasets.ink_measures import Measure, Paper, find_paper, measure_ink, read_ink
from core.datasets.statistics import pieces
from core.errors import DatasetError

QUANTILES = 101
"""Of each measure: 0, 1, ... 100 % of the images lie below."""

USUAL = 0.05
"""A drawing is unusual if less than this share of the images lies on one side of it, or as far out."""


class Trait(StrEnum):
    """What is measured on an image.

    Ink is the mean over all pixels as a share of the most there can be. Stroke, height, width and offset are in pixels: see
    `measure_traits`.
    """

    INK = "ink"
    STROKE = "stroke"
    HEIGHT = "height"
    WIDTH = "width"
    OFFSET = "offset"


@dataclass(frozen=True, eq=False)
class Profile:
    """The traits of a set's training images.

    Attributes:
        paper: which of the values is bare paper.
        images: how many were measured; those without ink are left out.
        quantiles: `float64 (traits, QUANTILES)`, in the order of `Trait`, each row rising.
    """

    paper: Paper
    images: int
    quantiles: NDArray[np.float64]

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Plain arrays, for a file."""
        paper = np.array([self.paper.value, self.paper.dark_ink, self.paper.strongest], dtype=np.int64)
        return {"paper": paper, "images": np.array(self.images), "quantiles": self.quantiles}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Profile:
        """The profile that `to_arrays` made these of."""
        value, dark_ink, strongest = map(int, arrays["paper"])
        return cls(Paper(value, bool(dark_ink), strongest), int(arrays["images"]), np.asarray(arrays["quantiles"], dtype=np.float64))


@dataclass(frozen=True)
class Place:
    """Where one image lies among those of a profile.

    Attributes:
        value: of the trait.
        below, above: the share of the images whose value is smaller, and of those whose value is larger. What is missing to 1 is equal.
    """

    trait: Trait
    value: float
    below: float
    above: float

    @property
    def is_low(self) -> bool:
        return self.below < USUAL and self.above >= 1 - USUAL

    @property
    def is_high(self) -> bool:
        return self.above < USUAL and self.below >= 1 - USUAL


def build_profile(images: Images, max_value: int) -> Profile:
    """Measure every image, `uint8 (n, height, width)`; about a second for MNIST. Raises `DatasetError` if none of them holds ink."""
    paper = find_paper(images, max_value)
    measured = np.concatenate([measure_traits(piece, paper) for piece in pieces(images)], axis=1)
    measured = measured[:, np.isfinite(measured).all(axis=0)]
    if not measured.size:
        raise DatasetError(f"None of {len(images):,} images holds any ink; expected figures on even paper.")
    return Profile(paper, measured.shape[1], np.quantile(measured, np.linspace(0, 1, QUANTILES), axis=1).T)


def place_in(profile: Profile, image: Images) -> tuple[Place, ...]:
    """Where an image, `uint8 (height, width)`, lies in each trait, in the order of `Trait`; nothing for one without ink."""
    values = measure_traits(image[np.newaxis], profile.paper)[:, 0]
    if not np.isfinite(values).all():
        return ()
    rows = zip(Trait, values, profile.quantiles, strict=True)
    return tuple(Place(trait, float(value), *_shares(float(value), row)) for trait, value, row in rows)


def measure_traits(images: Images, paper: Paper) -> NDArray[np.float64]:
    """The traits of each image, `float64 (traits, n)`, in the order of `Trait`; not a number for an image without ink.

    Stroke is the mean width of the strokes: twice their area over the length of their outline, which is the thickness of a band that is
    long for its width (A. M. Parfitt and others, "Relationships between surface, volume, and thickness of iliac trabecular bone",
    Journal of Clinical Investigation 72 (1983), 1396-1409). In an image with grey edges the area is the sum of the ink, and the length
    of the outline, in the mean over all levels of grey, the total variation (W. H. Fleming and R. Rishel, "An integral formula for
    total gradient variation", Archiv der Mathematik 11 (1960), 218-222). On drawn lines of 2 to 6 pixels at any angle it is right within
    a tenth; thinner ones come out too thick.

    Height and width are those of the box around the ink (`core.datasets.ink_measures`); offset is how far the centre of mass lies from
    the middle of the image.
    """
    ink, height, width, row, column = _in_order(measure_ink(images, paper))
    middle_row, middle_column = ((side - 1) / 2 for side in images.shape[1:])
    offset = np.hypot(row - middle_row, column - middle_column)
    stroke = _measure_strokes(read_ink(images, paper))
    traits = np.stack([ink, stroke, height, width, offset])
    traits[:, height == 0] = np.nan
    return traits


def _in_order(measured: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    by_name = dict(zip(Measure, measured, strict=True))
    return tuple(by_name[name] for name in (Measure.INK, Measure.HEIGHT, Measure.WIDTH, Measure.ROW, Measure.COLUMN))


def _measure_strokes(ink: Images) -> NDArray[np.float64]:
    """Twice the area over the total variation, `(n,)`; around the image there is bare paper."""
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    # Differences along both diagonals of each four pixels: those along rows and columns would favour some directions by a sixth.
    falling, rising = padded[:, 1:, 1:] - padded[:, :-1, :-1], padded[:, 1:, :-1] - padded[:, :-1, 1:]
    outline = np.sqrt((falling**2 + rising**2) / 2).sum(axis=(1, 2), dtype=np.float64)
    width: NDArray[np.float64] = 2 * ink.sum(axis=(1, 2), dtype=np.float64) / np.where(outline > 0, outline, np.nan)
    return width


def _shares(value: float, quantiles: NDArray[np.float64]) -> tuple[float, float]:
    """The shares of images below and above a value. Between two quantiles they are taken to be spread evenly."""
    last = QUANTILES - 1
    first, behind = np.searchsorted(quantiles, value, "left"), np.searchsorted(quantiles, value, "right")
    if first == QUANTILES or behind == 0:
        return (1.0, 0.0) if behind else (0.0, 1.0)
    if first < behind:
        return float(first / last), float((last - (behind - 1)) / last)
    between = (value - quantiles[first - 1]) / (quantiles[first] - quantiles[first - 1])
    below = float((first - 1 + between) / last)
    return below, 1 - below
