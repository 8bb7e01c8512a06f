"""The search for a patch as a job: what it says while it searches, and calling it off."""

from __future__ import annotations

import numpy as np
import pytest

from core.compute.patches import find_patch, patch_key
from core.compute.tasks import ModelSource
from core.errors import Cancelled
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights

IMAGE = np.zeros((8, 8), np.uint8)


def deaf() -> ModelSource:
    """A network that answers class 0 to everything, so that every size is tried."""
    weights = pack_weights([np.zeros((64, 3), np.float32), np.array([2.0, 0.0, 0.0], np.float32)])
    return ModelSource(TrainingSpec(hidden=()).model_dump_json(), (8, 8), 3, 16, weights)


def test_a_key_names_the_weights_and_the_image() -> None:
    images = (IMAGE, IMAGE + np.uint8(1))
    assert len({patch_key(model, image) for model in ("a/final.npz", "b/final.npz") for image in images}) == 4


@pytest.mark.slow
def test_it_says_which_size_it_is_at() -> None:
    reports = []
    found = find_patch(lambda *report: reports.append(report), lambda: False, "patches-test", deaf(), IMAGE, 16)
    assert not found["found"] and found["largest"] == 4
    assert [share for share, _ in reports] == [0.0, 0.25, 0.5, 0.75]
    assert reports[2][1] == "Trying patches of 3 x 3 pixels everywhere."


@pytest.mark.slow
def test_it_ends_when_nobody_waits_any_more() -> None:
    reports = []
    with pytest.raises(Cancelled, match="called off"):
        find_patch(lambda *report: reports.append(report), lambda: len(reports) == 2, "patches-test", deaf(), IMAGE, 16)
    assert len(reports) == 2
