"""The smallest patch that changes an answer: the image before and after, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.patheffects
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.figures.lettering import shorten
from core.figures.samples import DPI
from core.figures.theme import FigureTheme
from core.predictions.patches import Change
from core.rates import format_percent

_CHANGES = {
    Change.ERASED: "Erasing {pixels} at {place}",
    Change.ADDED: "Filling {pixels} at {place} with ink",
    Change.COVERED: "Covering {pixels} at {place} with one colour",
}

_TITLE_WIDTH = 16.0
"""Above a picture, in sizes of a letter."""

_AROUND = 0.3
"""Pixels between a patch and the frame around it."""


@dataclass(frozen=True, eq=False)
class PatchInfo:
    """A square that changes an answer.

    Attributes:
        before, after: the image without and with it, `uint8 (height, width[, 3])`, 0 to `max_value`.
        row, column: of its upper left pixel.
        size: its side in pixels.
        old, new: the answers, by name. `probability` is that of the new one, 0 to 1.
    """

    before: Images
    after: Images
    max_value: int
    row: int
    column: int
    size: int
    change: Change
    old: str
    new: str
    probability: float


def build_patch(image: Images, max_value: int, answer: Mapping[str, NDArray[Any]], class_names: Sequence[str]) -> PatchInfo | None:
    """From what `core.predictions.patches.smallest_patch` gave; None if it found nothing."""
    if not answer["found"]:
        return None
    row, column, size = (int(answer[name]) for name in ("row", "column", "size"))
    old, new = (class_names[int(answer[name])] for name in ("old_label", "label"))
    return PatchInfo(
        image, answer["changed"], max_value, row, column, size, Change(int(answer["change"])), old, new, float(answer["probability"])
    )


def draw_patch(info: PatchInfo, theme: FigureTheme) -> Figure:
    """The image before and after, with a frame around the patch in both."""
    figure = Figure(figsize=(5.6, 3.0), dpi=DPI, facecolor="none")
    titles = (f"before: {info.old}", f"after: {info.new} ({format_percent(info.probability)})")
    for place, (image, words) in enumerate(zip((info.before, info.after), titles, strict=True)):
        axes = figure.add_axes((0.02 + 0.51 * place, 0.02, 0.45, 0.85))
        axes.imshow(image, cmap="gray", vmin=0, vmax=info.max_value, interpolation="nearest")
        axes.set_title(shorten(words, _TITLE_WIDTH), color=theme.foreground, fontsize=11, pad=6, parse_math=False)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color(theme.line)
        _frame(axes, info, theme)
    return figure


def describe_patch(info: PatchInfo) -> str:
    """Such as "Erasing 3 x 3 pixels at row 5, column 12 turns the answer from 9 into 4 (81.0 %)."."""
    pixels = "1 pixel" if info.size == 1 else f"{info.size} x {info.size} pixels"
    change = _CHANGES[info.change].format(pixels=pixels, place=f"row {info.row}, column {info.column}")
    return f"{change} turns the answer from {info.old} into {info.new} ({format_percent(info.probability)})."


def describe_no_patch(answer: Mapping[str, NDArray[Any]]) -> str:
    """Where nothing was found."""
    largest = int(answer["largest"])
    return f"No single patch of up to {largest} x {largest} pixels changes the answer, wherever it lies."


def patch_table(info: PatchInfo) -> pd.DataFrame:
    """The patch in one row."""
    numbers = {"Row": [info.row], "Column": [info.column], "Size": [info.size], "Change": [info.change.name.lower()]}
    return pd.DataFrame(numbers | {"Answer before": [info.old], "Answer after": [info.new], "Probability after": [info.probability]})


def _frame(axes: Axes, info: PatchInfo, theme: FigureTheme) -> None:
    # In two colours: one of them stands out from any image.
    halo = matplotlib.patheffects.withStroke(linewidth=3.5, foreground=theme.background)
    # A little outside, so that all pixels of the patch are seen.
    corner, side = (info.column - 0.5 - _AROUND, info.row - 0.5 - _AROUND), info.size + 2 * _AROUND
    frame = Rectangle(corner, side, side, fill=False, edgecolor=theme.wrong, linewidth=1.5, path_effects=[halo])
    # Also where the patch lies at the very edge.
    frame.set_clip_on(False)
    axes.add_patch(frame)
