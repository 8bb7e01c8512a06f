"""An image beside its numbers in a row, with the same numbers outlined in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from core.datasets.flattening import CHANNELS, Flattening, Place
from core.datasets.image_set import Images
from core.figures.samples import DPI
from core.figures.theme import FigureTheme

LINE = 100
"""Numbers in one line of the folded row: a round number, so that places are easily counted, and seldom a multiple of an image's width."""

MAX_LINES = 32
"""Lines drawn, enough for the 3,072 numbers of a 32 x 32 colour image. Of longer rows, the part around the chosen numbers."""

_FEW_LINES = 12
"""Lines up to which they are tall and each is named."""

_CELL = 3
"""Parts of a line, of four, that are numbers; the last is the gap below."""


@dataclass(frozen=True, eq=False)
class FlatteningInfo:
    """An image `(height, width[, 3])` and the chosen stretch of its row, at least one number."""

    image: Images
    chosen: range
    max_value: int

    @property
    def order(self) -> Flattening:
        return Flattening(self.image.shape)

    @property
    def lines(self) -> range:
        """The lines of the folded row that are drawn."""
        count = -(-self.image.size // LINE)
        first = min(max(self.chosen.start // LINE - MAX_LINES // 2, 0), max(count - MAX_LINES, 0))
        return range(first, min(first + MAX_LINES, count))


def chosen_table(info: FlatteningInfo) -> pd.DataFrame:
    """The chosen numbers with their place in the row and in the image."""
    places = [info.order.place(index) for index in info.chosen]
    columns: dict[str, list[int] | list[str]] = {
        "Index in the row": list(info.chosen),
        "Row": [place.row for place in places],
        "Column": [place.column for place in places],
    }
    if info.order.channels > 1:
        columns["Colour"] = [CHANNELS[place.channel] for place in places]
    columns["Value"] = info.image.reshape(-1)[info.chosen.start : info.chosen.stop].tolist()
    return pd.DataFrame(columns)


def describe_place(order: Flattening, place: Place) -> str:
    """The index of a number, reckoned step by step."""
    index = order.index(place)
    if order.channels == 1:
        return f"index = row x width + column = {place.row} x {order.width} + {place.column} = {index}"
    return (
        "index = (row x width + column) x 3 + colour = "
        f"({place.row} x {order.width} + {place.column}) x 3 + {place.channel} = {index} ({CHANNELS[place.channel]})"
    )


def describe_index(order: Flattening, index: int) -> str:
    """The way back from an index, reckoned step by step."""
    place = order.place(index)
    if order.channels == 1:
        return f"{index} divided by {order.width} is {place.row}, the row, with {place.column} left over, the column."
    pixel = index // order.channels
    return (
        f"{index} divided by 3 is {pixel}, with {place.channel} left over, the colour {CHANNELS[place.channel]}; "
        f"{pixel} divided by {order.width} is {place.row}, the row, with {place.column} left over, the column."
    )


def draw_chosen_pixels(info: FlatteningInfo, theme: FigureTheme) -> Figure:
    """The image with the pixels of the chosen numbers outlined. They are one pixel or lie side by side in one row."""
    figure = Figure(figsize=(3.4, 3.4), dpi=DPI, facecolor="none")
    axes = figure.add_axes((0.15, 0.15, 0.83, 0.83))
    axes.imshow(info.image, cmap="gray" if info.image.ndim == 2 else None, vmin=0, vmax=info.max_value, interpolation="nearest")
    first, last = info.order.place(info.chosen[0]), info.order.place(info.chosen[-1])
    _outline(axes, first.column - 0.5, first.row - 0.5, last.column - first.column + 1, 1, theme)
    axes.set_xlabel("column", color=theme.muted)
    axes.set_ylabel("row", color=theme.muted)
    axes.tick_params(colors=theme.muted, labelsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=True))
    axes.spines[:].set_color(theme.line)
    return figure


def draw_strip(info: FlatteningInfo, theme: FigureTheme) -> Figure:
    """The row, folded into lines of `LINE` numbers, with the chosen ones outlined. Before a line stands the index of its first number."""
    lines = info.lines
    tall = 0.24 if len(lines) <= _FEW_LINES else 0.15
    height = len(lines) * tall + 0.3
    figure = Figure(figsize=(7.5, height), dpi=DPI, facecolor="none")
    axes = figure.add_axes((0.085, 0.02, 0.905, 1 - 0.3 / height))
    axes.imshow(_strip_picture(info), extent=(0, LINE, lines.stop, lines.start), aspect="auto", interpolation="nearest")
    for line in lines:
        length = min(info.image.size - line * LINE, LINE)
        axes.add_patch(Rectangle((0, line), length, _CELL / 4, fill=False, edgecolor=theme.line, linewidth=0.8, clip_on=False))
    for line in range(info.chosen.start // LINE, (info.chosen.stop - 1) // LINE + 1):
        left, right = max(info.chosen.start - line * LINE, 0), min(info.chosen.stop - line * LINE, LINE)
        _outline(axes, left, line, right - left, _CELL / 4, theme)
    axes.set_ylim(lines.stop, lines.start)
    named = lines if len(lines) <= _FEW_LINES else lines[::5]
    axes.set_yticks([line + _CELL / 8 for line in named], [f"{line * LINE:,}" for line in named])
    axes.set_xticks(range(0, LINE, 20), [f"+{number}" for number in range(0, LINE, 20)])
    axes.xaxis.tick_top()
    axes.tick_params(colors=theme.muted, labelsize=10, length=2)
    axes.spines[:].set_visible(False)
    return figure


def _strip_picture(info: FlatteningInfo) -> NDArray[np.uint8]:
    """The lines as RGBA, `(4 * lines, LINE, 4)`. Numbers of a colour image are painted in their own colour, from black up."""
    flat = info.image.reshape(-1)
    level = np.rint(flat * (255 / info.max_value)).astype(np.uint8)
    cells = np.zeros((-(-len(flat) // LINE) * LINE, 4), dtype=np.uint8)
    cells[: len(flat), 3] = 255
    if info.order.channels == 1:
        cells[: len(flat), :3] = level[:, np.newaxis]
    else:
        indices = np.arange(len(flat))
        cells[indices, indices % info.order.channels] = level
    shown = cells.reshape(-1, LINE, 4)[info.lines.start : info.lines.stop]
    picture = np.zeros((len(shown), 4, LINE, 4), dtype=np.uint8)
    picture[:, :_CELL] = shown[:, np.newaxis]
    return picture.reshape(-1, LINE, 4)


def _outline(axes: Axes, left: float, top: float, width: float, height: float, theme: FigureTheme) -> None:
    """A frame in two colours, so that it shows on dark and on bright pixels."""
    for colour, line in ((theme.background, 4.5), (theme.second, 2.2)):
        axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=colour, linewidth=line, clip_on=False, zorder=3))
