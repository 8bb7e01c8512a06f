"""The learning rate that was used beside the schedule's."""

from __future__ import annotations

import json

import altair
import pytest

from core.figures.curves import Across, CurveView
from core.figures.learning_rate import RatesInfo, build_rate_chart, build_rates, describe_rates
from core.figures.theme import LIGHT
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory
from core.training.events import EpochEnded, Mark, Marked, StepsTaken, TrainingStarted

STARTED = TrainingStarted(10, 100, 10, 100, {})
CONSTANT = TrainingSpec(epochs=4, learning_rate=0.01)


def step(number: int, rate: float | None = 0.01) -> StepsTaken:
    return StepsTaken(1, number, 0.5, 0.8, None, None, 9000.0, number / 50, rate)


def end(epoch: int, rate: float | None = 0.01) -> EpochEnded:
    return EpochEnded(epoch, epoch * 100, 0.5, 0.8, None, None, 9000.0, epoch * 2.0, rate)


def rates(*steps: StepsTaken, spec: TrainingSpec = CONSTANT, factors: tuple[float, ...] = ()) -> RatesInfo:
    marks = tuple(Marked(Mark.RATE_CHANGED, 1, 50, 1.0, factor) for factor in factors)
    return build_rates(RunHistory(STARTED, steps, (end(1),), marks), spec)


def test_a_rate_that_never_changes_is_only_told() -> None:
    info = rates(step(50))
    assert info.is_constant
    assert describe_rates(info) == "The learning rate is 0.01 in every step."


def test_rates_are_in_the_order_of_the_steps_wherever_they_were_reported() -> None:
    assert rates(step(50), step(150, 0.005)).used == ((0.5, 0.01), (1.0, 0.01), (1.5, 0.005))


@pytest.mark.parametrize("settings", [{"schedule": "cosine"}, {"warmup_epochs": 1.0}])
def test_a_schedule_is_shown_from_the_first_step_on(settings: dict[str, object]) -> None:
    info = build_rates(RunHistory(STARTED), CONSTANT.model_copy(update=settings))
    assert not info.is_constant and info.used == ()
    assert describe_rates(info).startswith("The learning rate is now")


def test_a_change_by_hand_is_told_with_its_factor() -> None:
    info = rates(step(50), step(150, 0.0025), factors=(0.5, 0.25))
    assert not info.is_constant
    assert describe_rates(info) == "The learning rate is now 0.0025, 0.25 times what the schedule says."


def test_a_run_that_continues_a_changed_one_is_back_to_the_schedule() -> None:
    info = rates(step(50, 0.0025), step(150, 0.01), factors=(0.25,))
    assert describe_rates(info) == "The learning rate is now 0.01."
    assert not info.is_constant


def test_a_change_that_was_taken_back_stays_visible() -> None:
    info = rates(step(50, 0.005), factors=(0.5, 1.0))
    assert not info.is_constant
    assert "times" not in describe_rates(info)


def test_a_run_of_the_first_version_has_only_the_schedule() -> None:
    info = build_rates(RunHistory(STARTED, (step(50, None),), (end(1, None),)), CONSTANT)
    assert info.used == () and info.is_constant and info.now == pytest.approx(0.01)


def test_a_long_run_is_thinned_out() -> None:
    assert len(rates(*(step(number) for number in range(1, 3000))).used) == 400


@pytest.mark.parametrize("across", Across)
def test_the_chart_is_sound_and_spans_the_whole_run(across: Across) -> None:
    history = RunHistory(STARTED, (step(50), step(150, 0.02)), (), (Marked(Mark.RATE_CHANGED, 1, 60, 1.0, 2.0),))
    chart = build_rate_chart(build_rates(history, CONSTANT, CurveView(across=across)), LIGHT)
    assert chart.spec["encoding"]["x"]["scale"]["domain"] == [0, 400 if across == Across.STEPS else 4]
    assert chart.spec["encoding"]["y"]["scale"]["domain"][1] == pytest.approx(0.021)
    assert chart.data[chart.data["kind"] == "mark"]["epoch"].tolist() == [60 if across == Across.STEPS else 0.6]
    assert json.dumps(chart.to_dict(), allow_nan=False)
    assert altair.LayerChart.from_dict(chart.to_dict()).to_dict()["height"] == 190


def test_while_a_run_goes_on_only_the_data_changes() -> None:
    first, second = (build_rate_chart(rates(*steps), LIGHT) for steps in ((step(50),), (step(50), step(99))))
    assert first.spec == second.spec
    assert len(second.data) == len(first.data) + 1
