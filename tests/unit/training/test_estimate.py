"""How long a training will take: the arithmetic, what a speed depends on, past runs, and a real measurement."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from core.compute.estimate import read_measured
from core.errors import Cancelled
from core.networks.augmentation import Augmentation
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer
from core.networks.spec import TrainingSpec
from core.runs.record import RunHistory, RunRecord, RunState
from core.runs.timings import alone, read_timing
from core.training.estimate import (
    ImageCounts,
    Timing,
    corrected,
    correction,
    count_images,
    estimate_epoch,
    estimate_seconds,
    measure_timing,
    timing_key,
)
from core.training.events import EpochEnded, StepsTaken, TrainingStarted
from core.training.loop import train
from core.training.prepared import prepared
from core.training.splitting import split_images

SPEC = TrainingSpec(hidden=(DenseLayer(units=4),), batch_size=32, epochs=10, validation_split=0.2)
TIMING = Timing(first_start=2.0, start=0.5, image=0.001, validation_image=0.0001, epoch=0.01)


@pytest.mark.parametrize("changes", [{}, {"training_images": 100}, {"training_images": 149}, {"validation_split": 0.0}, {"shuffle": False}])
def test_as_many_images_are_counted_as_the_training_takes(changes, tiny_set):
    spec = SPEC.model_copy(update=changes)
    split = split_images(spec, tiny_set.y_train)
    assert count_images(spec, len(tiny_set.y_train)) == ImageCounts(len(split.training), len(split.validation))


def test_the_last_batch_of_an_epoch_counts_in_full():
    # 120 images in batches of 32 are 128 places.
    assert estimate_epoch(SPEC, TIMING, ImageCounts(120, 30)) == pytest.approx(0.01 + 0.128 + 0.003)
    assert estimate_epoch(SPEC, TIMING, ImageCounts(20, 0)) == pytest.approx(0.01 + 0.020)


def test_a_start_with_programs_at_hand_is_shorter():
    epochs = 10 * estimate_epoch(SPEC, TIMING, ImageCounts(120, 30))
    assert estimate_seconds(SPEC, TIMING, ImageCounts(120, 30), is_ready=False) == pytest.approx(2.0 + epochs)
    assert estimate_seconds(SPEC, TIMING, ImageCounts(120, 30), is_ready=True) == pytest.approx(0.5 + epochs)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 3},
        {"learning_rate": 0.1},
        {"schedule": "cosine"},
        {"patience": 2, "keep_best": True},
        {"seed": 5},
        {"beta_1": 0.5},
        {"recipe": "mine"},
    ],
)
def test_what_leaves_the_speed_as_it_is_needs_no_new_measurement(changes):
    assert timing_key(SPEC.model_copy(update=changes), "a", 100) == timing_key(SPEC, "a", 100)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": (DenseLayer(units=5),)},
        {"batch_size": 33},
        {"optimiser": "sgd"},
        {"loss": "mean_squared_error"},
        {"clip_norm": 1.0},
        {"scaling": "none"},
        {"augmentation": Augmentation(shift=0.1)},
    ],
)
def test_what_changes_the_speed_needs_a_new_one(changes):
    assert timing_key(SPEC.model_copy(update=changes), "a", 100) != timing_key(SPEC, "a", 100)
    assert timing_key(SPEC, "a", 100) not in (timing_key(SPEC, "b", 100), timing_key(SPEC, "a", 99))


def test_how_far_augmentation_goes_changes_nothing_but_what_it_does():
    def key(**amounts):
        return timing_key(SPEC.model_copy(update={"augmentation": Augmentation(**amounts)}), "a", 100)

    assert key(shift=0.1) == key(shift=0.2) != key(noise=0.2)


def test_past_runs_correct_by_the_middle_of_what_they_took_within_bounds():
    assert correction([]) == 1.0
    assert correction([1.1, 1.3, 9.0]) == 1.3
    assert (correction([30.0]), correction([0.01])) == (2.0, 0.5)


def test_a_correction_leaves_the_start_alone():
    assert corrected(TIMING, 2.0) == replace(TIMING, image=0.002, validation_image=0.0002, epoch=0.02)


def _history(*, first_step=1.0, epoch=0.5, besides=0.1, epochs=3, validation=30):
    """Epochs of `epoch` seconds, of which `besides` go into something other than steps."""
    speed = 120 / (epoch - besides)
    ends = [EpochEnded(n, 4 * n, 1.0, 0.5, None, None, speed, first_step + n * epoch) for n in range(1, epochs + 1)]
    return RunHistory(TrainingStarted(50, 120, validation, 4, {}), (StepsTaken(1, 1, 2.0, 0.1, None, None, 10.0, first_step),), tuple(ends))


def test_a_past_run_says_what_each_part_took():
    timing = read_timing(SPEC, _history())
    assert astuple(timing) == pytest.approx((1.0, 1.0, 0.4 / 128, 0.1 / 30, 0.0))
    assert estimate_seconds(SPEC, timing, ImageCounts(120, 30), is_ready=False) == pytest.approx(1.0 + 10 * 0.5)


def test_without_validation_images_the_rest_of_an_epoch_is_the_same_for_any():
    assert astuple(read_timing(SPEC, _history(validation=0)))[2:] == pytest.approx((0.4 / 128, 0.0, 0.1))


def test_one_slow_epoch_of_a_past_run_does_not_count():
    history = _history(epochs=5)
    late = tuple(replace(epoch, seconds=epoch.seconds + 60) if epoch.epoch >= 3 else epoch for epoch in history.epochs)
    assert read_timing(SPEC, replace(history, epochs=late)) == pytest.approx(read_timing(SPEC, history))


def test_a_run_without_a_whole_epoch_says_nothing():
    assert read_timing(SPEC, RunHistory()) is None
    assert read_timing(SPEC, replace(_history(), epochs=())) is None


def _run(name, started, ended, epochs_done=3):
    state = RunState.RUNNING if ended is None else RunState.FINISHED
    return RunRecord(name, state, SPEC, "a", created=started or 0, started=started, ended=ended, epochs_done=epochs_done)


def test_runs_that_were_trained_side_by_side_say_nothing_of_the_speed():
    early, late, first, second = _run("a", 0, 10), _run("b", 50, 60), _run("c", 20, 30), _run("d", 25, 35)
    assert [run.id for run in alone([late, second, first, early])] == ["b", "a"]
    assert alone([_run("e", 55, None), late]) == []
    assert alone([_run("f", None, None), late, _run("g", 1, 2, epochs_done=0)]) == [late]


def test_a_measurement_travels_as_plain_numbers():
    assert read_measured({"timing": np.array(astuple(TIMING))}) == TIMING


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"hidden": (Conv2DLayer(filters=2), BatchNormalizationLayer())},
        {"scaling": "standardise_pixel"},
        {"augmentation": Augmentation(shift=0.1), "batch_size": 8192, "validation_split": 0.0},
        {"hidden": (DenseLayer(units=4, activation="exponential"),), "scaling": "none"},
    ],
    ids=["dense", "convolution", "standardised", "augmented, one batch", "a loss that is no number"],
)
def test_every_kind_of_network_is_measured_and_comes_out_in_plausible_parts(changes, tiny_set):
    timing = measure_timing(SPEC.model_copy(update=changes), tiny_set, lambda: False)
    assert 0 < timing.start <= timing.first_start
    assert 0 < timing.image < timing.first_start
    assert min(timing.validation_image, timing.epoch) > 0


@pytest.mark.slow
def test_a_measurement_leaves_the_training_after_it_as_it_would_have_been(tiny_set):
    def weights():
        return train(SPEC, tiny_set, lambda event: None).weights

    train(SPEC.model_copy(update={"hidden": ()}), tiny_set, lambda event: None)
    before = weights()
    measure_timing(SPEC, tiny_set, lambda: False)
    assert weights() == before


@pytest.mark.slow
def test_one_that_is_called_off_ends_and_leaves_what_it_compiled(tiny_set):
    answers = iter([False, False])
    with pytest.raises(Cancelled):
        measure_timing(SPEC, tiny_set, lambda: next(answers, True))
    training = split_images(SPEC, tiny_set.y_train).training
    with prepared(SPEC, tiny_set, training, None) as ready:
        compiled = ready.compiled
    with pytest.raises(Cancelled):
        measure_timing(SPEC, tiny_set, lambda: True)
    with prepared(SPEC, tiny_set, training, None) as ready:
        assert ready.compiled is compiled
