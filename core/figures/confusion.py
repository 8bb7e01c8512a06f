"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.numbers import format_count, format_times
from core.figures.theme import FigureTheme, vega_config
from core.ranking import find_equals, is_clearly_more, list_names
from core.rates import percent_number

MAX_WRITTEN = 12
"""Classes up to which numbers are written into the cells; with more, they would not fit. They are in the tooltip and the table."""

MAX_TICKS = 40
"""Classes up to which all names stand beside the picture."""

CLICKED = "clicked"
"""The name of the selection that holds the cell which was clicked, as `true_label` and `read_label`."""

_WEAKEST, _STRONGEST = 0.06, 0.55
"""How opaque cells are. Never so strong that the number in the cell could not be read."""


class CellNumber(StrEnum):
    """What the numbers in the cells are; shares are in percent."""

    COUNT = "images"
    OF_TRUE = "share of the true class"
    OF_READ = "share of the answer"


@dataclass(frozen=True)
class ConfusionCell:
    """Images of one true class read as one class.

    Attributes:
        true, read: labels.
        count: the images.
        of_true, of_read: their share of all images of that class, and of all images read so; from 0 to 1.
        strength: from 0 to 1, how dark the cell gets: for right ones the share; for mistakes the logarithm of their number against that
            of the most common mistake, so that a few mistakes can be seen beside a thousand right answers.
        text: the number to write into it.
    """

    true: int
    read: int
    count: int
    of_true: float
    of_read: float
    strength: float
    text: str

    @property
    def is_right(self) -> bool:
        return self.true == self.read


@dataclass(frozen=True)
class ConfusionInfo:
    """All cells that hold images, row by row; rows are true classes, columns what they were read as."""

    class_names: tuple[str, ...]
    cells: tuple[ConfusionCell, ...]
    number: CellNumber = CellNumber.COUNT


def build_confusion(matrix: NDArray[np.integer], class_names: Sequence[str], number: CellNumber = CellNumber.COUNT) -> ConfusionInfo:
    """Args:
    matrix: whole numbers, `(c, c)`; `matrix[true, read]` counts images.
    class_names: c different names.
    number: what is written into the cells.
    """
    _check(matrix, class_names)
    per_class, per_answer = matrix.sum(axis=1), matrix.sum(axis=0)
    most = int(_mistakes(matrix).max(initial=0))
    cells = []
    for true, read in np.argwhere(matrix > 0).tolist():
        count = int(matrix[true, read])
        of_true, of_read = count / int(per_class[true]), count / int(per_answer[read])
        share = of_read if number == CellNumber.OF_READ else of_true
        strength = share if true == read else float(np.log1p(count) / np.log1p(most))
        text = format_count(count) if number == CellNumber.COUNT else percent_number(share)
        cells.append(ConfusionCell(true, read, count, of_true, of_read, strength, text))
    return ConfusionInfo(tuple(class_names), tuple(cells), number)


def build_confusion_chart(info: ConfusionInfo, theme: FigureTheme, chosen: tuple[int, int] | None = None) -> Chart:
    """A heat map: true classes down, what they were read as across. Mistakes differ in colour and in place, which is off the diagonal.

    With a `chosen` cell, its true class and what it was read as, that one is framed and any can be clicked: see `CLICKED`.
    """
    rows = [
        (
            info.class_names[cell.true],
            info.class_names[cell.read],
            cell.true,
            cell.read,
            cell.count,
            cell.of_true,
            cell.of_read,
            cell.strength,
            cell.text,
            "right" if cell.is_right else "mistake",
            (cell.true, cell.read) == chosen,
        )
        for cell in info.cells
    ]
    columns = ["true", "read", "true_label", "read_label", "count", "of_true", "of_read", "strength", "text", "verdict", "chosen"]
    data = with_percents(pd.DataFrame(rows, columns=columns), "of_true", "of_read")
    return Chart(_confusion_spec(info.class_names, theme, clickable=chosen is not None), data)


def draw_confusion(info: ConfusionInfo, theme: FigureTheme) -> Figure:
    """The same heat map in matplotlib."""
    count = len(info.class_names)
    side = float(np.clip(0.55 * count, 4.5, 12))
    figure = Figure(figsize=(side + 1.2, side + 0.6), dpi=160, facecolor="none", layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(_colours(info, theme), interpolation="nearest")
    if count <= MAX_WRITTEN:
        for cell in info.cells:
            axes.text(cell.read, cell.true, cell.text, ha="center", va="center", color=theme.foreground, fontsize=10)
    axes.set_title(f"{info.number.capitalize()}{'' if info.number == CellNumber.COUNT else ', %'}", color=theme.foreground, fontsize=12)
    axes.set_xlabel("read as", color=theme.muted)
    axes.set_ylabel("true class", color=theme.muted)
    shown = list(range(0, count, -(-count // MAX_TICKS)))
    names = [info.class_names[label] for label in shown]
    axes.set_xticks(shown, names, rotation=0 if max(map(len, names)) <= 3 else 40, ha="center" if max(map(len, names)) <= 3 else "right")
    axes.set_yticks(shown, names)
    axes.tick_params(colors=theme.foreground, length=0)
    axes.spines[:].set_color(theme.line)
    return figure


def confusion_table(matrix: NDArray[np.integer], class_names: Sequence[str]) -> pd.DataFrame:
    """The matrix with names: one row for each true class, one column for each class it was read as."""
    _check(matrix, class_names)
    return pd.DataFrame(matrix, index=pd.Index(class_names, name="True class"), columns=[f"read as {name}" for name in class_names])


def common_mistakes(matrix: NDArray[np.integer], most: int) -> list[tuple[int, int]]:
    """True class and what it was read as of the most common mistakes, the most common first; at most so many."""
    mistakes = _mistakes(matrix)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:most]
    places = zip(*(axis.tolist() for axis in np.unravel_index(order, mistakes.shape)), strict=True)
    return [(true, read) for true, read in places if mistakes[true, read]]


def describe_confusion(matrix: NDArray[np.integer], class_names: Sequence[str]) -> str:
    """The most common mistake in a sentence: "The most common mistake: 9 read as 4, 12 times.", and whether it is clearly that."""
    _check(matrix, class_names)
    found = common_mistakes(matrix, matrix.size)
    if not found:
        return "There are no mistakes."
    often = {pair: int(matrix[pair]) for pair in found}
    first = [_name(pair, class_names) for pair in find_equals(found, often.__getitem__)]
    most = often[found[0]]
    if most == 1:
        return f"There is one mistake: {first[0]}." if len(first) == 1 else _no_pair_twice(len(first))
    if len(first) > 1:
        return f"The most common mistakes, {format_times(most)} each: {list_names(first)}."
    words = f"The most common mistake: {first[0]}, {format_times(most)}"
    if len(found) > 1 and not is_clearly_more(most, often[found[1]]):
        return f"{words}. That it leads may be luck: {_name(found[1], class_names)}, {format_times(often[found[1]])}."
    return f"{words}."


def describe_common(matrix: NDArray[np.integer], class_names: Sequence[str], most: int) -> str:
    """Up to `most` mistakes that were made more than once, the most common first, in a sentence or two; empty if there are no mistakes."""
    _check(matrix, class_names)
    found = common_mistakes(matrix, matrix.size)
    often = {pair: int(matrix[pair]) for pair in found}
    told = [pair for pair in found if often[pair] > 1][:most]
    if not found:
        return ""
    if not told:
        return f"There is one mistake: {_name(found[0], class_names)}." if len(found) == 1 else _no_pair_twice(len(found))
    last = often[told[-1]]
    left_out = sum(often[pair] == last for pair in found) - sum(often[pair] == last for pair in told)
    words = "; ".join(f"{_name(pair, class_names)}, {format_times(often[pair])}" for pair in told)
    words += f"; {left_out:,} more as often as the last." if left_out else "."
    if len(found) > 1 and not is_clearly_more(often[found[0]], often[found[1]]):
        many = " So few do not tell which of the first two is really more common."
        words += many if len(told) > 1 else _may_be_luck(found[1], often, class_names)
    return f"The most common mistakes: {words}"


def _may_be_luck(second: tuple[int, int], often: Mapping[tuple[int, int], int], class_names: Sequence[str]) -> str:
    return f" That it leads may be luck: {_name(second, class_names)}, {format_times(often[second])}."


def describe_pair(matrix: NDArray[np.integer], class_names: Sequence[str], first: int, second: int) -> str:
    """How two different classes are told apart, in a sentence or two."""
    there, back = int(matrix[first, second]), int(matrix[second, first])
    one, other = class_names[first], class_names[second]
    words = f"{one} is read as {other} {_often(there)}, {other} as {one} {_often(back)}. "
    if there == back:
        return words + "Neither is the likelier guess."
    if not is_clearly_more(max(there, back), min(there, back)):
        return words + "That is too close to say which is the likelier guess."
    likelier = other if there > back else one
    return words + f"In doubt between the two, the network says {likelier} more often."


def pair_table(matrix: NDArray[np.integer], class_names: Sequence[str], first: int, second: int) -> pd.DataFrame:
    """The four counts of two classes, and what else their images were read as."""
    pair = [first, second]
    counts = matrix[np.ix_(pair, pair)]
    table = confusion_table(counts, [class_names[label] for label in pair])
    return table.assign(**{"read as others": matrix[pair].sum(axis=1) - counts.sum(axis=1)}).reset_index()


def _name(pair: tuple[int, int], class_names: Sequence[str]) -> str:
    return f"{class_names[pair[0]]} read as {class_names[pair[1]]}"


def _no_pair_twice(mistakes: int) -> str:
    return f"No mistake was made twice: there are {mistakes:,}, all different, so none is more common than another."


def _often(count: int) -> str:
    return "never" if count == 0 else format_times(count)


def _mistakes(matrix: NDArray[np.integer]) -> NDArray[np.integer]:
    mistakes = matrix.copy()
    np.fill_diagonal(mistakes, 0)
    return mistakes


def _check(matrix: NDArray[np.integer], class_names: Sequence[str]) -> None:
    if matrix.shape != (len(class_names), len(class_names)):
        raise ValueError(f"a confusion matrix of shape {matrix.shape} for {len(class_names)} classes; expected one row and column each")


def _colours(info: ConfusionInfo, theme: FigureTheme) -> NDArray[np.float64]:
    """One colour for each cell, `(c, c, 4)`; empty ones are transparent."""
    colours = np.zeros((len(info.class_names), len(info.class_names), 4))
    for cell in info.cells:
        opacity = _WEAKEST + cell.strength * (_STRONGEST - _WEAKEST)
        colours[cell.true, cell.read] = to_rgba(theme.right if cell.is_right else theme.wrong, opacity)
    return colours


def _confusion_spec(class_names: tuple[str, ...], theme: FigureTheme, *, clickable: bool) -> dict[str, Any]:
    written = len(class_names) <= MAX_WRITTEN
    numbers = {"mark": {"type": "text"}, "encoding": {"text": {"field": "text"}}}
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
        "layer": [_cell_layer(theme, clickable=clickable), *([numbers] if written else [])],
    }


def _cell_layer(theme: FigureTheme, *, clickable: bool) -> dict[str, Any]:
    select = {"type": "point", "fields": ["true_label", "read_label"]}
    return {
        **({"params": [{"name": CLICKED, "select": select}]} if clickable else {}),
        "mark": {"type": "rect", "cornerRadius": 2, "stroke": theme.foreground, **({"cursor": "pointer"} if clickable else {})},
        "encoding": {
            "color": {
                "field": "verdict",
                "type": "nominal",
                "title": None,
                "scale": {"domain": ["right", "mistake"], "range": [theme.right, theme.wrong]},
                "legend": {"orient": "top", "symbolType": "square", "symbolOpacity": 0.6},
            },
            "fillOpacity": {
                "field": "strength",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [_WEAKEST, _STRONGEST]},
                "legend": None,
            },
            "strokeWidth": {"condition": {"test": "datum.chosen", "value": 2.5}, "value": 0},
            "tooltip": [
                {"field": "true", "title": "True class"},
                {"field": "read", "title": "Read as"},
                {"field": "count", "title": "Images", "format": ","},
                percent_tooltip("of_true", "Share of the true class"),
                percent_tooltip("of_read", "Share of the answer"),
            ],
        },
    }
