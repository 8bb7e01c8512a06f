"""Mean and spread of each class as images, and where two classes differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from core.datasets.statistics import ClassImages, brightness
from core.figures.samples import DPI, MAX_GRID, GridLabel, SampleGridInfo, build_sample_grid
from core.figures.theme import FigureTheme

BAND = 5
"""Classes side by side: with more, nobody could read their names on a phone."""

AT_ONCE = BAND * (MAX_GRID // 2)
"""Classes in one grid at most: each band has a row of means and a row of spreads."""

TABLE_ROWS = 8
"""Most different pixels in the table."""


@dataclass(frozen=True)
class PixelDifference:
    """One pixel and its mean in both classes."""

    row: int
    column: int
    first: float
    second: float

    @property
    def difference(self) -> float:
        return self.first - self.second


@dataclass(frozen=True, eq=False)
class DifferenceInfo:
    """Mean image of a first class less that of a second.

    Attributes:
        first, second: the names of the classes.
        values: `float32`, `(height, width)`; above zero where the first is brighter. Of colour images the mean of the three colours.
        extent: the largest difference either way, at least a tiny number: both ends of the colour scale.
        pixels: the most different pixels, the largest difference first.
        brightest_first, brightest_second: where the first class is brightest against the second, and the other way round;
            None where it never is.
    """

    first: str
    second: str
    values: NDArray[np.float32]
    extent: float
    pixels: tuple[PixelDifference, ...]
    brightest_first: PixelDifference | None
    brightest_second: PixelDifference | None


def build_class_grid(classes: Mapping[int, ClassImages], class_names: Sequence[str], max_value: int) -> SampleGridInfo:
    """Bands of up to five classes, each a row of mean images over a row of standard deviations.

    A mean is shown from 0 to `max_value`, a standard deviation from 0 to half of it, which no standard deviation can exceed.
    Of colour images the standard deviation is that of the three colours together, in grey. `classes` maps at most `AT_ONCE` labels.
    """
    chosen = list(classes)
    bands = -(-len(chosen) // BAND)
    columns = -(-len(chosen) // bands)
    pictures, labels = [], []
    for start in range(0, len(chosen), columns):
        band = chosen[start : start + columns]
        means = [_mean_picture(classes[label]) for label in band]
        spreads = [_spread_picture(classes[label], max_value) for label in band]
        # A last band that is one short is filled up, so that the spreads still stand under their means.
        blanks = [np.zeros_like(means[0])] * (columns - len(band))
        for what, row in (("mean", means), ("spread", spreads)):
            pictures += row + blanks
            labels += [GridLabel((class_names[label], what)) for label in band] + [GridLabel(("",))] * len(blanks)
    return build_sample_grid(np.stack(pictures), labels, columns=columns, max_value=max_value)


def build_difference(first: tuple[str, ClassImages], second: tuple[str, ClassImages]) -> DifferenceInfo:
    """Compare the mean images of two classes, each given with its name."""
    means = [brightness(images.mean) for _, images in (first, second)]
    values = means[0] - means[1]
    order = np.argsort(-np.abs(values), axis=None, kind="stable")
    pixels = [_pixel(means, int(index)) for index in order[:TABLE_ROWS]]
    brightest_first, brightest_second = _pixel(means, int(values.argmax())), _pixel(means, int(values.argmin()))
    return DifferenceInfo(
        first[0],
        second[0],
        values,
        float(max(np.abs(values).max(), 1e-6)),
        tuple(pixel for pixel in pixels if pixel.difference),
        brightest_first if brightest_first.difference > 0 else None,
        brightest_second if brightest_second.difference < 0 else None,
    )


def closest_pair(classes: Mapping[int, ClassImages]) -> tuple[int, int]:
    """The labels of the two, of at least two classes, whose mean images are closest: the least sum of squared differences."""
    means = {label: brightness(images.mean).astype(np.float64) for label, images in classes.items()}
    return min(combinations(means, 2), key=lambda pair: float(np.square(means[pair[0]] - means[pair[1]]).sum()))


def difference_table(info: DifferenceInfo) -> pd.DataFrame:
    """The most different pixels, as text."""
    return pd.DataFrame(
        {
            "Row": [f"{pixel.row}" for pixel in info.pixels],
            "Column": [f"{pixel.column}" for pixel in info.pixels],
            f"Mean of {info.first}": [f"{pixel.first:.1f}" for pixel in info.pixels],
            f"Mean of {info.second}": [f"{pixel.second:.1f}" for pixel in info.pixels],
            "Difference": [f"{pixel.difference:+.1f}".replace("-", "−") for pixel in info.pixels],
        }
    )


def describe_difference(info: DifferenceInfo) -> str:
    """What the two colours mean and where the largest differences lie."""
    if not info.pixels:
        return f"The mean images of {info.first} and {info.second} are the same in every pixel."
    parts = [
        f"{colour} is where {name} is brighter on average, most at row {pixel.row}, column {pixel.column} "
        f"({pixel.first:.0f} against {pixel.second:.0f})."
        for colour, name, pixel in (("Blue (+)", info.first, info.brightest_first), ("Orange (−)", info.second, info.brightest_second))
        if pixel
    ]
    return " ".join(parts)


def draw_difference(info: DifferenceInfo, theme: FigureTheme) -> Figure:
    """The difference in two colours, fading into the page where there is none; the largest difference each way in a named box."""
    figure = Figure(figsize=(5.4, 4.8), dpi=DPI, facecolor="none")
    axes = figure.add_axes((0.1, 0.11, 0.72, 0.8))
    colours = LinearSegmentedColormap.from_list("difference", [theme.second, theme.background, theme.first])
    drawn = axes.imshow(info.values, cmap=colours, vmin=-info.extent, vmax=info.extent, interpolation="nearest")
    axes.set_title(f"{info.first} less {info.second}", color=theme.foreground, fontsize=15, pad=10)
    axes.set_xlabel("column", color=theme.muted)
    axes.set_ylabel("row", color=theme.muted)
    bar = figure.colorbar(drawn, cax=figure.add_axes((0.85, 0.15, 0.035, 0.72)))
    bar.set_label("difference of mean pixel values", color=theme.muted)
    bar.outline.set_edgecolor(theme.line)
    for scale in (axes, bar.ax):
        scale.tick_params(colors=theme.muted, labelsize=9)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(8, integer=True))
    axes.spines[:].set_color(theme.line)
    for pixel, sign in ((info.brightest_first, "+"), (info.brightest_second, "−")):
        if pixel:
            _mark(axes, pixel, sign, info.values.shape, theme)
    return figure


def _mark(axes: Axes, pixel: PixelDifference, sign: str, shape: tuple[int, ...], theme: FigureTheme) -> None:
    """Box a pixel and write its sign beside it, towards the middle of the image."""
    axes.add_patch(Rectangle((pixel.column - 0.5, pixel.row - 0.5), 1, 1, fill=False, edgecolor=theme.foreground, linewidth=1.6))
    place = (13 if pixel.column < shape[1] / 2 else -13, -13 if pixel.row < shape[0] / 2 else 13)
    look: dict[str, Any] = {"color": theme.foreground, "fontsize": 14, "fontweight": "bold", "ha": "center", "va": "center"}
    axes.annotate(sign, (pixel.column, pixel.row), xytext=place, textcoords="offset points", **look)


def _pixel(means: Sequence[NDArray[np.float32]], index: int) -> PixelDifference:
    row, column = divmod(index, means[0].shape[1])
    return PixelDifference(row, column, float(means[0][row, column]), float(means[1][row, column]))


def _mean_picture(images: ClassImages) -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = np.rint(images.mean).astype(np.uint8)
    return picture


def _spread_picture(images: ClassImages, max_value: int) -> NDArray[np.uint8]:
    spread = images.deviation
    if spread.ndim == 3:
        grey = np.sqrt(np.square(spread).mean(axis=2))
        spread = np.repeat(grey[..., np.newaxis], 3, axis=2)
    picture: NDArray[np.uint8] = np.rint(np.minimum(2 * spread, max_value)).astype(np.uint8)
    return picture
