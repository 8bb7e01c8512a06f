"""How well drawings are prepared: real digits back through the canvas, and digits drawn with a pen. Prints one line for each check.

    python -m tests.benchmarks.drawing_accuracy [--images 2000] [--run RUN]

Without `--run` the network that comes with Inkling reads, otherwise a run's, on the test images of its own data set. Nothing here was
used to choose or to set anything.

1. Test digits as they are; enlarged smoothly to 0.5 to 1.6 times 196 pixels at a random place on a canvas of 280 x 280 and prepared
   as a drawing; the same with their strokes made thicker or thinner, and turned by up to 15 degrees. For the UCI digits, enlarged
   from 8x8, that only bounds the truth from below: what lay between their points is lost.
2. The digits of `tests/unit/drawing/strokes.json` and random variants of them, drawn with pens of several widths.

A stroke is made thicker by moving its outline outwards, thinner by moving it inwards, by the same part of its own width on both sides.
Its width is four times the mean depth of its ink, the distance from the outline: in a straight stroke depths run evenly from nothing
to half the width. Thinning by a half breaks strokes where they are thinner than elsewhere, as no pen would: it is there to show the limit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt

from core.classifying import Network, find_network, read
from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.drawing.sketch import Sketch
from core.errors import InklingError
from core.intervals import wilson_interval
from core.settings import Settings, load_settings
from tests.unit.drawing.pen import Points, draw_strokes, load_strokes

SIDE = 280
SIZE = 196
FACTORS = (0.5, 1.6)
SHARES = (1 / 3, 1 / 2)
DEGREES = 15
PENS = (8, 14, 20, 28, 40)
VARIANTS = 10
SEED = 1

Ink = NDArray[np.uint8]
Change = Callable[[Ink, np.random.Generator], Ink]


def enlarge(image: NDArray[np.uint8], max_value: int, rng: np.random.Generator) -> Ink:
    """The image's ink as if drawn on a canvas: 0.5 to 1.6 times as large as the frame would be on `SIZE` pixels."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    ink = np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1) * (255 // max_value)
    factor = SIZE / len(image) * rng.uniform(*FACTORS)
    height, width = (min(SIDE, round(side * factor)) for side in ink.shape)
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BICUBIC))


def paste(ink: Ink, rng: np.random.Generator) -> Ink:
    """The ink at a random place on an empty canvas; made smaller if it would not fit."""
    picture = Image.fromarray(ink)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    canvas = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = rng.integers(0, SIDE - picture.height + 1), rng.integers(0, SIDE - picture.width + 1)
    canvas[top : top + picture.height, left : left + picture.width] = np.asarray(picture)
    return canvas


def thicken(ink: Ink, share: float) -> Ink:
    """The stroke made wider by this share of its own width, or narrower if it is negative, with an edge one pixel soft."""
    depth = distance_transform_edt(ink > 127)
    moved = share / 2 * 4 * depth[depth > 0].mean()
    room = int(np.ceil(max(moved, 0))) + 1
    padded = np.pad(ink, room) > 127
    height = distance_transform_edt(padded) - distance_transform_edt(~padded)
    return np.rint(np.clip(height + moved + 0.5, 0, 1) * 255).astype(np.uint8)


def turn(ink: Ink, rng: np.random.Generator) -> Ink:
    turned = np.asarray(Image.fromarray(ink).rotate(rng.uniform(-DEGREES, DEGREES), Image.Resampling.BICUBIC, expand=True))
    rows, columns = np.flatnonzero((turned > 0).any(axis=1)), np.flatnonzero((turned > 0).any(axis=0))
    return turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def changes() -> dict[str, Change]:
    found: dict[str, Change] = {"as they are": lambda ink, rng: ink}
    for share in SHARES:
        found[f"strokes {share:.0%} thicker"] = lambda ink, rng, share=share: thicken(ink, share)
        found[f"strokes {share:.0%} thinner"] = lambda ink, rng, share=share: thicken(ink, -share)
    return found | {f"turned by up to {DEGREES} degrees": turn}


def vary(strokes: tuple[Points, ...], rng: np.random.Generator) -> tuple[Points, ...]:
    """The same digit by another hand: turned, slanted, of other proportions, and with a little tremor."""
    angle, slant = rng.normal(0, 0.09), rng.normal(0, 0.12)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = turn @ np.array([[1, slant], [0, 1]]) @ np.diag([rng.uniform(0.75, 1.15), rng.uniform(0.85, 1.1)])
    return tuple((stroke - 50) @ shape.T + 50 + rng.normal(0, 1.2, stroke.shape) for stroke in strokes)


class Bench:
    """One network at work."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self._settings = settings
        self.network = network

    def prepare(self, canvases: Sequence[Ink]) -> NDArray[np.uint8]:
        return np.array([self.network.reader.prepare(Sketch(canvas)).image for canvas in canvases])

    def read(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The class of each image, and whether it is called novel."""
        answers = read(self._settings, self.network, images)
        return answers["probabilities"].argmax(axis=1), answers["scores"] > answers["threshold"]


def line(what: str, right: NDArray[np.bool_], novel: NDArray[np.bool_], against: NDArray[np.bool_] | None = None) -> str:
    low, high = wilson_interval(int(right.sum()), right.size)
    difference = "" if against is None else f"{(right.mean() - against.mean()) * 100:+6.2f} points"
    return f"{what:<44} {right.mean():7.2%} right ({low:.2%} to {high:.2%}) {difference:<14} {novel.mean():6.1%} called novel"


def report_round_trip(bench: Bench, image_set: ImageSet, images: int) -> None:
    chosen = np.random.default_rng(SEED).permutation(len(image_set.x_test))[:images]
    originals, labels = image_set.x_test[chosen], image_set.y_test[chosen]
    guesses, novel = bench.read(originals)
    as_they_are = guesses == labels
    print(line(f"{len(chosen):,} test images of {image_set.title}", as_they_are, novel))
    for name, change in changes().items():
        # Three, so that each change meets the same sizes.
        sizes, angles, places = np.random.default_rng(SEED).spawn(3)
        canvases = [paste(change(enlarge(image, image_set.max_value, sizes), angles), places) for image in originals]
        began = time.perf_counter()
        prepared = bench.prepare(canvases)
        milliseconds = (time.perf_counter() - began) / len(canvases) * 1000
        guesses, novel = bench.read(prepared)
        print(
            line(f"drawn, {name}", guesses == labels, novel, as_they_are), f"mean pixel {prepared.mean():.1f}, {milliseconds:.2f} ms each"
        )


def report_pen(bench: Bench) -> None:
    drawn = load_strokes()
    labels = np.array([one.digit for one in drawn])
    for pen in PENS:
        rng = np.random.default_rng(pen)
        written = bench.read(bench.prepare([draw_strokes(one.strokes, pen=pen) for one in drawn]))[0] == labels
        varied = [draw_strokes(vary(one.strokes, rng), pen=pen) for one in drawn for _ in range(VARIANTS)]
        guesses, novel = bench.read(bench.prepare(varied))
        wrong = ", ".join(f"{one.digit} {one.name}" for one, is_right in zip(drawn, written, strict=True) if not is_right)
        print(line(f"pen of {pen} pixels, {len(varied)} hands", guesses == labels.repeat(VARIANTS), novel), end="; ")
        print(f"as recorded {written.sum()} of {len(drawn)} right{f', not {wrong}' if wrong else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000, help="test images to send back through the canvas")
    parser.add_argument("--run", help="a run's id (default: the network that comes with Inkling)")
    arguments = parser.parse_args()
    settings = load_settings()
    bench = Bench(settings, find_network(settings, arguments.run))
    print(bench.network.reader.title)
    try:
        report_round_trip(bench, Catalog(settings).load(bench.network.reader.dataset), arguments.images)
    except InklingError as error:
        print(f"test images left out: {error}")
    if bench.network.reader.class_names == tuple("0123456789"):
        report_pen(bench)


if __name__ == "__main__":
    main()
