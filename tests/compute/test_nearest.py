"""What the answering worker keeps of the training images, and what it compares an image with."""

from __future__ import annotations

import numpy as np
import pytest

from core.compute import nearest
from core.compute.nearest import ask_nearest, choose_compared, nearest_key, search_nearest
from core.compute.tasks import ModelSource
from core.errors import Cancelled
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.predictions.nearest import Nearest
from core.training.splitting import split_images

SPEC = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=16),), validation_split=0.2, seed=3)


def test_an_image_is_compared_with_what_the_run_learned_from_and_never_with_what_it_held_back(digits):
    compared = choose_compared(SPEC, digits.y_train, units=16)
    np.testing.assert_array_equal(compared, np.sort(split_images(SPEC, digits.y_train).training))


def test_of_many_images_the_same_share_of_each_class_is_compared_and_always_the_same(digits, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_IMAGES", 100)
    compared = choose_compared(SPEC, digits.y_train, units=16)
    assert len(compared) == 100
    assert np.bincount(digits.y_train[compared]).tolist() == pytest.approx([10] * 10, abs=1)
    np.testing.assert_array_equal(compared, choose_compared(SPEC, digits.y_train, units=16))
    assert set(compared.tolist()) <= set(split_images(SPEC, digits.y_train).training.tolist())


def test_of_a_wide_layer_fewer_images_are_kept(digits, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_BYTES", 4 * 16 * 200)
    assert len(choose_compared(SPEC, digits.y_train, units=16)) == 200
    assert len(choose_compared(SPEC, digits.y_train, units=32)) == 100
    assert len(choose_compared(SPEC, digits.y_train, units=1_000_000)) == 1


def test_the_key_names_all_that_the_answer_depends_on(digits):
    one, other = digits.x_test[0], digits.x_test[1]
    keys = {
        nearest_key("run/a", one, (1, 2), 8),
        nearest_key("run/b", one, (1, 2), 8),
        nearest_key("run/a", other, (1, 2), 8),
        nearest_key("run/a", one, (2, 1), 8),
        nearest_key("run/a", one, (1, 2), 9),
    }
    assert len(keys) == 5
    assert nearest_key("run/a", one.copy(), (1, 2), 8) in keys


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(DenseLayer(units=16),), ()])
def test_the_values_are_worked_out_once_and_then_a_question_is_answered_from_them(digits, hidden):
    from core.networks.building import build_network
    from core.networks.weights import pack_weights
    from core.predictions.predictor import Predictor

    spec = SPEC.model_copy(update={"hidden": hidden})
    packed = pack_weights(build_network(spec, (8, 8), 10, 16).get_weights())
    source, key = ModelSource(spec.model_dump_json(), (8, 8), 10, 16, packed), f"run-{len(hidden)}/final.npz"
    predictor, image = Predictor(spec, (8, 8), 10, 16, packed), digits.x_test[5]
    wanted, reports = (key, image, (4, 9), 3), []

    assert ask_nearest(predictor, *wanted) == {}
    with pytest.raises(Cancelled):
        search_nearest(lambda share, message: None, lambda: True, key, source, digits, image, (4, 9), 3)
    assert ask_nearest(predictor, *wanted) == {}

    found = search_nearest(lambda share, message: reports.append(share), lambda: False, key, source, digits, image, (4, 9), 3)
    again = search_nearest(lambda share, message: reports.append(share), lambda: False, key, source, digits, image, (4, 9), 3)
    assert reports[0] == 0 and len(reports) == 2
    for name, array in ask_nearest(predictor, *wanted).items():
        np.testing.assert_array_equal(array, found[name])
        np.testing.assert_array_equal(array, again[name])

    answer = Nearest(**found)
    assert answer.labels.tolist() == digits.y_train[answer.positions].tolist() == [4, 4, 4, 9, 9, 9]
    exact = np.linalg.norm(predictor.hidden(digits.x_train[answer.positions]) - predictor.hidden(image[None]), axis=1)
    np.testing.assert_allclose(answer.distances, exact, rtol=1e-4)
