"""The curve of the learning rate: where it starts, how high it gets, where it ends."""

from __future__ import annotations

import json
from typing import Any

import altair
import pytest

from core.figures.schedules import POINTS, ScheduleInfo, build_schedule, build_schedule_chart, describe_schedule
from core.figures.theme import DARK, LIGHT, FigureTheme
from core.networks.spec import TrainingSpec


def build(**changes: Any) -> ScheduleInfo:
    return build_schedule(TrainingSpec(epochs=10, learning_rate=0.01, **changes))


def test_a_constant_rate_is_the_same_in_every_step() -> None:
    info = build()
    assert info.rates == pytest.approx([0.01] * len(info.rates))
    assert describe_schedule(info) == "0.01 in every step."


def test_steps_drop_at_the_end_of_an_epoch() -> None:
    info = build(schedule="step", drop_every=4, decay_factor=0.5)
    at_epoch = info.rates[:: info.per_epoch]
    assert at_epoch == pytest.approx([0.01] * 4 + [0.005] * 4 + [0.0025] * 2)
    assert info.rates[4 * info.per_epoch - 1] == pytest.approx(0.01)
    assert describe_schedule(info) == "From 0.01 down to 0.0025."


def test_a_cycle_rises_in_three_tenths_of_the_training() -> None:
    words = describe_schedule(build(schedule="one_cycle"))
    assert words.startswith("From 0.0004 up to 0.01 after 3.0 epochs, then down to ")
    assert words.endswith(" after 10.")


def test_a_warm_up_ends_at_the_full_rate() -> None:
    assert describe_schedule(build(warmup_epochs=2)) == "From 0.000125 up to 0.01 after 2.0 epochs, and stays there."


@pytest.mark.parametrize("epochs", [1, 3, 40, 500])
def test_the_curve_has_a_few_hundred_points_for_any_number_of_epochs(epochs: int) -> None:
    info = build_schedule(TrainingSpec(epochs=epochs, batch_size=1))
    assert len(info.rates) == epochs * info.per_epoch
    assert POINTS / 2 < len(info.rates) <= POINTS * 1.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_chart_is_valid_and_spans_the_training_from_zero_up(theme: FigureTheme) -> None:
    info = build(schedule="one_cycle")
    chart = build_schedule_chart(info, theme)
    altair.Chart.from_json(json.dumps(chart.to_dict()), validate=True)
    assert chart.spec["encoding"]["x"]["scale"]["domain"] == [0, 10]
    low, high = chart.spec["encoding"]["y"]["scale"]["domain"]
    assert low == 0 and high > max(info.rates)
    assert chart.data["epoch"].iloc[-1] == pytest.approx(10 - 1 / info.per_epoch)
    assert chart.data["rate"].to_list() == list(info.rates)
