"""Maps of images: what they say in numbers and words, how each class is marked, and a still picture of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from core.datasets.image_set import Labels
from core.datasets.projection import METHODS, Method
from core.figures.numbers import format_count, format_times
from core.figures.samples import DPI
from core.figures.theme import OKABE_ITO, FigureTheme
from core.ranking import list_names
from core.rates import format_percent

SHAPES = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "cross": "X",
    "upside-down triangle": "v",
    "star": "*",
    "plus": "P",
}
"""Shapes of marks, and what matplotlib calls them. Each means a class, so that no class is told by its colour alone."""

_COLOURS = ("blue", "vermilion", "bluish green", "reddish purple", "orange", "sky blue", "black", "yellow")

_APART = ((0.9, "clearly apart"), (0.6, "mostly apart"), (0.25, "partly mixed"), (-np.inf, "mixed"))
"""Words for how far the classes are from lying as they would by chance, 0, towards lying apart without exception, 1."""

_LISTED = 5
"""Classes that a sentence names; the rest are summed up."""

_LEGEND_CLASSES = 20
"""Classes up to which the still picture has a legend; more would not fit beside it."""


class ClassMark(NamedTuple):
    """How the points of a class look. `colour` is a key of `OKABE_ITO`, where black stands for the page's own colour of text."""

    shape: str
    colour: str


class ClassOnMap(NamedTuple):
    """One class on a map.

    Attributes:
        images: how many of it are on the map.
        same: share of them whose nearest neighbour on the map is of the same class.
        beside: the other class that is their nearest neighbour most often, all of them if there are several, and how often;
            None if none ever is.
    """

    name: str
    images: int
    same: float
    beside: str | None


@dataclass(frozen=True, eq=False)
class MapInfo:
    """A map and what it says.

    Attributes:
        title: what was mapped.
        method: how.
        positions: `float32 (n, 2)`.
        labels: `(n,)`.
        available: images that the `n` were chosen from.
        kept: share of the variance along each axis; empty where the method has no such number.
        same: share of the points whose nearest neighbour on the map is of their class.
        same_before: the same among the numbers that were mapped, for `asked` of the points.
        by_chance: the same if the points were dealt out at random.
        classes: those that are on the map.
    """

    title: str
    method: Method
    positions: NDArray[np.float32]
    labels: Labels
    class_names: tuple[str, ...]
    available: int
    kept: tuple[float, ...]
    same: float
    same_before: float
    asked: int
    by_chance: float
    classes: tuple[ClassOnMap, ...]


def class_mark(label: int) -> ClassMark:
    """The mark of a class. The first eight differ in colour and in shape, the first 64 in one of the two; then they repeat."""
    return ClassMark(list(SHAPES)[(label + label // 8) % 8], _COLOURS[label % 8])


def mark_colour(mark: ClassMark, theme: FigureTheme) -> str:
    """The colour of a mark as `#rrggbb`."""
    return theme.foreground if mark.colour == "black" else OKABE_ITO[mark.colour]


def build_map(
    arrays: Mapping[str, NDArray[np.generic]], labels: Labels, class_names: tuple[str, ...], *, title: str, method: Method, available: int
) -> MapInfo:
    """What a map says. `arrays` are those of `core.compute.maps.map_pixels`; `labels`, `(n,)`, those of the images on it."""
    beside = labels[arrays["neighbours"].astype(np.intp)]
    asked = arrays["asked"].astype(np.intp)
    counts, count = np.bincount(labels), len(labels)
    return MapInfo(
        title=title,
        method=method,
        positions=arrays["positions"].astype(np.float32),
        labels=labels,
        class_names=class_names,
        available=available,
        kept=tuple(arrays["kept"].tolist()),
        same=float(np.mean(beside == labels)),
        same_before=float(np.mean(labels[arrays["original_neighbours"].astype(np.intp)] == labels[asked])),
        asked=len(asked),
        # An image is not its own neighbour.
        by_chance=float((counts * (counts - 1)).sum() / max(count * (count - 1), 1)),
        classes=tuple(_class_on_map(int(label), labels, beside, class_names) for label in np.unique(labels)),
    )


def _class_on_map(label: int, labels: Labels, beside: Labels, class_names: tuple[str, ...]) -> ClassOnMap:
    neighbours = beside[labels == label]
    others = np.bincount(neighbours[neighbours != label], minlength=1)
    most = int(others.max())
    names = list_names([class_names[other] for other in np.flatnonzero(others == most)]) if most else ""
    nearest = f"{names} ({format_times(most)}{' each' if (others == most).sum() > 1 else ''})" if most else None
    return ClassOnMap(class_names[label], len(neighbours), float(np.mean(neighbours == label)), nearest)


def describe_map(info: MapInfo) -> str:
    """How many images, how, and how well the classes lie apart: two or three sentences."""
    apart = (info.same - info.by_chance) / max(1 - info.by_chance, 1e-9)
    word = next(word for limit, word in _APART if apart >= limit)
    words = f"{format_count(len(info.labels))} of {format_count(info.available)} images by {METHODS[info.method]}."
    if info.kept:
        words += f" The two axes keep {format_percent(sum(info.kept))} of the variance."
    looked_up = f" ({format_count(info.asked)} were looked up)" if info.asked < len(info.labels) else ""
    return words + (
        f" The classes lie {word}: the nearest neighbour on the map is of the same class for {format_percent(info.same)} of the images"
        f" (by chance: {format_percent(info.by_chance)}). Going by all the numbers of each image instead of these two, it is for"
        f" {format_percent(info.same_before)}{looked_up}."
    )


def describe_choice(labels: Labels, class_names: Sequence[str]) -> str:
    """What was chosen, such as "37 images chosen: 30 of class 4, 7 of class 9.", the largest classes first."""
    counts = np.bincount(labels, minlength=len(class_names))
    order = [int(label) for label in np.argsort(-counts, kind="stable") if counts[label]]
    parts = [f"{format_count(int(counts[label]))} of class {class_names[label]}" for label in order[:_LISTED]]
    rest = int(counts[order[_LISTED:]].sum())
    if rest:
        parts.append(f"{format_count(rest)} of {len(order) - _LISTED} other class{'es' if len(order) > _LISTED + 1 else ''}")
    return f"{format_count(len(labels))} image{'s' if len(labels) != 1 else ''} chosen: {', '.join(parts)}."


def map_table(infos: Sequence[MapInfo]) -> pd.DataFrame:
    """One row for each class: how many, and for each map how well it keeps to itself and which class comes closest."""
    columns: dict[str, list[str]] = {"Class": [one.name for one in infos[0].classes]}
    columns["Images"] = [format_count(one.images) for one in infos[0].classes]
    for info in infos:
        where = f" ({info.title[:1].lower()}{info.title[1:]})" if len(infos) > 1 else ""
        columns[f"Nearest is of the same class{where}"] = [format_percent(one.same) for one in info.classes]
        columns[f"Most often beside{where}"] = [one.beside or "no other" for one in info.classes]
    return pd.DataFrame(columns)


def draw_map(info: MapInfo, theme: FigureTheme) -> Figure:
    """A map as a still picture: one mark for each image, by class. Both axes have the same scale, for only distances mean anything."""
    figure = Figure(figsize=(7.4, 6.4), dpi=DPI, facecolor="none")
    has_legend = len(info.classes) <= _LEGEND_CLASSES
    axes = figure.add_axes((0.03, 0.04, 0.74 if has_legend else 0.94, 0.88))
    size = float(np.interp(len(info.labels), (500, 10_000), (28, 8)))
    for label in np.unique(info.labels):
        mark = class_mark(int(label))
        across, up = info.positions[info.labels == label].T
        axes.scatter(
            across,
            up,
            s=size,
            marker=SHAPES[mark.shape],
            facecolor=mark_colour(mark, theme),
            edgecolor=theme.background,
            linewidth=0.2,
            label=info.class_names[label].replace("$", r"\$"),
        )
    title = f"{info.title}, {METHODS[info.method]}, {format_count(len(info.labels))} images"
    axes.set_title(title, color=theme.foreground, fontsize=12, parse_math=False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("none")
    axes.spines[:].set_color(theme.line)
    if has_legend:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, labelcolor=theme.foreground, markerscale=1.6, fontsize=9)
    return figure
