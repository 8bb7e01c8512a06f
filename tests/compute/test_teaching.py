"""Teaching a copy: which drawings, with what, what comes of it, and how it becomes a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.compute.jobs import JobProgress, JobState
from core.compute.tasks import ModelSource
from core.compute.teacher import TAUGHT, Kept, Lesson, Teacher
from core.compute.teaching import DRAWN_SHARE, EPOCHS, choose_rehearsed, mix, split_drawings, teach, teaching_key, teaching_spec
from core.datasets.image_set import ImageSet
from core.errors import Cancelled
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec, read_spec
from core.runs.ledger import Ledger
from core.runs.record import RunState
from core.runs.store import RunStore
from core.training.events import ArtefactReady, EpochEnded, StepsTaken, TrainingStarted, event_to_dict
from core.training.splitting import split_images

SPEC = TrainingSpec(
    dataset="digits", hidden=(DenseLayer(units=16),), epochs=3, seed=3, optimiser="momentum", momentum=0.5, recipe="digits-64"
)


def test_of_each_class_every_second_drawing_is_taught() -> None:
    halves = split_drawings(np.array([3, 5, 3, 3, 5, 3, 8], np.int32), np.zeros(7, np.bool_))
    assert halves.taught.tolist() == [0, 1, 3, 6]
    assert halves.checked.tolist() == [2, 4, 5]


def test_what_a_network_was_taught_before_is_never_for_checking() -> None:
    labels, known = np.zeros(6, np.int32), np.array([False, True, False, True, False, False])
    halves = split_drawings(labels, known)
    assert halves.taught.tolist() == [0, 1, 3, 4]
    assert halves.checked.tolist() == [2, 5]


@pytest.mark.parametrize("settings", [{}, {"training_images": 500}, {"validation_split": 0.0}, {"version": 1, "training_images": 500}])
def test_a_copy_is_taught_in_small_steps_and_what_it_has_learned_from_stays_known(digits: ImageSet, settings: dict[str, Any]) -> None:
    base = SPEC.model_copy(update=settings)
    spec = teaching_spec(base, len(choose_rehearsed(base, digits.y_train)))
    assert read_spec(spec.model_dump_json()) == spec
    assert (spec.optimiser, spec.momentum, spec.recipe) == ("adam", None, None)
    before, after = split_images(base, digits.y_train), split_images(spec, digits.y_train)
    np.testing.assert_array_equal(before.validation, after.validation)
    np.testing.assert_array_equal(before.training, after.training)


def test_a_small_set_is_gone_through_more_often_so_that_as_many_steps_are_taken() -> None:
    assert (teaching_spec(SPEC, 1_437).epochs, teaching_spec(SPEC, 10_000).epochs) == (21, EPOCHS)


@pytest.mark.parametrize(("training_images", "rehearsed"), [(500, 500), (None, 1_293)])
@pytest.mark.parametrize("version", [1, 2])
def test_only_images_that_the_network_has_learned_from_are_mixed_in(
    digits: ImageSet, training_images: int | None, rehearsed: int, version: int
) -> None:
    spec = SPEC.model_copy(update={"training_images": training_images, "version": version})
    chosen = choose_rehearsed(spec, digits.y_train)
    assert len(chosen) == rehearsed
    assert set(chosen.tolist()) <= set(split_images(spec, digits.y_train).training.tolist())


def test_of_many_images_that_it_has_learned_from_the_same_share_of_each_class_is_mixed_in() -> None:
    labels = np.repeat(np.arange(2, dtype=np.int32), [30_000, 10_000])
    chosen = choose_rehearsed(SPEC.model_copy(update={"validation_split": 0.0}), labels)
    assert np.bincount(labels[chosen]).tolist() == [7_500, 2_500]


def test_the_mix_has_no_image_that_was_held_back_and_a_fifth_of_drawings(digits: ImageSet) -> None:
    drawings, labels = np.full((7, 8, 8), 16, np.uint8), np.arange(7, dtype=np.int32)
    halves = split_images(SPEC, digits.y_train)
    mixed, split = mix(SPEC, digits, halves.training, drawings, labels)
    learned = len(halves.training)
    np.testing.assert_array_equal(mixed.x_train[:learned], digits.x_train[halves.training])
    drawn = mixed.y_train[split.training][learned:]
    assert len(drawn) / len(split.training) == pytest.approx(DRAWN_SHARE, abs=0.001)
    counts = np.bincount(drawn)
    assert counts.max() - counts.min() <= 1
    assert (mixed.x_train[split.training][learned:] == 16).all()
    np.testing.assert_array_equal(mixed.x_train[split.validation], digits.x_train[halves.validation])
    assert len(split.training) + len(split.validation) == len(mixed.y_train)


def test_more_drawings_than_a_fifth_come_once_each(digits: ImageSet) -> None:
    learned = split_images(SPEC, digits.y_train).training
    _, split = mix(SPEC, digits, learned, np.zeros((900, 8, 8), np.uint8), np.zeros(900, np.int32))
    assert len(split.training) - len(learned) == 900


def test_a_key_names_all_that_is_taught() -> None:
    drawings, labels, known = np.zeros((2, 8, 8), np.uint8), np.zeros(2, np.int32), np.zeros(2, np.bool_)
    keys = {
        teaching_key("a/final.npz", drawings, labels, known),
        teaching_key("b/final.npz", drawings, labels, known),
        teaching_key("a/final.npz", drawings + 1, labels, known),
        teaching_key("a/final.npz", drawings, labels + 1, known),
        teaching_key("a/final.npz", drawings, labels, ~known),
    }
    assert len(keys) == 5


@pytest.mark.slow
def test_a_network_learns_a_strange_hand_and_remembers_the_others(digits: ImageSet) -> None:
    from core.training.loop import train

    spec = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=32),), epochs=12, seed=3)
    source = ModelSource(spec.model_dump_json(), digits.image_shape, 10, 16, train(spec, digits, lambda event: None).weights)
    # A hand that writes every digit mirrored; test images, which no training has seen.
    drawings, labels = digits.x_test[:60, :, ::-1].copy(), digits.y_test[:60]
    reports: list[float] = []
    result = teach(
        lambda share, message: reports.append(share), lambda: False, "k", source, digits, drawings, labels, np.zeros(60, np.bool_)
    )
    halves = split_drawings(labels, np.zeros(60, np.bool_))
    assert len(result["before_taught"]) == len(halves.taught) and len(result["after_checked"]) == len(halves.checked)
    assert result["after_taught"].mean() > result["before_taught"].mean() + 0.2
    assert result["after_checked"].mean() > result["before_checked"].mean()
    assert result["after_test"].mean() > result["before_test"].mean() - 0.1
    assert reports == sorted(reports) and 0 <= reports[0] <= reports[-1] <= 1
    started, *_, last = (json.loads(event) for event in result["events"].tolist())
    assert (started["kind"], started["validation_images"]) == ("TrainingStarted", 144)
    assert (last["kind"], last["epoch"]) == ("EpochEnded", 24) and last["validation_accuracy"] > 0.5
    ended = [event for event in map(json.loads, result["events"].tolist()) if event["kind"] == "EpochEnded"]
    assert all(event["validation_loss"] > 0 for event in ended)
    assert result["model"].tobytes()[:2] == b"PK"


@pytest.mark.slow
def test_a_lesson_that_is_called_off_gives_nothing(digits: ImageSet) -> None:
    from core.training.loop import train

    source = ModelSource(SPEC.model_dump_json(), digits.image_shape, 10, 16, train(SPEC, digits, lambda event: None).weights)
    asked: list[None] = []

    def should_stop() -> bool:
        asked.append(None)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        teach(lambda share, message: None, should_stop, "k2", source, digits, digits.x_test[:9], digits.y_test[:9], np.zeros(9, np.bool_))


class HeldCompute:
    """An engine whose only job ends when it is told to."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended = threading.Event()
        self.progress = JobProgress("", JobState.RUNNING)

    def model_key(self, run_id: str) -> str:
        return f"{run_id}/final.npz"

    def model_source(self, run_id: str) -> tuple[str, None]:
        return self.model_key(run_id), None

    def start_job(self, key: str, function: Any, *arguments: Any) -> JobProgress:
        self.started.append(key)
        return self.progress

    def wait_for_job(self, key: str, seconds: float) -> JobProgress:
        self.ended.wait(10)
        return self.progress

    def end(self, state: JobState, result: dict[str, Any] | None = None) -> None:
        self.progress = JobProgress("", state, 1.0, "", result)
        self.ended.set()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    ledger.close()


@pytest.fixture
def lesson(store: RunStore, digits: ImageSet) -> Lesson:
    base = store.create(SPEC, digits.sha256, state=RunState.RUNNING)
    store.append(base.id, ArtefactReady("weights/final.npz", b"old"))
    store.finish(base.id, RunState.FINISHED)
    names = ("a", "b", "c", "d")
    return Lesson(base.id, base.title, SPEC, digits, digits.x_test[:4], np.array([1, 1, 1, 2], np.int32), names, np.zeros(4, np.bool_))


def taught() -> dict[str, Any]:
    """What `teach` gives, but for what is only shown."""
    events = [
        TrainingStarted(100, 1600, 144, 50, {"python": "3.11"}),
        StepsTaken(1, 20, 0.5, 0.8, None, None, 1e4, 0.2, 0.0003),
        EpochEnded(1, 50, 0.4, 0.9, None, None, 1e4, 0.5, 0.0003),
        EpochEnded(2, 100, 0.3, 0.95, 0.25, 0.93, 1e4, 1.0, 0.0003),
    ]
    told = np.array([json.dumps(event_to_dict(event)) for event in events])
    return {"weights": np.frombuffer(b"new", np.uint8), "model": np.frombuffer(b"keras", np.uint8), "events": told}


def test_a_taught_copy_becomes_a_run_like_any_other(store: RunStore, ledger: Ledger, lesson: Lesson) -> None:
    compute = HeldCompute()
    teacher = Teacher(compute, store, ledger)  # type: ignore[arg-type]
    key = teacher.key(lesson)
    assert teacher.start(lesson).state == JobState.RUNNING
    # Whoever asks again, in another tab, asks for the same copy.
    teacher.start(lesson)
    assert len(store.list()) == 1
    compute.end(JobState.FINISHED, taught())
    kept = teacher.wait(key, 10)
    assert kept is not None and kept.run_id is not None and kept == teacher.wait(key, 0)
    assert len(store.list()) == 2
    record = store.load(kept.run_id)
    assert (record.state, record.name, record.epochs_done) == (RunState.FINISHED, "digits-64, taught my handwriting", 2)
    assert (record.validation_accuracy, record.dataset_sha256) == (0.93, lesson.image_set.sha256)
    assert lesson.reader in record.note and "from 3 drawings" in record.note
    assert store.latest_weights(record.id) == b"new" and store.artefact(record.id, "model.keras") == b"keras"
    assert list(store.weights_by_epoch(record.id)) == [2]
    assert store.result(record.id)[TAUGHT] == ["a", "c", "d"]
    assert all(ledger.is_open(lesson.image_set.sha256, run_id) for run_id in (lesson.reader, record.id))


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_a_lesson_that_did_not_end_well_leaves_no_run_and_can_be_begun_again(
    store: RunStore, ledger: Ledger, lesson: Lesson, state: JobState, wait_until: Callable[..., None]
) -> None:
    compute = HeldCompute()
    teacher = Teacher(compute, store, ledger)  # type: ignore[arg-type]
    teacher.start(lesson)
    compute.end(state)
    assert teacher.wait(teacher.key(lesson), 10) is None
    assert len(store.list()) == 1
    compute.end(JobState.FINISHED, taught())
    teacher.start(lesson)
    kept = teacher.wait(teacher.key(lesson), 10)
    assert kept is not None and kept.run_id is not None


def test_a_copy_that_the_disk_refuses_is_told_in_words(store: RunStore, ledger: Ledger, lesson: Lesson, tmp_path: Path) -> None:
    compute = HeldCompute()
    teacher = Teacher(compute, store, ledger)  # type: ignore[arg-type]
    teacher.start(lesson)
    folder = tmp_path / "runs"
    folder.rename(tmp_path / "elsewhere")
    folder.write_bytes(b"a file where the folder should be")
    compute.end(JobState.FINISHED, taught())
    kept = teacher.wait(teacher.key(lesson), 10)
    assert kept is not None and kept.run_id is None and kept.problem
    assert isinstance(kept, Kept)
