"""Is the coach right? Short real trainings with known ailments and known health, and what it says of each.

    INKLING_DATASETS=folder python -m tests.benchmarks.coach_grid --out FILE [--half report|tune] [--only WORD] [--candidates]

For each training: what the coach says. Then how many sound ones it calls ill; of how many ailments its first remedy is the best known;
and, with each first remedy trained, how many help: paired, on the same images, which no network has met. What was trained is kept in
FILE, so that the command goes on where it was ended. `tests.benchmarks.coach_cases` lists the trainings, and says which half
the coach's rules were tuned on; reported is the other one.

`--candidates` shows how the best known remedies were found: one training of each ailment of the half is tried with every kind of change.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.rates import format_percent
from core.training.coach import RULES, Coaching, coach
from core.training.coaching.case import margin
from tests.benchmarks.coach_cases import REMEDIES, REPORT, TUNE, GridCase, build_cases
from tests.benchmarks.coach_runs import Contest, Run, Runs, contest

FAULTS = {rule.name for rule in RULES if rule.is_fault}


@dataclass(frozen=True)
class Verdict:
    """What the coach said of a training, and what came of its first proposal.

    Attributes:
        is_right: whether the first proposal is one of the best known remedies.
        tried: the first proposal, trained; None if there is none, or it was not to be trained.
    """

    case: GridCase
    run: Run
    said: Coaching
    is_right: bool
    tried: Run | None = None

    @property
    def is_called_ill(self) -> bool:
        return bool(self.said.advice.keys() & FAULTS)

    @property
    def gain(self) -> Contest | None:
        return contest(self.run, self.tried) if self.tried else None

    @property
    def has_helped(self) -> bool:
        """Better beyond luck on the same images. Where nothing was held back: whether the accuracy is told now, and told right."""
        if self.tried is None or self.gain is None:
            return False
        if self.case.ailment == "no validation":
            told = self.tried.case.validation_accuracy
            return told is not None and abs(told - self.tried.accuracy) <= 2 * margin(told, self.tried.case.validation_images)
        return self.gain.is_better


def judge(case: GridCase, runs: Runs, *, is_tried: bool) -> Verdict:
    run = runs.get(case.data, case.spec)
    said = coach(run.case)
    first = next(iter(said.advice.values()), None)
    if first is None:
        return Verdict(case, run, said, is_right=False)
    done = {name for name, remedy in REMEDIES.items() if remedy.is_done(case.spec, first.experiment.spec)}
    tried = runs.get(case.data, first.experiment.spec) if is_tried and case.ailment else None
    return Verdict(case, run, said, bool(done & set(case.remedies)), tried)


def describe(verdict: Verdict) -> str:
    """One line on a training: how it ended, what the coach says, and what that led to."""
    case, said = verdict.case, verdict.said
    mark = {(True, True): "", (True, False): "WRONG", (False, True): "ILL"}.get((bool(case.ailment), verdict.is_right), "")
    if not case.ailment and verdict.is_called_ill:
        mark = "ILL"
    words = "nothing stands out"
    if said.advice:
        words = f"{' + '.join(said.advice)}: try {next(iter(said.advice.values())).experiment.label}"
    if verdict.tried and verdict.gain:
        helped = "helps" if verdict.has_helped else "DOES NOT HELP"
        words += f" -> {format_percent(verdict.tried.accuracy)}, loss {verdict.run.loss:.3f} to {verdict.tried.loss:.3f}: {helped}"
    return f"{mark:<6}{case.ailment or 'sound':<24}{case.name:<44}{show(verdict.run)}  {words}"


def show(run: Run) -> str:
    """Training, validation and the images that nobody met."""
    if not run.case.epochs:
        return f"{'broke off':>15} {format_percent(run.accuracy):>7}"
    last = run.case.last
    validation = "-" if last.validation_accuracy is None else format_percent(last.validation_accuracy)
    return f"{format_percent(last.accuracy):>7} {validation:>7} {format_percent(run.accuracy):>7}"


def sum_up(verdicts: Sequence[Verdict]) -> str:
    """The three figures, each against what is wanted."""
    ailing, sound = [one for one in verdicts if one.case.ailment], [one for one in verdicts if not one.case.ailment]
    tried = [one for one in ailing if one.tried]
    right, helped = sum(one.is_right for one in ailing), sum(one.has_helped for one in tried)
    lines = [f"healthy trainings called ill: {sum(one.is_called_ill for one in sound)} of {len(sound)} (wanted: 0 of 100)"]
    lines += [f"ailments whose first remedy is the best known: {_share(right, len(ailing))} (wanted: 95 %)"] if ailing else []
    lines += [f"first remedies that help when tried: {_share(helped, len(tried))} (wanted: 90 %)"] if tried else []
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}, {format_percent(part / whole)}"


def show_candidates(cases: Sequence[GridCase], runs: Runs) -> None:
    """One training of each ailment with every kind of change, the best first: how the best known remedies were found.

    A star marks those that are not worse than the best beyond luck.
    """
    firsts = {case.ailment: case for case in reversed(cases) if case.ailment}
    for case in reversed(firsts.values()):
        before = runs.get(case.data, case.spec)
        changed = {name: spec for name, remedy in REMEDIES.items() if (spec := remedy.apply(case.spec)) != case.spec}
        tried = {name: runs.get(case.data, spec) for name, spec in changed.items()}
        ranked = sorted(tried, key=lambda name: -tried[name].accuracy)
        as_good = [name for name in ranked if not contest(tried[ranked[0]], tried[name]).is_worse]
        known = "" if set(as_good) & set(case.remedies) else f"   KNOWN WAS {case.remedies}"
        shown = ", ".join(f"{'*' if name in as_good else ''}{name} {format_percent(tried[name].accuracy)}" for name in ranked[:6])
        print(f"{case.ailment:<24}{case.name:<44}{format_percent(before.accuracy):>7}  {shown}{known}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="file of what was trained; made if it is not there")
    parser.add_argument("--half", choices=(REPORT, TUNE), default=REPORT)
    parser.add_argument("--only", default="", help="trainings whose ailment or name holds this")
    parser.add_argument("--candidates", action="store_true", help="try every kind of change on one training of each ailment")
    parser.add_argument("--untried", action="store_true", help="do not train what the coach proposes")
    parser.add_argument("--cached", action="store_true", help="leave out what has not been trained yet")
    arguments = parser.parse_args()
    began = time.perf_counter()
    runs = Runs(arguments.out)
    cases = [case for case in build_cases(arguments.half) if arguments.only in f"{case.ailment or 'sound'} {case.name}"]
    if arguments.cached:
        cases = [case for case in cases if runs.has(case.data, case.spec)]
    if arguments.candidates:
        show_candidates(cases, runs)
    else:
        verdicts = []
        for case in cases:
            verdicts.append(judge(case, runs, is_tried=not arguments.untried))
            print(describe(verdicts[-1]), flush=True)
        print(f"\n{sum_up(verdicts)}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
