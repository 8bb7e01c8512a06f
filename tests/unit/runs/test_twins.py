"""Pairs of runs that differ in the shuffle alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.networks.spec import TrainingSpec
from core.runs.record import RunRecord, RunState
from core.runs.twins import find_twin, twin_spec

SPEC = TrainingSpec(recipe="digits-64", epochs=3)
RUN = RunRecord("a" * 12, RunState.FINISHED, SPEC, "1" * 64, created=0.0, has_weights=True)
TWIN = replace(RUN, id="b" * 12, spec=twin_spec(SPEC))


def test_a_twin_has_the_same_settings_but_for_the_shuffle_and_no_recipe():
    assert twin_spec(SPEC) == SPEC.model_copy(update={"shuffled_pixels": True, "recipe": None})
    assert twin_spec(twin_spec(SPEC)) == SPEC.model_copy(update={"recipe": None})


def test_the_other_one_is_found_from_either_side():
    assert find_twin(RUN, [RUN, TWIN]) is TWIN
    assert find_twin(TWIN, [RUN, TWIN]) is RUN


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RunState.RUNNING},
        {"has_weights": False},
        {"dataset_sha256": "2" * 64},
        {"spec": twin_spec(SPEC.model_copy(update={"epochs": 4}))},
        {"spec": SPEC},
    ],
    ids=["still trained", "learned nothing", "other images", "other settings", "not shuffled"],
)
def test_a_run_that_could_not_be_compared_is_no_twin(changes):
    assert find_twin(RUN, [replace(TWIN, **changes)]) is None


def test_the_name_by_the_settings_says_that_pixels_are_shuffled():
    assert TWIN.settings_title == "digits 64 (pixels shuffled)"
