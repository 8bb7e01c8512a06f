"""How long the baselines take and what they reach: `python -m tests.benchmarks.baselines [SET ...]`.

As the worker does it, on one core; without arguments on the bundled digits, and on MNIST, Fashion-MNIST and CIFAR-10 where they are at hand
(`INKLING_DATASETS`).
"""

from __future__ import annotations

import sys
import time

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet, Split
from core.errors import DatasetError
from core.figures.numbers import format_percent, format_range
from core.predictions.baselines import BASELINES, answer_baselines, score_baselines
from core.settings import load_settings

LIMITS = {"mnist": 20.0, "cifar10": 40.0}


def measure(image_set: ImageSet) -> None:
    """Print the seconds of each baseline and of all, and what they reach on the held-back training images and on the test images."""
    began, worked = time.perf_counter(), time.process_time()
    first: dict[str, float] = {}

    def note(share: float, message: str) -> None:
        first.setdefault(message.split(":")[0], time.perf_counter() - began)

    answers = answer_baselines(image_set, note)
    total = time.perf_counter() - began
    ends = [*list(first.values())[1:], total]
    seconds = [end - start for start, end in zip(first.values(), ends, strict=True)]
    limit = LIMITS.get(image_set.name)
    wanted = f" (wanted: under {limit:.0f} s)" if limit else ""
    print(
        f"{image_set.name}: {total:.1f} s in all{wanted}, {time.process_time() - worked:.1f} s of them at work; "
        f"learned from {len(answers['fitted']):,} images"
    )
    halves = zip(score_baselines(answers, image_set, Split.TRAINING), score_baselines(answers, image_set, Split.TEST), seconds, strict=True)
    for held_back, test, took in halves:
        print(
            f"  {BASELINES[held_back.name].title:<29}{took:6.1f} s   held back {format_percent(held_back.accuracy):>6} "
            f"({format_range(*held_back.interval)} of {held_back.count:,})   test {format_percent(test.accuracy):>6} "
            f"({format_range(*test.interval)} of {test.count:,})",
            flush=True,
        )


def main() -> None:
    catalog = Catalog(load_settings())
    for name in sys.argv[1:] or ("digits", "mnist", "fashion_mnist", "cifar10"):
        try:
            measure(catalog.load(name))
        except DatasetError as error:
            print(f"{name}: skipped. {error}")


if __name__ == "__main__":
    main()
