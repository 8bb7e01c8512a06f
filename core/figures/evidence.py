"""Which parts of an image speak for one class and which for another: a map beside the image, a table and sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import matplotlib.patheffects
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.errors import InklingError
from core.figures.curves import round_up
from core.figures.lettering import shorten
from core.figures.numbers import format_count
from core.figures.samples import DPI
from core.figures.theme import FigureTheme

REGIONS = (
    ("the upper left", "the upper middle", "the upper right"),
    ("the left", "the centre", "the right"),
    ("the lower left", "the lower middle", "the lower right"),
)
"""The parts that the sentence and the table tell apart: thirds of the height and of the width."""

_NAMED = {1: (1,), 2: (0, 2), 3: (0, 1, 2)}
"""Which names are used for so many parts: images can be a pixel wide."""

_CLEAR_OF_OUTLIERS = 99.5
"""Percentile of the sizes of the values that gets the full colour: one huge value must not make all others pale."""

_DOUBLE = math.log(2)
"""What has to be added to the difference of two classes to make one twice as probable against the other."""

_CELLS, _MARKS, _LEAST_MARKED = 7, 6, 0.3
"""For the plus and minus signs: cells along a side, signs at most, and the least part of the strongest cell that gets one."""

_SMALL_PART = 0.05
"""Of the strongest region: what is less than that counts as speaking for neither."""

_END_WIDTH = 6.0
"""Of a class name at an end of the scale, in sizes of a letter."""

_MOST_TIMES = 1_000
"""Ratios of probabilities are not told more exactly above this."""


@dataclass(frozen=True)
class Sign:
    """A plus or a minus where the evidence is strong, in pixels from the upper left."""

    row: float
    column: float
    text: str


@dataclass(frozen=True, eq=False)
class EvidenceInfo:
    """A map of an image.

    Attributes:
        image: `uint8 (height, width[, 3])`, 0 to `max_value`.
        values: `(height, width)`; above 0 speaks for `first`, below for `second`, the names of two classes.
        extent: the value that gets the full colour, either way.
        signs: where it is strongest.
        regions: each of the `REGIONS` by name, with what its values add up to; of a check, with their mean.
    """

    image: Images
    max_value: int
    values: NDArray[np.float32]
    first: str
    second: str
    extent: float
    signs: tuple[Sign, ...]
    regions: tuple[tuple[str, float], ...]


def build_evidence(
    image: Images, max_value: int, values: NDArray[np.float32], first: str, second: str, *, is_check: bool = False
) -> EvidenceInfo:
    """From the `evidence` of `core.predictions.evidence.explain`, or, as a check, from the `loss` of `occlude`.

    Raises `InklingError` if some of the values are no numbers: the weights of such a network grew out of all bounds.
    """
    if not np.isfinite(values).all():
        raise InklingError("This network's answer can't be explained: some of its weights are no longer numbers. Train the run again.")
    extent = round_up(float(np.percentile(np.abs(values), _CLEAR_OF_OUTLIERS)))
    sums = _sum_cells(values, len(REGIONS))
    if is_check:
        # Patches overlap, so that their losses don't add up to anything.
        sums = sums / _sum_cells(np.ones_like(values), len(REGIONS))
    rows, columns = (_NAMED[count] for count in sums.shape)
    names = [REGIONS[row][column] for row in rows for column in columns]
    regions = tuple(zip(names, sums.ravel().tolist(), strict=True))
    return EvidenceInfo(image, max_value, values, first, second, extent, _find_signs(values), regions)


def draw_evidence(info: EvidenceInfo, theme: FigureTheme, title: str) -> Figure:
    """The image beside the map, which has the outline of a grey image drawn into it. `title` is that of the map."""
    figure = Figure(figsize=(5.6, 3.35), dpi=DPI, facecolor="none")
    # Fixed places: matplotlib's own layout would draw everything several times to find them.
    left, right = figure.add_axes((0.02, 0.24, 0.45, 0.68)), figure.add_axes((0.53, 0.24, 0.45, 0.68))
    left.imshow(info.image, cmap="gray", vmin=0, vmax=info.max_value, interpolation="nearest")
    colours = LinearSegmentedColormap.from_list("evidence", [theme.second, theme.background, theme.first])
    drawn = right.imshow(info.values, cmap=colours, vmin=-info.extent, vmax=info.extent, interpolation="nearest")
    middle = info.max_value / 2
    if info.image.ndim == 2 and min(info.image.shape) > 1 and info.image.min() < middle < info.image.max():
        right.contour(info.image, levels=[middle], colors=[theme.muted], linewidths=0.8)
    _draw_signs(right, info, theme)
    for axes, words in ((left, "The image"), (right, title)):
        axes.set_title(words, color=theme.foreground, fontsize=11, pad=6)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color(theme.line)
    _draw_scale(figure, drawn, info, theme)
    return figure


def evidence_table(info: EvidenceInfo) -> pd.DataFrame:
    """The nine regions with what speaks in each for the first class rather than the second."""
    names = [name.removeprefix("the ").capitalize() for name, _ in info.regions]
    return pd.DataFrame({"Region": names, f"For {info.first} rather than {info.second}": [round(value, 4) for _, value in info.regions]})


def describe_evidence(info: EvidenceInfo) -> str:
    """Which regions speak most for either: "The upper right speaks most for 9 (+2.10), the left most for 4 (−0.52)."."""
    first, second = (
        None if found is None else f"{found[0]} speaks most for {name} ({_signed(found[1])})"
        for found, name in zip(_find_extremes(info), (info.first, info.second), strict=True)
    )
    if first and second:
        return f"{_start(first)}, {second}."
    if first or second:
        return f"{_start(first or second or '')}; no region speaks for {info.second if first else info.first}."
    return f"No region speaks for {info.first} or for {info.second}."


def describe_check(info: EvidenceInfo) -> str:
    """Where covering costs most: "Where patches are covered at the centre, it costs 9 most (0.72 each); at ..."."""
    first, second = (
        None if found is None else f"at {found[0]}, it costs {name} most ({abs(found[1]):.2f} each)"
        for found, name in zip(_find_extremes(info), (info.first, info.second), strict=True)
    )
    if first and second:
        return f"Where patches are covered {first}; {second}."
    if first or second:
        return f"Where patches are covered {first or second}; nowhere does it cost {info.second if first else info.first} anything."
    return f"Covering patches costs neither {info.first} nor {info.second} anything."


def describe_difference(difference: float, first: str, second: str) -> str:
    """What the difference of two classes means, such as "The network takes 9 to be 33 times as probable as 4."."""
    more, less = (first, second) if difference >= 0 else (second, first)
    times = math.exp(min(abs(difference), 700.0))
    if times < 1.05:
        return f"The network takes {first} and {second} to be equally probable."
    if times >= _MOST_TIMES:
        return f"The network takes {more} to be more than {format_count(_MOST_TIMES)} times as probable as {less}."
    return f"The network takes {more} to be {times:.{0 if times >= 10 else 1}f} times as probable as {less}."


def describe_sum(answer: Mapping[str, NDArray[Any]], first: str, second: str) -> str:
    """What the numbers mean, what they add up to and what they ought to, of what `core.predictions.evidence.explain` gave."""
    wanted = float(answer["difference"] - answer["baseline_difference"])
    words = (
        f"Every {_signed(_DOUBLE)} makes {first} twice as probable against {second}, starting from {_name_background(answer['baseline'])}"
    )
    if answer["is_exact"]:
        return f"{words}. All pixels together give {_signed(wanted)}. This map is exact: weight times change of the pixel."
    reached = _signed(wanted + float(answer["completeness"]))
    return f"{words}. All pixels together ought to give {_signed(wanted)}; in this map they give {reached}."


def describe_agreement(answer: Mapping[str, NDArray[Any]]) -> str:
    """How far the check agrees with the map, of what `core.predictions.evidence.occlude` gave."""
    agreement, size, places = float(answer["agreement"]), int(answer["size"]), int(answer["places"])
    tried = f"patches of {size} x {size} pixels at {format_count(places)} places"
    if math.isnan(agreement):
        return f"There is too little to compare: {tried} that cover anything."
    if bool(answer["is_exact"]):
        return f"Without hidden layers both are the same sums, so that the two have to agree: {tried} check nothing new here."
    word = next(word for least, word in ((0.8, "closely"), (0.5, "roughly"), (0.2, "hardly"), (-1.1, "not at all")) if agreement >= least)
    return f"The two agree {word}: rank correlation {_signed(agreement)} over {tried} that cover something (+1: the same order, 0: none)."


def _name_background(background: NDArray[np.uint8]) -> str:
    if background.ndim == 0:
        return f"an image that is {int(background)} all over"
    red, green, blue = background.tolist()
    return f"an image that is red {red}, green {green}, blue {blue} all over"


def _find_extremes(info: EvidenceInfo) -> tuple[tuple[str, float] | None, tuple[str, float] | None]:
    """The region that speaks most for the first class and the one for the second, with their values; None where none does."""
    highest, lowest = (choose(info.regions, key=lambda region: region[1]) for choose in (max, min))
    least = _SMALL_PART * max(highest[1], -lowest[1], 0.0)
    return highest if highest[1] > least else None, lowest if lowest[1] < -least else None


def _start(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _find_signs(values: NDArray[np.float32]) -> tuple[Sign, ...]:
    sums = _sum_cells(values, _CELLS)
    height, width = (side / count for side, count in zip(values.shape, sums.shape, strict=True))
    least = max(_LEAST_MARKED * float(np.abs(sums).max()), float(np.finfo(np.float32).tiny))
    strongest = np.argsort(-np.abs(sums), axis=None, kind="stable")[:_MARKS]
    places = [divmod(int(place), sums.shape[1]) for place in strongest if abs(sums.flat[place]) >= least]
    return tuple(
        # Whole numbers are the middles of pixels.
        Sign((row + 0.5) * height - 0.5, (column + 0.5) * width - 0.5, "+" if sums[row, column] > 0 else "−")
        for row, column in places
    )


def _sum_cells(values: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """Sums over `count` parts of the height and of the width, fewer where there are fewer pixels."""
    rows, columns = (np.linspace(0, side, min(count, side) + 1).round().astype(int)[:-1] for side in values.shape)
    sums: NDArray[np.float64] = np.add.reduceat(np.add.reduceat(values.astype(np.float64), rows, axis=0), columns, axis=1)
    return sums


def _draw_signs(axes: Axes, info: EvidenceInfo, theme: FigureTheme) -> None:
    halo = matplotlib.patheffects.withStroke(linewidth=2.5, foreground=theme.background)
    for sign in info.signs:
        axes.text(
            sign.column,
            sign.row,
            sign.text,
            color=theme.foreground,
            fontsize=14,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=[halo],
        )


def _draw_scale(figure: Figure, drawn: AxesImage, info: EvidenceInfo, theme: FigureTheme) -> None:
    """What the colours mean, at both ends in words."""
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.575, 0.165, 0.36, 0.03)), orientation="horizontal")
    bar.set_ticks([-info.extent, 0, info.extent], labels=[_signed(-info.extent), "0", _signed(info.extent)])
    bar.ax.tick_params(colors=theme.muted, labelsize=8, length=2)
    bar.outline.set_edgecolor(theme.line)
    # Names are others' words: a dollar sign in them is no formula.
    figure.text(0.53, 0.04, f"− for {shorten(info.second, _END_WIDTH)}", color=theme.second, ha="left", parse_math=False)
    figure.text(0.98, 0.04, f"+ for {shorten(info.first, _END_WIDTH)}", color=theme.first, ha="right", parse_math=False)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if abs(value) < 100 else f"{value:+,.0f}".replace("-", "−")
