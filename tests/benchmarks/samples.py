"""What Explore > Samples costs: a grid of a hundred new images, one image's neighbours, a search for duplicates.

    INKLING_DATASETS=folder python -m tests.benchmarks.samples [--repeats 100]

The grid is all the server does for it: choosing the images, packing them into one picture, and the message for the browser.
Each has another seed, so nothing comes out of a cache.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np

from core.datasets.catalog import Catalog
from core.datasets.duplicates import find_duplicates
from core.datasets.image_set import ImageSet, Split
from core.datasets.neighbours import find_lookalikes, find_neighbours
from core.datasets.samples import choose_samples
from core.errors import DatasetError
from core.settings import load_settings
from pages.components.tiles import build_sprite

GRID, GRID_SECONDS = 100, 0.06
"""Images in the grid, and what its 95th percentile has to stay under."""


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def send_grid(image_set: ImageSet, seed: int) -> str:
    """A grid as the server makes it."""
    indices = choose_samples(image_set.y_train, GRID, seed=seed)
    names = [image_set.class_names[label] for label in image_set.y_train[indices]]
    return json.dumps({**build_sprite(image_set.x_train[indices], image_set.max_value, "gray"), "captions": names})


def measure(image_set: ImageSet, repeats: int) -> None:
    """Print one set's figures."""
    grids = [seconds(lambda seed=seed: send_grid(image_set, seed)) for seed in range(repeats)]
    slow = float(np.percentile(grids, 95))
    verdict = "under" if slow < GRID_SECONDS else "NOT under"
    size = len(send_grid(image_set, 0)) / 1000
    print(
        f"{image_set.name}: a grid of {GRID} takes {np.median(grids) * 1000:.1f} ms, 95th percentile {slow * 1000:.1f} ms "
        f"({verdict} {GRID_SECONDS * 1000:.0f} ms), {size:.0f} kB"
    )
    places = np.random.default_rng(0).integers(0, len(image_set.x_test), 20)
    neighbours = [seconds(lambda index=index: find_neighbours(image_set, Split.TEST, int(index))) for index in places]
    print(f"{image_set.name}: neighbours of one image take {np.median(neighbours) * 1000:.0f} ms", flush=True)
    between = seconds(lambda: find_lookalikes(image_set, 7, 1, 20, lambda share, message: None, lambda: False))
    print(f"{image_set.name}: the images of one class nearest to another take {between:.1f} s", flush=True)
    start = time.perf_counter()
    found = find_duplicates(image_set, lambda share, message: None, lambda: False)
    took = time.perf_counter() - start
    conflicts = int((image_set.y_test[found.test] != image_set.y_train[found.training])[found.up_to(found.usual_limit)].sum())
    limit = found.usual_limit
    print(
        f"{image_set.name}: the search for duplicates takes {took:.1f} s; up to {limit:.2f} {len(found.up_to(limit))} of "
        f"{len(image_set.x_test)} test images have a twin ({found.expected(limit):.1f} by chance), {int(found.exact.sum())} an exact one, "
        f"{conflicts} with another label; {len(found.first)} exact copies inside training",
        flush=True,
    )


def main() -> None:
    """Print the figures of the sets that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=100, help="grids to measure (default: 100)")
    options = parser.parse_args()
    catalog = Catalog(load_settings())
    for name in ("mnist", "fashion_mnist", "cifar10"):
        try:
            measure(catalog.load(name), options.repeats)
        except DatasetError as error:
            print(f"{name}: skipped. {error}")


if __name__ == "__main__":
    main()
