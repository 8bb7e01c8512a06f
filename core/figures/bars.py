"""Shares as bars in matplotlib, for files: the twin of the charts of probabilities and accuracies."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from core.figures.samples import DPI
from core.figures.theme import FigureTheme

_ROW, _WIDTH = 0.36, 5.4


def draw_bars(
    labels: Sequence[str],
    shares: Sequence[float],
    texts: Sequence[str],
    theme: FigureTheme,
    *,
    title: str = "",
    intervals: Sequence[tuple[float, float]] | None = None,
) -> Figure:
    """Horizontal bars, the first on top and in the theme's colour, the others muted; what is written beside each is its text.

    Args:
        labels, texts: one for each bar.
        shares: from 0 to 1.
        intervals: drawn as thin lines, (low, high) for each bar.
    """
    figure = Figure(figsize=(_WIDTH, _ROW * len(labels) + (0.7 if title else 0.3)), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    places = range(len(labels))
    colours = [theme.first if place == 0 else theme.muted for place in places]
    axes.barh(places, shares, height=0.66, color=colours, alpha=0.85)
    ends = list(shares) if intervals is None else [high for _, high in intervals]
    for place, (low, high) in enumerate(intervals or ()):
        axes.plot((low, high), (place, place), color=theme.foreground, linewidth=1.4)
    for place, (end, text) in enumerate(zip(ends, texts, strict=True)):
        axes.text(end + 0.015, place, text, color=theme.foreground, fontsize=9, va="center", weight="bold" if place == 0 else "normal")
    # Room on the right for what is written beside a whole bar.
    axes.set(xlim=(0, 1.3), ylim=(len(labels) - 0.4, -0.6))
    axes.set_yticks(places, labels, color=theme.foreground, fontsize=10)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    if title:
        axes.set_title(title, color=theme.foreground, fontsize=12, pad=8, loc="left")
    return figure
