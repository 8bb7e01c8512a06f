"""What watching costs: training with live events against the same steps with nobody looking.

    INKLING_DATASETS=folder python -m tests.benchmarks.live_cost [--recipe mnist-128] [--epochs 5] [--repeats 5]

Watched: `train`, with a chunk of 0.2 s, the validation sample, and every event turned into JSON.
Unwatched: the same compiled steps, one chunk an epoch, no events. Both validate fully at the end of each epoch.
The two take turns; the first epoch, with its short chunks, is left out on both sides.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.networks.recipes import RECIPES, find_recipe
from core.networks.spec import TrainingSpec
from core.settings import load_settings
from core.training.events import ArtefactReady, EpochEnded, StepsTaken, TrainingEvent, event_to_dict
from core.training.loop import train
from core.training.splitting import order_epoch, split_validation
from core.training.steps import MEASURED_AT_ONCE, CompiledSteps

ALLOWED = 0.03


def seconds_watched(spec: TrainingSpec, image_set: ImageSet) -> tuple[float, float]:
    """Seconds of an epoch, and points on the curve per second, without the first epoch."""
    ends: list[float] = []
    points: list[float] = []

    def on_event(event: TrainingEvent) -> None:
        if not isinstance(event, ArtefactReady):
            json.dumps(event_to_dict(event))
        if isinstance(event, EpochEnded):
            ends.append(event.seconds)
        elif isinstance(event, StepsTaken) and ends:
            points.append(event.seconds)

    train(spec, image_set, on_event, lambda: False)
    watched = ends[-1] - ends[0]
    return watched / (len(ends) - 1), len(points) / watched


def seconds_unwatched(spec: TrainingSpec, image_set: ImageSet) -> float:
    """Seconds of an epoch, without the first."""
    split = split_validation(image_set.y_train, spec.validation_split, shuffle=spec.shuffle, seed=spec.seed)
    steps = CompiledSteps(spec, image_set, len(split.training))
    steps.compile(split.training)
    ends = []
    for epoch in range(1, spec.epochs + 1):
        steps.begin_epoch(order_epoch(split.training, shuffle=spec.shuffle, seed=spec.seed, epoch=epoch))
        steps.run(steps.steps_per_epoch)
        for first in range(0, len(split.validation), MEASURED_AT_ONCE):
            steps.measure(split.validation[first : first + MEASURED_AT_ONCE])
        ends.append(time.perf_counter())
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def main() -> None:
    """Print the cost of watching."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="mnist-128", choices=RECIPES, help="what to train (default: mnist-128)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of each training, at least 2 (default: 5)")
    parser.add_argument("--repeats", type=int, default=5, help="how often each is measured (default: 5)")
    options = parser.parse_args()
    spec = find_recipe(options.recipe).spec.model_copy(update={"epochs": max(2, options.epochs)})
    image_set = Catalog(load_settings()).load(spec.dataset)
    ratios, rates = [], []
    for number in range(1, options.repeats + 1):
        alone = seconds_unwatched(spec, image_set)
        watched, rate = seconds_watched(spec, image_set)
        ratios.append(watched / alone)
        rates.append(rate)
        print(f"{number}: an epoch takes {alone:.3f} s unwatched, {watched:.3f} s watched, {rate:.1f} points a second", flush=True)
    cost = statistics.median(ratios) - 1
    verdict = "under" if cost < ALLOWED else "NOT under"
    print(f"{options.recipe}: live events cost {cost:.1%} ({verdict} {ALLOWED:.0%}), {statistics.median(rates):.1f} points a second")


if __name__ == "__main__":
    main()
