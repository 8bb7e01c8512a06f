"""The state of the engine, as a page shows it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from core.compute.lanes import Lane


class EngineState(StrEnum):
    """Whether trainings and predictions can run. Runs can be submitted in all but the last, and wait until they can."""

    WARMING_UP = "warming up"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True)
class EngineStatus:
    """As of one moment.

    Attributes:
        message: one sentence that can be shown as it is.
        running, waiting: numbers of runs.
        problem: what a visitor should know although the engine works, such as a full disk; None when all is well.
    """

    state: EngineState
    message: str
    running: int
    waiting: int
    problem: str | None = None


READY = "The engine is ready."


def describe_recovery(cold: Set[Lane]) -> str:
    """The sentence of an engine that was ready and has lost the workers of these lanes, `TRAIN` or `ANSWER` or both."""
    if cold == {Lane.TRAIN}:
        return "The process that trains was lost and is started again. Runs that wait keep their places; networks can be asked meanwhile."
    if cold == {Lane.ANSWER}:
        return "The process that answers was lost and is started again. Answers come in a few seconds; trainings go on."
    return "The processes that train and answer were lost and are started again. Runs that wait keep their places."


def describe_ready(waiting: int) -> str:
    """The sentence of an engine that works, with `waiting` runs in its queue."""
    if waiting == 0:
        return READY
    return f"The engine is busy: {waiting} {'run waits' if waiting == 1 else 'runs wait'} for a free place."
