"""Marks on the curves: where they are, what they are called and what they say."""

from __future__ import annotations

import pytest

from core.figures.curve_marks import CurveMark, build_marks, describe_mark
from core.runs.record import RunHistory
from core.training.events import Mark, Marked, TrainingStarted

STARTED = TrainingStarted(10, 100, 10, 500, {})


def marks(*marked: Marked) -> tuple[CurveMark, ...]:
    return build_marks(RunHistory(STARTED, marks=marked))


def test_a_run_that_was_left_alone_has_none() -> None:
    assert build_marks(RunHistory()) == ()


def test_what_happened_between_the_same_two_steps_shares_a_letter() -> None:
    paused, resumed = Marked(Mark.PAUSED, 3, 1200, 9.0), Marked(Mark.RESUMED, 3, 1200, 9.0)
    halved = Marked(Mark.RATE_CHANGED, 3, 1200, 9.0, 0.5)
    assert marks(paused, resumed, halved) == (CurveMark("a", 2.4, 1200, "paused, went on, learning rate x 0.5"),)
    assert describe_mark(marks(paused, resumed, halved)[0]) == "step 1,200 (epoch 2.40): paused, went on, learning rate x 0.5"


def test_going_back_to_the_schedule_is_called_that() -> None:
    [mark] = marks(Marked(Mark.RATE_CHANGED, 1, 10, 1.0, 1.0))
    assert mark.words == "learning rate back to the schedule"


@pytest.mark.parametrize(
    ("mark", "word"), [(Mark.STOPPED_EARLY, "stopped early"), (Mark.TARGET_REACHED, "target accuracy"), (Mark.PAUSED, "paused")]
)
def test_what_ended_or_halted_it_is_told(mark: Mark, word: str) -> None:
    assert word in marks(Marked(mark, 2, 1000, 3.0))[0].words


def test_every_kind_of_mark_has_words() -> None:
    told = [marks(Marked(mark, 1, 100, 1.0, 2.0))[0].words for mark in Mark]
    assert len(set(told)) == len(Mark)


def test_the_best_epoch_is_marked_where_it_ended_and_letters_follow_the_steps() -> None:
    told = marks(Marked(Mark.STOPPED_EARLY, 9, 4500, 9.0), Marked(Mark.BEST_KEPT, 9, 4500, 9.0, 6.0))
    assert [(mark.letter, mark.epoch, mark.step) for mark in told] == [("a", 6.0, 3000), ("b", 9.0, 4500)]


def test_after_z_comes_aa() -> None:
    letters = [mark.letter for mark in marks(*(Marked(Mark.PAUSED, 1, step, 1.0) for step in range(54)))]
    assert letters[24:28] == ["y", "z", "aa", "ab"]
    assert letters[51:] == ["az", "ba", "bb"]
