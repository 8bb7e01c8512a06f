"""Runs side by side in numbers and words: how well each did, and in which settings they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.figures.run_curves import label_runs
from core.intervals import wilson_interval
from core.networks.objective import name_objective
from core.rates import format_percent, format_range
from core.runs.comparing import Difference, describe_epoch
from core.runs.record import RunHistory, RunRecord, RunState

NONE = "–"
"""Not a hyphen, which a table on a page takes for the beginning of a list."""


@dataclass(frozen=True)
class RunResult:
    """How a run did, by the weights that it kept.

    Attributes:
        label: like no other's beside it.
        epoch: how many epochs lie behind those weights: all, those up to the best one where that was kept, or such as 3.4 where it was
            stopped on its way; None before the first has ended.
        accuracy, loss: of the validation images, None where none were held back.
        loss_kind: what the loss is, in words: only losses of the same kind can be compared.
        interval: the accuracy's 95 % interval (Wilson), None likewise.
        images: how many were held back.
        dataset_sha256: of the images it learned from: accuracies on others can't be compared.
    """

    label: str
    epoch: float | None
    accuracy: float | None
    interval: tuple[float, float] | None
    loss: float | None
    loss_kind: str
    images: int
    dataset_sha256: str


def build_results(runs: Sequence[tuple[RunRecord, RunHistory]]) -> tuple[RunResult, ...]:
    """What became of each run, in the same order."""
    labels = label_runs([record for record, _ in runs])
    return tuple(_result(label, record, history) for label, (record, history) in zip(labels, runs, strict=True))


def describe_accuracy(record: RunRecord) -> str:
    """Such as "validation accuracy 97.2 %", of the weights that are kept; of the training images where none were held back."""
    if record.validation_accuracy is not None:
        return f"validation accuracy {format_percent(record.validation_accuracy)}"
    if record.accuracy is not None:
        return f"training accuracy {format_percent(record.accuracy)}"
    return "nothing learned" if record.state.is_final and not record.has_weights else "no epoch completed"


def describe_kept(record: RunRecord) -> str:
    """Which weights a run that has ended kept, in a sentence, where they are not those at the end of its last epoch; otherwise empty."""
    epoch = record.kept_at
    if not record.is_ready or not epoch or epoch == record.epochs_done:
        return ""
    if epoch > record.epochs_done:
        when = f"after {describe_epoch(epoch)} epochs, when it was stopped"
    else:
        # One that broke off has not gone back to any.
        is_best = record.state in (RunState.FINISHED, RunState.STOPPED)
        when = f"of epoch {describe_epoch(epoch)}, {'the best' if is_best else 'the last that were saved'}"
    return f"The weights that it kept are those {when}: {describe_accuracy(record)}, the one that all other pages show."


def results_table(results: Sequence[RunResult]) -> pd.DataFrame:
    """One row for each run, everything as text. Where losses are of different kinds, each says of which it is.

    How long each was trained stands in no column: it depends on what else the computer did meanwhile. Epochs do not.
    """
    kinds = {one.loss_kind for one in results}
    title = f"Validation loss: {min(kinds)}" if len(kinds) == 1 else "Validation loss, each of its own kind"
    return pd.DataFrame(
        {
            "Run": [one.label for one in results],
            "Validation accuracy (95 % interval)": [_describe_accuracy(one) for one in results],
            title: [_describe_loss(one, with_kind=len(kinds) > 1) for one in results],
            "Epoch": [NONE if one.epoch is None else describe_epoch(one.epoch) for one in results],
        }
    )


def differences_table(differences: Sequence[Difference], labels: Sequence[str]) -> pd.DataFrame:
    """One row for each setting or other thing that differs, one column for each run."""
    columns = {label: [row.values[place] for row in differences] for place, label in enumerate(labels)}
    return pd.DataFrame({"What differs": [row.title for row in differences], **columns})


def _describe_loss(result: RunResult, *, with_kind: bool) -> str:
    if result.loss is None:
        return NONE
    return f"{result.loss:.4f} ({result.loss_kind})" if with_kind else f"{result.loss:.4f}"


def _describe_accuracy(result: RunResult) -> str:
    if result.accuracy is None or result.interval is None:
        return NONE
    return f"{format_percent(result.accuracy)} ({format_range(*result.interval)})"


def _result(label: str, record: RunRecord, history: RunHistory) -> RunResult:
    images, accuracy = history.started.validation_images if history.started else 0, record.validation_accuracy
    # Of runs of earlier versions the record does not tell it.
    epoch = record.kept_at if record.kept_at is not None or history.kept_epoch is None else history.kept_epoch.epoch
    return RunResult(
        label=label,
        epoch=epoch,
        accuracy=accuracy,
        interval=wilson_interval(round(accuracy * images), images) if accuracy is not None and images else None,
        loss=record.validation_loss,
        loss_kind=name_objective(record.spec),
        images=images,
        dataset_sha256=record.dataset_sha256,
    )
