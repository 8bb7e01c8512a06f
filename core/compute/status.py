"""The state of the engine, as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


def describe_ready(waiting: int) -> str:
    """The sentence of an engine that works, with `waiting` runs in its queue."""
    if waiting == 0:
        return READY
    return f"The engine is busy: {waiting} {'run waits' if waiting == 1 else 'runs wait'} for a free place."
