"""How far a run has come."""

from __future__ import annotations

import pytest

from core.runs.progress import read_progress
from core.runs.record import RunHistory
from core.training.events import EpochEnded, Mark, Marked, StepsTaken, TrainingStarted

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
    # 100 steps of 10 images: what the steps alone would do, 5,000 images a second, is not what a visitor sees.
    assert progress.images_per_second == pytest.approx(1000)


def test_the_speed_of_a_run_that_has_ended_is_all_its_images_in_all_its_time() -> None:
    history = RunHistory(STARTED, steps=(steps(1, 1.0),), epochs=tuple(epoch_end(number, 1.0 + number / 10) for number in range(1, 6)))
    progress = read_progress(history, epochs=5, took=2.5)
    assert progress is not None and progress.images_per_second == 5 * 1000 / 2.5


def test_a_run_that_was_stopped_says_so_and_counts_the_steps_until_then() -> None:
    history = RunHistory(STARTED, steps=(steps(1, 1.0), steps(51, 1.5)), marks=(Marked(Mark.STOPPED, 1, 70, 1.7),))
    progress = read_progress(history, epochs=5)
    assert progress is not None and (progress.step, progress.is_stopped, progress.epoch) == (70, True, 1)
    at_its_end = RunHistory(STARTED, epochs=(epoch_end(1, 2.0),), marks=(Marked(Mark.STOPPED, 2, 100, 2.1),))
    progress = read_progress(at_its_end, epochs=5)
    assert progress is not None and progress.epoch == 1, "the second has not begun"


def test_after_the_last_epoch_nothing_is_left() -> None:
    history = RunHistory(STARTED, steps=(steps(1, 1.0),), epochs=tuple(epoch_end(number, 1.0 + number) for number in range(1, 6)))
    progress = read_progress(history, epochs=5)
    assert progress is not None
    assert (progress.epoch, progress.fraction, progress.seconds_left) == (5, 1.0, 0.0)
