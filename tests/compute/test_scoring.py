"""Scoring as a job: which images, whose answers, and calling it off."""

from __future__ import annotations

import numpy as np
import pytest

from core.compute import scoring
from core.compute.scoring import choose_scored, score_images, scoring_key
from core.compute.tasks import ModelSource
from core.datasets.image_set import Split
from core.errors import Cancelled
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.training.splitting import split_images

SPEC = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=16),), seed=3)


def test_all_test_images_are_scored(digits):
    np.testing.assert_array_equal(choose_scored(SPEC, digits, Split.TEST), np.arange(len(digits.y_test)))


def test_validation_images_are_those_that_the_run_held_back_in_the_order_of_the_file(digits):
    chosen = choose_scored(SPEC, digits, Split.TRAINING)
    split = split_images(SPEC, digits.y_train)
    np.testing.assert_array_equal(chosen, np.sort(split.validation))
    assert not np.intersect1d(chosen, split.training).size
    assert len(choose_scored(SPEC.model_copy(update={"validation_split": 0.0}), digits, Split.TRAINING)) == 0


def test_a_key_names_the_weights_and_the_half():
    assert len({scoring_key(model, split) for model in ("a/final.npz", "b/final.npz") for split in Split}) == 4


def untrained(image_set) -> ModelSource:
    from core.networks.building import build_network
    from core.networks.weights import pack_weights

    model = build_network(SPEC, image_set.image_shape, image_set.class_count, image_set.max_value)
    weights = pack_weights([np.asarray(array) for array in model.get_weights()])
    return ModelSource(SPEC.model_dump_json(), image_set.image_shape, image_set.class_count, image_set.max_value, weights)


@pytest.mark.slow
def test_the_answers_are_the_network_s_image_by_image(digits):
    from core.predictions.predictor import Predictor

    source, reports = untrained(digits), []
    found = score_images(lambda share, message: reports.append(share), lambda: False, "scoring-test", source, digits, Split.TRAINING)
    positions = choose_scored(SPEC, digits, Split.TRAINING)
    np.testing.assert_array_equal(found["positions"], positions)
    predictor = Predictor(SPEC, digits.image_shape, digits.class_count, digits.max_value, source.weights)
    np.testing.assert_allclose(found["probabilities"], predictor.probabilities(digits.x_train[positions]), rtol=1e-5)
    assert reports == [0.0]


@pytest.mark.slow
def test_it_goes_on_in_steps_and_ends_when_nobody_waits_any_more(digits, monkeypatch):
    monkeypatch.setattr(scoring, "_AT_ONCE", 100)
    source, shares = untrained(digits), []
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        score_images(lambda share, message: shares.append(share), lambda: next(asked), "scoring-test", source, digits, Split.TEST)
    assert shares == [0.0, 100 / len(digits.y_test)]
