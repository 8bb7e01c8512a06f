"""How long curves of spoilt images take, and what a fixed shuffle of the pixels costs: `python -m tests.benchmarks.break_it`.

Starts a real engine on an empty home, trains `mnist-128` for two epochs as it is and on shuffled pixels, and measures every curve of
nine strengths and 2,000 test images. With `--conv`, those of `mnist-cnn` after one epoch as well, which takes some minutes.
MNIST has to be at hand (`INKLING_DATASETS`, or `../shared/datasets` beside the repository).
"""

from __future__ import annotations

import sys

import numpy as np

from core.compute.break_it import choose_sample, curve_key, measure_curve
from core.compute.jobs import JobState
from core.compute.lanes import Lane
from core.compute.service import EngineState
from core.datasets.image_set import Split
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.predictions.perturbations import PERTURBATIONS
from core.runs.twins import twin_spec
from tests.benchmarks.engine_latency import Lab, open_lab, seconds_until, show, timed

LIMIT = 5.0
DENSE = RECIPES["mnist-128"].spec.model_copy(update={"epochs": 2, "recipe": None})
CONVOLUTIONS = RECIPES["mnist-cnn"].spec.model_copy(update={"epochs": 1, "recipe": None})


def train(lab: Lab, spec: TrainingSpec) -> str:
    """Returns the run, and prints what it reaches on the images that it holds back."""
    run_id = lab.service.submit(spec)
    seconds_until(lambda: lab.store.load(run_id).state.is_final)
    record = lab.store.load(run_id)
    print(f"{record.title}: validation accuracy {record.validation_accuracy or 0:.2%}", flush=True)
    return run_id


def measure_curves(lab: Lab, run_id: str, limit: float | None) -> None:
    record = lab.store.load(run_id)
    image_set = lab.load(record.spec.dataset)
    positions = choose_sample(image_set.y_test, np.arange(len(image_set.y_test), dtype=np.int32))
    show(f"{record.title}: the network's way to the worker", [timed(lambda: lab.service.predict(run_id, image_set.x_test[:1]))], None)
    for name, perturbation in PERTURBATIONS.items():
        correct: list[int] = []
        seconds = timed(lambda: correct.extend(measure(lab, run_id, positions, name)))  # noqa: B023 - called at once
        show(f"{record.title}: {perturbation.title.lower()}", [seconds], limit)
        shares = zip(perturbation.strengths, correct, strict=True)
        print("    " + ", ".join(f"{perturbation.describe(strength)}: {count / len(positions):.1%}" for strength, count in shares))


def measure(lab: Lab, run_id: str, positions: np.ndarray, name: str) -> list[int]:
    """How many are read right at each strength."""
    model_key, source = lab.service.model_source(run_id)
    image_set = lab.load(lab.store.load(run_id).spec.dataset)
    key = curve_key(model_key, Split.TEST, positions, name)
    lab.service.start_job(key, measure_curve, model_key, source, image_set, Split.TEST, positions, name, lane=Lane.STUDY)
    progress = lab.service.wait_for_job(key, 600)
    if progress is None or progress.state != JobState.FINISHED or progress.result is None:
        raise RuntimeError(f"the curve ended as {progress}; expected it to be finished")
    return [int(count) for count in progress.result["right"].sum(axis=1)]


def main() -> None:
    with open_lab() as lab:
        lab.service.start()
        seconds_until(lambda: lab.service.status().state == EngineState.READY)
        run_id = train(lab, DENSE)
        train(lab, twin_spec(DENSE))
        measure_curves(lab, run_id, LIMIT)
        if "--conv" in sys.argv:
            measure_curves(lab, train(lab, CONVOLUTIONS), None)


if __name__ == "__main__":
    main()
