"""The learning rate that a run really had, beside the one that its schedule says."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pandas as pd

from core.figures.chart import Chart
from core.figures.curve_chart import across_encoding, count_across
from core.figures.curve_marks import CurveMark, build_marks, mark_layers, mark_rows
from core.figures.curves import MAX_POINTS, CurveView, thin_out
from core.figures.schedules import ScheduleInfo, build_schedule
from core.figures.theme import FigureTheme, vega_config
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory
from core.training.events import EpochEnded, Mark, StepsTaken

SCHEDULE, USED = "Schedule", "Used"

Rate = tuple[float, float]
"""An epoch as a real number, and the learning rate of the step that ended there."""


@dataclass(frozen=True)
class RatesInfo:
    """What the chart and the sentence are made from. `used` is empty before the first step, and for runs of the first version.

    `factor` is what the rate of the schedule was last multiplied by.
    """

    epochs: int
    per_epoch: int
    planned: tuple[Rate, ...]
    used: tuple[Rate, ...]
    factor: float
    marks: tuple[CurveMark, ...]
    view: CurveView = field(default_factory=CurveView)

    @property
    def now(self) -> float:
        """The rate of the last step; before that of the first one to come."""
        return self.used[-1][1] if self.used else self.planned[0][1]

    @property
    def is_changed(self) -> bool:
        """Whether the last step's rate is the schedule's times `factor`: a run that continues another is back to the schedule."""
        if self.factor == 1 or not self.used:
            return self.factor != 1
        epoch, rate = self.used[-1]
        scheduled = max((place, planned) for place, planned in self.planned if place <= epoch)[1]
        return abs(rate - self.factor * scheduled) < abs(rate - scheduled)

    @property
    def is_constant(self) -> bool:
        """Whether every step has had, and will have, the same rate."""
        return self.factor == 1 and len({rate for _, rate in self.planned}) == 1 and len({rate for _, rate in self.used}) <= 1


def build_rates(history: RunHistory, spec: TrainingSpec, view: CurveView | None = None) -> RatesInfo:
    """The rates so far and those to come."""
    per_epoch = history.started.steps_per_epoch if history.started else 1
    events: list[StepsTaken | EpochEnded] = sorted([*history.steps, *history.epochs], key=lambda event: event.step)
    used = [(event.step / per_epoch, event.learning_rate) for event in events if event.learning_rate is not None]
    changes = [mark.value for mark in history.marks if mark.mark == Mark.RATE_CHANGED and mark.value is not None]
    schedule = _schedule(spec)
    planned = tuple((place / schedule.per_epoch, rate) for place, rate in enumerate(schedule.rates))
    factor = changes[-1] if changes else 1.0
    return RatesInfo(spec.epochs, per_epoch, planned, thin_out(used, MAX_POINTS), factor, build_marks(history), view or CurveView())


def describe_rates(info: RatesInfo) -> str:
    """One sentence, such as "The learning rate is 0.001 in every step."."""
    if info.is_constant:
        return f"The learning rate is {info.now:.3g} in every step."
    changed = "" if not info.is_changed else f", {info.factor:g} times what the schedule says"
    return f"The learning rate is now {info.now:.3g}{changed}."


def build_rate_chart(info: RatesInfo, theme: FigureTheme) -> Chart:
    """The schedule as a thin dashed line over the whole run, the rate used as a strong one on top of it."""
    highest = max(rate for _, rate in info.planned + info.used)
    rows = [
        {"epoch": epoch, "value": rate, "series": name, "kind": "rate", "label": ""}
        for name, rates in ((SCHEDULE, info.planned), (USED, info.used))
        for epoch, rate in rates
    ]
    data = count_across(pd.DataFrame([*rows, *mark_rows(info.marks, highest)]), info.per_epoch, info.view.across)
    return Chart(_spec(info, highest, theme), data)


@lru_cache(maxsize=32)
def _schedule(spec: TrainingSpec) -> ScheduleInfo:
    """Kept, because it stays the same while the curves are drawn several times a second."""
    return build_schedule(spec)


def _spec(info: RatesInfo, highest: float, theme: FigureTheme) -> dict[str, Any]:
    up = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, highest * 1.05], "nice": False},
        "axis": {"title": None, "format": ",~r", "tickCount": 5},
    }
    scale = {"domain": [SCHEDULE, USED], "range": [theme.muted, theme.first]}
    legend = {"orient": "top", "symbolType": "stroke", "symbolOpacity": 1, "symbolStrokeWidth": 2.5}
    return {
        "config": vega_config(theme),
        "title": {"text": "Learning rate", "anchor": "start", "color": theme.foreground, "fontSize": 14, "fontWeight": 600},
        "width": "container",
        "height": 190,
        "encoding": {
            "x": across_encoding(info.epochs, info.per_epoch, info.view.across),
            "y": up,
            "color": {"field": "series", "type": "nominal", "title": None, "scale": scale, "legend": legend},
        },
        "layer": [
            {
                "transform": [{"filter": f"datum.series === '{SCHEDULE}'"}],
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 1.5, "strokeDash": [5, 4]},
            },
            {
                # What is reported is the rate of the steps just taken.
                "transform": [{"filter": f"datum.series === '{USED}'"}],
                "mark": {"type": "line", "interpolate": "step-before", "strokeWidth": 2.5},
            },
            *mark_layers(theme),
        ],
    }
