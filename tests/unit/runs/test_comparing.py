"""In which settings runs differ, in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compute.teaching import teaching_spec
from core.networks.augmentation import Augmentation
from core.networks.layers import (
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    MaxPoolingLayer,
)
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec, read_spec
from core.runs.comparing import (
    NO_EFFECT,
    Difference,
    describe_layer,
    describe_settings,
    find_differences,
    find_training_differences,
)
from core.runs.record import RunHistory, RunRecord, RunState
from core.shipped.card import load_card
from core.training.events import EpochEnded, Mark, Marked


def test_only_what_differs_is_listed_with_its_title_layers_first():
    one = TrainingSpec(learning_rate=0.01, batch_size=5000)
    other = TrainingSpec(hidden=(DenseLayer(units=8),), learning_rate=0.02, batch_size=5000)
    assert find_differences([one, other]) == (
        Difference("Hidden layers", ("Dense 64 ReLU", "Dense 8 ReLU")),
        Difference("Learning rate", ("0.01", "0.02")),
    )


def test_a_run_alone_and_two_alike_differ_in_nothing():
    assert find_differences([]) == ()
    assert find_differences([TrainingSpec()]) == ()
    # Where settings came from changes nothing.
    assert find_differences([TrainingSpec(recipe="digits-64"), TrainingSpec()]) == ()


def test_a_setting_without_effect_is_a_dash_and_an_empty_one_is_what_the_optimiser_takes():
    plain, typed, other = TrainingSpec(), TrainingSpec(beta_1=0.9), TrainingSpec(optimiser="momentum", momentum=0.9)
    assert find_differences([plain, typed]) == ()
    differences = {row.title: row.values for row in find_differences([plain, other])}
    assert differences["Beta 1"] == ("0.9", NO_EFFECT)
    assert differences["Momentum"] == (NO_EFFECT, "0.9")
    assert differences["Optimiser"][0] == "Adam"


def test_a_run_that_was_split_as_in_the_first_version_was_checked_on_other_images():
    old = read_spec({"version": 1, "seed": 1})
    assert find_differences([old, TrainingSpec()]) == (Difference("Split seed", ("1, by an earlier way of drawing", "1")),)


def test_a_copy_taught_today_is_not_said_to_be_of_an_earlier_version():
    taught = teaching_spec(load_card().spec, 10_000)
    assert describe_settings(taught)["Split seed"] == "1, by an earlier way of drawing"
    assert describe_settings(teaching_spec(TrainingSpec(), 10_000))["Split seed"] == "1"


def test_values_are_words():
    spec = TrainingSpec(training_images=2000, seed=12345, augmentation=Augmentation(flip=True, shift=0.1), patience=3)
    words = describe_settings(spec)
    assert (words["Training images"], words["Seed"], words["Mirror"], words["Shift"]) == ("2,000", "12345", "yes", "0.1")
    assert (words["Target accuracy"], words["Stop early after"], words["Input scaling"]) == ("never", "3", "To 0..1")
    assert describe_settings(TrainingSpec(hidden=()))["Hidden layers"] == "none"


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (DenseLayer(units=8, activation="tanh", l2=0.01), "Dense 8 Tanh (L2 0.01)"),
        (Conv2DLayer(filters=16, stride=2, padding="valid"), "Conv2D 16 of 3 x 3 ReLU (stride 2, edges valid)"),
        (DenseLayer(initialiser="zeros"), "Dense 64 ReLU (first weights: All zero)"),
        (MaxPoolingLayer(), "MaxPooling2D 2 x 2"),
        (DropoutLayer(rate=0.125), "Dropout 12.5 %"),
        (BatchNormalizationLayer(), "BatchNormalization"),
    ],
)
def test_a_layer_is_told_by_what_it_is_and_what_is_unusual(layer, words):
    assert describe_layer(layer) == words


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([recipe.spec for recipe in RECIPES.values()]), min_size=2, max_size=4))
def test_runs_of_any_recipes_differ_where_their_words_do(specs):
    for row in find_differences(specs):
        assert len(row.values) == len(specs)
        assert len(set(row.values)) > 1


def trained(
    epochs: int, state: RunState = RunState.FINISHED, marks: tuple[Marked, ...] = (), **told: object
) -> tuple[RunRecord, RunHistory]:
    """A run of ten epochs that completed so many, with ten steps in each."""
    ended = tuple(EpochEnded(number, 10 * number, 1.0, 0.5, 1.0, 0.5, 1e4, 0.1 * number) for number in range(1, epochs + 1))
    record = RunRecord("0" * 12, state, TrainingSpec(epochs=10), "", 0.0, epochs_done=epochs, **{"kept_at": float(epochs), **told})
    return record, RunHistory(None, (), ended, marks)


def rate(factor: float, epoch: int) -> Marked:
    return Marked(Mark.RATE_CHANGED, epoch, 10 * epoch, 1.0, factor)


def test_runs_trained_alike_differ_in_nothing_that_happened():
    assert find_training_differences([trained(10), trained(10)], {}) == ()


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (trained(5, RunState.STOPPED, kept_at=5.9), "5.9 of 10 epochs, stopped"),
        (trained(5, RunState.STOPPED, kept_at=3.0), "5 of 10 epochs, stopped, weights of epoch 3 kept"),
        (trained(5, RunState.RUNNING), "5 of 10 epochs, running"),
        (trained(6, marks=(Marked(Mark.STOPPED_EARLY, 6, 60, 1.0),)), "6 of 10 epochs, stopped early"),
        # It was continued after that.
        (trained(9, marks=(Marked(Mark.STOPPED_EARLY, 6, 60, 1.0),)), "9 of 10 epochs"),
    ],
)
def test_how_far_a_run_was_trained_and_to_which_end_is_a_difference(run, words):
    assert find_training_differences([trained(10), run], {}) == (Difference("Trained", ("10 epochs", words)),)


def test_what_was_changed_while_a_run_was_trained_is_a_difference():
    steered = trained(10, marks=(rate(0.1, 3), Marked(Mark.PAUSED, 4, 40, 1.0), Marked(Mark.RESUMED, 4, 40, 1.0), rate(1.0, 5)))
    words = "learning rate x 0.1 in epoch 3, back to the schedule in epoch 5; paused"
    assert find_training_differences([trained(10), steered], {}) == (Difference("Changed while training", ("nothing", words)),)
    [difference] = find_training_differences([trained(10), trained(10, marks=tuple(rate(0.5, epoch) for epoch in range(1, 8)))], {})
    assert difference.values[1] == "learning rate 7 times, the last x 0.5 in epoch 7"


def test_what_a_run_was_continued_from_is_a_difference():
    runs = [trained(10), trained(10, continues="a" * 12)]
    assert find_training_differences(runs, {"a" * 12: "Mine (aaaa)"}) == (Difference("Continued from", ("no other run", "Mine (aaaa)")),)
    assert find_training_differences(runs, {})[0].values[1] == f"run {'a' * 12}"
