from __future__ import annotations

import numpy as np

from core.networks.recipes import RECIPES
from core.networks.shapes import count_parameters, describe_layers
from core.networks.weights import unpack_weights
from core.training.checkpoint import Checkpoint, unpack_checkpoint
from core.training.live import FIRST_BYTES, FIRST_EPOCHS, FIRST_SHARE, LIVE_SHARE, WEIGHTS_SHARE, LiveValidation, WeightsSender
from core.training.steps import Sums


class Clock:
    """Stands still until told to move."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class NetworkThatTakes:
    """Measures in `seconds` and remembers what it was asked about."""

    def __init__(self, seconds, clock):
        self.seconds, self.clock, self.asked = seconds, clock, []

    def measure(self, positions):
        self.asked.append(positions.tolist())
        self.clock.now += self.seconds
        return Sums(1.0, 1, len(positions))


def _looks(seconds, chunk=0.2, chunks=100, images=2000):
    clock = Clock()
    network = NetworkThatTakes(seconds, clock)
    live = LiveValidation(network, np.arange(images, dtype=np.int32), 1, clock)
    for _ in range(chunks):
        clock.now += chunk
        live.measure()
    return network.asked


def test_a_cheap_look_is_taken_at_every_chunk_and_always_at_the_same_images():
    asked = _looks(0.002)
    assert len(asked) == 100
    assert len(asked[0]) == 500
    assert all(positions == asked[0] for positions in asked)


def test_a_dear_look_is_taken_seldom_enough_to_cost_next_to_nothing():
    asked = _looks(0.1)
    assert len(asked) > 1
    assert len(asked) * 0.1 <= 100 * 0.2 * LIVE_SHARE + 0.1


def test_nothing_held_back_means_no_look():
    clock = Clock()
    network = NetworkThatTakes(0.001, clock)
    assert LiveValidation(network, np.arange(0, dtype=np.int32), 1, clock).measure() is None
    assert network.asked == []


def _checkpoint(epoch, size=2):
    return Checkpoint(epoch, [np.full(size, epoch, np.float32)], [np.array(epoch)], None)


def test_weights_are_sent_at_most_once_a_second_and_the_last_at_the_end(monkeypatch):
    monkeypatch.setattr("core.training.live.FIRST_BYTES", 0)
    clock, sent = Clock(), []
    sender = WeightsSender(sent.append, clock)
    for epoch in range(1, 12):
        clock.now += 0.25
        sender.offer(_checkpoint(epoch))
    sender.flush()
    sender.flush()
    assert [event.name for event in sent[::2]] == [f"weights/epoch-{epoch:04d}.npz" for epoch in (1, 5, 9, 11)]
    assert unpack_weights(sent[-2].data)[0][:2].tolist() == [11.0, 11.0]
    assert {event.name for event in sent[1::2]} == {"weights/optimiser.npz"}
    assert [unpack_checkpoint(event.data).epoch for event in sent[1::2]] == [1, 5, 9, 11]


def test_the_first_epochs_are_all_sent_and_none_twice():
    clock, sent = Clock(), []
    sender = WeightsSender(sent.append, clock)
    for epoch in range(1, FIRST_EPOCHS + 50):
        clock.now += 0.02
        sender.offer(_checkpoint(epoch))
    sender.flush()
    names = [event.name for event in sent if event.name != "weights/optimiser.npz"]
    assert names[:FIRST_EPOCHS] == [f"weights/epoch-{epoch:04d}.npz" for epoch in range(1, FIRST_EPOCHS + 1)]
    assert len(names) == len(set(names)) == FIRST_EPOCHS + 2
    # What the optimiser remembers is needed for the last one alone.
    assert len(sent) - len(names) == 4


def test_the_time_machine_has_every_epoch_of_a_short_training():
    """`mnist-128` takes 0.6 s an epoch, so that once a second would be three of its five."""
    clock, sent = Clock(), []
    sender = WeightsSender(sent.append, clock)
    for epoch in range(1, 6):
        clock.now += 0.6
        sender.offer(_checkpoint(epoch, size=101_770))
    sender.flush()
    assert [event.name[8:18] for event in sent if "epoch" in event.name] == [f"epoch-{epoch:04d}" for epoch in range(1, 6)]


def test_small_weights_are_kept_at_each_epoch_however_busy_the_machine_is():
    clock, sent = Clock(), []

    def take_a_while(event):
        sent.append(event)
        clock.now += 0.5

    sender = WeightsSender(take_a_while, clock)
    for epoch in range(1, 6):
        clock.now += 0.01
        sender.offer(_checkpoint(epoch, size=4_810))
    assert len([event for event in sent if "epoch" in event.name]) == 5


def test_the_first_epochs_take_no_more_time_than_a_small_share():
    clock, sent = Clock(), []

    def take_a_while(event):
        sent.append(event)
        clock.now += 0.005

    sender = WeightsSender(take_a_while, clock)
    for epoch in range(1, FIRST_EPOCHS + 1):
        clock.now += 0.01
        sender.offer(_checkpoint(epoch, size=407_050))
    in_between = len([event for event in sent if "epoch" in event.name])
    assert 2 < in_between <= FIRST_SHARE * (clock.now - 100) / 0.005 + 2


def test_every_epoch_of_every_recipe_has_room():
    shapes = {"digits": (8, 8), "mnist": (28, 28), "fashion_mnist": (28, 28), "cifar10": (32, 32, 3)}
    for name, recipe in RECIPES.items():
        parameters = count_parameters(describe_layers(recipe.spec, shapes[recipe.spec.dataset], 10))
        assert recipe.spec.epochs <= FIRST_EPOCHS and 2 * recipe.spec.epochs * parameters <= FIRST_BYTES, name


def test_weights_that_take_long_to_hand_over_are_sent_less_often(monkeypatch):
    monkeypatch.setattr("core.training.live.FIRST_BYTES", 0)
    clock, sent = Clock(), []

    def take_long(event):
        sent.append(event)
        clock.now += 0.5

    sender = WeightsSender(take_long, clock)
    for epoch in range(1, 1001):
        clock.now += 1
        sender.offer(_checkpoint(epoch))
    assert 2 < len(sent) / 2 <= 1000 * WEIGHTS_SHARE + 1


def test_without_an_epoch_there_is_nothing_to_send():
    sent = []
    WeightsSender(sent.append, Clock()).flush()
    assert sent == []
