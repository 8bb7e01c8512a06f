"""Ways to spoil images by a given amount: moved, turned, blurred, covered. NumPy and SciPy alone.

The one way that has to know the network, noise along the slope of its loss, is in `core.predictions.fast_gradient`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images

Floats = NDArray[np.float32]

FAST_GRADIENT = "fast_gradient"
"""The perturbation that is worked out from the network itself."""


class Direction(StrEnum):
    """Where a shift moves the image to."""

    RIGHT = "right"
    DOWN = "down"
    LEFT = "left"
    UP = "up"


_MOVES = {Direction.RIGHT: (0, 1), Direction.DOWN: (1, 0), Direction.LEFT: (0, -1), Direction.UP: (-1, 0)}
"""Rows and columns by which one pixel of a shift moves the image."""


@dataclass(frozen=True)
class Conditions:
    """All but its strength that decides what becomes of an image.

    Attributes:
        max_value: the largest value that a pixel of the set can take.
        seed: what directions, places and noise are drawn with, where they are drawn.
        direction: where a shift goes; None: each image one of the four, drawn.
    """

    max_value: int
    seed: int = 0
    direction: Direction | None = None


Apply = Callable[[Images, float, Conditions], Images]


@dataclass(frozen=True)
class Perturbation:
    """One way to spoil an image.

    Attributes:
        title: for a page.
        help: one plain sentence for a learner.
        unit: what its strength counts, in words behind a number; "share" is shown in percent.
        lowest, highest, step: what a slider offers.
        neutral: the strength that changes nothing.
        strengths: nine for a curve, from `neutral` to what breaks nearly every network.
        apply: None for the one that needs the network.
    """

    title: str
    help: str
    unit: str
    lowest: float
    highest: float
    step: float
    strengths: tuple[float, ...]
    apply: Apply | None
    neutral: float = 0.0

    def describe(self, strength: float) -> str:
        """A strength in words: "3 pixels", "12.5 %", "0.5 times"."""
        if self.unit == "share":
            return f"{strength * 100:g} %"
        # "1 pixel", but "1 times", as in "at 1 times the size".
        unit = self.unit.removesuffix("s") if strength == 1 and self.unit != "times" else self.unit
        return f"{strength:g} {unit}"


def perturb(images: Images, strengths: Mapping[str, float], conditions: Conditions) -> Images:
    """Spoil images in several ways, one after the other in the order of `PERTURBATIONS`; `FAST_GRADIENT` is left out.

    What is at its neutral strength, or not named, changes nothing, bit for bit. The same conditions give the same images.

    Args:
        images: `uint8 (n, height, width)` or `(n, height, width, 3)`, values up to `conditions.max_value`.
        strengths: by the names in `PERTURBATIONS`.

    Returns:
        the same shape, type and range.
    """
    for name, perturbation in PERTURBATIONS.items():
        strength = strengths.get(name, perturbation.neutral)
        if perturbation.apply is not None and strength != perturbation.neutral:
            images = perturbation.apply(images, strength, conditions)
    return images


def _shift(images: Images, strength: float, conditions: Conditions) -> Images:
    """By whole pixels. What comes in from outside is the nearest pixel of the edge, as in the augmentation."""
    moves = np.array([_MOVES[direction] for direction in Direction])
    if conditions.direction is None:
        chosen = np.random.default_rng([conditions.seed, 1]).integers(len(moves), size=len(images))
    else:
        chosen = np.full(len(images), list(Direction).index(conditions.direction))
    height, width = images.shape[1:3]
    shifted = np.empty_like(images)
    for place, (down, across) in enumerate(np.rint(moves * strength).astype(int)):
        rows, columns = np.clip(np.arange(height) - down, 0, height - 1), np.clip(np.arange(width) - across, 0, width - 1)
        shifted[chosen == place] = images[chosen == place][:, rows[:, None], columns]
    return shifted


def _rotate(images: Images, strength: float, conditions: Conditions) -> Images:
    cosine, sine = math.cos(math.radians(strength)), math.sin(math.radians(strength))
    return _resample(images, np.array([[cosine, -sine], [sine, cosine]]))


def _scale(images: Images, strength: float, conditions: Conditions) -> Images:
    return _resample(images, np.eye(2) / strength)


def _resample(images: Images, matrix: NDArray[np.float64]) -> Images:
    """Bilinear interpolation of all images at the same places: `matrix` leads from a place in the result to one in the original.

    Places are rows and columns, counted from the middle of the image. Outside is the nearest pixel of the edge.
    """
    height, width = images.shape[1:3]
    centre = (np.array([height, width]) - 1) / 2
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)
    # Rounded, or a right angle would miss the pixels by what the cosine is off.
    places = np.clip(np.round((grid - centre) @ matrix.T + centre, 9), 0, [height - 1, width - 1]).reshape(-1, 2)
    before = places.astype(np.intp)
    after = np.minimum(before + 1, [height - 1, width - 1])
    pixels = images.reshape(len(images), height * width, -1)
    shares = (places - before).astype(np.float32)
    down, across = shares[:, 0, None], shares[:, 1, None]

    def mix(rows: NDArray[np.intp]) -> Floats:
        ahead, behind = (pixels[:, rows * width + columns].astype(np.float32) for columns in (before[:, 1], after[:, 1]))
        mixed: Floats = ahead + (behind - ahead) * across
        return mixed

    upper, lower = mix(before[:, 0]), mix(after[:, 0])
    return np.rint(upper + (lower - upper) * down).astype(np.uint8).reshape(images.shape)


def _blur(images: Images, strength: float, conditions: Conditions) -> Images:
    from scipy.ndimage import gaussian_filter

    sigmas = (0, strength, strength, *([0] * (images.ndim - 3)))
    return _to_pixels(gaussian_filter(images.astype(np.float32), sigmas, mode="nearest"), conditions)


def _change_contrast(images: Images, strength: float, conditions: Conditions) -> Images:
    """Away from the mean of each image, or towards it."""
    means = images.mean(axis=tuple(range(1, images.ndim)), keepdims=True, dtype=np.float32)
    return _to_pixels(means + (images - means) * np.float32(strength), conditions)


def _invert(images: Images, strength: float, conditions: Conditions) -> Images:
    """A mixture of the image and its negative."""
    values = images.astype(np.float32)
    return _to_pixels(values + (conditions.max_value - 2 * values) * np.float32(strength), conditions)


def _occlude(images: Images, strength: float, conditions: Conditions) -> Images:
    """A middle grey square of that share of the area; of an image longer than wide, a rectangle where a square would not fit."""
    height, width = images.shape[1:3]
    side = math.sqrt(strength * height * width)
    tall = min(round(side if side <= width else strength * height), height)
    wide = min(round(side if side <= height else strength * width), width)
    rng = np.random.default_rng([conditions.seed, 2])
    tops, lefts = rng.random((2, len(images), 1))
    # Drawn as shares, so that a square that grows stays about where it is.
    tops, lefts = np.rint(tops * (height - tall)), np.rint(lefts * (width - wide))
    rows, columns = np.arange(height), np.arange(width)
    is_row, is_column = (rows >= tops) & (rows < tops + tall), (columns >= lefts) & (columns < lefts + wide)
    covered = images.copy()
    covered[is_row[:, :, None] & is_column[:, None, :]] = round(conditions.max_value / 2)
    return covered


def _add_noise(images: Images, strength: float, conditions: Conditions) -> Images:
    """Of one seed, the same pattern at all strengths."""
    noise = np.random.default_rng([conditions.seed, 3]).standard_normal(images.shape, np.float32)
    return _to_pixels(images + noise * np.float32(strength * conditions.max_value), conditions)


def _to_pixels(values: Floats, conditions: Conditions) -> Images:
    return np.clip(np.rint(values), 0, conditions.max_value).astype(np.uint8)


PERTURBATIONS: dict[str, Perturbation] = {
    "shift": Perturbation(
        "Shift",
        "Moves the image by whole pixels; what comes in at the edge repeats it.",
        "pixels",
        0,
        14,
        1,
        (0, 1, 2, 3, 4, 5, 6, 8, 10),
        _shift,
    ),
    "rotation": Perturbation(
        "Rotation",
        "Turns the image clockwise about its middle.",
        "degrees",
        -180,
        180,
        5,
        (0, 10, 20, 30, 45, 60, 90, 135, 180),
        _rotate,
    ),
    "scale": Perturbation(
        "Scale",
        "Makes the image larger or smaller about its middle; 1 leaves it as it is.",
        "times",
        0.2,
        3.0,
        0.05,
        (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2),
        _scale,
        neutral=1.0,
    ),
    "blur": Perturbation(
        "Blur",
        "Mixes each pixel with those around it; the strength is the spread (sigma) of the mixture.",
        "pixels",
        0,
        6,
        0.1,
        (0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6),
        _blur,
    ),
    "contrast": Perturbation(
        "Contrast",
        "Multiplies how far each pixel is from the mean of its image; 1 leaves it as it is, 0 is a single shade.",
        "times",
        0,
        3.0,
        0.05,
        (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05),
        _change_contrast,
        neutral=1.0,
    ),
    "inversion": Perturbation(
        "Inversion",
        "Mixes the image with its negative; half and half is plain grey, 100 % is the negative.",
        "share",
        0,
        1,
        0.05,
        (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
        _invert,
    ),
    "occlusion": Perturbation(
        "Occlusion",
        "Covers this share of the image with a grey square.",
        "share",
        0,
        0.8,
        0.05,
        (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8),
        _occlude,
    ),
    "noise": Perturbation(
        "Noise",
        "Adds a random value to every pixel; the strength is their spread, as a share of the brightest value.",
        "share",
        0,
        1,
        0.05,
        (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0),
        _add_noise,
    ),
    FAST_GRADIENT: Perturbation(
        "Fast-gradient noise",
        "Moves every pixel by this share of the brightest value, each in the direction that makes this network more wrong.",
        "share",
        0,
        0.5,
        0.01,
        (0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3),
        None,
    ),
}
"""By name, in the order in which they are done: what moves the picture, what changes its light, what lies over it, and last what is
made to measure for the network."""
