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
from core.runs.comparing import NO_EFFECT, Difference, describe_layer, describe_settings, find_differences
from core.shipped.card import load_card


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
