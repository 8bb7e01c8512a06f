"""How right the time is that is estimated before the start: `python -m tests.benchmarks.time_estimate [--only mnist-cnn] [--budget 30]`.

Starts a real engine on an empty home, measures each network as the page does, trains it at once, and compares the two. Then twice as many
epochs are estimated from the run that has just ended, and trained. Last, what the page proposes to somebody with 30 seconds is trained.
A ratio is real by estimated seconds. The load of the machine is shown, because another program's work makes both sides vary.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator

from core.compute.estimate import measure_training, read_measured
from core.compute.lanes import Lane
from core.compute.service import EngineState
from core.datasets.image_set import ImageSet
from core.errors import InklingError
from core.networks.augmentation import Augmentation
from core.networks.recipes import find_recipe
from core.networks.spec import TrainingSpec
from core.runs.timings import read_timing
from core.training.budget import propose
from core.training.estimate import Timing, count_images, estimate_seconds, timing_key
from tests.benchmarks.engine_latency import Lab, open_lab, seconds_until

ALLOWED = 0.25
WAIT_SECONDS = 600.0

CASES: dict[str, TrainingSpec] = {
    name: find_recipe(recipe).spec.model_copy(update=changes)
    for name, recipe, changes in (
        ("digits-64", "digits-64", {"epochs": 500}),
        ("mnist-128", "mnist-128", {"epochs": 8}),
        ("mnist-128, 1,000 images", "mnist-128", {"epochs": 200, "training_images": 1_000}),
        ("mnist-128, batches of 4", "mnist-128", {"epochs": 1, "batch_size": 4}),
        ("mnist-512", "mnist-512", {"epochs": 4}),
        ("mnist-784-32-sgd", "mnist-784-32-sgd", {"epochs": 4}),
        ("cifar10-200-150", "cifar10-200-150", {"epochs": 3}),
        ("fashion-128, augmented", "fashion-128", {"epochs": 4, "augmentation": Augmentation(shift=0.1, rotation=10.0)}),
        ("mnist-cnn, 12,000 images", "mnist-cnn", {"epochs": 2, "training_images": 12_000}),
        ("cifar10-cnn, 6,000 images", "cifar10-cnn", {"epochs": 2, "training_images": 6_000}),
    )
}


def measure(lab: Lab, spec: TrainingSpec, image_set: ImageSet) -> tuple[Timing, float]:
    """The measurement, and the seconds it took."""
    began = time.perf_counter()
    key = timing_key(spec, image_set.sha256, count_images(spec, len(image_set.y_train)).training)
    lab.service.start_job(key, measure_training, image_set, spec.model_dump_json(), lane=Lane.TRAIN)
    progress = lab.service.wait_for_job(key, WAIT_SECONDS)
    if progress is None or progress.result is None:
        raise RuntimeError(f"the measurement ended as {progress}")
    return read_measured(progress.result), time.perf_counter() - began


def train(lab: Lab, spec: TrainingSpec) -> str:
    """Train through the engine, until the end."""
    run_id = lab.service.submit(spec)
    seconds_until(lambda: lab.store.load(run_id).state.is_final)
    return run_id


def estimate_both_ways(lab: Lab, name: str, spec: TrainingSpec, image_set: ImageSet) -> Iterator[float]:
    """The ratios for a measured estimate and for one from a past run."""
    counts = count_images(spec, len(image_set.y_train))
    timing, took = measure(lab, spec, image_set)
    estimated = estimate_seconds(spec, timing, counts, is_ready=True)
    run_id = train(lab, spec)
    yield show(f"{name}: measured in {took:.1f} s", estimated, lab.store.result(run_id)["seconds"])
    past = read_timing(spec, lab.store.history(run_id))
    if past is None:
        raise RuntimeError("the run has no epochs")
    longer = spec.model_copy(update={"epochs": min(2 * spec.epochs, 500)})
    estimated = estimate_seconds(longer, past, counts, is_ready=True)
    yield show(f"{name}: as the run before", estimated, lab.store.result(train(lab, longer))["seconds"])


def keep_to_budget(lab: Lab, name: str, spec: TrainingSpec, image_set: ImageSet, seconds: int) -> None:
    timing, _ = measure(lab, spec, image_set)
    proposal = propose(spec, timing, len(image_set.y_train), seconds)
    if proposal is None:
        print(f"{name}: nothing fits into {seconds} s")
        return
    took = lab.store.result(train(lab, proposal.spec))["seconds"]
    images = count_images(proposal.spec, len(image_set.y_train)).training
    what = f"{name}, {seconds} s: {proposal.spec.epochs} epochs of {images:,}"
    print(f"{what:<52} took      {took:6.1f} s   fits: {'yes' if took <= seconds else 'NO'}", flush=True)


def show(what: str, estimated: float, real: float) -> float:
    ratio = real / estimated
    verdict = "yes" if 1 - ALLOWED <= ratio <= 1 + ALLOWED else "NO"
    numbers = f"estimated {estimated:6.1f} s   real {real:6.1f} s   ratio {ratio:4.2f}"
    print(f"{what:<52} {numbers}   within 25 %: {verdict}   load {os.getloadavg()[0]:.1f}", flush=True)
    return ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="measure the networks whose name contains this (default: all)")
    parser.add_argument("--budget", type=int, default=30, help="seconds to propose settings for; 0 leaves that out (default: 30)")
    arguments = parser.parse_args()
    ratios: list[float] = []
    with open_lab() as lab:
        lab.service.start()
        seconds_until(lambda: lab.service.status().state == EngineState.READY)
        for name, spec in CASES.items():
            if arguments.only not in name:
                continue
            try:
                image_set = lab.load(spec.dataset)
            except InklingError as error:
                print(f"{name} left out: {error}")
                continue
            ratios.extend(estimate_both_ways(lab, name, spec, image_set))
            if arguments.budget:
                keep_to_budget(lab, name, spec, image_set, arguments.budget)
    right = sum(1 - ALLOWED <= ratio <= 1 + ALLOWED for ratio in ratios)
    print(f"within 25 %: {right} of {len(ratios)}")


if __name__ == "__main__":
    main()
