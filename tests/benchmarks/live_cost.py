"""What watching costs: training with live events against the same steps with nobody looking.

    INKLING_DATASETS=folder python -m tests.benchmarks.live_cost [--recipe mnist-128] [--epochs 5] [--repeats 5]

Watched: `train`, with a chunk of 0.2 s, the validation sample, looks inside the network, weights handed over,
and every event made ready to be sent. Unwatched: the same compiled steps, one chunk an epoch, no events.
Both validate fully at the end of each epoch. The two take turns; the first epoch, with its short chunks, is left out on both sides.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from dataclasses import dataclass

import msgpack

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.networks.recipes import RECIPES, find_recipe
from core.networks.schedules import learning_rates
from core.networks.spec import TrainingSpec
from core.settings import load_settings
from core.training.events import EpochEnded, TrainingEvent, event_to_dict
from core.training.learner import Learner
from core.training.loop import train
from core.training.splitting import order_epoch, split_images
from core.training.steps import MEASURED_AT_ONCE, CompiledSteps

ALLOWED = 0.03


@dataclass(frozen=True)
class Watched:
    """Seconds of an epoch; points on the curve and looks inside the network per second."""

    seconds: float
    points: float
    glimpses: float


def measure_watched(spec: TrainingSpec, image_set: ImageSet) -> Watched:
    """Without the first epoch."""
    ends: list[float] = []
    kinds: Counter[str] = Counter()

    def on_event(event: TrainingEvent) -> None:
        msgpack.dumps(event_to_dict(event))
        if isinstance(event, EpochEnded):
            ends.append(event.seconds)
        elif ends and len(ends) < spec.epochs:
            kinds[type(event).__name__] += 1

    train(spec, image_set, on_event)
    watched = ends[-1] - ends[0]
    return Watched(watched / (len(ends) - 1), kinds["StepsTaken"] / watched, kinds["Glimpsed"] / watched)


def seconds_unwatched(spec: TrainingSpec, image_set: ImageSet) -> float:
    """Seconds of an epoch, without the first."""
    split = split_images(spec, image_set.y_train)
    steps = CompiledSteps(spec, image_set, Learner(spec, image_set, split.training), len(split.training))
    steps.compile(split.training)
    rates = learning_rates(spec, steps.steps_per_epoch)
    ends = []
    for epoch in range(1, spec.epochs + 1):
        order = order_epoch(split.training, shuffle=spec.shuffle, seed=spec.seed, epoch=epoch)
        steps.begin_epoch(order, rates[(epoch - 1) * steps.steps_per_epoch :][: steps.steps_per_epoch])
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
    ratios, watches = [], []
    for number in range(1, options.repeats + 1):
        alone = seconds_unwatched(spec, image_set)
        watched = measure_watched(spec, image_set)
        ratios.append(watched.seconds / alone)
        watches.append(watched)
        print(f"{number}: an epoch takes {alone:.3f} s unwatched, {watched.seconds:.3f} s watched", flush=True)
    cost = statistics.median(ratios) - 1
    points, glimpses = (statistics.median(getattr(watched, name) for watched in watches) for name in ("points", "glimpses"))
    verdict = "under" if cost < ALLOWED else "NOT under"
    print(f"{options.recipe}: watching costs {cost:.1%} ({verdict} {ALLOWED:.0%}), {points:.1f} points and {glimpses:.1f} looks a second")


if __name__ == "__main__":
    main()
