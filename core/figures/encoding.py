"""A label as the network is told it: a vector with a single 1, beside what a network might answer, and the loss between the two."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.figures.chart import Chart
from core.figures.theme import FigureTheme, vega_config

MAX_CELLS = 20
"""Cells drawn: as many as have room for a number. Of more classes, those around the label are shown."""

TARGET, ANSWER = "one-hot label", "an answer"


@dataclass(frozen=True)
class OneHotCell:
    """One place of the vector: its class, the label's 0 or 1 there, and the answer's probability."""

    index: int
    name: str
    target: int
    answer: float


@dataclass(frozen=True)
class OneHotInfo:
    """A label, the cells shown, and how many classes there are.

    `probability` is what the answer gives to the label's class; the rest is shared evenly among the others. `loss` is in nats.
    """

    label: int
    name: str
    cells: tuple[OneHotCell, ...]
    class_count: int
    probability: float
    loss: float


def build_one_hot(label: int, class_names: Sequence[str], probability: float) -> OneHotInfo:
    """Encode a label, and compare it with an answer that gives it `probability`, above 0 and at most 1.

    The loss is the cross-entropy, minus the sum of target times the logarithm of the answer: a single term is not zero.
    """
    count = len(class_names)
    first = min(max(label - MAX_CELLS // 2, 0), max(count - MAX_CELLS, 0))
    others = (1 - probability) / (count - 1)
    cells = [
        OneHotCell(index, class_names[index], int(index == label), probability if index == label else others)
        for index in range(first, min(first + MAX_CELLS, count))
    ]
    return OneHotInfo(label, class_names[label], tuple(cells), count, probability, abs(math.log(probability)))


def describe_one_hot(info: OneHotInfo) -> str:
    """What the vector means."""
    words = (
        f"The file holds the label {info.label}, which stands for {info.name}. One-hot encoded it is {info.class_count:,} numbers, "
        f"one for each class: a single 1 at place {info.label} (counted from 0), and {info.class_count - 1:,} zeros."
    )
    if info.class_count > len(info.cells):
        words += f" The picture shows places {info.cells[0].index} to {info.cells[-1].index}; all others are zeros too."
    return words


def describe_loss(info: OneHotInfo) -> str:
    """How the label and the answer become one number."""
    return (
        "The cross-entropy, the usual loss, multiplies each number of the label with the logarithm of the number below it, adds them up "
        "and changes the sign. "
        f"All zeros drop out, so only the class that is right counts: −ln({info.probability:.2f}) = {info.loss:.2f}. "
        f"Guessing evenly among {info.class_count:,} classes costs {math.log(info.class_count):.2f}; "
        "being sure and right costs nothing, being sure and wrong costs most."
    )


def one_hot_table(info: OneHotInfo) -> pd.DataFrame:
    """The cells shown, as text."""
    return pd.DataFrame(
        {
            "Place": [cell.index for cell in info.cells],
            "Class": [cell.name for cell in info.cells],
            "One-hot label": [cell.target for cell in info.cells],
            "An answer": [f"{cell.answer:.3f}" for cell in info.cells],
        }
    )


def build_one_hot_chart(info: OneHotInfo, theme: FigureTheme) -> Chart:
    """Two rows of cells with their numbers: the label above, the answer below. The label's class has a strong frame."""
    rows = [
        # The place makes names that repeat, or are cut, still different columns.
        (f"{cell.index}", cell.name, line, value, f"{value:.0f}" if line == TARGET else _short(value), cell.target)
        for cell in info.cells
        for line, value in ((TARGET, float(cell.target)), (ANSWER, cell.answer))
    ]
    return Chart(_spec(info, theme), pd.DataFrame(rows, columns=["place", "name", "line", "value", "text", "target"]))


def _spec(info: OneHotInfo, theme: FigureTheme) -> dict[str, Any]:
    names = {f"{cell.index}": cell.name for cell in info.cells}
    look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelLimit": 110, "title": None}
    slanted = -40 if max(map(len, names.values())) > 3 else 0
    across = {
        "field": "place",
        "type": "nominal",
        "sort": None,
        "scale": {"paddingInner": 0.06},
        # Vega reads the names from the document, not from the data, so that they can hold any character.
        "axis": {**look, "labelAngle": slanted, "labelExpr": _names_by_place(names), "orient": "bottom"},
    }
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": 160 if slanted else 120,
        "encoding": {
            "x": across,
            "y": {"field": "line", "type": "nominal", "sort": [TARGET, ANSWER], "scale": {"paddingInner": 0.12}, "axis": look},
            "tooltip": [
                {"field": "place", "title": "Place"},
                {"field": "name", "title": "Class"},
                {"field": "line", "title": "Row"},
                {"field": "value", "title": "Number", "format": ".3f"},
            ],
        },
        "layer": [
            {
                "mark": {"type": "rect", "cornerRadius": 2, "fill": theme.first},
                "encoding": {
                    "fillOpacity": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1], "range": [0.05, 0.5]},
                        "legend": None,
                    },
                    "stroke": {"condition": {"test": "datum.target === 1", "value": theme.foreground}, "value": theme.line},
                    "strokeWidth": {"condition": {"test": "datum.target === 1", "value": 2}, "value": 1},
                },
            },
            {"mark": {"type": "text", "color": theme.foreground}, "encoding": {"text": {"field": "text"}}},
        ],
    }


def _short(probability: float) -> str:
    """With two digits; never as a zero, which it is not."""
    return "<0.01" if 0 < probability < 0.005 else f"{probability:.2f}"


def _names_by_place(names: dict[str, str]) -> str:
    """A Vega expression from a place to its class name."""
    return f"{json.dumps(names)}[datum.value]"
