from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.errors import InklingError
from core.figures.probabilities import build_probabilities
from core.networks.building import build_network
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.predictions.predictor import BATCH_SIZE, Predictor
from core.rates import SUREST

SPEC = TrainingSpec(hidden=(DenseLayer(units=16),))
IMAGES = np.random.default_rng(4).integers(0, 17, (2 * BATCH_SIZE + 7, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def model():
    return build_network(SPEC.model_copy(update={"seed": 8}), (8, 8), 10, 16)


@pytest.fixture(scope="module")
def predictor(model):
    return Predictor(SPEC, (8, 8), 10, 16, pack_weights(model.get_weights()))


@pytest.mark.parametrize("count", [1, 2, BATCH_SIZE, BATCH_SIZE + 1, len(IMAGES)])
def test_it_answers_as_the_network_does_whatever_the_number_of_images(model, predictor, count):
    probabilities = predictor.probabilities(IMAGES[:count])
    assert (probabilities.shape, probabilities.dtype) == ((count, 10), np.float32)
    np.testing.assert_allclose(probabilities, model(IMAGES[:count]).numpy(), rtol=1e-5)


def test_the_last_hidden_layer_is_what_the_output_layer_gets(model, predictor):
    hidden = predictor.hidden(IMAGES[: BATCH_SIZE + 3])
    assert (hidden.shape, hidden.dtype) == ((BATCH_SIZE + 3, 16), np.float32)
    kernel, bias = model.layers[-1].get_weights()
    sums = hidden @ kernel + bias
    expected = np.exp(sums - sums.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(predictor.probabilities(IMAGES[: BATCH_SIZE + 3]), expected, rtol=1e-4, atol=1e-7)


def test_of_several_hidden_layers_the_last_is_given():
    spec = SPEC.model_copy(update={"hidden": (DenseLayer(units=7), DenseLayer(units=5, activation="tanh"))})
    weights = build_network(spec, (8, 8), 10, 16).get_weights()
    hidden = Predictor(spec, (8, 8), 10, 16, pack_weights(weights)).hidden(IMAGES[:9])
    first = np.maximum(IMAGES[:9].reshape(9, -1) / np.float32(16) @ weights[0] + weights[1], 0)
    np.testing.assert_allclose(hidden, np.tanh(first @ weights[2] + weights[3]), rtol=1e-4, atol=1e-6)


def test_an_answer_is_never_told_as_entirely_sure_however_the_numbers_are_rounded(model):
    weights = model.get_weights()
    weights[-1] = np.array([100, *[0.0] * 9], np.float32)
    raw = Predictor(SPEC, (8, 8), 10, 16, pack_weights(weights))
    assert raw.model(IMAGES[:1]).numpy().max() == 1
    probabilities = raw.probabilities(IMAGES[:1])
    assert probabilities.dtype == np.float32 and probabilities.max() < 1
    assert build_probabilities(probabilities[0], list("0123456789")).best.text == ">99.9 %"


def test_a_network_without_hidden_layers_gives_its_probabilities():
    spec = SPEC.model_copy(update={"hidden": ()})
    predictor = Predictor(spec, (8, 8), 10, 16, pack_weights(build_network(spec, (8, 8), 10, 16).get_weights()))
    np.testing.assert_array_equal(np.minimum(predictor.hidden(IMAGES[:9]), SUREST), predictor.probabilities(IMAGES[:9]))


def test_no_images_get_no_answers(predictor):
    assert predictor.probabilities(IMAGES[:0]).shape == (0, 10)
    assert predictor.hidden(IMAGES[:0]).shape == (0, 16)


def test_read_only_and_strided_images_are_welcome(predictor):
    images = np.flip(IMAGES[:5], axis=2)
    images.setflags(write=False)
    np.testing.assert_array_equal(predictor.probabilities(images), predictor.probabilities(images.copy()))


def test_one_image_is_answered_in_milliseconds(predictor):
    def answer():
        began = time.perf_counter()
        predictor.probabilities(IMAGES[:1])
        return time.perf_counter() - began

    # The median, with a wide margin: others may be using the machine.
    assert np.median([answer() for _ in range(50)]) < 0.02


def test_many_threads_get_the_same_answers(predictor):
    expected = predictor.probabilities(IMAGES[:20])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: predictor.probabilities(IMAGES[:20]), range(64)))
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize("images", [IMAGES[0], IMAGES[:2, :7], IMAGES[:2, :, :, None], IMAGES[:2].astype(np.float32)])
def test_images_of_another_shape_or_type_are_refused(predictor, images):
    with pytest.raises(InklingError, match=r"trained on uint8 of shape \(8, 8\)"):
        predictor.probabilities(images)


def test_weights_of_another_network_are_refused(model):
    with pytest.raises(InklingError, match="do not fit the network"):
        Predictor(SPEC, (9, 9), 10, 16, pack_weights(model.get_weights()))


def test_damaged_weights_are_refused():
    with pytest.raises(InklingError, match="can't be read"):
        Predictor(SPEC, (8, 8), 10, 16, b"damaged")
