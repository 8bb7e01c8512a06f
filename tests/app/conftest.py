"""Pages without a browser: a home of their own, and an engine that answers at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from core.compute.jobs import JobFunction, JobProgress, JobState
from core.compute.lanes import Lane
from core.compute.reading import read_images
from core.compute.scoring import choose_scored, score_images
from core.compute.service import EngineState, EngineStatus
from core.compute.tasks import Consultation
from core.datasets.catalog import load_digits
from core.errors import Cancelled, InklingError
from core.networks.spec import TrainingSpec
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import ArtefactReady, EpochEnded, StepsTaken, TrainingStarted
from pages.components import services

# Which installed packages bring components is the same for every test, and to look through them all takes a third of a second.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

# Where Keras is loaded, Streamlit clears its session after each run of a page, and the whole memory is searched for garbage:
# a third of a second here, where other tests load Keras, and nothing in the app, whose pages never do.
script_runner._clean_problem_modules = lambda: None

ROOT = Path(__file__).parents[2]
IMAGES, CLASSES, STEPS_PER_EPOCH = 360, 10, 36


class FakeCompute:
    """Plays the engine. A submitted run is left running after its first epoch; `finish` ends it. Every image is a 7, nine times in ten.
    A drawing is at `distance` from the training images; above 0.3 it is novel, None means that what was learned is not known.
    `measured` real images set that limit.
    Runs learn from images with the content `sha256`. What a `consult` or a job gives is put into `consultations`, by the name
    of the function.

    Jobs are done at once and in full, unless `holds_jobs`: then they stay running until they are cancelled.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.stopped: list[str] = []
        self.submitted: list[TrainingSpec] = []
        self.state = EngineStatus(EngineState.READY, "The engine is ready.", 0, 0)
        self.jobs: dict[str, JobProgress] = {}
        self.holds_jobs = False
        self.sha256 = load_digits().sha256
        self.consultations: dict[str, dict[str, np.ndarray]] = {}
        self.distance: float | None = 0.1
        self.measured = 6_000

    def status(self) -> EngineStatus:
        return self.state

    def submit(self, spec: TrainingSpec) -> str:
        run_id = self.store.create(spec, self.sha256).id
        self.submitted.append(spec)
        self.store.append(run_id, TrainingStarted(4810, 1150, 287, STEPS_PER_EPOCH, {"python": "3.11"}))
        self.store.append(run_id, StepsTaken(1, 18, 1.5, 0.5, 1.4, 0.55, 50_000.0, 0.2))
        self.store.append(run_id, EpochEnded(1, STEPS_PER_EPOCH, 1.2, 0.6, 1.1, 0.65, 50_000.0, 0.4))
        return run_id

    def finish(self, run_id: str, state: RunState = RunState.FINISHED, error: str | None = None) -> None:
        self.store.append(run_id, ArtefactReady("weights/final.npz", b"weights"))
        self.store.finish(run_id, state, error=error)

    def stop(self, run_id: str) -> None:
        self.stopped.append(run_id)

    def queue_position(self, run_id: str) -> int | None:
        return None

    def prepare_dataset(self, name: str) -> None:
        pass

    def predict(self, run_id: str, images: np.ndarray) -> np.ndarray:
        answers = np.full((len(images), CLASSES), 0.1 / 9, np.float32)
        answers[:, 7] = 0.9
        return answers

    def model_key(self, run_id: str) -> str:
        return f"{run_id}/final.npz"

    def model_source(self, run_id: str) -> tuple[str, None]:
        return self.model_key(run_id), None

    def consult(self, run_id: str, function: Consultation, *arguments: Any, lane: Lane = Lane.ANSWER) -> dict[str, np.ndarray]:
        if function is read_images and function.__name__ not in self.consultations:
            return self.read(arguments[1])
        return self.consultations[function.__name__]

    def read(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Each image as `predict` has it, at `distance` from the training images 11, 22 and 33, all of them sevens."""
        answers, count = {"probabilities": self.predict("", images)}, len(images)
        if self.distance is None:
            return answers
        return answers | {
            "scores": np.full(count, self.distance, np.float32),
            "threshold": np.float32(0.3),
            "exceeded": np.full(count, float(self.distance > 0.3), np.float32),
            "positions": np.tile([11, 22, 33], (count, 1)),
            "labels": np.full((count, 3), 7),
            "distances": np.full((count, 3), self.distance, np.float32),
            "compared": np.int64(14_000),
            "measured": np.int64(self.measured),
        }

    def start_job(self, key: str, function: JobFunction, *arguments: Any, lane: Lane = Lane.JOB, keep: bool = False) -> JobProgress:
        if key in self.jobs and self.jobs[key].state in (JobState.RUNNING, JobState.FINISHED):
            return self.jobs[key]
        running = JobProgress(key, JobState.RUNNING, 0.4, "Half-way there.")
        self.jobs[key] = running if self.holds_jobs else self._do(key, function, arguments)
        return self.jobs[key]

    def find_scored(self, arguments: tuple[Any, ...]) -> np.ndarray:
        """The positions that a job of `score_images` with these arguments is about."""
        model_key, _, image_set, split = arguments
        return choose_scored(self.store.load(model_key.split("/")[0]).spec, image_set, split)

    def _do(self, key: str, function: JobFunction, arguments: tuple[Any, ...]) -> JobProgress:
        if function.__name__ in self.consultations:
            return JobProgress(key, JobState.FINISHED, 1.0, "", self.consultations[function.__name__])
        if function is score_images:
            positions = self.find_scored(arguments)
            return JobProgress(key, JobState.FINISHED, 1.0, "", {"positions": positions, "probabilities": self.predict("", positions)})
        try:
            return JobProgress(key, JobState.FINISHED, 1.0, "", function(lambda share, message: None, lambda: False, *arguments))
        except Cancelled as error:
            return JobProgress(key, JobState.CANCELLED, message=str(error))
        except InklingError as error:
            return JobProgress(key, JobState.FAILED, message=str(error))

    def job(self, key: str) -> JobProgress | None:
        return self.jobs.get(key)

    def wait_for_job(self, key: str, seconds: float) -> JobProgress:
        return self.jobs[key]

    def cancel_job(self, key: str) -> None:
        if key in self.jobs and not self.jobs[key].state.is_final:
            self.jobs[key] = JobProgress(key, JobState.CANCELLED, message="Called off.")

    def close(self) -> None:
        pass


def find_field(app: AppTest, kind: str, name: str) -> Any:
    """The field of this name, whose key gets a number behind it each time the program fills it."""
    [field] = [widget for widget in app.get(kind) if re.fullmatch(rf"{re.escape(name)}(_\d+)?", str(widget.key))]
    return field


@pytest.fixture
def compute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCompute]:
    monkeypatch.setenv("INKLING_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("INKLING_DATASETS", raising=False)
    services.close()
    st.cache_data.clear()
    store = RunStore(services.settings().home)
    fake = FakeCompute(store)
    services.provide(store=store, compute=fake)
    yield fake
    services.close()


@pytest.fixture
def app(compute: FakeCompute) -> AppTest:
    return AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
