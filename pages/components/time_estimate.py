"""How long a training will take: known from a run like it, or measured once the form has been left alone for a moment."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from core.compute.estimate import measure_training, read_measured
from core.compute.jobs import JobProgress, JobState
from core.compute.lanes import Lane
from core.compute.service import EngineState
from core.datasets.image_set import ImageSet
from core.errors import StorageError
from core.figures.numbers import format_seconds
from core.networks.spec import TrainingSpec
from core.runs.record import RunRecord
from core.runs.store import RunStore
from core.runs.timings import alone, read_timing
from core.training.estimate import Timing, corrected, correction, count_images, estimate_seconds, timing_key
from pages.components import services, state
from pages.components.words import plain

LOOK_EVERY = 0.4
"""Seconds between looks at a measurement that is about to start, or under way."""

LOOKS_BEFORE = 3
"""Looks at an unchanged form before something is measured: about a second, so that not every change of a number starts it."""

_WAIT = 2.0
"""Seconds between looks at whether a training under way has ended."""

_LOOKED_AT = 30
"""Runs among which one of the same network is looked for."""

_RATIOS = 5
"""Past runs that a measurement is corrected by, at most."""


class Phase(StrEnum):
    """How far the measurement is."""

    RESTING = "resting"
    MEASURING = "measuring"
    BUSY = "busy"
    MEASURED = "measured"
    FAILED = "failed"


LOOKS = {Phase.RESTING: LOOK_EVERY, Phase.MEASURING: LOOK_EVERY, Phase.BUSY: _WAIT}
"""Seconds between looks in each phase that goes over by itself."""


@dataclass(frozen=True)
class Known:
    """A network's speed here, and a few words on where that is known from, as the end of a sentence."""

    timing: Timing
    source: str


def advance(spec: TrainingSpec, image_set: ImageSet, *, looks: int) -> Phase:
    """Start the measurement if it is time to, call it off if it would be in the way, and say how far it is.

    It takes the place of a training, so there is none beside one: both would be slowed down, and what is measured would be wrong.

    Args:
        looks: how often this form has been looked at since the page was drawn.
    """
    key, compute = key_of(spec, image_set), services.compute()
    progress, status = compute.job(key), compute.status()
    is_active = progress is not None and not progress.state.is_final
    if progress is not None and progress.state in (JobState.FINISHED, JobState.FAILED):
        return Phase.MEASURED if progress.state == JobState.FINISHED else Phase.FAILED
    if status.state != EngineState.READY or status.running or status.waiting:
        compute.cancel_job(key)
        return Phase.BUSY
    if is_active:
        return Phase.MEASURING
    if find_timing(spec, image_set) is not None:
        # A run of the same network says more than a measurement, which whoever continues it now would wait for.
        return Phase.MEASURED
    if looks < LOOKS_BEFORE:
        return Phase.RESTING
    start(spec, image_set)
    return Phase.MEASURING


def start(spec: TrainingSpec, image_set: ImageSet) -> JobProgress:
    """Measure now. What this session had measured before, and nobody waits for any more, is called off."""
    key, compute = key_of(spec, image_set), services.compute()
    last, _ = state.last_measured()
    if last != key:
        compute.cancel_job(last)
    state.note_measuring(key, time.time())
    return compute.start_job(key, measure_training, image_set, spec.model_dump_json(), lane=Lane.TRAIN)


def key_of(spec: TrainingSpec, image_set: ImageSet) -> str:
    """Names what is compiled and measured for a training."""
    return timing_key(spec, image_set.sha256, count_images(spec, len(image_set.y_train)).training)


def find_timing(spec: TrainingSpec, image_set: ImageSet) -> Known | None:
    """What is known of this network's speed: from a run of it, which says most; from a measurement; or nothing."""
    key, runs = key_of(spec, image_set), _past_runs()
    measured = _measured(key)
    same = next((run for run in runs if run.key == key), None)
    if same is not None:
        return Known(_with_starts_of(measured, same.timing), f"at the speed of the run {same.title}")
    if measured is None:
        return None
    ratios = [run.timing.image / known.image for run in runs if (known := _measured(run.key))][:_RATIOS]
    source = "measured on this machine"
    return Known(corrected(measured, correction(ratios)), f"{source}, corrected by past runs" if ratios else source)


def find_seconds(spec: TrainingSpec, image_set: ImageSet, known: Known) -> float:
    """How long the training takes, if nothing ends it early."""
    counts = count_images(spec, len(image_set.y_train))
    return estimate_seconds(spec, known.timing, counts, is_ready=_is_ready(key_of(spec, image_set), image_set))


def describe_seconds(seconds: float) -> str:
    """An estimate, with no more digits than it deserves: "about 42 s"."""
    return f"about {_rounded(seconds)}" if seconds >= 1 else "under 1 s"


def describe_short(spec: TrainingSpec, image_set: ImageSet, known: Known | None) -> str:
    """The estimate as a figure among others; a dash while there is none."""
    if known is None:
        return "-"
    seconds = find_seconds(spec, image_set, known)
    # A column is too narrow for minutes and seconds.
    return "< 1 s" if seconds < 1 else f"{seconds / 60:.2g} min" if 60 <= seconds < 3600 else _rounded(seconds)


def describe_source(spec: TrainingSpec, image_set: ImageSet, phase: Phase, known: Known | None) -> str:
    """Where the estimate comes from, or why there is none yet, in a sentence or two."""
    if known is not None:
        early = " It may end earlier, as its settings allow." if spec.patience or spec.target_accuracy else ""
        return f"The time: {known.source}.{early}"
    match phase:
        case Phase.BUSY:
            return "The time is measured as soon as the engine has nothing else to do."
        case Phase.FAILED:
            progress = services.compute().job(key_of(spec, image_set))
            return f"The time could not be measured: {plain(progress.message) if progress else ''}"
        case _:
            return "The time is being measured, by a second of training."


def _rounded(seconds: float) -> str:
    return format_seconds(float(f"{seconds:.2g}"))


def _measured(key: str) -> Timing | None:
    progress = services.compute().job(key)
    return None if progress is None or progress.result is None else read_measured(progress.result)


def _with_starts_of(measured: Timing | None, past: Timing) -> Timing:
    """A run says nothing of how long the start takes when something else was trained before."""
    if measured is None:
        return past
    # It may have had no validation images.
    validation = past.validation_image or measured.validation_image
    return Timing(measured.first_start, measured.start, past.image, validation, past.epoch)


def _is_ready(key: str, image_set: ImageSet) -> bool:
    """Whether the programs of this training are compiled: those of the last one, or of the last measurement, are kept in its worker."""
    if services.settings().workers != 1 or services.settings().scheduler is not None:
        return False
    newest = next(iter(services.store().list(limit=1)), None)
    measured, moment = state.last_measured()
    if newest is None or newest.created < moment:
        return measured == key
    return newest.dataset_sha256 == image_set.sha256 and key_of(newest.spec, image_set) == key


@dataclass(frozen=True)
class _PastRun:
    title: str
    key: str
    timing: Timing


def _past_runs() -> list[_PastRun]:
    """The newest runs whose speed says something, the newest first."""
    store, found = services.store(), []
    for run in alone(store.list(limit=_LOOKED_AT)):
        # One whose curves are damaged tells no speed. Its own page says so.
        with suppress(StorageError):
            found.append(_read_past(run.id, run.title, run, store))
    return [past for past in found if past is not None]


@st.cache_data(show_spinner=False, max_entries=200)
def _read_past(run_id: str, title: str, _run: RunRecord, _store: RunStore) -> _PastRun | None:
    history = _store.history(run_id)
    timing = read_timing(_run.spec, history)
    if timing is None or history.started is None:
        return None
    return _PastRun(title, timing_key(_run.spec, _run.dataset_sha256, history.started.training_images), timing)
