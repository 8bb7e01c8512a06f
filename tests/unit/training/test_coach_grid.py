"""The grid of trainings that the coach is measured on (`tests.benchmarks.coach_grid`): that it is what it says, and a slice of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.coach_cases import REMEDIES, REPORT, TUNE, GridCase, build_cases
from tests.benchmarks.coach_grid import judge
from tests.benchmarks.coach_runs import Run, Runs, contest

SLICE = (
    "digits, adam 1e-05",
    "digits, adam 0.1",
    "digits, zeros",
    "digits, 6 sigmoid layers of 32",
    "digits, 2 units",
    "digits, dropout 0.9",
    "digits, L2 of 1",
    "digits, clipped",
    "digits 31, plain, seed 100",
    "digits 31, one cycle, seed 102",
    "digits 31, smoothed, seed 110",
    "digits 31, normalised, dropout, seed 116",
)
"""On the bundled digits, about a second each."""


def named(name: str) -> GridCase:
    return next(case for case in build_cases(REPORT) if case.name == name)


def test_the_grid_is_as_large_as_it_is_said_to_be() -> None:
    cases = build_cases(REPORT)
    assert len(cases) >= 200
    assert sum(not case.ailment for case in cases) >= 100
    assert {remedy for case in cases for remedy in case.remedies} <= set(REMEDIES)
    assert all(case.remedies for case in cases if case.ailment)


def test_no_training_that_the_rules_were_tuned_on_is_reported() -> None:
    tuned, reported = ({(case.data, case.spec) for case in build_cases(half)} for half in (TUNE, REPORT))
    assert not tuned & reported
    assert not {data for data, _ in tuned} & {data for data, _ in reported}


def test_known_remedies_change_the_ailing_settings() -> None:
    ailing = [case for case in build_cases(REPORT) if case.ailment]
    assert [case.name for case in ailing if all(REMEDIES[name].apply(case.spec) == case.spec for name in case.remedies)] == []


def run(correct: list[bool], losses: list[float]) -> Run:
    return Run(None, np.array(correct), np.array(losses), 0.0)  # type: ignore[arg-type]  # only what is compared


def test_two_networks_are_compared_on_the_same_images() -> None:
    rng = np.random.default_rng(1)
    losses = rng.uniform(0, 2, 400)
    first = run([True] * 200 + [False] * 200, list(losses))
    better = run([True] * 230 + [False] * 170, list(losses - 0.05 + rng.normal(0, 0.1, 400)))
    same = run([True] * 201 + [False] * 199, list(losses + rng.normal(0, 0.5, 400)))
    assert contest(first, better).is_better and contest(better, first).is_worse
    assert not contest(first, same).is_better and not contest(first, same).is_worse
    # A loss that is lower beyond luck is a gain, unless fewer are right.
    surer = run([True] * 200 + [False] * 200, list(losses - 0.05))
    assert contest(first, surer).is_better
    assert not contest(better, surer).is_better


@pytest.mark.slow
def test_the_coach_is_right_about_a_slice_of_the_grid(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs.jsonl")
    verdicts = [judge(named(name), runs, is_tried=name.startswith("digits, 6") or "dropout" in name) for name in SLICE]
    assert [one.case.name for one in verdicts if one.case.ailment and not one.is_right] == []
    assert [one.case.name for one in verdicts if not one.case.ailment and one.is_called_ill] == []
    assert [one.case.name for one in verdicts if one.tried and not one.has_helped] == []
    # What was trained is kept: nothing is trained again.
    kept = Runs(tmp_path / "runs.jsonl")
    assert all(kept.has(one.case.data, one.case.spec) for one in verdicts)
