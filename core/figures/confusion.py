"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.figures.chart import Chart
from core.figures.numbers import format_times
from core.figures.theme import FigureTheme, vega_config

MAX_WRITTEN = 12
"""Classes up to which counts are written into the cells; with more, the numbers would not fit. They are in the tooltip and the table."""


@dataclass(frozen=True)
class ConfusionCell:
    """Images of one true class read as one class.

    `strength` from 0 to 1 is how dark the cell gets: for right ones the share of its row; for mistakes the logarithm of their number
    against that of the most common mistake, so that a few mistakes can be seen beside a thousand right answers.
    """

    true: str
    read: str
    count: int
    share: float
    strength: float

    @property
    def is_right(self) -> bool:
        return self.true == self.read


@dataclass(frozen=True)
class ConfusionInfo:
    """All cells that hold images, row by row; rows are true classes, columns what they were read as."""

    class_names: tuple[str, ...]
    cells: tuple[ConfusionCell, ...]


def build_confusion(matrix: NDArray[np.integer], class_names: Sequence[str]) -> ConfusionInfo:
    """Args:
    matrix: whole numbers, `(c, c)`; `matrix[true, read]` counts images.
    class_names: c different names.
    """
    _check(matrix, class_names)
    per_class = matrix.sum(axis=1)
    most = int(_mistakes(matrix).max(initial=0))
    cells = []
    for true, read in np.argwhere(matrix > 0):
        count = int(matrix[true, read])
        share = count / int(per_class[true])
        strength = share if true == read else float(np.log1p(count) / np.log1p(most))
        cells.append(ConfusionCell(class_names[true], class_names[read], count, share, strength))
    return ConfusionInfo(tuple(class_names), tuple(cells))


def build_confusion_chart(info: ConfusionInfo, theme: FigureTheme) -> Chart:
    """A heat map: true classes down, what they were read as across. Mistakes differ in colour and in place, which is off the diagonal."""
    rows = [(cell.true, cell.read, cell.count, cell.share, cell.strength, "right" if cell.is_right else "mistake") for cell in info.cells]
    data = pd.DataFrame(rows, columns=["true", "read", "count", "share", "strength", "verdict"])
    return Chart(_confusion_spec(info.class_names, theme), data)


def confusion_table(matrix: NDArray[np.integer], class_names: Sequence[str]) -> pd.DataFrame:
    """The matrix with names: one row for each true class, one column for each class it was read as."""
    _check(matrix, class_names)
    return pd.DataFrame(matrix, index=pd.Index(class_names, name="True class"), columns=[f"read as {name}" for name in class_names])


def describe_confusion(matrix: NDArray[np.integer], class_names: Sequence[str]) -> str:
    """The most common mistake in a sentence: "The most common mistake: 9 read as 4, 12 times."."""
    _check(matrix, class_names)
    mistakes = _mistakes(matrix)
    if not mistakes.any():
        return "There are no mistakes."
    true, read = np.unravel_index(int(mistakes.argmax()), mistakes.shape)
    names = f"{class_names[int(true)]} read as {class_names[int(read)]}"
    return f"The most common mistake: {names}, {format_times(int(mistakes[true, read]))}."


def _mistakes(matrix: NDArray[np.integer]) -> NDArray[np.integer]:
    mistakes = matrix.copy()
    np.fill_diagonal(mistakes, 0)
    return mistakes


def _check(matrix: NDArray[np.integer], class_names: Sequence[str]) -> None:
    if matrix.shape != (len(class_names), len(class_names)):
        raise ValueError(f"a confusion matrix of shape {matrix.shape} for {len(class_names)} classes; expected one row and column each")


def _confusion_spec(class_names: tuple[str, ...], theme: FigureTheme) -> dict[str, Any]:
    written = len(class_names) <= MAX_WRITTEN
    counts = {"mark": {"type": "text"}, "encoding": {"text": {"field": "count", "type": "quantitative", "format": ","}}}
    angle = 0 if max(map(len, class_names)) <= 3 else -40

    def axis(field: str, title: str, **more: object) -> dict[str, Any]:
        look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelLimit": 90, "titlePadding": 14}
        return {
            "field": field,
            "type": "nominal",
            "title": title,
            "sort": None,
            "scale": {"domain": list(class_names), "paddingInner": 0.04},
            "axis": {**look, "labelOverlap": not written, **more},
        }

    return {
        "config": {**vega_config(theme), "view": {"stroke": theme.line}},
        "width": "container",
        "height": 400,
        "encoding": {"x": axis("read", "read as", orient="bottom", labelAngle=angle), "y": axis("true", "true class")},
        "layer": [_cell_layer(theme), counts] if written else [_cell_layer(theme)],
    }


def _cell_layer(theme: FigureTheme) -> dict[str, Any]:
    return {
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {
            "color": {
                "field": "verdict",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["right", "mistake"], "range": [theme.right, theme.wrong]},
                "legend": {"orient": "top", "symbolType": "square", "symbolOpacity": 0.6},
            },
            # Never so strong that the number in the cell could not be read.
            "opacity": {
                "field": "strength",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0.06, 0.55]},
                "legend": None,
            },
            "tooltip": [
                {"field": "true", "title": "True class"},
                {"field": "read", "title": "Read as"},
                {"field": "count", "title": "Images", "format": ","},
                {"field": "share", "title": "Share of the true class", "format": ".1%"},
            ],
        },
    }
