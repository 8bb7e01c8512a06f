"""Which settings do anything beside the others that were chosen: what a page shows, and what a run's document records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.networks.losses import LOSSES
from core.networks.optimisers import OPTIMISERS
from core.networks.schedules import SCHEDULES
from core.networks.spec import OPTIMISER_OPTIONS

SCHEDULE_OPTIONS = tuple(dict.fromkeys(option for schedule in SCHEDULES.values() for option in schedule.options))
"""The settings that only some schedules heed."""

NEED_VALIDATION = ("patience", "keep_best", "target_accuracy")
"""The settings that go by the validation images."""


def has_effect(field: str, settings: Mapping[str, Any]) -> bool:
    """Whether a setting of `TrainingSpec` changes anything beside the others, given by name.

    `settings` holds at least the optimiser, the schedule, the loss and what decides the split of the images.
    """
    if field in OPTIMISER_OPTIONS:
        return field in OPTIMISERS[settings["optimiser"]].options
    if field in SCHEDULE_OPTIONS:
        return field in SCHEDULES[settings["schedule"]].options
    if field == "label_smoothing":
        return LOSSES[settings["loss"]].is_one_hot
    if field in NEED_VALIDATION:
        return bool(settings["validation_split"])
    if field == "split_seed":
        return bool(settings["validation_split"] and settings["shuffle"]) or settings["training_images"] is not None
    return True
