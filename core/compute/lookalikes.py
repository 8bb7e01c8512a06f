"""Searches for images that are alike, as jobs: their results as arrays by name, the fields of the core's own classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from core.compute.jobs import Report
from core.datasets.duplicates import find_duplicates
from core.datasets.image_set import ImageSet, Split
from core.datasets.neighbours import find_lookalikes, find_neighbours

ShouldStop = Callable[[], bool]


def search_neighbours(
    report: Report, should_stop: ShouldStop, image_set: ImageSet, split: Split, index: int, count: int
) -> dict[str, NDArray[Any]]:
    """`find_neighbours`; its result is `Neighbours(**result)`."""
    return dict(vars(find_neighbours(image_set, split, index, count)))


def search_lookalikes(
    report: Report, should_stop: ShouldStop, image_set: ImageSet, label: int, other: int, count: int
) -> dict[str, NDArray[Any]]:
    """`find_lookalikes`; its result is `Lookalikes(**result)`."""
    return dict(vars(find_lookalikes(image_set, label, other, count, report, should_stop)))


def search_duplicates(report: Report, should_stop: ShouldStop, image_set: ImageSet) -> dict[str, NDArray[Any]]:
    """`find_duplicates`; its result is `Duplicates(**result)`."""
    return dict(vars(find_duplicates(image_set, report, should_stop)))
