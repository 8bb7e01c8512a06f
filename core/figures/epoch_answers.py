"""What the network of each epoch took one image for: its answer as lines over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.run_curves import DASHES, RUN_COLOURS, SHAPES
from core.figures.theme import FigureTheme, vega_config
from core.rates import format_percent

MAX_LINES = 5
"""Classes that are drawn."""


@dataclass(frozen=True)
class AnswerLine:
    """The probability of one class, from 0 to 1, in each epoch."""

    name: str
    shares: tuple[float, ...]


@dataclass(frozen=True)
class EpochAnswersInfo:
    """The answers to one image.

    Attributes:
        epochs: whose weights were kept, ascending.
        lines: the classes that were the answer at some epoch or came close, the one with the largest part first.
        winners: the answer of each epoch, as a name.
        certainties: its probability.
    """

    epochs: tuple[int, ...]
    lines: tuple[AnswerLine, ...]
    winners: tuple[str, ...]
    certainties: tuple[float, ...]


def build_epoch_answers(epochs: Sequence[int], probabilities: NDArray[np.float32], class_names: Sequence[str]) -> EpochAnswersInfo:
    """Args:
    epochs: e of them, ascending.
    probabilities: `(e, c)`, each row adding up to 1.
    class_names: c names.

    Raises `ValueError` if their numbers differ.
    """
    if probabilities.shape != (len(epochs), len(class_names)):
        raise ValueError(f"probabilities of shape {probabilities.shape} for {len(epochs)} epochs and {len(class_names)} classes")
    best = probabilities.argmax(axis=1)
    ranked = np.argsort(-probabilities.mean(axis=0), kind="stable")[:MAX_LINES].tolist()
    # What it says in the end is there even if it took long to get there.
    chosen = ranked if best[-1] in ranked else [*ranked[:-1], int(best[-1])]
    return EpochAnswersInfo(
        epochs=tuple(epochs),
        lines=tuple(AnswerLine(class_names[label], tuple(probabilities[:, label].tolist())) for label in chosen),
        winners=tuple(class_names[label] for label in best),
        certainties=tuple(probabilities.max(axis=1).tolist()),
    )


def build_answers_chart(info: EpochAnswersInfo, epoch: int, theme: FigureTheme) -> Chart:
    """A line for each class, and an upright one at `epoch`. Moving that changes the data only, so the browser keeps the chart."""
    rows = [(number, line.name, share) for line in info.lines for number, share in zip(info.epochs, line.shares, strict=True)]
    data = pd.DataFrame(rows, columns=["epoch", "class", "share"])
    return Chart(_spec(info, theme), with_percents(data, "share").assign(now=data["epoch"] == epoch))


def answers_table(info: EpochAnswersInfo) -> pd.DataFrame:
    """One row for each epoch: the answer, and how certain it was, in percent."""
    return pd.DataFrame(
        {"Epoch": info.epochs, "Read as": info.winners, "Probability": [format_percent(share) for share in info.certainties]}
    )


def describe_epoch_answers(info: EpochAnswersInfo, epoch: int) -> str:
    """The answer at one epoch, and since when the last answer has stood."""
    place = info.epochs.index(epoch)
    words = f"After epoch {epoch}: read as {info.winners[place]} ({format_percent(info.certainties[place])})."
    last = info.winners[-1]
    since = len(info.winners)
    while since and info.winners[since - 1] == last:
        since -= 1
    if since == 0:
        return f"{words} It was read as {last} from the first of these epochs on."
    return f"{words} Since epoch {info.epochs[since]} it has been read as {last}."


def _spec(info: EpochAnswersInfo, theme: FigureTheme) -> dict[str, Any]:
    across = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"zero": False, "nice": False},
        "axis": {"grid": False, "tickMinStep": 1, "format": "d", "tickCount": 8},
    }
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 240,
        "encoding": {
            "x": across,
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%", "tickCount": 5},
            },
            "color": _by_class(info, RUN_COLOURS[theme.name]),
        },
        "layer": [
            {
                "transform": [{"filter": "datum.now"}],
                "mark": {"type": "rule", "strokeWidth": 1.5, "color": theme.foreground},
                "encoding": {"y": None, "color": {"value": theme.foreground}},
            },
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"strokeDash": _by_class(info, DASHES)}},
            {
                "mark": {"type": "point", "filled": True, "opacity": 1},
                "encoding": {
                    "shape": _by_class(info, SHAPES),
                    "size": {"condition": {"test": "datum.now", "value": 110}, "value": 30},
                    "tooltip": [
                        {"field": "class", "title": "Class"},
                        {"field": "epoch", "title": "Epoch"},
                        percent_tooltip("share", "Probability"),
                    ],
                },
            },
        ],
    }


def _by_class(info: EpochAnswersInfo, values: Sequence[object]) -> dict[str, Any]:
    return {
        "field": "class",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [line.name for line in info.lines], "range": list(values[: len(info.lines)])},
        "legend": {"orient": "top", "symbolOpacity": 1, "symbolSize": 90, "symbolStrokeWidth": 0, "labelLimit": 120, "columns": 5},
    }
