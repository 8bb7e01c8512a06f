"""How well digits on photographed paper are read, for each light and each paper, and how long a photo takes. Prints one line for each.

    python -m tests.benchmarks.photos [--digits 36] [--side 1000] [--run RUN]

The digits of `tests/unit/drawing/strokes.json` are photographed by `tests/unit/drawing/camera.py`, saved as JPEG, their ink found by
`core.drawing.photo.read_picture`, and read by the network that comes with Inkling, or by a run's. Beside it, the same photos with one grey
for all of the paper, as clean pictures are read: what the local threshold is good for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.classifying import Network, find_network, read
from core.drawing.ink import find_ink
from core.drawing.photo import read_picture
from core.drawing.sketch import Sketch
from core.errors import DrawingError
from core.intervals import wilson_interval
from core.settings import Settings, load_settings
from tests.unit.drawing.camera import SCENES, photograph, saved
from tests.unit.drawing.pen import Drawn, load_strokes


def prepare(sketch: Sketch, network: Network) -> NDArray[np.uint8]:
    """The image that the network gets; an empty one if there is no ink."""
    try:
        return network.reader.prepare(sketch).image
    except DrawingError:
        return np.zeros(network.reader.image_shape, np.uint8)


def sketch_globally(file: bytes) -> Sketch:
    photo = read_picture(file).steps[0].image
    grey = np.asarray(Image.fromarray(photo).convert("L"))
    try:
        return Sketch(find_ink(grey))
    except DrawingError:
        return Sketch(np.zeros_like(grey))


def report(scene: str, drawn: Sequence[Drawn], side: int, network: Network, settings: Settings) -> None:
    rng = np.random.default_rng(1)
    files = [saved(photograph(one.strokes, SCENES[scene], rng, width=side, height=side), quality=90) for one in drawn]
    started = time.perf_counter()
    local = [read_picture(file).sketch for file in files]
    milliseconds = (time.perf_counter() - started) / len(files) * 1000
    images = np.stack([prepare(sketch, network) for sketch in [*local, *map(sketch_globally, files)]])
    answers = [network.reader.class_names[answer] for answer in read(settings, network, images)["probabilities"].argmax(axis=1)]
    right = (np.array(answers).reshape(2, -1) == [str(one.digit) for one in drawn]).sum(axis=1)
    low, high = wilson_interval(int(right[0]), len(drawn))
    print(
        f"{scene:20} {right[0]} of {len(drawn)} right ({low:.0%} to {high:.0%}), with one grey for all {right[1]};"
        f" {milliseconds:.0f} ms a photo",
        flush=True,
    )


def report_large() -> None:
    """A photo of 24 million pixels, as JPEG and as PNG."""
    photo = photograph(load_strokes()[20].strokes, SCENES["all of it"], np.random.default_rng(2), width=1414, height=1060)
    large = np.asarray(Image.fromarray(photo).resize((5656, 4242), Image.Resampling.BICUBIC))
    for kind, options in (("JPEG", {"quality": 98}), ("PNG", {"compress_level": 1})):
        file = saved(large, kind, **options)
        started = time.perf_counter()
        read_picture(file)
        print(f"24 million pixels, {kind} of {len(file) / 1e6:.0f} MB: {time.perf_counter() - started:.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--digits", type=int, default=36, help="how many of the drawn digits are photographed")
    parser.add_argument("--side", type=int, default=1000, help="pixels on a side of a photo")
    parser.add_argument("--run", help="a run's id; by default the network that comes with Inkling reads")
    arguments = parser.parse_args()
    settings, strokes = load_settings(), load_strokes()
    network = find_network(settings, arguments.run)
    chosen = np.linspace(0, len(strokes) - 1, min(arguments.digits, len(strokes))).astype(int)
    report_large()
    for scene in SCENES:
        report(scene, [strokes[index] for index in chosen], arguments.side, network, settings)


if __name__ == "__main__":
    main()
