"""Which of very many classes a chart shows: those at both ends."""

from __future__ import annotations

from collections.abc import Sequence

ENDS = 20
"""Classes at each end. Forty rows fill a screen; with up to as many classes, all are shown."""


def choose_extremes(values: Sequence[float]) -> list[int]:
    """Positions to show: all in their order, or of more than 40 the twenty largest, then the twenty smallest, from high to low."""
    if len(values) <= 2 * ENDS:
        return list(range(len(values)))
    order = sorted(range(len(values)), key=lambda position: -values[position])
    return order[:ENDS] + order[-ENDS:]


def describe_extremes(count: int, *, highest: str, lowest: str) -> str:
    """What is left out, such as "Of 1,000 classes, only the 20 with most images and the 20 with fewest are drawn."; or nothing."""
    if count <= 2 * ENDS:
        return ""
    return f"Of {count:,} classes, only the {ENDS} with {highest} and the {ENDS} with {lowest} are drawn; the table has all."
