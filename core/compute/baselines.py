"""Baselines as a job: see `core.predictions.baselines` for what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from core.compute.jobs import Report
from core.datasets.image_set import ImageSet
from core.predictions.baselines import answer_baselines

_VERSION = 1
"""To be raised with every change of what the baselines answer, so that older answers on the disk are not taken for the new ones."""


def baselines_key(image_set: ImageSet) -> str:
    """The key of the job for a set: its content decides the answers, and nothing else."""
    return f"baselines-{_VERSION}-{image_set.sha256}"


def work_out_baselines(report: Report, should_stop: Callable[[], bool], image_set: ImageSet) -> dict[str, NDArray[Any]]:
    """`answer_baselines`."""
    return answer_baselines(image_set, report, should_stop)
