"""How fast past runs were on this machine, and which of them may be gone by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory, RunRecord
from core.training.estimate import Timing


def read_timing(spec: TrainingSpec, history: RunHistory) -> Timing | None:
    """What the parts of a run took, epoch by epoch, the middle epoch counting; None if not even one was completed.

    What an epoch takes besides its steps is put down to the validation images, where there were any.
    """
    started, epochs = history.started, [epoch for epoch in history.epochs if epoch.images_per_second > 0]
    if started is None or not epochs:
        return None
    in_steps = [started.training_images / epoch.images_per_second for epoch in epochs]
    first_step = history.steps[0].seconds if history.steps else max(epochs[0].seconds - in_steps[0], 0.0)
    ends = [min(first_step, epochs[0].seconds), *(epoch.seconds for epoch in epochs)]
    besides = max(median(end - begin - steps for (begin, end), steps in zip(pairwise(ends), in_steps, strict=True)), 0.0)
    places = started.steps_per_epoch * min(spec.batch_size, started.training_images)
    validation = besides / started.validation_images if started.validation_images else 0.0
    return Timing(first_step, first_step, median(in_steps) / places, validation, 0.0 if started.validation_images else besides)


def alone(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Those that have ended and shared the machine with none of the others, in the same order: only their speed says something."""
    return [record for record in records if record.ended and record.epochs_done and not any(_met(record, other) for other in records)]


def _met(record: RunRecord, other: RunRecord) -> bool:
    if other.id == record.id or other.started is None or record.started is None or record.ended is None:
        return False
    return other.started < record.ended and (other.ended is None or record.started < other.ended)
