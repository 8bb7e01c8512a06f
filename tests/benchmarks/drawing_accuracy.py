"""How well drawings are prepared: real digits back through the canvas, and digits drawn with a pen. Prints one line for each check.

    python -m tests.benchmarks.drawing_accuracy [--images 2000]

1. Real MNIST test digits, enlarged smoothly to 0.5 to 1.6 times 196 pixels at a random place on a 280 x 280 canvas, are prepared
   and read by a network trained on MNIST's own training images; beside it, its accuracy on the same test digits as they are.
2. The same for the UCI digits, enlarged from 8x8. That loses what lay between their points, so it only bounds the truth from below.
3. The digits of `tests/unit/drawing/strokes.json` and random variants of them, with pens of several widths, read by both networks.

MNIST comes from a folder of `INKLING_DATASETS`; without it, its lines are left out, saying so.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import style_for
from core.errors import DatasetError
from core.settings import load_settings
from tests.unit.drawing.pen import Points, draw_strokes, load_strokes

SIDE = 280
EPOCHS = {"digits": 100, "mnist": 8}
PENS = (8, 14, 20, 28, 40)
VARIANTS = 10

Reader = Callable[[NDArray[np.uint8]], NDArray[np.int64]]


def train_reader(image_set: ImageSet, hidden: int) -> Reader:
    """A network with one hidden layer, trained on the set's own training images."""
    network = MLPClassifier((hidden,), max_iter=EPOCHS[image_set.name], random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(image_set.x_train.reshape(len(image_set.x_train), -1) / image_set.max_value, image_set.y_train)
    return lambda images: network.predict(images.reshape(len(images), -1) / image_set.max_value)


def prepare_all(canvases: Sequence[NDArray[np.uint8]], image_set: ImageSet) -> NDArray[np.uint8]:
    style = style_for(image_set)
    return np.array([prepare_drawing(canvas, style, image_set.image_shape, image_set.max_value).image for canvas in canvases])


def paste(image: NDArray[np.uint8], max_value: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The image's ink, enlarged, somewhere on an empty canvas."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    ink = np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1) * (255 // max_value)
    factor = 196 / len(image) * rng.uniform(0.5, 1.6)
    height, width = (min(SIDE, round(side * factor)) for side in ink.shape)
    canvas = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = rng.integers(0, SIDE - height + 1), rng.integers(0, SIDE - width + 1)
    canvas[top : top + height, left : left + width] = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BICUBIC))
    return canvas


def vary(strokes: tuple[Points, ...], rng: np.random.Generator) -> tuple[Points, ...]:
    """The same digit by another hand: turned, slanted, of other proportions, and with a little tremor."""
    angle, slant = rng.normal(0, 0.09), rng.normal(0, 0.12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = turn @ np.array([[1, slant], [0, 1]]) @ np.diag([rng.uniform(0.75, 1.15), rng.uniform(0.85, 1.1)])
    return tuple((stroke - 50) @ shape.T + 50 + rng.normal(0, 1.2, stroke.shape) for stroke in strokes)


def report_round_trip(image_set: ImageSet, reader: Reader, images: int) -> None:
    rng = np.random.default_rng(1)
    chosen = rng.permutation(len(image_set.x_test))[:images]
    originals, labels = image_set.x_test[chosen], image_set.y_test[chosen]
    canvases = [paste(image, image_set.max_value, rng) for image in originals]
    started = time.perf_counter()
    prepared = prepare_all(canvases, image_set)
    milliseconds = (time.perf_counter() - started) / len(canvases) * 1000
    as_they_are, back = (float((reader(batch) == labels).mean()) for batch in (originals, prepared))
    full = image_set.max_value * 0.98
    print(
        f"{image_set.title:8} enlarged and prepared, {len(chosen)} test digits: {back:.1%} right, as they are {as_they_are:.1%};"
        f" mean pixel {prepared.mean():.2f} against {originals.mean():.2f},"
        f" share of full pixels {(prepared >= full).mean():.3f} against {(originals >= full).mean():.3f}; {milliseconds:.2f} ms each"
    )


def report_pen(image_set: ImageSet, reader: Reader) -> None:
    drawn = load_strokes()
    labels = np.array([one.digit for one in drawn])
    for pen in PENS:
        rng = np.random.default_rng(pen)
        as_written = reader(prepare_all([draw_strokes(one.strokes, pen=pen) for one in drawn], image_set)) == labels
        varied = [draw_strokes(vary(one.strokes, rng), pen=pen) for one in drawn for _ in range(VARIANTS)]
        right = (reader(prepare_all(varied, image_set)) == labels.repeat(VARIANTS)).reshape(len(drawn), VARIANTS)
        by_digit = "  ".join(f"{digit}: {right[labels == digit].mean():.0%}" for digit in range(10))
        wrong = ", ".join(f"{one.digit} {one.name}" for one, is_right in zip(drawn, as_written, strict=True) if not is_right)
        print(f"{image_set.title:8} pen {pen:2}: {as_written.sum()} of {len(drawn)} right; varied {right.mean():.1%} ({by_digit}) {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000, help="test digits to send back through the canvas")
    images = parser.parse_args().images
    catalog = Catalog(load_settings())
    for name, hidden in (("digits", 64), ("mnist", 128)):
        try:
            image_set = catalog.load(name)
        except DatasetError as error:
            print(f"{name} left out: {error}")
            continue
        reader = train_reader(image_set, hidden)
        report_round_trip(image_set, reader, images)
        report_pen(image_set, reader)


if __name__ == "__main__":
    main()
