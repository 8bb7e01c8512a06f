"""How far a run has come and how long it still takes, read from its history."""

from __future__ import annotations

from dataclasses import dataclass

from core.runs.record import RunHistory
from core.training.events import EpochEnded, Mark, StepsTaken


@dataclass(frozen=True)
class Progress:
    """As of the last event.

    Attributes:
        epoch: the one under way, counting from 1; the last one once all are done.
        step, total_steps: optimiser steps taken and in the whole run.
        images_per_second: training images used, divided by the time since the first step, in which the network is also validated and
            looked into; of a run that has ended, by all the time that it took. None before there is such a time.
        seconds_left: at the average speed so far; None before there is one.
        is_stopped: whether it was asked to stop, and takes no more steps.
    """

    epoch: int
    epochs: int
    step: int
    total_steps: int
    images_per_second: float | None
    seconds_left: float | None
    is_stopped: bool = False

    @property
    def fraction(self) -> float:
        """The share of all steps done, from 0 to 1."""
        return min(self.step / self.total_steps, 1.0)


def read_progress(history: RunHistory, epochs: int, took: float | None = None) -> Progress | None:
    """The progress of a run of `epochs` epochs; None while its first step has not begun.

    `took`: seconds, of a run that has ended.
    """
    if history.started is None:
        return None
    steps_per_epoch = history.started.steps_per_epoch
    total = steps_per_epoch * epochs
    points: list[StepsTaken | EpochEnded] = [*history.steps, *history.epochs]
    if not points:
        return Progress(1, epochs, 0, total, None, None)
    latest, first = max(points, key=_step), min(points, key=_step)
    epoch = min(latest.step // steps_per_epoch + 1, epochs)
    # Compiling is over by the first point, so the time since then says more than the time since the start.
    steps_since = latest.step - first.step
    left = (latest.seconds - first.seconds) / steps_since * (total - latest.step) if steps_since else None
    stops = [mark.step for mark in history.marks if mark.mark == Mark.STOPPED]
    step, images = max([latest.step, *stops]), history.started.training_images / steps_per_epoch
    if stops:
        # The last one that had begun: of the next, no step will be taken.
        epoch = max(1, -(-step // steps_per_epoch))
    speed = step * images / took if took else steps_since * images / (latest.seconds - first.seconds) if steps_since else None
    return Progress(epoch, epochs, step, total, speed, left, bool(stops))


def _step(point: StepsTaken | EpochEnded) -> int:
    return point.step
