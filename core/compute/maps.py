"""Maps of images, as they are made inside a worker: see `core.datasets.projection` for how."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.datasets.image_set import ImageSet, Split
from core.datasets.projection import (
    ASKED,
    MapSettings,
    Values,
    choose_images,
    nearest_in_values,
    nearest_on_map,
    pixel_values,
    project,
)

MapArrays = dict[str, NDArray[Any]]
ShouldStop = Callable[[], bool]


def map_pixels(report: Report, should_stop: ShouldStop, image_set: ImageSet, split: Split, settings: MapSettings) -> MapArrays:
    """A map by the pixels alone, of the images that `choose_images` gives for the settings.

    Returns `positions`, `float32 (n, 2)`; `kept`, the share of variance along each axis, `float32 (2,)`, empty for t-SNE;
    `neighbours`, `int32 (n,)`, the place of each one's nearest on the map; and for at most `ASKED` of them, at the places
    `asked`, the nearest one in the original numbers, `original_neighbours`, both `int32 (m,)`.

    Raises `DatasetError` for settings that do not fit the set, and `Cancelled`.
    """
    indices = choose_images(image_set.labels(split), settings.count, settings.seed)
    with _all_cores():
        return _map_values(pixel_values(image_set.images(split)[indices], image_set.max_value), settings, report, should_stop)


@with_plain_errors
def map_hidden(
    report: Report,
    should_stop: ShouldStop,
    image_set: ImageSet,
    split: Split,
    settings: MapSettings,
    model_key: str,
    source: ModelSource,
) -> MapArrays:
    """As `map_pixels`, of what the last hidden layer of a network makes of the same images."""
    indices = choose_images(image_set.labels(split), settings.count, settings.seed)
    report(0.0, "Asking the network.")
    values = find_predictor(model_key, source).hidden(image_set.images(split)[indices])
    with _all_cores():
        return _map_values(values, settings, report, should_stop)


def _map_values(values: Values, settings: MapSettings, report: Report, should_stop: ShouldStop) -> MapArrays:
    projection = project(values, settings, report, should_stop)
    asked = np.sort(np.random.default_rng(settings.seed).permutation(len(values))[:ASKED])
    return {
        "positions": projection.positions,
        "kept": projection.kept,
        "neighbours": nearest_on_map(projection.positions),
        "asked": asked.astype(np.int32),
        "original_neighbours": nearest_in_values(values, asked),
    }


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let t-SNE use this worker's share of the cores; Dask starts it with one thread for each process.

    NumPy keeps its one thread: what it does here takes a fraction of a second, and two that wait for each other on a busy machine take ten.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    cores = os.environ.get("INKLING_CORES")
    with threadpool_limits(None if cores is None else int(cores), user_api="openmp"):
        yield
