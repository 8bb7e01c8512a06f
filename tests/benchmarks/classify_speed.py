"""How many picture files a second `python -m core classify` reads, each time in a process of its own.

    python -m tests.benchmarks.classify_speed [--files 1000]

The files are PNG: test digits of MNIST, or, where it is not on this machine, the bundled digits, as they are and enlarged to 280 x 280.
The start, which loads Python's and TensorFlow's libraries, is what the command takes for a single file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets.catalog import Catalog, load_digits
from core.datasets.image_set import ImageSet
from core.errors import DatasetError
from core.settings import load_settings

SIDES = (None, 280)
REPEATS = 3


def find_digits() -> ImageSet:
    try:
        return Catalog(load_settings()).load("mnist")
    except DatasetError:
        return load_digits()


def write_files(folder: Path, image_set: ImageSet, count: int, side: int | None) -> None:
    folder.mkdir()
    for number in range(count):
        pixels = image_set.x_test[number % len(image_set.x_test)] * (255 // image_set.max_value)
        picture = Image.fromarray(np.asarray(pixels, np.uint8))
        (picture.resize((side, side), Image.Resampling.BICUBIC) if side else picture).save(folder / f"{number:05}.png")


def classify(home: Path, path: Path) -> tuple[float, list[str]]:
    """Seconds of the whole command, and the labels."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "core", "classify", str(path), "--json"]
    # It ends with an error where one of the files can't be read, and answers for all others.
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "INKLING_HOME": str(home)})
    took = time.perf_counter() - began
    return took, [image.get("label", "") for image in json.loads(finished.stdout)["images"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    count = parser.parse_args().files
    image_set = find_digits()
    truth = [image_set.class_names[label] for label in np.resize(image_set.y_test, count)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in SIDES:
            write_files(folder / str(side), image_set, count, side)
        start = min(classify(folder / "home", folder / "280" / "00000.png")[0] for _ in range(REPEATS))
        print(f"one file: {start:.2f} s, of which nearly all is the start")
        for side in SIDES:
            took, labels = min(classify(folder / "home", folder / str(side)) for _ in range(REPEATS))
            right = np.mean([label == true for label, true in zip(labels, truth, strict=True)])
            size = f"{side} x {side}" if side else " x ".join(map(str, image_set.image_shape))
            print(
                f"{count:,} files of {size} ({image_set.title}): whole command {took:.2f} s, {count / took:,.0f} a second;"
                f" after the start {took - start:.2f} s, {count / (took - start):,.0f} a second; {right:.1%} right"
            )


if __name__ == "__main__":
    main()
