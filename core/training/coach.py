"""The coach: what the curves of a run say, and what to try next. `RULES` lists all rules; what each says is in `core.training.coaching`."""

from __future__ import annotations

from dataclasses import dataclass

from core.training.coaching import experiments, failures, fitting
from core.training.coaching.case import Case, build_case, counted, percent
from core.training.coaching.experiments import Experiment
from core.training.coaching.rule import Advice, Rule
from core.training.loop import NOT_A_NUMBER

__all__ = ["RULES", "Advice", "Case", "Coaching", "Experiment", "build_case", "coach", "is_break"]

_FAILED = ("break", "raw_pixels", "high_rate", "dead_units", "vanishing")
_SLOW = ("low_rate", "few_steps")

RULES: tuple[Rule, ...] = (
    Rule("break", failures.find_break, needs_epoch=False),
    Rule("raw_pixels", failures.find_raw_pixels, needs_epoch=False),
    Rule("high_rate", failures.find_high_rate, unless=("break", "raw_pixels")),
    Rule("dead_units", failures.find_dead_units, unless=("break", "raw_pixels", "high_rate")),
    Rule("vanishing", failures.find_vanishing, unless=("break", "raw_pixels", "high_rate", "dead_units")),
    Rule("unsettled_averages", failures.find_unsettled_averages, unless=("break",)),
    Rule("low_rate", failures.find_low_rate, unless=(*_FAILED, "unsettled_averages")),
    Rule("few_steps", failures.find_few_steps, unless=(*_FAILED, "unsettled_averages", "low_rate")),
    Rule("overfitting", fitting.find_overfitting, unless=("break", "high_rate", "unsettled_averages")),
    Rule("progress", fitting.find_progress, unless=("break", "raw_pixels", "high_rate", "vanishing", "unsettled_averages", *_SLOW)),
    Rule("underfitting", fitting.find_underfitting, unless=(*_FAILED, *_SLOW, "unsettled_averages", "overfitting", "progress")),
    Rule("plateau", fitting.find_plateau, unless=(*_FAILED, *_SLOW, "unsettled_averages", "overfitting", "progress", "underfitting")),
    Rule("no_validation", fitting.find_no_validation),
    Rule("ahead", fitting.find_ahead, unless=("break", "raw_pixels", "high_rate", "vanishing")),
)
"""The most important first. One speaks only where none of those that explain the same has spoken, so that no run gets more than three."""


@dataclass(frozen=True)
class Coaching:
    """What there is to say about a run.

    Attributes:
        summary: one sentence on the whole.
        advice: by the name of the rule, the most important first; may be empty.
        next: what to try where no rule has spoken; None otherwise, or where there is nothing to go by.
    """

    summary: str
    advice: dict[str, Advice]
    next: Experiment | None = None


def coach(case: Case) -> Coaching:
    """Ask every rule about a run that has ended."""
    advice: dict[str, Advice] = {}
    for rule in RULES:
        if (rule.needs_epoch and not case.epochs) or advice.keys() & set(rule.unless):
            continue
        said = rule.find(case)
        if said is not None:
            advice[rule.name] = said
    if advice:
        return Coaching(_count(len(advice)), advice)
    if not case.epochs:
        return Coaching("No epoch was complete, so there are no curves to judge yet.", {})
    return Coaching(_describe_silence(case), {}, experiments.another_seed(case))


def is_break(error: str | None) -> bool:
    """Whether a run failed because its numbers grew without limit, by what `core.training.loop.train` says then."""
    return error is not None and NOT_A_NUMBER in error


def _count(said: int) -> str:
    return "One thing stands out." if said == 1 else f"{said} things stand out, the most important first."


def _describe_silence(case: Case) -> str:
    beside = "" if case.validation_accuracy is None else f", validation {percent(case.validation_accuracy)}"
    return (
        f"Nothing stands out after {counted(len(case.epochs), 'epoch')}: training accuracy {percent(case.last.accuracy)}{beside}. "
        "How much of that is luck shows when only the seed is changed."
    )
