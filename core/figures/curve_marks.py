"""What happened to a run on its way, as letters on its curves: pauses, changes of the learning rate, why it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from core.figures.numbers import format_count
from core.figures.theme import FigureTheme
from core.runs.record import RunHistory
from core.training.events import Mark, Marked

_WORDS: Mapping[Mark, str] = {
    Mark.PAUSED: "paused",
    Mark.RESUMED: "went on",
    Mark.STOPPED: "stopped by hand",
    Mark.STOPPED_EARLY: "stopped early, because the loss on the validation images no longer got better",
    Mark.TARGET_REACHED: "stopped, because the target accuracy was reached",
    Mark.BEST_KEPT: "the best epoch, whose weights were kept",
}

_LETTER_HEIGHT = 7
"""Pixels by which a letter stands above the plot."""


@dataclass(frozen=True)
class CurveMark:
    """One place on the curves.

    Attributes:
        letter: what it is called there: a to z, then aa, ab and so on.
        epoch: as a real number: 1.5 is half-way through the second.
        step: how many steps had been taken.
        words: all that happened there, such as "paused, went on".
    """

    letter: str
    epoch: float
    step: int
    words: str


def build_marks(history: RunHistory) -> tuple[CurveMark, ...]:
    """The marks in the order of the steps; what happened between the same two steps shares one."""
    per_epoch = history.started.steps_per_epoch if history.started else 1
    words: dict[int, list[str]] = {}
    for mark in history.marks:
        words.setdefault(_place(mark, per_epoch), []).append(_describe(mark))
    return tuple(CurveMark(_letter(number), step / per_epoch, step, ", ".join(words[step])) for number, step in enumerate(sorted(words)))


def describe_mark(mark: CurveMark) -> str:
    """Such as "step 1,200 (epoch 2.40): learning rate x 0.5"."""
    return f"step {format_count(mark.step)} (epoch {mark.epoch:.2f}): {mark.words}"


def mark_rows(marks: Sequence[CurveMark], height: float) -> list[dict[str, Any]]:
    """Rows of a chart's data for `mark_layers`. `height` is any value on the vertical axis."""
    return [{"epoch": mark.epoch, "value": height, "series": "", "kind": "mark", "label": mark.letter} for mark in marks]


def mark_layers(theme: FigureTheme) -> list[dict[str, Any]]:
    """Layers of a chart: an upright rule with its letter above for each row that is a mark."""
    is_mark = [{"filter": "datum.kind === 'mark'"}]
    return [
        {
            "transform": is_mark,
            "mark": {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 1.3, "clip": True},
            "encoding": {"y": {"value": 0}, "y2": {"value": "height"}, "color": {"value": theme.muted}},
        },
        {
            "transform": is_mark,
            "mark": {"type": "text", "fontWeight": 600},
            "encoding": {"y": {"value": -_LETTER_HEIGHT}, "text": {"field": "label"}, "color": {"value": theme.foreground}},
        },
    ]


def _place(mark: Marked, per_epoch: int) -> int:
    """The step that it is about: of a best epoch the end of that, not the moment when it was gone back to."""
    return round((mark.value or 0) * per_epoch) if mark.mark == Mark.BEST_KEPT else mark.step


def _describe(mark: Marked) -> str:
    if mark.mark == Mark.RATE_CHANGED:
        return "learning rate back to the schedule" if mark.value == 1 else f"learning rate x {mark.value:g}"
    return _WORDS[mark.mark]


def _letter(number: int) -> str:
    round_, place = divmod(number, len(ascii_lowercase))
    return (_letter(round_ - 1) if round_ else "") + ascii_lowercase[place]
