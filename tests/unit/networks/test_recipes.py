from __future__ import annotations

import pytest

from core.errors import InklingError
from core.networks.recipes import DEFAULT_RECIPE, RECIPES, find_recipe
from core.networks.spec import TrainingSpec, read_spec

# Data, hidden units, optimiser, learning rate, batch size, epochs: as the tutorials have them.
PUBLISHED = {
    "mnist-128": ("mnist", [128], "adam", 0.001, 32, 5),
    "mnist-784-32-sgd": ("mnist", [784, 32], "sgd", 0.1, 500, 20),
    "cifar10-200-150": ("cifar10", [200, 150], "adam", 0.0005, 32, 10),
    "fashion-128": ("fashion_mnist", [128], "adam", 0.001, 32, 10),
    "mnist-512": ("mnist", [512], "adam", 0.001, 32, 10),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_is_the_published_one(name):
    spec = RECIPES[name].spec
    units = [layer.units for layer in spec.hidden]
    assert (spec.dataset, units, spec.optimiser, spec.learning_rate, spec.batch_size, spec.epochs) == PUBLISHED[name]
    assert {layer.activation for layer in spec.hidden} == {"relu"}
    assert spec.scaling == "divide"
    assert spec.seed == TrainingSpec().seed


def test_those_with_a_published_accuracy_are_the_published_ones():
    assert {name for name, recipe in RECIPES.items() if recipe.published_accuracy} == set(PUBLISHED)


def test_the_recipe_that_fails_differs_by_its_scaling_and_its_length_alone():
    works, fails = (RECIPES[name].spec.model_dump() for name in ("mnist-784-32-sgd", "mnist-784-32-raw"))
    assert {key for key in works if works[key] != fails[key]} == {"recipe", "scaling", "epochs"}


def test_each_recipe_knows_its_own_name():
    assert {name: recipe.spec.recipe for name, recipe in RECIPES.items()} == {name: name for name in RECIPES}


@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_is_checked_like_any_other_settings(name):
    assert read_spec(RECIPES[name].spec.model_dump()) == RECIPES[name].spec


@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_says_why_in_two_or_three_sentences(name):
    reasons = RECIPES[name].reasons
    assert 2 <= len(reasons) <= 4
    assert all(reason[0].isupper() or reason[0].isdigit() for reason in reasons)
    assert all(reason.endswith(".") and len(reason) < 220 for reason in reasons)


def test_the_default_recipe_needs_no_download():
    assert find_recipe(DEFAULT_RECIPE).spec.dataset == "digits"


def test_an_unknown_recipe_is_answered_with_the_names_there_are():
    with pytest.raises(InklingError, match="no recipe called 'mnist-129'; expected one of digits-64, mnist-128"):
        find_recipe("mnist-129")
