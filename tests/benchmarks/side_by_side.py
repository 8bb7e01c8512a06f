"""Two trainings side by side against one alone: `INKLING_DATASETS=folder python -m tests.benchmarks.side_by_side [--recipe mnist-128]`.

Starts an engine with two training workers, each with half of the cores. One and two take turns. The speed is that of whole epochs,
the first left out, with everything that a training does; two together are the sum of both speeds while both are at work.
"""

from __future__ import annotations

import argparse
import os
import statistics

from core.compute.service import EngineState
from core.networks.recipes import RECIPES, find_recipe
from core.networks.spec import TrainingSpec
from tests.benchmarks.engine_latency import Lab, open_lab, seconds_until

REQUIRED = 1.7


def train_together(lab: Lab, spec: TrainingSpec, count: int) -> float:
    """Images per second of `count` runs that begin at the same time, together."""
    runs = [lab.service.submit(spec.model_copy(update={"seed": seed})) for seed in range(1, count + 1)]
    seconds_until(lambda: all(lab.store.load(run_id).state.is_final for run_id in runs))
    return sum(_speed(lab, run_id) for run_id in runs)


def _speed(lab: Lab, run_id: str) -> float:
    history = lab.store.history(run_id)
    if history.started is None:
        raise RuntimeError(lab.store.load(run_id).error)
    first, last = history.epochs[0], history.epochs[-1]
    return history.started.training_images * (last.epoch - first.epoch) / (last.seconds - first.seconds)


def main() -> None:
    """Print the speeds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="mnist-128", choices=RECIPES, help="what to train (default: mnist-128)")
    parser.add_argument("--repeats", type=int, default=3, help="how often each is measured (default: 3)")
    options = parser.parse_args()
    # Read when the lab is opened.
    os.environ["INKLING_WORKERS"] = "2"
    with open_lab() as lab:
        lab.service.start()
        seconds_until(lambda: lab.service.status().state == EngineState.READY)
        spec = find_recipe(options.recipe).spec
        lab.load(spec.dataset)
        # Data sent and programs compiled on both workers.
        train_together(lab, spec.model_copy(update={"epochs": 2}), 2)
        ratios = []
        for number in range(1, options.repeats + 1):
            one, two = (train_together(lab, spec, count) for count in (1, 2))
            ratios.append(two / one)
            print(f"{number}: one alone {one:,.0f} images a second, two together {two:,.0f}, {two / one:.2f} times as many", flush=True)
    ratio = statistics.median(ratios)
    verdict = "reached" if ratio >= REQUIRED else "MISSED"
    print(f"{options.recipe}: two side by side are {ratio:.2f} times one (wanted {REQUIRED:g}: {verdict})")


if __name__ == "__main__":
    main()
