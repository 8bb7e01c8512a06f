"""`Teacher`: has copies of networks taught, and keeps each as a run like any other. For the page server."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Arrays, JobProgress, JobState
from core.compute.service import ComputeService
from core.compute.teaching import Halves, choose_rehearsed, split_drawings, teach, teaching_key, teaching_spec
from core.datasets.image_set import Images, ImageSet, Labels
from core.errors import InklingError, RunNotFound
from core.networks.spec import TrainingSpec
from core.runs.ledger import Ledger
from core.runs.record import RunState
from core.runs.store import MAX_NAME, RunStore
from core.training.events import ArtefactReady, EpochEnded, event_from_dict

_WAIT = 60.0
"""Seconds for which a job's end is waited for at a time."""

TAUGHT = "taught_drawings"
"""Under this name a run's `result.json` has the names of the drawings that its network was taught, those of an earlier time included."""

_SUFFIX = ", taught my handwriting"


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is to be taught to whom.

    Attributes:
        reader: the id of the network, `title` what it is called, and `spec` its settings.
        image_set: the images that it learned from.
        drawings: `uint8 (n, *image_shape)`, as it gets them.
        labels: `int32 (n,)`.
        names: of the drawings, by which it is known later what a network was taught.
        known: `bool (n,)`, which of them it was taught before.
    """

    reader: str
    title: str
    spec: TrainingSpec
    image_set: ImageSet
    drawings: Images
    labels: Labels
    names: tuple[str, ...]
    known: NDArray[np.bool_]

    @property
    def halves(self) -> Halves:
        return split_drawings(self.labels, self.known)

    @cached_property
    def rehearsed(self) -> int:
        """How many images that the network has learned from its copy sees again."""
        return len(choose_rehearsed(self.spec, self.image_set.y_train))


@dataclass(frozen=True)
class Kept:
    """What became of a copy: the id of its run, or why it could not be kept."""

    run_id: str | None
    problem: str = ""


class Teacher:
    """Has networks taught. A copy is stored once, when its job has ended well, whoever looks; one that is called off leaves nothing.

    Thread contract: any thread may call any method; only `wait` waits.
    """

    def __init__(self, compute: ComputeService, store: RunStore, ledger: Ledger) -> None:
        self._compute, self._store, self._ledger = compute, store, ledger
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}
        self._waiting: dict[str, threading.Event] = {}

    def key(self, lesson: Lesson) -> str:
        """The key of the lesson's job. Raises as `ComputeService.model_key`."""
        return teaching_key(self._compute.model_key(lesson.reader), lesson.drawings, lesson.labels, lesson.known)

    def start(self, lesson: Lesson) -> JobProgress:
        """Teach a copy, unless that is under way or done. The network's answers to the test images are looked at, which is counted.

        Raises what `ComputeService.model_source` and `start_job` raise, and `StorageError`.
        """
        key, source = self.key(lesson), self._compute.model_source(lesson.reader)
        self._ledger.open_test(lesson.image_set.sha256, lesson.reader)
        progress = self._compute.start_job(key, teach, *source, lesson.image_set, lesson.drawings, lesson.labels, lesson.known)
        with self._lock:
            if key in self._waiting or key in self._kept:
                return progress
            self._waiting[key] = threading.Event()
        threading.Thread(target=self._await, args=(key, lesson), name="teacher", daemon=True).start()
        return progress

    def wait(self, key: str, seconds: float) -> Kept | None:
        """What became of the copy of the job with this key; None if it is not known after `seconds`."""
        with self._lock:
            waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.wait(seconds)
        with self._lock:
            return self._kept.get(key)

    def _await(self, key: str, lesson: Lesson) -> None:
        """In a thread of its own: wait for the end of a job, and keep what it gave."""
        try:
            progress = self._compute.wait_for_job(key, _WAIT)
            while progress is not None and not progress.state.is_final:
                progress = self._compute.wait_for_job(key, _WAIT)
            if progress is not None and progress.state == JobState.FINISHED and progress.result is not None:
                kept = self._keep(progress.result, lesson)
                with self._lock:
                    self._kept[key] = kept
        finally:
            with self._lock:
                self._waiting.pop(key).set()

    def _keep(self, result: Arrays, lesson: Lesson) -> Kept:
        try:
            run_id = store_taught(self._store, result, lesson)
            self._ledger.open_test(lesson.image_set.sha256, run_id)
        except InklingError as error:
            return Kept(None, str(error))
        return Kept(run_id)


def find_taught(store: RunStore, run_id: str) -> frozenset[str]:
    """The names of the drawings that the network of a run was taught, or one that the run continues; empty if there are none.

    Raises `RunNotFound`, and `StorageError`.
    """
    names, continues = frozenset(store.result(run_id).get(TAUGHT, ())), store.load(run_id).continues
    with suppress(RunNotFound):
        names |= find_taught(store, continues) if continues else frozenset()
    return names


def store_taught(store: RunStore, result: Mapping[str, NDArray[Any]], lesson: Lesson) -> str:
    """Store what `teach` gave as a run that has finished. Returns its id.

    It is a run of its own, and continues no other: the one it began from may be the network that comes with Inkling.
    Raises `StorageError`.
    """
    record = store.create(teaching_spec(lesson.spec, lesson.rehearsed), lesson.image_set.sha256, state=RunState.RUNNING)
    events = [event_from_dict(json.loads(event)) for event in result["events"].tolist()]
    last = next(event for event in reversed(events) if isinstance(event, EpochEnded))
    try:
        files = (f"weights/epoch-{last.epoch:04d}.npz", "weights"), ("weights/final.npz", "weights"), ("model.keras", "model")
        for event in [*events, *(ArtefactReady(name, result[array].tobytes()) for name, array in files)]:
            store.append(record.id, event)
        numbers: dict[str, Any] = {TAUGHT: [lesson.names[place] for place in lesson.halves.taught]}
        numbers |= {"epochs_done": last.epoch, "steps": last.step, "seconds": last.seconds, "images_per_second": last.images_per_second}
        store.describe(record.id, name=lesson.title[: MAX_NAME - len(_SUFFIX)] + _SUFFIX, note=_note(lesson))
        store.finish(record.id, RunState.FINISHED, result=numbers)
    except InklingError as error:
        store.finish(record.id, RunState.FAILED, error=str(error))
        raise
    return record.id


def _note(lesson: Lesson) -> str:
    taught, checked = (len(half) for half in lesson.halves)
    drawings = "1 drawing" if taught == 1 else f"{taught:,} drawings"
    return (
        f"A copy of {lesson.title} ({lesson.reader}) that went on learning from {drawings} mixed with images that it knew;"
        f" for checking, {checked:,} were kept apart."
    )
