"""Networks that answer differently, for tests of pages."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.compute.jobs import JobFunction, JobProgress, JobState
from core.compute.scoring import score_images
from core.datasets.image_set import ImageSet
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.training.events import EpochEnded, TrainingStarted
from pages.components import services
from tests.app.conftest import CLASSES, STEPS_PER_EPOCH, FakeCompute

DIGITS = RECIPES["digits-64"].spec


class RivalCompute(FakeCompute):
    """Plays networks that read one image in `mistakes[run_id]` wrong, counted along the file; all with a probability of 0.9."""

    def __init__(self, store) -> None:
        super().__init__(store)
        self.mistakes: dict[str, int] = {}

    def _do(self, key: str, function: JobFunction, arguments: tuple[Any, ...]) -> JobProgress:
        if function is not score_images:
            return super()._do(key, function, arguments)
        model_key, _, image_set, split = arguments
        positions = self.find_scored(arguments)
        labels = image_set.labels(split)[positions]
        read = np.where((positions + 1) % self.mistakes[model_key.split("/")[0]] == 0, (labels + 1) % CLASSES, labels)
        answers = np.full((len(read), CLASSES), 0.1 / (CLASSES - 1), np.float32)
        answers[np.arange(len(read)), read] = 0.9
        return JobProgress(key, JobState.FINISHED, 1.0, "", {"positions": positions, "probabilities": answers})


def add_network(compute: RivalCompute, one_in: int, spec: TrainingSpec = DIGITS, *, sealed: bool = False) -> str:
    """A finished run on the digits that reads one image in `one_in` wrong. Returns its id."""
    sha256 = digits().sha256
    run_id = compute.store.create(spec, sha256).id
    compute.store.append(run_id, TrainingStarted(4810, 1150, 287, STEPS_PER_EPOCH, {}))
    compute.store.append(run_id, EpochEnded(1, STEPS_PER_EPOCH, 1.2, 0.6, 1.1, 0.65, 50_000.0, 0.4))
    compute.finish(run_id)
    compute.mistakes[run_id] = one_in
    if not sealed:
        services.ledger().open_test(sha256, run_id)
    return run_id


def digits() -> ImageSet:
    return services.catalog().load("digits")
