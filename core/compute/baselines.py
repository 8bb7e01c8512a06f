"""Baselines as a job: see `core.predictions.baselines` for what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from core.compute.jobs import Report
from core.datasets.image_set import ImageSet, fingerprint
from core.predictions.baselines import answer_baselines
from core.training.splitting import Positions, ValidationSplit

_VERSION = 2
"""To be raised with every change of what the baselines answer, so that older answers on the disk are not taken for the new ones."""


def baselines_key(image_set: ImageSet, split: ValidationSplit) -> str:
    """The key of the job for the images that a run learned from and held back: these decide the answers, and nothing else."""
    parts = (fingerprint(positions)[:16] for positions in (split.training, split.validation))
    return "-".join(["baselines", str(_VERSION), image_set.sha256, *parts])


def work_out_baselines(
    report: Report, should_stop: Callable[[], bool], image_set: ImageSet, training: Positions, validation: Positions
) -> dict[str, NDArray[Any]]:
    """`answer_baselines`."""
    return answer_baselines(image_set, training, validation, report, should_stop)
