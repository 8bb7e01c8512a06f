from __future__ import annotations

import math

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SpecError
from core.networks.building import build_network, build_optimiser
from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    MaxPoolingLayer,
)
from core.networks.memory import machine_memory
from core.networks.optimisers import OPTIMISERS
from core.networks.recipes import RECIPES
from core.networks.shapes import TENSORFLOW_BYTES, check_size, count_multiply_adds, count_parameters, describe_layers, estimate_memory
from core.networks.spec import TrainingSpec
from tests.unit.networks.random_networks import networks

DENSE = TrainingSpec(hidden=(DenseLayer(units=784), DenseLayer(units=32)))


def _multiply_adds(layer):
    """Counted from Keras' own weights: each number of a kernel is used once at each place of the output."""
    places = math.prod(layer.output.shape[1:-1])
    if isinstance(layer, keras.layers.BatchNormalization):
        return places * layer.output.shape[-1]
    return places * math.prod(layer.kernel.shape) if hasattr(layer, "kernel") else 0


def _assert_agrees_with_keras(spec, image_shape, class_count):
    model = build_network(spec, image_shape, class_count, 255)
    image, *rows = describe_layers(spec, image_shape, class_count)
    assert (image.output_shape, image.parameters) == (image_shape, 0)
    assert [row.output_shape for row in rows] == [layer.output.shape[1:] for layer in model.layers]
    assert [row.parameters for row in rows] == [layer.count_params() for layer in model.layers]
    assert [row.trainable for row in rows] == [sum(math.prod(v.shape) for v in layer.trainable_weights) for layer in model.layers]
    assert [row.multiply_adds for row in rows] == [_multiply_adds(layer) for layer in model.layers]
    assert count_parameters([image, *rows]) == model.count_params()


@settings(max_examples=8, deadline=None)
@given(networks(), st.integers(2, 20))
def test_every_row_agrees_with_keras(network, class_count):
    _assert_agrees_with_keras(*network, class_count)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(networks(), st.integers(2, 20))
def test_every_row_of_many_networks_agrees_with_keras(network, class_count):
    _assert_agrees_with_keras(*network, class_count)


@pytest.mark.parametrize("name", RECIPES)
def test_every_row_of_a_recipe_agrees_with_keras(name):
    image_shape = {"digits": (8, 8), "cifar10": (32, 32, 3)}.get(RECIPES[name].spec.dataset, (28, 28))
    _assert_agrees_with_keras(RECIPES[name].spec, image_shape, 10)


def test_the_published_network_has_its_published_count():
    assert count_parameters(describe_layers(RECIPES["mnist-784-32-sgd"].spec, (28, 28), 10)) == 640_890


def test_multiply_adds_of_a_textbook_convolution():
    # 26 x 26 places, at each 3 x 3 weights for each of 32 filters; then 5,408 x 10.
    spec = TrainingSpec(hidden=(Conv2DLayer(padding="valid"), MaxPoolingLayer()))
    assert count_multiply_adds(describe_layers(spec, (28, 28), 10)) == 26 * 26 * 9 * 32 + 13 * 13 * 32 * 10


def test_each_row_says_where_its_count_comes_from():
    hidden = (
        Conv2DLayer(filters=4, activation="gelu"),
        BatchNormalizationLayer(),
        MaxPoolingLayer(size=3),
        Conv2DLayer(filters=8),
        AveragePoolingLayer(),
        DropoutLayer(rate=0.3),
        DenseLayer(units=5),
    )
    rows = describe_layers(TrainingSpec(hidden=hidden), (28, 28), 10)
    assert [(row.layer, row.how) for row in rows] == [
        ("Image", "whole numbers, as stored"),
        ("Scale to 0..1", "nothing to learn"),
        ("Channels", "nothing to learn: grey is a single channel"),
        ("Conv2D 1", "3 x 3 x 1 x 4 weights + 4 biases"),
        ("BatchNormalization 1", "4 factors + 4 shifts; and 4 means + 4 spreads, measured, not learned"),
        ("MaxPooling2D 1", "nothing to learn: the largest of each 3 x 3 values"),
        ("Conv2D 2", "3 x 3 x 4 x 8 weights + 8 biases"),
        ("AveragePooling2D 1", "nothing to learn: the mean of each 2 x 2 values"),
        ("Dropout 1", "nothing to learn: 30 % of the values become 0 while it trains"),
        ("Flatten", "nothing to learn: 4 x 4 x 8 in one row"),
        ("Dense 1", "128 x 5 weights + 5 biases"),
        ("Output", "5 x 10 weights + 10 biases"),
    ]
    assert {row.layer: row.activation for row in rows if row.activation} == {
        "Conv2D 1": "GELU",
        "Conv2D 2": "ReLU",
        "Dense 1": "ReLU",
        "Output": "Softmax",
    }


def test_rows_of_layers_that_only_reshape():
    pooled = describe_layers(TrainingSpec(hidden=(GlobalAveragePoolingLayer(),)), (6, 4, 3), 2)
    assert pooled[2].how == "nothing to learn: 3 means, each of 6 x 4 values"
    flat = describe_layers(TrainingSpec(hidden=(FlattenLayer(),), scaling="standardise_pixel"), (6, 4, 3), 2)
    assert [row.layer for row in flat] == ["Image", "Standardise", "Flatten 1", "Output"]
    assert flat[1].how == "72 means + 72 spreads + their number, measured, not learned"


@pytest.mark.parametrize("changes", [*({"optimiser": name} for name in OPTIMISERS), {"optimiser": "rmsprop", "momentum": 0.9}])
def test_the_memory_of_every_optimiser_is_the_one_keras_sets_aside(changes):
    spec = TrainingSpec(hidden=(DenseLayer(units=16),), **changes)
    model, optimiser = build_network(spec, (8, 8), 10, 255), build_optimiser(spec)
    optimiser.build(model.trainable_variables)
    # Learning rate, step counter and the like are single numbers.
    kept = sum(math.prod(variable.shape) for variable in optimiser.variables if len(variable.shape))
    without = estimate_memory(TrainingSpec(hidden=spec.hidden, optimiser="sgd"), (8, 8), 10, 0)
    assert estimate_memory(spec, (8, 8), 10, 0) - without == 4 * kept


def test_memory_grows_with_images_batch_and_weights():
    def of(spec, images=1000):
        return estimate_memory(spec, (28, 28), 10, images) - TENSORFLOW_BYTES

    assert of(DENSE, 2000) - of(DENSE) == 3 * 1000 * 28 * 28
    # A batch twice as large holds twice as many activations: the pixels three times (as they are, scaled, in a row) and 826 units.
    assert of(DENSE.model_copy(update={"batch_size": 64})) - of(DENSE) == 32 * 2 * 4 * (3 * 784 + 784 + 32 + 10)
    assert of(DENSE.model_copy(update={"batch_size": 8192})) == of(DENSE.model_copy(update={"batch_size": 1000}))


def test_a_network_at_the_limit_is_accepted_and_one_past_it_refused():
    # 12,288 x 4,060 weights and what follows stay just under 50 million parameters; 4,070 units go past them.
    check_size(TrainingSpec(hidden=(DenseLayer(units=4060),)), (64, 64, 3), 10, 0)
    with pytest.raises(SpecError, match="expected at most 50,000,000") as refusal:
        check_size(TrainingSpec(hidden=(DenseLayer(units=4070),)), (64, 64, 3), 10, 0)
    assert refusal.value.problems[0].field == "hidden"


def test_a_training_larger_than_the_machine_is_refused_with_both_numbers():
    spec = TrainingSpec(hidden=(Conv2DLayer(filters=64),) * 16, batch_size=8192)
    with pytest.raises(SpecError, match=rf"about [\d.]+ GB of memory; this machine has {machine_memory() / 1e9:.1f} GB") as refusal:
        check_size(spec, (256, 256), 10, 10_000)
    assert refusal.value.problems[0].field == "batch_size"


def test_a_container_can_have_less_memory_than_the_machine(tmp_path):
    limit, unlimited = tmp_path / "limit", tmp_path / "unlimited"
    limit.write_text("1000000\n")
    unlimited.write_text("max\n")
    assert machine_memory((unlimited, tmp_path / "missing")) == machine_memory(())
    assert machine_memory((unlimited, limit)) == 1_000_000 < machine_memory(())
