"""A training that goes on from an epoch of another one."""

from __future__ import annotations

import pytest

from core.errors import InklingError
from core.networks.augmentation import Augmentation
from core.networks.layers import BatchNormalizationLayer, Conv2DLayer, DenseLayer, DropoutLayer
from core.networks.spec import TrainingSpec
from core.training.checkpoint import Start, unpack_checkpoint
from core.training.events import ArtefactReady, EpochEnded, Mark, Marked, StepsTaken
from core.training.loop import train
from core.training.steering import stop_when

pytestmark = pytest.mark.slow

SPEC = TrainingSpec(hidden=(DenseLayer(units=8),), epochs=4, validation_split=0.2, learning_rate=0.01)

PATHS = {
    "dense, another optimiser": {"optimiser": "nesterov"},
    "dropout and normalisation": {"hidden": (DenseLayer(units=8), BatchNormalizationLayer(), DropoutLayer(rate=0.5))},
    "convolution, augmented": {
        "hidden": (Conv2DLayer(filters=4), DropoutLayer(), DenseLayer(units=8)),
        "augmentation": Augmentation(shift=0.1, noise=0.1),
        "scaling": "standardise_pixel",
    },
    "the best is kept": {"optimiser": "sgd", "learning_rate": 2.0, "keep_best": True},
}


def _train(spec, image_set, start=None, steer=None):
    events = []
    outcome = train(spec, image_set, events.append, steer or stop_when(lambda: False), start=start)
    return outcome, events


def _start(events, epochs_done, **changes):
    """From what a run has sent, as if it had been interrupted after that epoch."""
    sent = {event.name: event.data for event in events if isinstance(event, ArtefactReady)}
    names = {"weights": f"weights/epoch-{epochs_done:04d}.npz", "optimiser": "weights/optimiser.npz"}
    return Start(**({name: sent[file] for name, file in names.items()} | {"epochs_done": epochs_done, "seconds": 100.0} | changes))


def _numbers(events, after):
    return [(event.epoch, event.step, event.loss, event.validation_loss) for event in events if isinstance(event, EpochEnded)][after:]


def _assert_continues(spec, image_set):
    whole, events = _train(spec, image_set)
    # Interrupted in its third epoch: it had been dealt other chunks, and a look at the validation images less.
    _, interrupted = _train(spec.model_copy(update={"epochs": 2}), image_set)
    rest, continued = _train(spec, image_set, _start(interrupted, 2))
    assert rest.weights == whole.weights
    assert _numbers(continued, 0) == _numbers(events, 2)
    assert (rest.epochs_done, rest.steps) == (whole.epochs_done, whole.steps)
    marks = [[(event.mark, event.value) for event in each if isinstance(event, Marked)] for each in (events, continued)]
    assert marks[0] == marks[1]


def test_it_is_bit_for_bit_what_it_would_have_been(tiny_set):
    _assert_continues(SPEC, tiny_set)


@pytest.mark.parametrize("changes", PATHS.values(), ids=PATHS)
def test_it_is_bit_for_bit_what_it_would_have_been_in_every_program(changes, tiny_set):
    _assert_continues(SPEC.model_copy(update=changes), tiny_set)


@pytest.fixture(scope="module")
def two_epochs(tiny_set):
    return _train(SPEC.model_copy(update={"epochs": 2}), tiny_set)[1]


def test_the_clock_goes_on_where_it_was(tiny_set, two_epochs):
    outcome, events = _train(SPEC.model_copy(update={"epochs": 3}), tiny_set, _start(two_epochs, 2))
    assert outcome.seconds > 100
    assert min(event.seconds for event in events if isinstance(event, StepsTaken)) > 100


def test_the_schedule_is_that_of_the_new_total(tiny_set, two_epochs):
    spec = SPEC.model_copy(update={"epochs": 3, "schedule": "step", "drop_every": 2})
    _, events = _train(spec, tiny_set, _start(two_epochs, 2))
    assert [event.learning_rate for event in events if isinstance(event, EpochEnded)] == pytest.approx([0.001])


def test_without_what_the_optimiser_remembers_it_goes_on_from_the_weights(tiny_set, two_epochs):
    _, whole = _train(SPEC, tiny_set)
    _, events = _train(SPEC, tiny_set, _start(two_epochs, 2, optimiser=None))
    for (epoch, step, loss, _), (_, _, expected, _) in zip(_numbers(events, 0), _numbers(whole, 2), strict=True):
        assert (epoch, step) == (epoch, 4 * epoch)
        assert loss == pytest.approx(expected, rel=0.2)


def test_what_the_optimiser_remembers_of_another_epoch_is_not_used(tiny_set, two_epochs):
    first = next(event.data for event in two_epochs if isinstance(event, ArtefactReady) and event.name == "weights/optimiser.npz")
    assert unpack_checkpoint(first).epoch == 1
    one, other = (_train(SPEC, tiny_set, _start(two_epochs, 2, optimiser=memory))[0].weights for memory in (first, None))
    assert one == other


def test_patience_that_had_run_out_begins_anew(tiny_set):
    # Nothing is learned at this rate.
    spec = SPEC.model_copy(update={"epochs": 3, "patience": 2, "optimiser": "sgd", "learning_rate": 1e-12})
    outcome, events = _train(spec, tiny_set)
    assert outcome.epochs_done == 3
    longer = spec.model_copy(update={"epochs": 9})
    outcome, events = _train(longer, tiny_set, _start(events, 3))
    assert outcome.epochs_done == 5
    assert [event.mark for event in events if isinstance(event, Marked)] == [Mark.STOPPED_EARLY]


def test_stopped_at_once_it_gives_back_what_it_began_with(tiny_set, two_epochs):
    before, _ = _train(SPEC.model_copy(update={"epochs": 2}), tiny_set)
    outcome, _ = _train(SPEC, tiny_set, _start(two_epochs, 2), stop_when(lambda: True))
    assert (outcome.stopped, outcome.epochs_done, outcome.steps) == (True, 2, 8)
    assert outcome.weights == before.weights


@pytest.mark.parametrize("damage", [{"optimiser": b"nothing"}, {"weights": b"nothing", "optimiser": None}])
def test_damaged_bytes_are_refused(damage, tiny_set, two_epochs):
    with pytest.raises(InklingError, match="can't be read"):
        _train(SPEC, tiny_set, _start(two_epochs, 2, **damage))


def test_a_file_of_weights_is_no_memory_of_an_optimiser(tiny_set, two_epochs):
    start = _start(two_epochs, 2)
    with pytest.raises(InklingError, match="can't be read"):
        _train(SPEC, tiny_set, _start(two_epochs, 2, optimiser=start.weights))


def test_what_is_of_another_network_is_refused(tiny_set, two_epochs):
    with pytest.raises(InklingError, match="do not fit the network"):
        _train(SPEC.model_copy(update={"hidden": (DenseLayer(units=9),)}), tiny_set, _start(two_epochs, 2))
