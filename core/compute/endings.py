"""All the ways in which a run can end, and the one function that says what each of them means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from core.runs.record import RunState
from core.training.events import TrainingEvent, event_from_dict, event_to_dict


@dataclass(frozen=True)
class TrainingReturned:
    """`train` came to its end, or was asked to stop. `result` holds plain numbers for `result.json`."""

    stopped: bool
    result: dict[str, Any]


@dataclass(frozen=True)
class TrainingRaised:
    """`train` raised. `expected` tells an `InklingError`, whose message is meant for people, from a bug."""

    expected: bool
    error_type: str
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Withdrawn:
    """The user stopped the run while it was waiting in the queue."""


@dataclass(frozen=True)
class WorkerLost:
    """The worker's process is gone, before or after the training had `began`."""

    began: bool = True


@dataclass(frozen=True)
class EngineLost:
    """The engine's process, or the connection to it, is gone."""


@dataclass(frozen=True)
class ServiceClosed:
    """Inkling itself is closing."""


@dataclass(frozen=True)
class StorageRefused:
    """What the run said could not be written."""

    message: str


Ending = TrainingReturned | TrainingRaised | Withdrawn | WorkerLost | EngineLost | ServiceClosed | StorageRefused


@dataclass(frozen=True)
class Outcome:
    """What is recorded of an ending. `details` is a traceback for `error.txt`."""

    state: RunState
    error: str | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    details: str = ""


def classify(ending: Ending) -> Outcome:
    """The only place that decides how a run has ended."""
    kept = "What it had learned until then is kept."
    match ending:
        case TrainingReturned(stopped, result):
            return Outcome(RunState.STOPPED if stopped else RunState.FINISHED, result=result)
        case TrainingRaised(expected=True, message=message):
            return Outcome(RunState.FAILED, message)
        case TrainingRaised(_, error_type, message, traceback):
            return Outcome(RunState.FAILED, f"Training failed in a way Inkling did not expect: {error_type}: {message}", details=traceback)
        case Withdrawn():
            return Outcome(RunState.STOPPED)
        case WorkerLost():
            return Outcome(RunState.INTERRUPTED, f"The process that trained this run was lost, perhaps for lack of memory. {kept}")
        case EngineLost():
            return Outcome(RunState.INTERRUPTED, f"The engine that trained this run was lost. {kept}")
        case ServiceClosed():
            return Outcome(RunState.INTERRUPTED, f"Inkling was closed before this run had ended. {kept}")
        case StorageRefused(message):
            return Outcome(RunState.FAILED, f"The run was ended because it could not be kept. {message}")


REPORTED: dict[str, type[TrainingReturned] | type[TrainingRaised]] = {kind.__name__: kind for kind in (TrainingReturned, TrainingRaised)}
"""The endings that a worker reports itself, as the last message of a run."""


def message_to_dict(run_id: str, message: TrainingEvent | TrainingReturned | TrainingRaised) -> dict[str, Any]:
    """What a worker says of a run, fit for a Dask event."""
    if isinstance(message, (TrainingReturned, TrainingRaised)):
        return {"run": run_id, "kind": type(message).__name__, **asdict(message)}
    return {"run": run_id, **event_to_dict(message)}


def message_from_dict(data: Mapping[str, Any]) -> tuple[str, TrainingEvent | Ending]:
    """The inverse of `message_to_dict`: the run's id, and what was said. Raises `KeyError` or `TypeError` for anything else."""
    # Dask adds who sent it.
    fields = {key: value for key, value in data.items() if key not in ("run", "worker")}
    if fields["kind"] in REPORTED:
        return data["run"], REPORTED[fields.pop("kind")](**fields)
    return data["run"], event_from_dict(fields)
