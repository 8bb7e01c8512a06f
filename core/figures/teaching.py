"""What teaching a network one's handwriting has changed: before and after, as a chart, as a table and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from core.figures.chart import Chart, percent_tooltip, with_percents
from core.figures.conclusion import describe_conclusion
from core.figures.numbers import format_count
from core.figures.samples import DPI
from core.figures.theme import FigureTheme, vega_config
from core.intervals import wilson_interval
from core.predictions.conclusions import compare_paired
from core.predictions.two_networks import PairedCounts, count_pairs
from core.rates import format_percent, format_range

FEW = 10
"""Drawings of a class with fewer than which next to nothing can be said of it: half of them are taught, and five are no measure."""

_GROUPS = {"taught": "Drawings taught", "checked": "Drawings not taught", "test": "Test images"}
_BEFORE, _AFTER = "before", "after"


@dataclass(frozen=True)
class TaughtGroup:
    """Images of one kind. In `counts` the first network is the one before teaching, the second its copy."""

    kind: str
    counts: PairedCounts

    @property
    def title(self) -> str:
        return f"{_GROUPS[self.kind]} ({format_count(self.counts.images)})"

    def right(self, when: str) -> int:
        return self.counts.first_right if when == _BEFORE else self.counts.second_right


@dataclass(frozen=True)
class TeachingInfo:
    """The groups that there are, in the order of `_GROUPS`; without drawings kept for checking there is no such group."""

    groups: tuple[TaughtGroup, ...]

    def find(self, kind: str) -> TaughtGroup | None:
        return next((group for group in self.groups if group.kind == kind), None)


def build_teaching(result: Mapping[str, NDArray[Any]]) -> TeachingInfo:
    """From what `core.compute.teaching.teach` gave."""
    pairs = ((kind, result[f"before_{kind}"], result[f"after_{kind}"]) for kind in _GROUPS)
    return TeachingInfo(tuple(TaughtGroup(kind, count_pairs(before, after)) for kind, before, after in pairs if len(before)))


def describe_teaching(info: TeachingInfo) -> str:
    """What it learned and what it forgot, each with whether that may be luck."""
    return " ".join(filter(None, (_describe_learned(info.find("checked")), _describe_forgotten(info.find("test")))))


def describe_too_few(labels: Sequence[str]) -> str:
    """Of which classes there are too few drawings to tell anything; empty if there are none such. `labels` has one for each drawing."""
    names, counts = np.unique(np.array(labels, dtype=object).astype(str), return_counts=True)
    few = [str(name) for name in names[counts < FEW]]
    if not few:
        return ""
    listed = few[0] if len(few) == 1 else f"{', '.join(few[:-1])} and {few[-1]}"
    return f"Of {listed} you kept fewer than {FEW} drawings, of which half are for checking: whether it reads these better can't be told."


def teaching_table(info: TeachingInfo) -> pd.DataFrame:
    """One row for each group, everything as text."""
    return pd.DataFrame(
        [
            {
                "Images": _GROUPS[group.kind],
                "How many": format_count(group.counts.images),
                "Right before": format_count(group.right(_BEFORE)),
                "Before (95 % interval)": _share(group, _BEFORE),
                "Right after": format_count(group.right(_AFTER)),
                "After (95 % interval)": _share(group, _AFTER),
            }
            for group in info.groups
        ]
    )


def build_teaching_chart(info: TeachingInfo, theme: FigureTheme) -> Chart:
    """Two marks for each group, a circle before and a diamond after, with their intervals as lines."""
    rows = [(group, when) for group in info.groups for when in (_BEFORE, _AFTER)]
    intervals = [_interval(group, when) for group, when in rows]
    data = pd.DataFrame(
        {
            "group": [group.title for group, _ in rows],
            "when": [when for _, when in rows],
            "share": [group.right(when) / group.counts.images for group, when in rows],
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
            "text": [format_percent(group.right(when) / group.counts.images) for group, when in rows],
        }
    )
    return Chart(_spec(tuple(group.title for group in info.groups), theme), with_percents(data, "share", "low", "high", digits=2))


def draw_teaching(info: TeachingInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib."""
    figure = Figure(figsize=(7, 0.9 + 0.8 * len(info.groups)), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    looks = {_BEFORE: (-0.16, "o", theme.muted), _AFTER: (0.16, "D", theme.first)}
    for place, group in enumerate(info.groups):
        for when, (offset, marker, colour) in looks.items():
            share, (low, high) = group.right(when) / group.counts.images, _interval(group, when)
            axes.plot((low * 100, high * 100), (place + offset,) * 2, color=colour, linewidth=1.6)
            axes.plot(share * 100, place + offset, marker=marker, color=colour, markersize=7, linestyle="none")
            axes.text(high * 100 + 1, place + offset, format_percent(share), color=theme.foreground, fontsize=9, va="center")
    axes.set_yticks(range(len(info.groups)), [group.title for group in info.groups])
    axes.invert_yaxis()
    axes.set_xlim(right=112)
    axes.set_xlabel("Read right, %", color=theme.muted)
    axes.tick_params(colors=theme.foreground, length=0)
    axes.spines[:].set_visible(False)
    marks = [Line2D([], [], marker=marker, color=colour, linestyle="none", label=when) for when, (_, marker, colour) in looks.items()]
    axes.legend(handles=marks, frameon=False, labelcolor=theme.foreground, loc="lower left")
    return figure


def _describe_learned(group: TaughtGroup | None) -> str:
    if group is None:
        return "No drawing was kept for checking, so it can't be told whether it reads your hand better or knows these pictures by heart."
    counts = group.counts
    return (
        f"Of your drawings that it was not taught, it read {format_count(counts.first_right)} of {format_count(counts.images)} before"
        f" and {format_count(counts.second_right)} after. {_conclude(counts, 'drawings')}"
    )


def _describe_forgotten(group: TaughtGroup | None) -> str:
    if group is None:
        return ""
    comparison = compare_paired(group.counts)
    words = f"Of test images, by other hands: {_conclude(group.counts, 'test images')}"
    return f"{words} So it has forgotten something." if comparison.is_clear and comparison.difference > 0 else words


def _conclude(counts: PairedCounts, kind: str) -> str:
    return describe_conclusion(compare_paired(counts).turned, "the copy", "the network before", kind)


def _interval(group: TaughtGroup, when: str) -> tuple[float, float]:
    return wilson_interval(group.right(when), group.counts.images)


def _share(group: TaughtGroup, when: str) -> str:
    return f"{format_percent(group.right(when) / group.counts.images)} ({format_range(*_interval(group, when))})"


@lru_cache(maxsize=16)
def _spec(groups: tuple[str, ...], theme: FigureTheme) -> dict[str, Any]:
    look = {"ticks": False, "domain": False, "labelColor": theme.foreground, "labelFontSize": 13, "labelPadding": 8, "labelLimit": 200}
    moments = [_BEFORE, _AFTER]
    colour = {"field": "when", "type": "nominal", "scale": {"domain": moments, "range": [theme.muted, theme.first]}}
    legend = {"title": None, "orient": "top"}
    shares = [
        percent_tooltip(field, heading) for field, heading in (("share", "Read right"), ("low", "Interval from"), ("high", "Interval to"))
    ]
    axis = {"title": "Read right", "format": "%", "grid": True, "tickCount": 5}
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": {"step": 26},
        "encoding": {
            "y": {"field": "group", "type": "nominal", "title": None, "sort": None, "scale": {"domain": list(groups)}, "axis": look},
            "yOffset": {"field": "when", "sort": moments},
            "color": {**colour, "legend": legend},
            "tooltip": [{"field": "group", "title": "Images"}, {"field": "when", "title": "When"}, *shares],
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "low", "type": "quantitative", "scale": {"zero": False, "nice": True}, "axis": axis},
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {
                    "x": {"field": "share", "type": "quantitative"},
                    "shape": {
                        "field": "when",
                        "type": "nominal",
                        "scale": {"domain": moments, "range": ["circle", "diamond"]},
                        "legend": legend,
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "color": theme.foreground},
                "encoding": {
                    "x": {"field": "high", "type": "quantitative"},
                    "text": {"field": "text"},
                    "color": {"value": theme.foreground},
                },
            },
        ],
    }
