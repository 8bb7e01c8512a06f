"""The learning rate over a whole training, before it starts."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.figures.chart import Chart
from core.figures.theme import FigureTheme, vega_config
from core.networks.schedules import learning_rates
from core.networks.spec import TrainingSpec

POINTS = 400
"""Points of the curve, about: as many as a chart has pixels to tell apart."""


@dataclass(frozen=True)
class ScheduleInfo:
    """The rate `rates[i]` from `i / per_epoch` epochs on, until the next one. `per_epoch` is at least 1."""

    epochs: int
    per_epoch: int
    rates: tuple[float, ...]


def build_schedule(spec: TrainingSpec) -> ScheduleInfo:
    """The rates of a training with about `POINTS` steps: the curve does not depend on how many there are."""
    per_epoch = max(1, round(POINTS / spec.epochs))
    return ScheduleInfo(spec.epochs, per_epoch, tuple(learning_rates(spec, per_epoch).tolist()))


def build_schedule_chart(info: ScheduleInfo, theme: FigureTheme) -> Chart:
    """The curve over the epochs, from 0 up, so that its height can be compared."""
    data = pd.DataFrame({"epoch": [place / info.per_epoch for place in range(len(info.rates))], "rate": info.rates})
    return Chart(_spec(info.epochs, max(info.rates), theme), data)


def describe_schedule(info: ScheduleInfo) -> str:
    """Where the rate starts, how high it gets and where it ends, such as "From 0.002 down to 5e-08."."""
    first, highest, last = info.rates[0], max(info.rates), info.rates[-1]
    if first == highest == last:
        return f"{first:.3g} in every step."
    if first == highest:
        return f"From {first:.3g} down to {last:.3g}."
    when = info.rates.index(highest) / info.per_epoch
    end = "and stays there" if last == highest else f"then down to {last:.3g} after {info.epochs}"
    return f"From {first:.3g} up to {highest:.3g} after {when:.1f} epochs, {end}."


def _spec(epochs: int, highest: float, theme: FigureTheme) -> dict[str, object]:
    across = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [0, epochs], "nice": False},
        "axis": {"title": "epoch", "grid": False, "tickMinStep": 1, "tickCount": 6, "format": "d", "labelOverlap": "greedy"},
    }
    up = {
        "field": "rate",
        "type": "quantitative",
        # Left to itself, Vega would look for the ends before the data are there.
        "scale": {"domain": [0, highest * 1.05], "nice": False},
        "axis": {"title": None, "format": ",~r", "tickCount": 4},
    }
    tooltip = [
        {"field": "epoch", "title": "Epoch", "type": "quantitative", "format": ".1f"},
        {"field": "rate", "title": "Learning rate", "type": "quantitative", "format": ".3g"},
    ]
    return {
        "config": vega_config(theme),
        "title": {"text": "Learning rate", "anchor": "start", "color": theme.foreground, "fontSize": 13, "fontWeight": 600},
        "width": "container",
        "height": 190,
        # A rate holds until the next step: drops are upright.
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5, "color": theme.first},
        "encoding": {"x": across, "y": up, "tooltip": tooltip},
    }
