from __future__ import annotations

import pytest

from core.errors import SpecError
from core.networks.advice import advise, check_network, held_back
from core.networks.augmentation import Augmentation
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
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec

SHAPES = {"digits": (8, 8), "cifar10": (32, 32, 3)}


def _dense(*units, **settings):
    return tuple(DenseLayer(units=count, **settings) for count in units)


def _advice(*hidden, images=5000, classes=10, **settings):
    spec = TrainingSpec(hidden=hidden, **settings)
    return {problem.field: problem.message for problem in advise(spec, (8, 8), classes, images)}


def _refusal(*hidden, images=5000, **settings):
    with pytest.raises(SpecError) as refusal:
        check_network(TrainingSpec(hidden=hidden, **settings), (8, 8), 10, images)
    return {problem.field: problem.message for problem in refusal.value.problems}


def _accepted(*hidden, images=5000, **settings):
    check_network(TrainingSpec(hidden=hidden, **settings), (8, 8), 10, images)
    return True


def test_more_images_than_there_are_can_not_be_asked_for():
    assert _refusal(training_images=5001)["training_images"].startswith("Training images: asks for 5,001, and the set has 5,000.")
    assert _accepted(training_images=5000)


def test_normalisation_over_a_single_image_is_refused():
    assert "a single image has no spread" in _refusal(BatchNormalizationLayer(), batch_size=1)["batch_size"]
    assert _accepted(BatchNormalizationLayer(), batch_size=2)
    assert _accepted(DenseLayer(), batch_size=1)


def test_a_validation_share_of_less_than_an_image_is_refused():
    assert "is not even one" in _refusal(images=1)["validation_split"]
    assert _accepted(images=1, validation_split=0)
    assert _accepted(images=2)


def test_everything_that_is_wrong_is_said_at_once():
    fields = _refusal(BatchNormalizationLayer(), MaxPoolingLayer(size=8), MaxPoolingLayer(), batch_size=1, training_images=6000)
    assert set(fields) == {"batch_size", "training_images", "hidden.2.size"}


def test_a_network_too_large_is_refused():
    with pytest.raises(SpecError, match="expected at most 50,000,000"):
        check_network(TrainingSpec(hidden=_dense(4096, 4096)), (256, 256), 10, 100)


def test_as_many_images_are_held_back_as_keras_would():
    assert [held_back(*case) for case in [(1437, 0.2), (60_000, 0.1), (10, 0.0), (1, 0.5), (3, 0.5)]] == [288, 6000, 0, 0, 2]


def test_layers_without_an_activation_between_them():
    advice = _advice(*_dense(20, 20, activation="linear"))
    assert list(advice) == ["hidden.0.activation", "hidden.1.activation"]
    assert advice["hidden.0.activation"].startswith("Hidden layer 1, Dense, has no activation")
    # What lies between may be linear as well.
    assert "hidden.0.activation" in _advice(Conv2DLayer(activation="linear"), AveragePoolingLayer(), DropoutLayer(), *_dense(20))
    assert not _advice(Conv2DLayer(activation="linear"), MaxPoolingLayer(), *_dense(20, 20))


def test_a_last_layer_smaller_than_the_classes():
    assert _advice(*_dense(20, 9))["hidden.1.units"].startswith("Hidden layer 2, Dense, leaves 9 values to tell 10 classes apart.")
    assert list(_advice(*_dense(9), DropoutLayer())) == ["hidden.0.units"]
    assert list(_advice(Conv2DLayer(filters=4), GlobalAveragePoolingLayer())) == ["hidden.1.kind"]
    assert not _advice(*_dense(9, 10))
    assert not _advice(*_dense(9), classes=9)


def test_a_deep_stack_that_flattens():
    stack = _dense(20, 20, activation="sigmoid") + _dense(20, activation="tanh")
    assert _advice(*stack)["hidden.0.activation"].startswith("3 layers on top of each other flatten large values")
    assert not _advice(*stack[:2])
    assert not _advice(*stack[:2], BatchNormalizationLayer(), stack[2])
    assert not _advice(*stack[:2], *_dense(20), stack[2])


def test_much_dropout_right_before_the_answer():
    assert "hides 60 % of the values" in _advice(*_dense(20), DropoutLayer(rate=0.6))["hidden.1.rate"]
    assert not _advice(*_dense(20), DropoutLayer(rate=0.5))
    assert not _advice(*_dense(20), DropoutLayer(rate=0.6), *_dense(20))


def test_a_flatten_that_does_nothing():
    assert "does nothing" in _advice(*_dense(20), FlattenLayer())["hidden.1.kind"]
    assert not _advice(FlattenLayer(), *_dense(20))


def test_selu_with_other_first_weights():
    assert "LeCun normal" in _advice(*_dense(20, activation="selu"))["hidden.0.initialiser"]
    assert not _advice(*_dense(20, activation="selu", initialiser="lecun_normal"))


def test_weights_that_all_start_at_0():
    assert "stay alike" in _advice(*_dense(20, initialiser="zeros"))["hidden.0.initialiser"]
    assert not _advice(*_dense(20, initialiser="random_normal"))


def test_the_exponential():
    assert "e to the power" in _advice(*_dense(20, activation="exponential"))["hidden.0.activation"]
    assert not _advice(*_dense(20, activation="elu"))


def test_raw_pixels():
    assert "a hundred times" in _advice(*_dense(20), scaling="none")["scaling"]
    assert not _advice(BatchNormalizationLayer(), *_dense(20), scaling="none")
    assert not _advice(*_dense(20), scaling="standardise_set")


def test_digits_that_are_mirrored_or_turned_round():
    assert list(_advice(augmentation=Augmentation(flip=True, rotation=90))) == ["augmentation.flip", "augmentation.rotation"]
    assert not _advice(augmentation=Augmentation(flip=True, rotation=180), dataset="fashion_mnist")
    assert not _advice(augmentation=Augmentation(shift=0.1, rotation=15))


def test_a_rate_far_above_the_usual_one():
    assert "is 50 times the usual one for Adam, 0.001" in _advice(learning_rate=0.05)["learning_rate"]
    assert not _advice(learning_rate=0.01)
    assert not _advice(optimiser="sgd", learning_rate=1.0)


@pytest.mark.parametrize(
    ("field", "idle", "useful"),
    [
        ("warmup_epochs", {"warmup_epochs": 10}, {"warmup_epochs": 9.5}),
        ("drop_every", {"schedule": "step", "drop_every": 10}, {"schedule": "step", "drop_every": 9}),
        ("patience", {"patience": 10}, {"patience": 9}),
    ],
)
def test_settings_that_the_number_of_epochs_leaves_idle(field, idle, useful):
    assert list(_advice(**idle)) == [field]
    assert not _advice(**useful)


def test_a_drop_that_never_comes_matters_only_where_the_rate_drops():
    assert not _advice(drop_every=400)


def test_few_validation_images():
    assert "is of 99 images, so a single one moves it by 1.0 points" in _advice(images=990)["validation_split"]
    assert not _advice(images=1000)
    assert not _advice(images=100, validation_split=0)
    # They are held back from the whole set, however few are trained on.
    assert not _advice(training_images=500)


def test_more_images_asked_for_than_are_left():
    assert "500 are held back, so that only 4,500 are left of the 4,501 asked for" in _advice(training_images=4501)["training_images"]
    assert not _advice(training_images=4500)
    assert not _advice(training_images=5000, validation_split=0)


def test_batches_larger_than_the_set():
    assert "There are 4,500 images to train on" in _advice(batch_size=4501)["batch_size"]
    assert not _advice(batch_size=4500)


def test_one_image_left_for_the_last_batch_of_a_network_that_normalises():
    normalised = (*_dense(20), BatchNormalizationLayer())
    # 1,001 images are 31 batches of 32 and nine more; of 1,001 in batches of 50 one is left.
    assert "leave one image over" in _advice(*normalised, images=1001, validation_split=0, batch_size=50)["batch_size"]
    assert "Batches of 51 leave none alone." in _advice(*normalised, images=1001, validation_split=0, batch_size=50)["batch_size"]
    # 4 and 5 both divide 1,000: the next size that helps is further away.
    assert "Batches of 6 leave none alone." in _advice(*normalised, images=1001, validation_split=0, batch_size=4)["batch_size"]
    # It is counted over the images that are trained on: without those held back, and only as many as were asked for.
    assert "batch_size" in _advice(*normalised, images=1113, validation_split=0.1, batch_size=100)
    assert "batch_size" in _advice(*normalised, training_images=201, batch_size=20)
    assert (
        "depends on that image alone"
        in _advice(Conv2DLayer(), BatchNormalizationLayer(), images=1001, validation_split=0, batch_size=50)["batch_size"]
    )
    assert not _advice(*normalised, images=1001, validation_split=0, batch_size=32)
    assert not _advice(*_dense(20), images=1001, validation_split=0, batch_size=50)


def test_a_hinge_on_probabilities_is_not_said_to_be_content():
    import keras

    from core.networks.losses import LOSSES

    # Right with 98 % and far ahead of the next class, it still asks for more.
    assert float(keras.losses.categorical_hinge([[1.0, 0.0, 0.0]], [[0.98, 0.01, 0.01]])[0]) > 0
    assert "never content" in LOSSES["categorical_hinge"].help


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_follow_the_advice_but_where_they_fail_on_purpose(name):
    spec = RECIPES[name].spec
    images = {"digits": 1437, "cifar10": 50_000}.get(spec.dataset, 60_000)
    arguments = (spec, SHAPES.get(spec.dataset, (28, 28)), 10, images)
    check_network(*arguments)
    assert [problem.field for problem in advise(*arguments)] == (["scaling"] if name == "mnist-784-32-raw" else [])
