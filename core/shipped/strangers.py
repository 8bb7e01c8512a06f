"""What the shipped network learns from besides MNIST's training digits: digits drawn anew, and strangers.

*Redrawn digits* are training digits enlarged, made thicker or thinner, and sent through the drawing pipeline, so that the network knows
pens that MNIST's writers did not have.

*Strangers* are no digits: digits turned or mirrored so that they are none any more, halves of two digits, digits on top of each other,
quarters in another order, a few straight lines and arcs anywhere, and strokes that hang together as those of signs do. The network is
trained to tell them from the ten digits, as an eleventh class that is cut off afterwards. What stays is a last hidden layer that has
words for other shapes than digits: D. Hendrycks, M. Mazeika and T. Dietterich, "Deep Anomaly Detection with Outlier Exposure", 2019,
section 3, with outliers made of the training images themselves and of strokes.

No letter, no piece of clothing and no scribble is among them: those measure how well it works (`core.shipped.oddities`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from core.datasets.image_set import Images, Labels
from core.drawing.ink import Ink
from core.drawing.mnist import centre_mass
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import MNIST_SHARE, DrawingStyle
from core.errors import DrawingError
from core.shipped.habits import add_habit

STYLE = DrawingStyle("mnist", MNIST_SHARE)

_SIDE = 112
"""Pixels of the canvas on which digits are redrawn and lines are drawn: four for each of MNIST's."""

_THINNEST, _THICKEST = -1, 3
"""Pixels of that canvas by which the edge of a stroke moves inwards or outwards: at most three quarters of a pixel of MNIST's."""

_LEAST_KEPT = 0.6
"""Of the ink, when a digit is made thinner: with less, a thin stroke falls to pieces."""

_TURNED, _MIRRORED, _UPSIDE_DOWN = (2, 3, 4, 5, 6, 7, 9), (3, 4, 6, 7, 9), (4, 6, 7, 9)
"""Digits that are none when they are turned by a quarter, mirrored, or upside down: a 3 upside down is a 3, a mirrored 5 nearly a 2."""

_AT_ONCE = 1_000
"""Images for each task of a thread; each has random numbers of its own, so that the result does not depend on the threads."""

_THREADS = 4

Random = np.random.Generator
Points = NDArray[np.float64]


def redraw_digits(images: Images, count: int, seed: int, labels: Labels | None = None) -> tuple[Images, NDArray[np.intp]]:
    """`count` of the images, each at most once if there are enough, redrawn: `uint8 (count, 28, 28)`, and which ones.

    With their labels, every second 1 and 7 is written as MNIST's writers hardly did (`core.shipped.habits`).
    """
    chosen = np.resize(np.random.default_rng(seed).permutation(len(images)), count)

    def redraw_some(rng: Random, first: int, last: int) -> list[Ink]:
        return [_redraw(images[index], rng, None if labels is None else int(labels[index])) for index in chosen[first:last]]

    return _in_threads(redraw_some, count, seed), chosen


def make_strangers(images: Images, labels: Labels, count: int, seed: int) -> Images:
    """`count` pictures that are no digits, made of training digits: `uint8 (count, 28, 28)`."""

    def make_some(rng: Random, first: int, last: int) -> list[Ink]:
        return [_make_stranger(images, labels, rng) for _ in range(first, last)]

    return _in_threads(make_some, count, seed)


def _in_threads(make: Callable[[Random, int, int], list[Ink]], count: int, seed: int) -> Images:
    starts = range(0, count, _AT_ONCE)
    with ThreadPoolExecutor(_THREADS) as threads:
        blocks = threads.map(lambda start: make(np.random.default_rng((seed, 1 + start)), start, min(start + _AT_ONCE, count)), starts)
        return np.concatenate([np.stack(block) for block in blocks])


def _redraw(image: Ink, rng: Random, digit: int | None = None) -> Ink:
    """The same figure by another pen, and if it is a digit, perhaps of another habit. Stays as it is where nothing would be left of it."""
    large = Image.fromarray(image).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    if digit is not None and rng.random() < 0.5:
        large = add_habit(large, digit, rng)
    pen = _move_edge(large, int(rng.integers(_THINNEST, _THICKEST + 1))).filter(ImageFilter.GaussianBlur(1.5))
    soft = np.asarray(pen).astype(np.int16)
    # The blur has rounded the corners that enlarging left; this makes the edge a pen's again.
    return _prepare(np.clip((soft - 128) * 3 + 128, 0, 255).astype(np.uint8)) if (soft > 128).sum() > 20 else image


def _move_edge(picture: Image.Image, pixels: int) -> Image.Image:
    if pixels > 0:
        return picture.filter(ImageFilter.MaxFilter(2 * pixels + 1))
    if pixels < 0:
        thinner = picture.filter(ImageFilter.MinFilter(1 - 2 * pixels))
        return thinner if _inked(thinner) >= _LEAST_KEPT * _inked(picture) else picture
    return picture


def _inked(picture: Image.Image) -> int:
    return int((np.asarray(picture) > 127).sum())


def _make_stranger(images: Images, labels: Labels, rng: Random) -> Ink:
    """One stranger of a random kind; another one if nothing was left of it."""
    while True:
        kind = rng.choice(6, p=(0.25, 0.15, 0.1, 0.1, 0.1, 0.3))
        try:
            if kind >= 4:
                return _prepare((_draw_lines, _draw_sign)[kind - 4](rng))
            picture = (_turn, _join_halves, _overlay, _swap_quarters)[kind](images, labels, rng)
            return _redraw(picture, rng) if rng.random() < 0.6 else _centre(picture)
        except DrawingError:
            continue


def _pick(images: Images, labels: Labels, digits: Sequence[int], rng: Random) -> Ink:
    """An image of one of these digits."""
    while True:
        index = int(rng.integers(len(images)))
        if labels[index] in digits:
            found: Ink = images[index]
            return found


def _turn(images: Images, labels: Labels, rng: Random) -> Ink:
    way = rng.integers(4)
    image = _pick(images, labels, (_TURNED, _TURNED, _MIRRORED, _UPSIDE_DOWN)[way], rng)
    return np.ascontiguousarray((np.rot90(image), np.rot90(image, 3), image[:, ::-1], image[::-1])[way])


def _join_halves(images: Images, labels: Labels, rng: Random) -> Ink:
    """The upper half of one digit, or its left one, and a half of another digit, every second time the wrong way round."""
    is_sideways = rng.random() < 0.5
    first, second = (image.T if is_sideways else image for image in images[rng.integers(len(images), size=2)])
    half = first.shape[0] // 2
    joined = np.concatenate([first[:half], second[half:] if rng.random() < 0.5 else second[:half][::-1]])
    return np.ascontiguousarray(joined.T if is_sideways else joined)


def _overlay(images: Images, labels: Labels, rng: Random) -> Ink:
    first, second = (_pick(images, labels, _TURNED, rng) for _ in range(2))
    other = np.rot90(second) if rng.random() < 0.5 else np.roll(second, rng.integers(-6, 7, 2), axis=(0, 1))
    return np.maximum(first, other)


def _swap_quarters(images: Images, labels: Labels, rng: Random) -> Ink:
    image = _pick(images, labels, _TURNED, rng)
    rows, columns = (length // 2 for length in image.shape)
    quarters = [image[:rows, :columns], image[:rows, columns:], image[rows:, :columns], image[rows:, columns:]]
    order = rng.permutation(4)
    return np.block([[quarters[order[0]], quarters[order[1]]], [quarters[order[2]], quarters[order[3]]]])


def _draw_lines(rng: Random) -> Ink:
    """Three to six straight lines, corners and arcs, anywhere."""
    picture = Image.new("L", (_SIDE, _SIDE))
    draw, width = ImageDraw.Draw(picture), int(rng.integers(5, 14))
    for _ in range(rng.integers(3, 7)):
        if rng.random() < 0.6:
            corners = rng.uniform(10, _SIDE - 10, (rng.integers(2, 4), 2))
            draw.line([(float(x), float(y)) for x, y in corners], fill=255, width=width, joint="curve")
        else:
            (left, top), (right, bottom) = np.sort(rng.uniform(10, _SIDE - 20, (2, 2)), axis=0)
            begin, end = np.sort(rng.uniform(0, 360, 2))
            draw.arc((left, top, right + 10, bottom + 10), begin, end, fill=255, width=width)
    return np.asarray(picture)


def _draw_sign(rng: Random) -> Ink:
    """Two to four strokes of one pen, most of which begin where another one begins, ends or passes: stems, bars and bows.

    Now and then a digit comes about, a 1 or a 0: too seldom to be learned as none.
    """
    picture = Image.new("L", (_SIDE, _SIDE))
    draw, width = ImageDraw.Draw(picture), int(rng.integers(5, 16))
    joints: list[Points] = []
    for _ in range(rng.integers(2, 5)):
        is_joined = joints and rng.random() < 0.85
        start = joints[rng.integers(len(joints))] if is_joined else rng.uniform(12, _SIDE - 12, 2)
        stroke = _bow(start, rng) if rng.random() < 0.5 else _straight(start, rng)
        stroke = stroke.clip(8, _SIDE - 8)
        draw.line([(float(x), float(y)) for x, y in stroke], fill=255, width=width, joint="curve")
        joints += [stroke[0], stroke[len(stroke) // 2], stroke[-1]]
    return np.asarray(picture)


def _straight(start: Points, rng: Random) -> Points:
    """A line from `start`, `(24, 2)`; more often than not it stands or lies."""
    is_upright = rng.random() < 0.6
    angle = rng.integers(4) * np.pi / 2 + rng.normal(0, 0.08) if is_upright else rng.uniform(0, 2 * np.pi)
    return start + np.linspace(0, rng.uniform(25, 85), 24)[:, None] * (np.cos(angle), np.sin(angle))


def _bow(start: Points, rng: Random) -> Points:
    """A part of a circle or an ellipse from `start`, `(40, 2)`, or all of it."""
    radii = rng.uniform(12, 34, 2) if rng.random() < 0.5 else np.full(2, rng.uniform(12, 34))
    first, sweep = rng.uniform(0, 2 * np.pi), rng.choice([-1, 1]) * rng.uniform(0.6, 2) * np.pi
    angles = first + np.linspace(0, sweep, 40)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(start + radii * (around - around[0]))


def _prepare(ink: Ink) -> Ink:
    return prepare_drawing(ink, STYLE, (28, 28), 255).image


def _centre(image: Ink) -> Ink:
    """The figure with its centre of mass in the middle, as MNIST's are, its pixels as they were."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    if not len(rows):
        raise DrawingError("Nothing was left of the digits.")
    return centre_mass(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], (image.shape[0], image.shape[1]))
