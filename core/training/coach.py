"""The coach: what the curves of a run say, and what to try next. `RULES` lists all rules; what each says is in `core.training.coaching`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.training.coaching import experiments, failures, fitting, restraints
from core.training.coaching.case import Case, build_case, counted, percent
from core.training.coaching.experiments import Experiment
from core.training.coaching.rule import Advice, Rule
from core.training.loop import NOT_A_NUMBER

__all__ = ["RULES", "Advice", "Case", "Coaching", "Experiment", "build_case", "coach", "is_break"]

_FAULTS: tuple[Rule, ...] = (
    Rule("raw_pixels", failures.find_raw_pixels, needs_epoch=False),
    Rule("break", failures.find_break, beside=("raw_pixels",), needs_epoch=False),
    Rule("zero_weights", restraints.find_zero_weights),
    Rule("gradient_limit", restraints.find_gradient_limit),
    Rule("strong_penalty", restraints.find_strong_penalty),
    Rule("high_rate", failures.find_high_rate),
    Rule("vanishing", failures.find_vanishing),
    Rule("unsettled_averages", failures.find_unsettled_averages, takes_few=True),
    Rule("low_rate", failures.find_low_rate),
    Rule("idle_schedule", restraints.find_idle_schedule),
    Rule("much_dropout", restraints.find_much_dropout),
    Rule("dead_units", failures.find_dead_units),
    Rule("strong_augmentation", restraints.find_strong_augmentation),
    Rule("loss", restraints.find_loss),
    Rule("few_steps", failures.find_few_steps),
    Rule("no_activation", restraints.find_no_activation),
    Rule("too_small", fitting.find_too_small),
    Rule("overfitting", fitting.find_overfitting),
    Rule("majority", fitting.find_majority),
)

RULES: tuple[Rule, ...] = (
    *_FAULTS,
    Rule("few_validation", fitting.find_few_validation, beside=tuple(rule.name for rule in _FAULTS), takes_few=True, is_fault=False),
    Rule("no_validation", fitting.find_no_validation, beside=tuple(rule.name for rule in _FAULTS), is_fault=False),
    Rule("progress", fitting.find_progress, beside=("overfitting", "few_validation", "no_validation"), is_fault=False),
    Rule("plateau", fitting.find_plateau, beside=("few_validation", "no_validation"), is_fault=False),
    Rule("ahead", fitting.find_ahead, beside=("progress", "plateau"), is_fault=False),
)
"""The most important first: what explains most of a run. Faults exclude one another, so that no run gets more than three findings."""


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
    judged = case.without_validation if case.has_few_validation_images else case
    for rule in RULES:
        if (rule.needs_epoch and not case.epochs) or advice.keys() - set(rule.beside):
            continue
        said = rule.find(case if rule.takes_few else judged)
        if said is not None:
            advice[rule.name] = said
    if advice:
        return Coaching(_count(advice), advice)
    if not case.epochs:
        return Coaching("No epoch was complete, so there are no curves to judge yet.", {})
    return Coaching(_describe_silence(case), {}, experiments.another_seed(case))


def is_break(error: str | None) -> bool:
    """Whether a run failed because its numbers grew without limit, by what `core.training.loop.train` says then."""
    return error is not None and NOT_A_NUMBER in error


def _count(advice: Mapping[str, Advice]) -> str:
    faults = [rule.name for rule in RULES if rule.is_fault and rule.name in advice]
    if not faults:
        return "No fault stands out. One thing to know:" if len(advice) == 1 else f"No fault stands out. {len(advice)} things to know:"
    return "One thing stands out." if len(advice) == 1 else f"{len(advice)} things stand out, the most important first."


def _describe_silence(case: Case) -> str:
    beside = "" if case.validation_accuracy is None else f", validation {percent(case.validation_accuracy)}"
    return (
        f"Nothing stands out after {counted(len(case.epochs), 'epoch')}: training accuracy {percent(case.last.accuracy)}{beside}. "
        "How much of that is luck shows when only the seed is changed."
    )
