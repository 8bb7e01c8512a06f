"""Drawings read in the answering worker: by the shipped network at once, by a run as soon as what it has seen is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.compute.reading import choose_familiar, familiar_key, learn_familiar, read_images
from core.compute.tasks import ModelSource
from core.errors import Cancelled
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.predictions.reading import Reading
from core.training.splitting import split_images

SPEC = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=16),), validation_split=0.2, seed=3)


def test_a_run_is_compared_with_what_it_learned_and_its_limit_is_set_by_what_it_held_back(digits):
    compared, real, is_unseen = choose_familiar(SPEC, digits, units=16)
    assert is_unseen
    halves = split_images(SPEC, digits.y_train)
    np.testing.assert_array_equal(compared, np.sort(halves.training))
    np.testing.assert_array_equal(real, np.sort(halves.validation))


def test_where_nothing_was_held_back_images_that_were_left_out_set_the_limit(digits):
    spec = SPEC.model_copy(update={"validation_split": 0.0, "training_images": 500})
    compared, real, is_unseen = choose_familiar(spec, digits, units=16)
    assert is_unseen and (len(compared), len(real)) == (500, len(digits.y_train) - 500)
    assert not set(real.tolist()) & set(split_images(spec, digits.y_train).training.tolist())


def test_where_the_run_saw_every_image_every_tenth_sets_the_limit_and_that_is_told(digits):
    spec = SPEC.model_copy(update={"validation_split": 0.0})
    compared, real, is_unseen = choose_familiar(spec, digits, units=16)
    assert not is_unseen
    assert len(real) == pytest.approx(len(digits.y_train) / 10, abs=1)
    assert not set(compared.tolist()) & set(real.tolist())
    assert len(compared) + len(real) == len(digits.y_train)


def test_each_version_of_the_weights_has_a_key_of_its_own():
    assert familiar_key("run/final.npz") != familiar_key("run/epoch-0001.npz")


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(DenseLayer(units=16),), ()])
def test_a_network_tells_what_is_new_to_it_once_it_is_known_what_it_has_seen(digits, hidden):
    from core.networks.building import build_network
    from core.networks.weights import pack_weights
    from core.predictions.predictor import Predictor

    spec = SPEC.model_copy(update={"hidden": hidden})
    shape = (digits.image_shape, digits.class_count, digits.max_value)
    weights = pack_weights(build_network(spec, *shape).get_weights())
    predictor, key = Predictor(spec, *shape, weights), f"reading-test-{len(hidden)}/a"
    assert Reading.from_arrays(read_images(predictor, key, digits.x_test[:5])).novelty is None

    source = ModelSource(spec.model_dump_json(), *shape, weights)
    learned = learn_familiar(lambda share, words: None, lambda: False, key, source, digits)
    first = Reading.from_arrays(read_images(predictor, key, digits.x_train[:5], learned))
    again = Reading.from_arrays(read_images(predictor, key, digits.x_train[:5]))
    np.testing.assert_array_equal(first.probabilities, predictor.probabilities(digits.x_train[:5]))
    assert first.novelty is not None and again.novelty is not None
    np.testing.assert_array_equal(first.novelty.scores, again.novelty.scores)
    is_learned = np.isin(np.arange(5), split_images(spec, digits.y_train).training)
    assert (first.novelty.distances[is_learned, 0] < 0.02).all()
    assert first.novelty.measured == len(split_images(spec, digits.y_train).validation)


@pytest.mark.slow
def test_finding_out_what_a_network_has_seen_can_be_called_off(digits):
    from core.networks.building import build_network
    from core.networks.weights import pack_weights

    shape = (digits.image_shape, digits.class_count, digits.max_value)
    source = ModelSource(SPEC.model_dump_json(), *shape, pack_weights(build_network(SPEC, *shape).get_weights()))
    with pytest.raises(Cancelled):
        learn_familiar(lambda share, words: None, lambda: True, "reading-test/b", source, digits)


@pytest.mark.slow
def test_the_shipped_network_knows_at_once_what_it_has_seen():
    from core.predictions.predictor import Predictor
    from core.shipped.card import load_card, load_weights, shipped_model_key

    card = load_card()
    predictor = Predictor(card.spec, card.image_shape, len(card.class_names), card.max_value, load_weights())
    noise = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
    found = Reading.from_arrays(read_images(predictor, shipped_model_key(), noise))
    assert found.novelty is not None and found.novelty.is_novel.all()
