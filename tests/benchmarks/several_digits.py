"""How well several digits in a row are told apart and read. Prints one line for each check.

    python -m tests.benchmarks.several_digits [--rows 400]

1. Rows of 2 to 6 MNIST test digits on a wide canvas, each of its own size (0.7 to 1.3), up to a tenth of its height too high or
   too low, with gaps of 5 to 50 % of a digit's height: the share of rows that are split into the right number of figures, and that are
   read whole by the network that comes with Inkling.
2. Pairs of test digits moved together until their ink connects: how many are said to be touching, and how many of those that are not
   are at least called unlike anything learned.
3. Single test digits, and those of `tests/unit/drawing/strokes.json`: how many are falsely said to be touching, or split.

MNIST comes from a folder of `INKLING_DATASETS`. The rules were chosen on its training digits alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.drawing.ink import INKED, Ink, crop_to_ink
from core.drawing.separate import Separated, SeparateFigure, separate
from core.drawing.sketch import Sketch
from core.intervals import wilson_interval
from core.predictions.novelty import Novelty, measure_novelty
from core.predictions.predictor import Predictor
from core.settings import load_settings
from core.shipped.card import load_card, load_familiar, load_reader, load_weights
from tests.unit.drawing.pen import draw_strokes, load_strokes

HEIGHT = 120
"""Pixels of a digit of size 1."""

PENS, SIZES = (8, 14, 20, 28, 40), (60, 100, 160, 220)


def enlarge(image: Ink, height: float) -> Ink:
    """A digit's ink, smoothly enlarged so that MNIST's 20 pixels become `height`, and cropped to its box."""
    factor = height / 20
    _, inside = crop_to_ink(np.pad(image, 1))
    size = (max(1, round(inside.shape[1] * factor)), max(1, round(inside.shape[0] * factor)))
    return crop_to_ink(np.asarray(Image.fromarray(inside).resize(size, Image.Resampling.BICUBIC)))[1]


def lay_out(inks: Sequence[Ink], gaps: Sequence[int], drops: Sequence[int]) -> Ink:
    """Ink side by side on an empty canvas, so many pixels apart (fewer than 0: that much nearer) and below the top."""
    lefts = np.cumsum([10, *(ink.shape[1] + gap for ink, gap in zip(inks[:-1], gaps, strict=True))])
    bottom = max(ink.shape[0] + drop for ink, drop in zip(inks, drops, strict=True))
    right = max(ink.shape[1] + left for ink, left in zip(inks, lefts, strict=True))
    canvas = np.zeros((bottom + 20, right + 10), dtype=np.uint8)
    for ink, left, drop in zip(inks, lefts, drops, strict=True):
        place = canvas[10 + drop : 10 + drop + ink.shape[0], left : left + ink.shape[1]]
        np.maximum(place, ink, out=place)
    return canvas


def write_row(images: NDArray[np.uint8], rng: np.random.Generator) -> Ink:
    inks = [enlarge(image, HEIGHT * rng.uniform(0.7, 1.3)) for image in images]
    gaps = [round(HEIGHT * rng.uniform(0.05, 0.5)) for _ in inks[1:]]
    drops = [round(HEIGHT * rng.uniform(0, 0.2)) for _ in inks]
    return lay_out(inks, gaps, drops)


def push_together(first: Ink, second: Ink, drop: int) -> Ink | None:
    """Two digits as near as they have to be for their ink to connect; None if it never does."""
    parts = len(separate(first).figures) + len(separate(second).figures)
    for nearer in range(0, min(first.shape[1], second.shape[1]), 2):
        pair = lay_out([first, second], [-nearer], [max(0, -drop), max(0, drop)])
        if parts == 2 and _is_one_piece(pair):
            return pair
    return None


def _is_one_piece(ink: Ink) -> bool:
    from scipy import ndimage

    return int(ndimage.label(ink >= INKED, np.ones((3, 3)))[1]) == 1


class Reading:
    """The network that comes with Inkling, asked without an engine."""

    def __init__(self) -> None:
        card = load_card()
        self._reader = load_reader()
        self._network = Predictor(card.spec, card.image_shape, len(card.class_names), card.max_value, load_weights())

    def read(self, figures: Iterable[SeparateFigure]) -> tuple[NDArray[np.int64], Novelty]:
        """The class of each figure, and how new it is."""
        images = np.array([self._reader.prepare(Sketch(figure.ink)).image for figure in figures])
        novelty = measure_novelty(load_familiar(), self._network.hidden(images))
        return self._network.probabilities(images).argmax(axis=1), novelty


def share(count: int, total: int) -> str:
    low, high = wilson_interval(count, total)
    return f"{count:,} of {total:,} ({count / total:.1%}, 95 % interval {low:.1%} to {high:.1%})"


def report_rows(image_set: ImageSet, reading: Reading, rows: int) -> None:
    rng = np.random.default_rng(1)
    for length in range(2, 7):
        chosen = rng.integers(0, len(image_set.x_test), (rows, length))
        inks = [write_row(image_set.x_test[row], rng) for row in chosen]
        started = time.perf_counter()
        found = [separate(ink) for ink in inks]
        milliseconds = (time.perf_counter() - started) / rows * 1000
        split = [len(one.figures) == length for one in found]
        read = [_is_read(one, image_set.y_test[row], reading) for one, row in zip(found, chosen, strict=True)]
        whole, sure = (sum(one[place] for one in read) for place in (0, 1))
        print(
            f"rows of {length}: split right {share(sum(split), rows)}; read whole {share(whole, rows)},"
            f" {sure:,} of them with no figure doubted; {milliseconds:.1f} ms each"
        )


def _is_read(found: Separated, labels: NDArray[np.integer], reading: Reading) -> tuple[bool, bool]:
    """Whether each answer is right, and whether besides none was said to be novel or touching."""
    if len(found.figures) != len(labels):
        return False, False
    answers, novelty = reading.read(found.figures)
    is_right = bool((answers == labels).all())
    return is_right, is_right and not novelty.is_novel_in_row.any() and not any(figure.touches for figure in found.figures)


def report_touching(image_set: ImageSet, reading: Reading, pairs: int) -> None:
    rng = np.random.default_rng(2)
    chosen = rng.integers(0, len(image_set.x_test), (pairs, 2))
    tried = [[enlarge(image_set.x_test[index], HEIGHT) for index in pair] for pair in chosen]
    drops = rng.integers(-HEIGHT // 10, HEIGHT // 10 + 1, pairs)
    pushed = [push_together(*inks, int(drop)) for inks, drop in zip(tried, drops, strict=True)]
    figures = [separate(pair).figures[0] for pair in pushed if pair is not None]
    has_one = np.array([1 in image_set.y_test[row] for row, pair in zip(chosen, pushed, strict=True) if pair is not None])
    told = np.array([figure.touches for figure in figures])
    is_novel = reading.read(figures)[1].is_novel
    print(f"touching pairs: told {share(int(told.sum()), len(told))}; told or novel {share(int((told | is_novel).sum()), len(told))}")
    print(f"touching pairs without a 1: told {share(int(told[~has_one].sum()), int((~has_one).sum()))}")


def report_single(image_set: ImageSet, count: int) -> None:
    found = [separate(enlarge(image, HEIGHT)) for image in image_set.x_test[:count]]
    false = np.array([any(figure.touches for figure in one.figures) for one in found])
    by_digit = "  ".join(f"{digit}: {false[image_set.y_test[:count] == digit].mean():.1%}" for digit in range(10))
    print(f"single MNIST digits: said to touch {share(int(false.sum()), count)} ({by_digit})")
    print(f"single MNIST digits: taken for several {share(sum(len(one.figures) > 1 for one in found), count)}")


def report_strokes() -> None:
    drawn = [
        (one, separate(draw_strokes(one.strokes, pen=pen, size=size, left=30, top=30)))
        for one in load_strokes()
        for pen in PENS
        for size in SIZES
    ]
    for title, wrong in (
        ("said to touch", [one for one, found in drawn if any(figure.touches for figure in found.figures)]),
        ("taken for several", [one for one, found in drawn if len(found.figures) > 1]),
    ):
        names = sorted({f"{one.digit} {one.name}" for one in wrong})
        print(f"digits drawn with pens of {PENS[0]} to {PENS[-1]}: {title} {share(len(wrong), len(drawn))} {', '.join(names)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400, help="rows of each length, pairs, and a fifth of the single digits")
    rows = parser.parse_args().rows
    image_set, reading = Catalog(load_settings()).load("mnist"), Reading()
    report_rows(image_set, reading, rows)
    report_touching(image_set, reading, rows)
    report_single(image_set, 5 * rows)
    report_strokes()


if __name__ == "__main__":
    main()
