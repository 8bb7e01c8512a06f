"""Pairs of runs that differ in the shuffle of the pixels alone."""

from __future__ import annotations

from collections.abc import Iterable

from core.networks.spec import TrainingSpec
from core.runs.record import RunRecord


def twin_spec(spec: TrainingSpec) -> TrainingSpec:
    """The same settings with the pixels shuffled, or put in order again. No recipe's any more, as it would not deserve the name."""
    return spec.model_copy(update={"shuffled_pixels": not spec.shuffled_pixels, "recipe": None})


def find_twin(record: RunRecord, others: Iterable[RunRecord]) -> RunRecord | None:
    """The first of `others` that ended well, on the same images, with the settings of `twin_spec`; the name of a recipe is no setting."""
    wanted = twin_spec(record.spec)
    ended = (one for one in others if one.is_ready and one.dataset_sha256 == record.dataset_sha256)
    return next((one for one in ended if one.spec.model_copy(update={"recipe": None}) == wanted), None)
