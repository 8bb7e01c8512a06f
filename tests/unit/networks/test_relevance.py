"""Which settings are without effect, held against the rules of the spec and the registries."""

from __future__ import annotations

import pytest

from core.networks.optimisers import OPTIMISERS
from core.networks.relevance import NEED_VALIDATION, SCHEDULE_OPTIONS, has_effect
from core.networks.schedules import SCHEDULES
from core.networks.spec import OPTIMISER_OPTIONS, TrainingSpec

SETTINGS = TrainingSpec().model_dump()


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_an_optimiser_heeds_its_own_settings_alone(optimiser: str) -> None:
    heeded = {field for field in OPTIMISER_OPTIONS if has_effect(field, {**SETTINGS, "optimiser": optimiser})}
    assert heeded == set(OPTIMISERS[optimiser].options) & set(OPTIMISER_OPTIONS)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_heeds_its_own_settings_alone(schedule: str) -> None:
    heeded = {field for field in SCHEDULE_OPTIONS if has_effect(field, {**SETTINGS, "schedule": schedule})}
    assert heeded == set(SCHEDULES[schedule].options)


def test_only_one_hot_labels_can_be_smoothed() -> None:
    assert not has_effect("label_smoothing", SETTINGS)
    assert has_effect("label_smoothing", {**SETTINGS, "loss": "categorical_crossentropy"})


@pytest.mark.parametrize("field", NEED_VALIDATION)
def test_nothing_stops_early_without_validation_images(field: str) -> None:
    assert has_effect(field, SETTINGS)
    assert not has_effect(field, {**SETTINGS, "validation_split": 0.0})


@pytest.mark.parametrize("field", ["weight_decay", "clip_norm", "epochs", "seed", "warmup_epochs"])
def test_what_everything_heeds_always_has_an_effect(field: str) -> None:
    assert all(has_effect(field, {**SETTINGS, "optimiser": optimiser}) for optimiser in OPTIMISERS)
