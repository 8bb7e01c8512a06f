"""Compiled programs that are used once more."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer
from core.networks.spec import TrainingSpec
from core.training.loop import train
from core.training.prepared import prepared

pytestmark = pytest.mark.slow

SPEC = TrainingSpec(hidden=(DenseLayer(units=7), BatchNormalizationLayer(), DropoutLayer()), epochs=2, validation_split=0.2)
EVERYTHING = np.arange(150, dtype=np.int32)

OTHERS = {
    "seed": {"seed": 2},
    "rate and schedule": {"learning_rate": 0.5, "schedule": "cosine"},
    "epochs and goals": {"epochs": 3, "keep_best": True, "patience": 1},
    "images, not their number": {"shuffle": False},
}


def _weights(spec, image_set):
    return train(spec, image_set, lambda event: None).weights


def _compiled(spec, image_set, images=EVERYTHING):
    with prepared(spec, image_set, images, None) as ready:
        return ready.compiled


@pytest.fixture
def alone(tiny_set):
    """Weights of trainings for which everything was compiled anew."""
    _compiled(SPEC.model_copy(update={"hidden": ()}), tiny_set)
    return _weights(SPEC, tiny_set)


def test_what_was_trained_before_changes_nothing(tiny_set, alone):
    for changes in OTHERS.values():
        _weights(SPEC.model_copy(update=changes), tiny_set)
    assert _weights(SPEC, tiny_set) == alone


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
def test_programs_are_used_once_more_whatever_is_only_data(changes, tiny_set):
    assert _compiled(SPEC, tiny_set) is _compiled(SPEC.model_copy(update=changes), tiny_set)


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 16},
        {"beta_1": 0.5},
        {"loss": "mean_squared_error"},
        {"hidden": (DenseLayer(units=7),)},
        {"shuffled_pixels": True},
        {"hidden": (Conv2DLayer(filters=2),)},
    ],
)
def test_other_programs_are_made_for_all_else(changes, tiny_set):
    assert _compiled(SPEC, tiny_set) is not _compiled(SPEC.model_copy(update=changes), tiny_set)


def test_other_programs_are_made_for_other_images(tiny_set, large_set):
    assert _compiled(SPEC, tiny_set) is not _compiled(SPEC, tiny_set, EVERYTHING[:140])
    assert _compiled(SPEC, tiny_set) is not _compiled(SPEC, large_set)


def test_a_measured_scaling_is_part_of_the_program_and_not_used_again(tiny_set):
    spec = SPEC.model_copy(update={"scaling": "standardise_set"})
    assert _compiled(spec, tiny_set) is not _compiled(spec, tiny_set)


def test_an_order_of_shuffled_pixels_is_part_of_the_program_and_another_seed_has_another(tiny_set):
    spec = SPEC.model_copy(update={"shuffled_pixels": True})
    assert _compiled(spec, tiny_set) is _compiled(spec.model_copy(update={"epochs": 3}), tiny_set)
    assert _compiled(spec, tiny_set) is not _compiled(spec.model_copy(update={"seed": 2}), tiny_set)


def test_two_trainings_at_a_time_do_not_share(tiny_set):
    with prepared(SPEC, tiny_set, EVERYTHING, None) as one, prepared(SPEC, tiny_set, EVERYTHING, None) as other:
        assert one.learner is not other.learner


def test_threads_that_train_at_once_do_not_disturb_one_another(tiny_set, alone):
    results = []
    threads = [threading.Thread(target=lambda: results.append(_weights(SPEC, tiny_set))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 3


def test_a_second_training_of_the_same_network_begins_sooner(tiny_set):
    _compiled(SPEC.model_copy(update={"hidden": ()}), tiny_set)
    seconds = []
    for seed in (1, 2):
        began = time.process_time()
        _weights(SPEC.model_copy(update={"seed": seed}), tiny_set)
        seconds.append(time.process_time() - began)
    assert seconds[1] < seconds[0] / 2
