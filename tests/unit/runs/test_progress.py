"""How far a run has come."""

from __future__ import annotations

import pytest

from core.runs.progress import read_progress
from core.runs.record import RunHistory
from core.training.events import EpochEnded, StepsTaken, TrainingStarted

STARTED = TrainingStarted(parameters=10, training_images=1000, validation_images=0, steps_per_epoch=100, environment={})


def steps(step: int, seconds: float) -> StepsTaken:
    return StepsTaken((step - 1) // 100 + 1, step, 1.0, 0.5, None, None, 5000.0, seconds)


def epoch_end(epoch: int, seconds: float) -> EpochEnded:
    return EpochEnded(epoch, epoch * 100, 1.0, 0.5, None, None, 4000.0, seconds)


def test_there_is_no_progress_before_the_training_began() -> None:
    assert read_progress(RunHistory(), epochs=5) is None


def test_before_the_first_point_no_speed_and_no_time_is_promised() -> None:
    progress = read_progress(RunHistory(STARTED), epochs=5)
    assert progress is not None
    assert (progress.step, progress.fraction, progress.images_per_second, progress.seconds_left) == (0, 0.0, None, None)


def test_the_time_left_follows_from_the_speed_since_the_first_point() -> None:
    # The first step came after 1 s of compiling; from there on 100 steps take 1 s.
    history = RunHistory(STARTED, steps=(steps(1, 1.0), steps(51, 1.5), steps(101, 2.0)))
    progress = read_progress(history, epochs=5)
    assert progress is not None
    assert progress.epoch == 2
    assert progress.seconds_left == pytest.approx(3.99)


def test_after_the_last_epoch_nothing_is_left() -> None:
    history = RunHistory(STARTED, steps=(steps(1, 1.0),), epochs=tuple(epoch_end(number, 1.0 + number) for number in range(1, 6)))
    progress = read_progress(history, epochs=5)
    assert progress is not None
    assert (progress.epoch, progress.fraction, progress.seconds_left) == (5, 1.0, 0.0)
