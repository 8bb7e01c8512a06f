"""What a user or a rule can do to a training that goes on."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.networks.weights import unpack_weights
from core.training.events import EpochEnded, Mark, Marked, StepsTaken
from core.training.loop import train
from core.training.steering import Steering

# Each compiles a network of its own.
pytestmark = pytest.mark.slow

SPEC = TrainingSpec(hidden=(DenseLayer(units=8),), epochs=4, validation_split=0.2, learning_rate=0.01)


def _train(spec, image_set, *wishes, after=EpochEnded):
    """Wishes for nothing until the first event of a kind, then for one thing after another, and for the last one for ever."""
    events, left = [], list(wishes)

    def steer():
        if not left or not _of(after, events):
            return Steering()
        return left.pop(0) if len(left) > 1 else left[0]

    return train(spec, image_set, events.append, steer), events


def _of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def _marks(events):
    return [(event.mark, event.epoch, event.step, event.value) for event in _of(Marked, events)]


@pytest.fixture(scope="module")
def undisturbed(tiny_set):
    return _train(SPEC, tiny_set)


def test_a_pause_changes_nothing_but_the_time(tiny_set, undisturbed):
    outcome, events = _train(SPEC, tiny_set, *[Steering(pause=True)] * 10, Steering())
    assert _marks(events) == [(Mark.PAUSED, 2, 4, None), (Mark.RESUMED, 2, 4, None)]
    assert outcome.weights == undisturbed[0].weights
    paused, resumed = _of(Marked, events)
    assert resumed.seconds - paused.seconds < 0.05 < 10 * 0.05


def test_no_step_is_taken_while_it_is_paused_and_stop_is_heard(tiny_set):
    outcome, events = _train(SPEC, tiny_set, *[Steering(pause=True)] * 3, Steering(pause=True, stop=True), after=StepsTaken)
    assert (outcome.stopped, outcome.steps) == (True, 1)
    assert [mark for mark, *_ in _marks(events)] == [Mark.PAUSED, Mark.RESUMED, Mark.STOPPED]


def test_pauses_are_left_out_of_the_clock(tiny_set):
    began = time.perf_counter()
    outcome, _ = _train(SPEC, tiny_set, *[Steering(pause=True)] * 11, Steering())
    assert outcome.seconds + 10 * 0.05 <= time.perf_counter() - began


def test_a_rate_changed_by_hand_is_marked_and_heeded_from_there_on(tiny_set, undisturbed):
    outcome, events = _train(SPEC, tiny_set, Steering(rate_factor=0.25))
    assert _marks(events) == [(Mark.RATE_CHANGED, 2, 4, 0.25)]
    rates = [epoch.learning_rate for epoch in _of(EpochEnded, events)]
    assert rates == pytest.approx([0.01, 0.0025, 0.0025, 0.0025])
    losses, undisturbed_losses = ([epoch.loss for epoch in _of(EpochEnded, each)] for each in (events, undisturbed[1]))
    assert losses[0] == undisturbed_losses[0]
    assert losses[2] != undisturbed_losses[2]
    assert outcome.weights != undisturbed[0].weights


def test_a_scheduled_rate_is_reported_with_each_point(tiny_set):
    _, events = _train(SPEC.model_copy(update={"schedule": "step", "drop_every": 1}), tiny_set)
    assert [epoch.learning_rate for epoch in _of(EpochEnded, events)] == pytest.approx([1e-2, 1e-3, 1e-4, 1e-5])
    assert _of(StepsTaken, events)[0].learning_rate == pytest.approx(0.01)


def test_it_stops_early_once_the_validation_loss_no_longer_falls(tiny_set):
    # Nothing is learned at this rate, so the first epoch stays the best.
    spec = SPEC.model_copy(update={"epochs": 50, "patience": 3, "optimiser": "sgd", "learning_rate": 1e-12})
    outcome, events = _train(spec, tiny_set)
    assert (outcome.stopped, outcome.epochs_done) == (False, 4)
    assert _marks(events) == [(Mark.STOPPED_EARLY, 4, 16, None)]


def test_it_ends_once_the_target_is_reached(tiny_set):
    outcome, events = _train(SPEC.model_copy(update={"epochs": 200, "target_accuracy": 0.9}), tiny_set)
    accuracies = [epoch.validation_accuracy for epoch in _of(EpochEnded, events)]
    assert not outcome.stopped
    assert accuracies[-1] >= 0.9 > max(accuracies[:-1])
    assert [mark for mark, *_ in _marks(events)] == [Mark.TARGET_REACHED]


def test_the_best_epoch_is_kept_and_marked(tiny_set):
    # At this rate the loss goes up and down.
    spec = SPEC.model_copy(update={"optimiser": "sgd", "learning_rate": 3.0, "epochs": 9, "seed": 2})
    _, events = _train(spec, tiny_set)
    losses = [epoch.validation_loss for epoch in _of(EpochEnded, events)]
    best = int(np.argmin(losses)) + 1
    assert best < 9
    kept, marked = _train(spec.model_copy(update={"keep_best": True}), tiny_set)
    shorter, _ = _train(spec.model_copy(update={"epochs": best}), tiny_set)
    assert _marks(marked) == [(Mark.BEST_KEPT, 9, 36, best)]
    assert kept.weights == shorter.weights


def test_nothing_is_marked_where_the_last_epoch_is_the_best(tiny_set):
    kept, events = _train(SPEC.model_copy(update={"keep_best": True}), tiny_set)
    plain, _ = _train(SPEC, tiny_set)
    assert _marks(events) == []
    assert kept.weights == plain.weights


def test_stopped_it_goes_back_to_the_best_epoch_if_asked_to(tiny_set):
    keeping = SPEC.model_copy(update={"keep_best": True, "optimiser": "sgd", "learning_rate": 3.0, "seed": 2})
    outcome, events = _train(keeping, tiny_set, *[Steering()] * 2, Steering(stop=True))
    losses = [epoch.validation_loss for epoch in _of(EpochEnded, events)]
    best = int(np.argmin(losses)) + 1
    shorter, _ = _train(keeping.model_copy(update={"epochs": best, "keep_best": False}), tiny_set)
    assert _marks(events) == [(Mark.STOPPED, 4, 12, None), (Mark.BEST_KEPT, 4, 12, best)]
    # That epoch was measured when it ended.
    assert outcome.kept is None
    assert all(map(np.array_equal, unpack_weights(outcome.weights), unpack_weights(shorter.weights)))
