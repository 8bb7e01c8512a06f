"""The fixed shuffle of the pixels: an order of its own for each seed, and a part of the network wherever it goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.networks.advice import advise
from core.networks.layers import Conv2DLayer, DenseLayer
from core.networks.shapes import describe_layers
from core.networks.shuffling import pixel_order, put_back, shuffle_pixels
from core.networks.spec import TrainingSpec, read_spec

SPEC = TrainingSpec(hidden=(DenseLayer(units=5),), shuffled_pixels=True)
PLAIN = SPEC.model_copy(update={"shuffled_pixels": False})
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9)) | st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))


@given(SHAPES, st.integers(0, 2**31 - 1))
@settings(max_examples=30, deadline=None)
def test_every_pixel_goes_to_one_place_and_can_be_put_back(shape, seed):
    order = pixel_order(SPEC.model_copy(update={"seed": seed}), shape)
    assert sorted(order.tolist()) == list(range(shape[0] * shape[1]))
    images = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    np.testing.assert_array_equal(put_back(shuffle_pixels(images, order).astype(np.float32), order), images)


def test_the_seed_alone_decides_the_order_and_a_spec_that_shuffles_nothing_has_none():
    one, again, other = (pixel_order(SPEC.model_copy(update=changes), (9, 9)) for changes in ({}, {"epochs": 3}, {"seed": 2}))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, np.arange(81))
    assert pixel_order(PLAIN, (9, 9)) is None


def test_the_colours_of_a_pixel_stay_together():
    images = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    shuffled = shuffle_pixels(images, pixel_order(SPEC, (4, 5, 3)))
    assert {tuple(pixel) for pixel in shuffled[1].reshape(-1, 3)} == {tuple(pixel) for pixel in images[1].reshape(-1, 3)}


def test_settings_from_before_there_was_a_shuffle_still_load():
    document = SPEC.model_dump()
    document.pop("shuffled_pixels")
    assert read_spec(document) == PLAIN


def test_it_is_listed_among_the_layers_and_has_nothing_to_learn():
    rows = describe_layers(SPEC, (8, 8), 4)
    assert [row.layer for row in rows] == ["Image", "Scale to 0..1", "Shuffle", "Flatten", "Dense 1", "Output"]
    assert (rows[2].output_shape, rows[2].parameters) == ((8, 8), 0)


def test_only_layers_that_go_by_neighbours_are_warned():
    def fields(hidden):
        return [problem.field for problem in advise(SPEC.model_copy(update={"hidden": hidden}), (8, 8), 4, 5000)]

    assert "shuffled_pixels" in fields((Conv2DLayer(), DenseLayer()))
    assert "shuffled_pixels" not in fields((DenseLayer(),))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(8, 8), (6, 5, 3)])
@pytest.mark.parametrize("hidden", [(DenseLayer(units=5),), (Conv2DLayer(filters=3), DenseLayer(units=4))], ids=["dense", "convolution"])
def test_the_network_does_to_images_what_the_same_network_does_to_shuffled_ones(shape, hidden):
    from core.networks.building import build_network

    images = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    spec, plain = (one.model_copy(update={"hidden": hidden}) for one in (SPEC, PLAIN))
    shuffled = shuffle_pixels(images, pixel_order(spec, shape))
    expected = build_network(plain, shape, 4, 255)(shuffled).numpy()
    np.testing.assert_allclose(build_network(spec, shape, 4, 255)(images).numpy(), expected, rtol=1e-6)
    assert not np.allclose(build_network(plain, shape, 4, 255)(images).numpy(), expected)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(8, 8), (6, 5, 3)])
def test_an_exported_network_takes_images_as_they_are_and_loads_in_safe_mode(tmp_path, shape):
    import keras

    from core.networks.building import build_network, export_keras

    model = build_network(SPEC, shape, 4, 16)
    path = tmp_path / "model.keras"
    path.write_bytes(export_keras(SPEC, shape, "abcd", 16, model.get_weights()))
    images = np.random.default_rng(0).integers(0, 17, (5, *shape), dtype=np.uint8)
    loaded = keras.models.load_model(path, safe_mode=True)
    np.testing.assert_allclose(loaded(images).numpy(), model(images).numpy(), rtol=1e-6)
