"""What a rule is, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.training.coaching.case import Case
from core.training.coaching.experiments import Experiment


@dataclass(frozen=True)
class Advice:
    """What a rule found in a run.

    Attributes:
        title: the finding in a few words.
        finding: one or two sentences with the run's own numbers.
        explanation: one sentence on why that happens.
        experiment: what to try next.
    """

    title: str
    finding: str
    explanation: str
    experiment: Experiment


@dataclass(frozen=True)
class Rule:
    """One thing to look for.

    Attributes:
        name: unique.
        find: what it says about a case; None if there is nothing to say.
        unless: names of earlier rules; where one of those has spoken, this one adds nothing.
        needs_epoch: whether it can only judge a run that completed an epoch.
    """

    name: str
    find: Callable[[Case], Advice | None]
    unless: tuple[str, ...] = ()
    needs_epoch: bool = True
