"""A run that this process is appending to, kept in memory so that drawing its curves costs nothing."""

from __future__ import annotations

from typing import Any

from core.runs.record import RunHistory, RunRecord
from core.training.events import EpochEnded, Glimpsed, Marked, StepsTaken, TrainingStarted


class LiveRun:
    """The record and the history so far.

    Thread contract: none of its own; the store's lock guards it. `history()` hands out frozen snapshots,
    made at most once for each event, however many pages ask.
    """

    def __init__(self, record: RunRecord, history: RunHistory | None = None) -> None:
        self.record = record
        self.is_ending = False
        self._snapshot: RunHistory | None = history or RunHistory()
        self._started = self._snapshot.started
        self._steps = list(self._snapshot.steps)
        self._epochs = list(self._snapshot.epochs)
        self._marks = list(self._snapshot.marks)
        self.glimpse: Glimpsed | None = None

    def add(self, event: TrainingStarted | StepsTaken | EpochEnded | Marked | Glimpsed) -> None:
        match event:
            case TrainingStarted():
                self._started = event
            case StepsTaken():
                self._steps.append(event)
            case EpochEnded():
                self._epochs.append(event)
            case Marked():
                self._marks.append(event)
            case Glimpsed():
                self.glimpse = event
                return
        self._snapshot = None

    def history(self) -> RunHistory:
        if self._snapshot is None:
            self._snapshot = RunHistory(self._started, tuple(self._steps), tuple(self._epochs), tuple(self._marks))
        return self._snapshot


def summarise(history: RunHistory, epoch: int | None = None) -> dict[str, Any]:
    """The fields of a `RunRecord` that its epochs decide; none before the first.

    `epoch`: the one whose weights there are, where a training ended before it had handed over those of its last.
    """
    kept = next((one for one in history.epochs if one.epoch == epoch), history.kept_epoch)
    if kept is None:
        return {}
    last = history.epochs[-1]
    return {
        "epochs_done": last.epoch,
        "kept_at": float(kept.epoch),
        "loss": kept.loss,
        "accuracy": kept.accuracy,
        "validation_loss": kept.validation_loss,
        "validation_accuracy": kept.validation_accuracy,
        "images_per_second": last.images_per_second,
    }
