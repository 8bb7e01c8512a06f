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
        beside: names of earlier rules that it has something to add to; where any other has spoken, this one adds nothing.
        needs_epoch: whether it can only judge a run that completed an epoch.
        takes_few: whether it can judge by fewer than `FEWEST` validation images; any other gets the case without them.
        is_fault: whether what it finds is a fault of the settings; if not, it is a remark on a run that may be as good as it gets.
    """

    name: str
    find: Callable[[Case], Advice | None]
    beside: tuple[str, ...] = ()
    needs_epoch: bool = True
    takes_few: bool = False
    is_fault: bool = True
