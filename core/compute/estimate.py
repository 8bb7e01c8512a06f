"""The measurement of `core.training.estimate` as a job, for `ComputeService.start_job(..., lane=Lane.TRAIN)`.

In the lane of the trainings, so that it has a worker of their kind to itself, with as many threads, and what it compiles is there for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.lanes import Lane
from core.compute.tasks import with_plain_errors
from core.compute.worker import warm_up
from core.datasets.image_set import ImageSet
from core.networks.spec import read_spec
from core.training.estimate import Timing, measure_timing


@with_plain_errors
def measure_training(report: Report, should_stop: Callable[[], bool], image_set: ImageSet, spec_json: str) -> dict[str, NDArray[Any]]:
    """A `Timing` as `timing`, `float64 (5,)`; read it with `read_measured`. Raises `Cancelled`."""
    warm_up(Lane.TRAIN)
    report(0.0, "Measuring how fast this network trains here.")
    return {"timing": np.array(astuple(measure_timing(read_spec(spec_json), image_set, should_stop)))}


def read_measured(arrays: Mapping[str, NDArray[Any]]) -> Timing:
    """What `measure_training` gave."""
    return Timing(*arrays["timing"].tolist())
