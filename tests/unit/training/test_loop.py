"""What `train` says and keeps, in real short trainings."""

from __future__ import annotations

import dataclasses
import json
import time

import numpy as np
import pytest

from core.errors import SpecError, TrainingFailed
from core.networks.augmentation import Augmentation
from core.networks.building import build_network
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer, MaxPoolingLayer
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.predictions.predictor import Predictor
from core.predictions.scores import score
from core.training.events import (
    ArtefactReady,
    EpochEnded,
    Glimpsed,
    Mark,
    Marked,
    StepsTaken,
    TrainingStarted,
    event_from_dict,
    event_to_dict,
)
from core.training.loop import train
from core.training.splitting import split_images
from core.training.steering import let_run, stop_when

SPEC = TrainingSpec(hidden=(DenseLayer(units=8),), epochs=5, validation_split=0.2, learning_rate=0.01)


PATHS = {
    "dense": {},
    "normalised, with dropout": {"hidden": (DenseLayer(units=8), BatchNormalizationLayer(), DropoutLayer())},
    "convolution": {"hidden": (Conv2DLayer(filters=4), MaxPoolingLayer(), DropoutLayer(), DenseLayer(units=8))},
    "normalised convolution": {"hidden": (Conv2DLayer(filters=4), BatchNormalizationLayer(), DenseLayer(units=8))},
    "augmented": {"augmentation": Augmentation(shift=0.2, rotation=20, zoom=0.1, flip=True, noise=0.1)},
    "fewer images": {"training_images": 100, "optimiser": "rmsprop", "schedule": "one_cycle"},
}
"""Settings that run in programs of their own, or draw random numbers."""


def _train(spec, image_set, steer=let_run):
    events = []
    return train(spec, image_set, events.append, steer), events


def _of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def _stop_at_question(number):
    """Says yes to the question of this number, counted from 1, and to all after it."""
    questions = iter(range(1, 10**9))
    return stop_when(lambda: next(questions) >= number)


@pytest.fixture(scope="module")
def run(tiny_set):
    return _train(SPEC, tiny_set)


def test_a_run_starts_with_the_size_of_things_and_what_it_runs_on(run):
    started = run[1][0]
    assert isinstance(started, TrainingStarted)
    assert (started.parameters, started.training_images, started.validation_images, started.steps_per_epoch) == (556, 120, 30, 4)
    assert set(started.environment) == {"python", "tensorflow", "keras", "numpy", "platform", "processors"}
    assert all(isinstance(value, str) and value for value in started.environment.values())


def test_the_first_point_comes_after_a_single_step(run):
    assert isinstance(run[1][1], StepsTaken)
    assert run[1][1].step == 1
    assert run[1][1].validation_loss is not None


def test_every_epoch_is_reported_however_fast(run):
    outcome, events = run
    assert [(epoch.epoch, epoch.step) for epoch in _of(EpochEnded, events)] == [(1, 4), (2, 8), (3, 12), (4, 16), (5, 20)]
    assert (outcome.stopped, outcome.epochs_done, outcome.steps) == (False, 5, 20)


def test_the_loss_falls(run):
    epochs = _of(EpochEnded, run[1])
    assert epochs[-1].loss < epochs[0].loss
    assert epochs[-1].validation_loss < epochs[0].validation_loss


def test_very_fast_epochs_do_not_flood(run):
    assert len(_of(StepsTaken, run[1])) < 20
    assert len(_of(ArtefactReady, run[1])) <= 10


def test_time_and_speed_make_sense(run):
    outcome, events = run
    moments = [event.seconds for event in events if isinstance(event, (StepsTaken, EpochEnded))]
    assert moments == sorted(moments)
    assert moments[-1] <= outcome.seconds
    assert outcome.images_per_second > 600 / outcome.seconds


def test_the_last_weights_sent_are_those_of_the_outcome_in_half_the_bits(run):
    outcome, events = run
    sent = [event for event in _of(ArtefactReady, events) if event.name.startswith("weights/epoch-")]
    assert (sent[0].name, sent[-1].name) == ("weights/epoch-0001.npz", "weights/epoch-0005.npz")
    for compact, exact in zip(unpack_weights(sent[-1].data), unpack_weights(outcome.weights), strict=True):
        np.testing.assert_array_equal(compact, exact.astype(np.float16))


def test_weights_of_every_epoch_are_sent_and_what_the_optimiser_remembers_behind_the_last(run):
    names = [event.name for event in _of(ArtefactReady, run[1])]
    weights = [name for name in names if name.startswith("weights/epoch-")]
    assert weights == [f"weights/epoch-{event.epoch:04d}.npz" for event in _of(EpochEnded, run[1])]
    assert {*names} - {*weights} == {"weights/optimiser.npz"}
    assert names[-1] == "weights/optimiser.npz"


def test_events_survive_the_trip_through_json(run):
    for event in run[1]:
        if isinstance(event, (ArtefactReady, Glimpsed)):
            continue
        assert event_from_dict(json.loads(json.dumps(event_to_dict(event), allow_nan=False))) == event


@pytest.mark.parametrize("name", ["dense", *[pytest.param(name, marks=pytest.mark.slow) for name in PATHS if name != "dense"]])
def test_the_same_seed_gives_the_same_run_bit_for_bit(name, run, tiny_set):
    spec = SPEC.model_copy(update=PATHS[name])
    one, other = run if spec == SPEC else _train(spec, tiny_set), _train(spec, tiny_set)
    assert one[0].weights == other[0].weights
    values = [[(epoch.loss, epoch.accuracy, epoch.validation_loss) for epoch in _of(EpochEnded, events)] for _, events in (one, other)]
    assert values[0] == values[1]


def test_another_seed_gives_another_run(run, tiny_set):
    outcome, _ = _train(SPEC.model_copy(update={"seed": 2}), tiny_set)
    assert outcome.weights != run[0].weights


# Compiled programs are kept for the next training of the same network on the same images, so the tests of one network stand together.


def test_stopped_before_the_first_step_it_has_learned_nothing_and_measures_nothing(tiny_set):
    outcome, events = _train(SPEC, tiny_set, stop_when(lambda: True))
    fresh = build_network(SPEC, tiny_set.image_shape, tiny_set.class_count, tiny_set.max_value).get_weights()
    assert (outcome.stopped, outcome.epochs_done, outcome.steps, outcome.images_per_second) == (True, 0, 0, 0.0)
    assert [type(event) for event in events] == [TrainingStarted, Marked]
    assert (outcome.has_learned, outcome.kept) == (False, None), "an accuracy of random weights says nothing"
    for ours, theirs in zip(unpack_weights(outcome.weights), fresh, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_stopped_after_whole_epochs_it_has_reported_and_sent_them(tiny_set):
    # The first question after an epoch has ended; how many there are within one depends on how fast the machine is.
    events = []
    outcome = train(SPEC, tiny_set, events.append, stop_when(lambda: bool(_of(EpochEnded, events))))
    assert (outcome.stopped, outcome.epochs_done, outcome.kept) == (True, 1, None)
    assert [epoch.epoch for epoch in _of(EpochEnded, events)] == [1]
    assert [event.name for event in _of(ArtefactReady, events)] == ["weights/epoch-0001.npz", "weights/optimiser.npz"]


def test_stopped_within_an_epoch_it_keeps_what_was_learned_and_does_not_report_that_epoch(tiny_set):
    # One image a step: chunks of 1, 8, 56 and 55 steps, then a question before validation, make epoch 1 at five questions.
    spec = SPEC.model_copy(update={"batch_size": 1})
    outcome, events = _train(spec, tiny_set, _stop_at_question(2))
    fresh = build_network(spec, tiny_set.image_shape, tiny_set.class_count, tiny_set.max_value).get_weights()
    assert (outcome.stopped, outcome.epochs_done, outcome.steps) == (True, 0, 1)
    assert _of(EpochEnded, events) == []
    assert not np.array_equal(unpack_weights(outcome.weights)[0], fresh[0])


@pytest.mark.parametrize("share", [0.2, 0.0])
def test_a_stopped_network_is_measured_as_it_is_kept(tiny_set, share):
    spec = SPEC.model_copy(update={"batch_size": 1, "validation_split": share})
    outcome, events = _train(spec, tiny_set, _stop_at_question(2))
    predictor = Predictor(spec, tiny_set.image_shape, tiny_set.class_count, tiny_set.max_value, outcome.weights)
    split = split_images(spec, tiny_set.y_train)
    scores = [
        score(predictor.probabilities(tiny_set.x_train[positions]), tiny_set.y_train[positions]) if len(positions) else None
        for positions in (split.training, split.validation)
    ]
    kept, stopped = outcome.kept, _of(Marked, events)[-1]
    assert (stopped.mark, stopped.step) == (Mark.STOPPED, outcome.steps)
    assert kept.kept_at == outcome.steps / events[0].steps_per_epoch
    assert (kept.accuracy, kept.validation_accuracy) == tuple(one and one.accuracy for one in scores)
    assert kept.loss == pytest.approx(scores[0].loss, rel=1e-5)
    assert kept.validation_loss == (pytest.approx(scores[1].loss, rel=1e-5) if scores[1] else None)
    assert outcome.result()["kept"] == dataclasses.asdict(kept)


def test_the_test_images_are_never_looked_at(run, tiny_set):
    blank = dataclasses.replace(tiny_set, x_test=np.zeros_like(tiny_set.x_test), y_test=np.zeros_like(tiny_set.y_test))
    assert _train(SPEC, blank)[0].weights == run[0].weights


def test_with_nothing_held_back_there_are_no_validation_values(tiny_set):
    _, events = _train(SPEC.model_copy(update={"validation_split": 0.0, "epochs": 2}), tiny_set)
    measured = _of(StepsTaken, events) + _of(EpochEnded, events)
    assert {(event.validation_loss, event.validation_accuracy) for event in measured} == {(None, None)}
    assert events[0].validation_images == 0


def test_a_network_that_was_not_stopped_is_told_of_by_its_epochs(run):
    outcome, _ = run
    assert outcome.kept is None and "kept" not in outcome.result()
    assert outcome.images == outcome.epochs_done * 120


def test_images_a_second_and_seconds_give_the_images(run):
    result = run[0].result()
    assert result["images_per_second"] * result["seconds"] == pytest.approx(result["images"])
    assert result["images_per_second_in_steps"] > result["images_per_second"]


@pytest.mark.slow
def test_stop_is_felt_within_half_a_second_and_points_come_four_times_a_second(large_set):
    spec = SPEC.model_copy(update={"epochs": 500, "batch_size": 8, "hidden": (DenseLayer(units=64),)})
    train(spec.model_copy(update={"epochs": 1}), large_set, lambda event: None, stop_when(lambda: True))
    pressed = time.perf_counter() + 3
    events, heard = [], []

    def listen(event):
        events.append(event)
        if isinstance(event, Marked) and event.mark == Mark.STOPPED:
            heard.append(time.perf_counter())

    outcome = train(spec, large_set, listen, stop_when(lambda: time.perf_counter() >= pressed))
    # What it has learned is measured after that, which takes its time with so many validation images.
    assert heard[0] - pressed < 0.5
    # A stop that falls into the validation of an epoch waits for it: then the epoch's own numbers are those of the kept weights.
    is_whole = outcome.steps % events[0].steps_per_epoch == 0
    assert outcome.stopped and (outcome.kept is not None or is_whole)
    assert np.isfinite(unpack_weights(outcome.weights)[0]).all()
    moments = [event.seconds for event in _of(StepsTaken, events)]
    assert len(moments) >= 4 * (moments[-1] - moments[0])


def test_a_loss_that_is_no_number_ends_the_run_with_advice(tiny_set):
    spec = SPEC.model_copy(update={"optimiser": "sgd", "learning_rate": 10.0, "scaling": "none", "hidden": _exponential()})
    with pytest.raises(TrainingFailed, match=r"epoch 1, at step \d+.*learning rate well below 10, or scale the pixels"):
        _train(spec, tiny_set)


def test_good_epochs_before_a_failure_are_kept_and_no_broken_weights_are_ever_sent(tiny_set):
    # Sound for the first epochs: each Nesterov step at this rate makes the sums a little larger.
    spec = SPEC.model_copy(update={"optimiser": "nesterov", "learning_rate": 0.05, "hidden": _exponential(), "epochs": 500})
    events = []
    with pytest.raises(TrainingFailed) as failure:
        train(spec, tiny_set, events.append)
    epochs = _of(EpochEnded, events)
    sent = [event for event in _of(ArtefactReady, events) if event.name != "weights/optimiser.npz"]
    assert f"epoch {len(epochs) + 1}" in str(failure.value)
    assert "scale" not in str(failure.value)
    assert sent[-1].name == f"weights/epoch-{len(epochs):04d}.npz"
    assert all(np.isfinite(array).all() for event in sent for array in unpack_weights(event.data))


def _exponential():
    return (DenseLayer(units=8, activation="exponential"), DenseLayer(units=8, activation="exponential"))


def test_a_network_too_large_is_refused_before_anything_is_built(tiny_set):
    events = []
    with pytest.raises(SpecError, match="expected at most"):
        train(SPEC.model_copy(update={"hidden": (DenseLayer(units=4096),) * 10}), tiny_set, events.append)
    assert events == []
