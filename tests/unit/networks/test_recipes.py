from __future__ import annotations

import pytest

from core.errors import InklingError
from core.networks.recipes import DEFAULT_RECIPE, RECIPES, find_recipe
from core.networks.spec import TrainingSpec

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
    assert spec.scale_inputs
    assert spec.seed == TrainingSpec().seed


def test_each_recipe_knows_its_own_name():
    assert {name: recipe.spec.recipe for name, recipe in RECIPES.items()} == {name: name for name in RECIPES}


def test_the_default_recipe_needs_no_download():
    assert find_recipe(DEFAULT_RECIPE).spec.dataset == "digits"


def test_an_unknown_recipe_is_answered_with_the_names_there_are():
    with pytest.raises(InklingError, match="no recipe called 'mnist-129'; expected one of digits-64, mnist-128"):
        find_recipe("mnist-129")
