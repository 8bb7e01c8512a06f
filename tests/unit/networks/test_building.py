from __future__ import annotations

import io
import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.errors import InklingError, SpecError
from core.networks.activations import ACTIVATIONS
from core.networks.building import LEAST_SPREAD, adapt_scaling, build_loss, build_network, build_optimiser, export_keras, load_weights
from core.networks.initialisers import INITIALISERS
from core.networks.layers import (
    LAYERS,
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    FlattenLayer,
    GlobalAveragePoolingLayer,
    MaxPoolingLayer,
)
from core.networks.losses import LOSSES
from core.networks.optimisers import OPTIMISERS
from core.networks.scaling import SCALINGS
from core.networks.spec import TrainingSpec

SPEC = TrainingSpec(hidden=(DenseLayer(units=6), DenseLayer(units=5, activation="tanh")))
PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
GREY = np.random.default_rng(1).integers(0, 200, (40, 12, 12), dtype=np.uint8)
EVERYTHING = (
    Conv2DLayer(filters=4, padding="valid", initialiser="he_normal", l2=0.01),
    BatchNormalizationLayer(),
    MaxPoolingLayer(),
    DropoutLayer(),
    Conv2DLayer(filters=3, stride=2),
    AveragePoolingLayer(),
    FlattenLayer(),
    DenseLayer(units=5, activation="tanh"),
    DropoutLayer(rate=0.5),
)


def _build(spec=SPEC):
    return build_network(spec, (4, 4, 3), 7, 255)


def _grey(hidden, **changes):
    return build_network(TrainingSpec(hidden=hidden, **changes), (12, 12), 7, 255)


def _same(one, other):
    return all(np.array_equal(left, right) for left, right in zip(one.get_weights(), other.get_weights(), strict=True))


def _names(model):
    return [layer.name for layer in model.layers]


def test_layers_have_names_for_people():
    assert _names(_build()) == ["scale", "flatten", "dense_1", "dense_2", "output"]


def test_each_kind_of_layer_is_counted_by_itself():
    expected = ["conv2d_1", "batch_normalization_1", "max_pooling2d_1", "dropout_1", "conv2d_2", "average_pooling2d_1", "flatten_1"]
    assert _names(_grey(EVERYTHING))[2:] == [*expected, "dense_1", "dropout_2", "output"]


def test_every_layer_on_offer_can_be_built():
    for kind, layer in LAYERS.items():
        assert f"{kind}_1" in _names(_grey((layer(),)))


def test_a_grey_image_gets_a_channel_where_one_is_needed():
    assert _names(_grey((Conv2DLayer(),))) == ["scale", "channels", "conv2d_1", "flatten", "output"]
    assert _names(_grey((DropoutLayer(), MaxPoolingLayer())))[1:3] == ["dropout_1", "channels"]
    # Over the columns of a grey image, mean and spread would be of single columns.
    assert _grey((BatchNormalizationLayer(),)).get_layer("batch_normalization_1").gamma.shape == (1,)
    assert "channels" not in _names(build_network(TrainingSpec(hidden=(Conv2DLayer(),)), (12, 12, 3), 7, 255))
    assert "channels" not in _names(_grey((DenseLayer(),)))


def test_an_image_is_flattened_once_and_where_it_meets_a_dense_layer():
    assert _names(_grey((Conv2DLayer(), DenseLayer(), DenseLayer())))[2:] == ["conv2d_1", "flatten", "dense_1", "dense_2", "output"]
    assert "flatten" not in _names(_grey((GlobalAveragePoolingLayer(), DenseLayer())))


def test_the_network_takes_raw_pixels_and_gives_probabilities():
    probabilities = _build()(PIXELS).numpy()
    assert probabilities.shape == (3, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_scaling_happens_inside():
    scaled, raw = _build(), _build(SPEC.model_copy(update={"scaling": "none"}))
    assert raw.layers[0].name == "flatten"
    np.testing.assert_allclose(scaled(PIXELS).numpy(), raw(PIXELS / np.float32(255)).numpy(), rtol=1e-5)


def test_a_network_that_can_not_work_is_refused():
    with pytest.raises(SpecError, match="Hidden layer 1, MaxPooling2D"):
        _build(TrainingSpec(hidden=(MaxPoolingLayer(size=5),)))


def _standardised(scaling, images):
    """What the first layer makes of the images it was measured on."""
    spec = TrainingSpec(hidden=(), scaling=scaling)
    model = build_network(spec, images.shape[1:], 7, 255)
    adapt_scaling(model, spec, images)
    return model.get_layer("standardise")(images).numpy().astype(np.float64)


def test_all_pixels_together_are_brought_to_mean_0_and_spread_1():
    values = _standardised("standardise_set", GREY)
    assert (values.mean(), values.std()) == pytest.approx((0, 1), abs=1e-5)
    assert np.abs(values.mean(axis=0)).max() > 0.1


def test_each_place_is_brought_to_mean_0_and_spread_1():
    values = _standardised("standardise_pixel", GREY)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-5)


def test_mean_and_spread_of_more_images_than_are_added_up_at_once():
    images = np.random.default_rng(2).integers(0, 256, (700, 64, 64, 3), dtype=np.uint8)
    spec = TrainingSpec(hidden=(), scaling="standardise_pixel")
    model = build_network(spec, (64, 64, 3), 7, 255)
    adapt_scaling(model, spec, images)
    mean, variance, _ = model.get_layer("standardise").get_weights()
    np.testing.assert_allclose(mean, images.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(variance, images.var(axis=0), rtol=1e-5)


def test_a_place_that_never_changes_stays_harmless():
    images = GREY.copy()
    images[:, 0, 0] = 7
    spec = TrainingSpec(hidden=(), scaling="standardise_pixel")
    model = build_network(spec, (12, 12), 7, 255)
    adapt_scaling(model, spec, images)
    inked = images[:1].copy()
    inked[0, 0, 0] = 255
    values = model.get_layer("standardise")(np.concatenate([images[:1], inked])).numpy()[:, 0, 0]
    assert values[0] == 0
    assert values[1] == pytest.approx((255 - 7) / (LEAST_SPREAD * images.std()), rel=1e-3)


@pytest.mark.parametrize("scaling", ["standardise_set", "standardise_pixel"])
def test_images_of_a_single_shade_do_not_divide_by_zero(scaling):
    assert not _standardised(scaling, np.full((5, 4, 4), 9, np.uint8)).any()


@pytest.mark.parametrize("scaling", ["none", "divide"])
def test_a_scaling_that_is_not_measured_is_left_alone(scaling):
    spec = TrainingSpec(hidden=(), scaling=scaling)
    model = build_network(spec, (12, 12), 7, 255)
    before = model(GREY).numpy()
    adapt_scaling(model, spec, GREY)
    np.testing.assert_array_equal(model(GREY).numpy(), before)


def test_the_seed_alone_decides_the_first_weights():
    spec = TrainingSpec(hidden=EVERYTHING)
    first = _grey(EVERYTHING)
    keras.utils.set_random_seed(99)
    np.random.default_rng().normal()
    assert _same(first, build_network(spec, (12, 12), 7, 255))
    assert not _same(first, _grey(EVERYTHING, seed=2))


def test_dense_networks_start_as_in_the_first_version():
    seeds = np.random.SeedSequence(1).generate_state(3).tolist()
    shapes = [(48, 6), (6, 5), (5, 7)]
    for kernel, shape, seed in zip(_build().get_weights()[::2], shapes, seeds, strict=True):
        np.testing.assert_array_equal(kernel, keras.initializers.GlorotUniform(seed=seed)(shape).numpy())


def test_layers_without_a_kernel_leave_the_weights_of_the_others_alone():
    plain = _build(TrainingSpec(hidden=(DenseLayer(units=6), DenseLayer(units=5))))
    dropped = _build(TrainingSpec(hidden=(DropoutLayer(), FlattenLayer(), DenseLayer(units=6), DropoutLayer(), DenseLayer(units=5))))
    assert _same(plain, dropped)


def test_dropout_is_drawn_from_the_seed_and_differs_between_layers():
    hidden = (DropoutLayer(rate=0.5), DropoutLayer(rate=0.5))

    def masks(seed):
        keras.utils.set_random_seed(99)
        model = build_network(TrainingSpec(hidden=hidden, seed=seed), (12, 12), 7, 255)
        return [model.get_layer(f"dropout_{number}")(np.ones((4, 100), np.float32), training=True).numpy() for number in (1, 2)]

    one, other = masks(1)
    np.testing.assert_array_equal([one, other], masks(1))
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, masks(2)[0])


def test_layers_of_the_same_shape_start_differently():
    model = build_network(TrainingSpec(hidden=(DenseLayer(units=4), DenseLayer(units=4))), (2, 2), 4, 16)
    kernels = [layer.get_weights()[0] for layer in model.layers[2:]]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[1], kernels[2])


def test_weights_start_as_glorot_and_bengio_have_them():
    kernel, bias = build_network(TrainingSpec(hidden=(DenseLayer(units=300),)), (20, 20), 10, 255).get_layer("dense_1").get_weights()
    limit = np.sqrt(6 / (400 + 300))
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    assert not bias.any()


SPREADS = {
    "glorot_uniform": np.sqrt(2 / (400 + 300)),
    "he_normal": np.sqrt(2 / 400),
    "lecun_normal": np.sqrt(1 / 400),
    "random_normal": 0.05,
    "zeros": 0.0,
}


@pytest.mark.parametrize("name", INITIALISERS)
def test_every_initialiser_on_offer_gives_its_spread(name):
    spec = TrainingSpec(hidden=(DenseLayer(units=300, initialiser=name),))
    kernel, bias = build_network(spec, (20, 20), 10, 255).get_layer("dense_1").get_weights()
    assert kernel.std() == pytest.approx(SPREADS[name], rel=0.02)
    assert not bias.any()


def test_the_l2_penalty_is_its_factor_times_the_squared_weights():
    model = _build(TrainingSpec(hidden=(DenseLayer(units=6, l2=0.25), DenseLayer(units=5))))
    [penalty] = model.losses
    assert float(penalty) == pytest.approx(0.25 * np.square(model.get_weights()[0]).sum(), rel=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_on_offer_can_be_built(activation):
    spec = SPEC.model_copy(update={"hidden": (DenseLayer(units=3, activation=activation),)})
    assert np.isfinite(_build(spec)(PIXELS).numpy()).all()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_on_offer_has_the_rate_of_the_spec_until_another_is_set(name):
    optimiser = build_optimiser(SPEC.model_copy(update={"optimiser": name, "learning_rate": 0.0625}))
    assert float(optimiser.learning_rate.numpy()) == 0.0625
    optimiser.learning_rate.assign(0.5)
    assert float(optimiser.learning_rate.numpy()) == 0.5


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_option_of_an_optimiser_reaches_keras(name):
    chosen = {option: 0.625 for option in ("momentum", "beta_1", "beta_2", "rho") if option in OPTIMISERS[name].options}
    spec = TrainingSpec(optimiser=name, weight_decay=0.125, clip_norm=3.0, **chosen)
    settings = build_optimiser(spec).get_config()
    expected = {**chosen, **OPTIMISERS[name].fixed, "weight_decay": 0.125, "global_clipnorm": 3.0}
    assert {option: settings[option] for option in expected} == expected


@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimiser_left_alone_has_the_defaults_it_shows(name):
    settings = build_optimiser(TrainingSpec(optimiser=name)).get_config()
    assert {option: settings[option] for option in OPTIMISERS[name].options} == OPTIMISERS[name].options
    assert settings["global_clipnorm"] is None


LABELS = np.array([0, 6, 3], np.int32)
ONE_HOT = np.eye(7, dtype=np.float32)[LABELS]


def _keras_loss(model, loss, labels):
    model.compile(loss=loss)
    return float(model.compute_loss(PIXELS, labels, model(PIXELS)))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_the_one_that_keras_averages(name):
    spec = SPEC.model_copy(update={"loss": name})
    model = _build(spec)
    losses = build_loss(spec, 7)(LABELS, model(PIXELS)).numpy()
    assert (losses.shape, losses.dtype) == ((3,), np.float32)
    assert losses.mean() == pytest.approx(_keras_loss(model, name, ONE_HOT if LOSSES[name].is_one_hot else LABELS), rel=1e-5)


def test_smoothed_labels_are_those_of_keras():
    spec = SPEC.model_copy(update={"loss": "categorical_crossentropy", "label_smoothing": 0.2})
    model = _build(spec)
    losses = build_loss(spec, 7)(LABELS, model(PIXELS)).numpy()
    assert losses.mean() == pytest.approx(_keras_loss(model, keras.losses.CategoricalCrossentropy(label_smoothing=0.2), ONE_HOT), rel=1e-5)


@pytest.mark.parametrize("name", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_a_compiled_cross_entropy_does_not_end_where_a_probability_rounds_to_0(name):
    spec = TrainingSpec(hidden=(), loss=name)
    model = _build(spec)
    load_weights(model, [np.zeros((48, 7), np.float32), np.array([100, 0, 0, 0, 0, 0, 0], np.float32)])
    compute = build_loss(spec, 7)
    losses = tf.function(lambda: compute(tf.constant(LABELS), model(PIXELS)))().numpy()
    np.testing.assert_allclose(losses, [0, 100, 100], atol=1e-4)


def test_labels_of_other_losses_can_be_smoothed_too():
    spec = SPEC.model_copy(update={"loss": "mean_squared_error", "label_smoothing": 0.7})
    probabilities = np.full((3, 7), 0.1, np.float32) + 0.3 * ONE_HOT
    # With 0.7 spread over 7 classes, 0.1 is right for the wrong ones and 0.4 for the right one.
    np.testing.assert_allclose(build_loss(spec, 7)(LABELS, keras.ops.convert_to_tensor(probabilities)).numpy(), 0, atol=1e-12)


EXPORTED = ["standardise_pixel", *(pytest.param(name, marks=pytest.mark.slow) for name in SCALINGS if name != "standardise_pixel")]


@pytest.mark.parametrize("scaling", EXPORTED)
def test_an_exported_network_answers_alike_without_inkling(scaling, tmp_path):
    spec = TrainingSpec(hidden=EVERYTHING, scaling=scaling)
    model = build_network(spec.model_copy(update={"seed": 5}), (12, 12), 7, 255)
    adapt_scaling(model, spec, GREY)
    names = ["T-shirt/top", "élan", "<b>", "3", "4", "5", "6"]
    data = export_keras(spec, (12, 12), names, 255, model.get_weights())
    path = tmp_path / "model.keras"
    path.write_bytes(data)
    loaded = keras.models.load_model(path, safe_mode=True)
    np.testing.assert_array_equal(loaded(GREY).numpy(), model(GREY).numpy())
    assert np.ptp(loaded(GREY).numpy(), axis=0).max() > 0.01
    assert _names(loaded) == _names(model)
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert b"core." not in archive.read("config.json")
    assert json.loads(archive.read("class_names.json")) == names


@pytest.mark.parametrize("scaling", SCALINGS)
def test_loaded_weights_bring_their_scaling_with_them(scaling):
    spec = TrainingSpec(hidden=EVERYTHING, scaling=scaling)
    trained, fresh = (build_network(spec.model_copy(update={"seed": seed}), (12, 12), 7, 255) for seed in (5, 6))
    adapt_scaling(trained, spec, GREY)
    load_weights(fresh, trained.get_weights())
    np.testing.assert_array_equal(fresh(GREY).numpy(), trained(GREY).numpy())


def test_an_export_does_not_depend_on_what_was_built_before(tmp_path):
    keras.layers.Dense(3)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    test_an_exported_network_answers_alike_without_inkling("divide", tmp_path)


@pytest.mark.parametrize("damage", [lambda weights: weights[:-1], lambda weights: [*weights[:-1], np.zeros(8, np.float32)]])
def test_weights_of_another_network_are_refused(damage):
    model = _build()
    with pytest.raises(InklingError, match="do not fit the network"):
        load_weights(model, damage(model.get_weights()))
