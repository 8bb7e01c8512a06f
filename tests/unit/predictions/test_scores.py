from __future__ import annotations

import keras
import numpy as np
import pytest

from core.errors import InklingError
from core.intervals import wilson_interval
from core.networks.building import build_network
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.predictions.scores import score

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.25, 0.5, 0.25], [0.2, 0.2, 0.6]], np.float32)
LABELS = np.array([0, 1, 1, 2], np.int32)


def test_answers_are_counted():
    scores = score(PROBABILITIES, LABELS)
    assert scores.predicted.tolist() == [0, 2, 1, 2]
    assert scores.wrong.tolist() == [1]
    assert (scores.correct_count, scores.accuracy) == (3, 0.75)
    assert scores.accuracy_interval == wilson_interval(3, 4)
    assert scores.confidence.tolist() == pytest.approx([0.7, 0.6, 0.5, 0.6])


def test_loss_is_minus_the_mean_logarithm_of_the_true_class():
    assert score(PROBABILITIES, LABELS).loss == pytest.approx(-np.log([0.7, 0.3, 0.5, 0.6]).mean(), rel=1e-6)


def test_rows_of_the_confusion_matrix_are_true_classes():
    assert score(PROBABILITIES, LABELS).confusion.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]


def test_a_class_that_never_occurs_still_has_its_row_and_column():
    matrix = score(PROBABILITIES[:1], LABELS[:1]).confusion
    assert matrix.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_of_equally_probable_classes_the_first_is_predicted():
    assert score(np.full((1, 4), 0.25, np.float32), np.array([3])).predicted.tolist() == [0]


def test_being_certain_and_wrong_costs_much_but_not_infinity():
    assert 80 < score(np.array([[1.0, 0.0]], np.float32), np.array([1])).loss < 90


@pytest.mark.parametrize("gain", [1, 30])
def test_loss_and_accuracy_are_those_of_keras_evaluate(gain):
    spec = TrainingSpec(hidden=(DenseLayer(units=16),))
    model = build_network(spec, (8, 8), 10, 255)
    # With a large gain many answers are certain and wrong, where a clipped loss would differ.
    model.set_weights([gain * array for array in model.get_weights()[:1]] + model.get_weights()[1:])
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(2)
    images, labels = rng.integers(0, 256, (500, 8, 8), dtype=np.uint8), rng.integers(0, 10, 500)
    loss, accuracy = model.evaluate(images, labels, verbose=0)
    scores = score(model(images).numpy(), labels)
    assert scores.loss == pytest.approx(loss, rel=1e-5)
    assert scores.accuracy == pytest.approx(accuracy, abs=1e-7)


def test_its_accuracy_is_that_of_keras():
    metric = keras.metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS, PROBABILITIES)
    assert score(PROBABILITIES, LABELS).accuracy == float(metric.result())


@pytest.mark.parametrize("labels", [[0, 1], [[0], [1], [1], [2]], []])
def test_a_different_number_of_labels_is_refused(labels):
    with pytest.raises(InklingError, match="expected the same number"):
        score(PROBABILITIES, np.array(labels, np.int32))


def test_no_images_can_not_be_scored():
    with pytest.raises(InklingError, match="at least one"):
        score(np.empty((0, 3), np.float32), np.empty(0, np.int32))


@pytest.mark.parametrize("label", [3, -1])
def test_a_label_that_the_network_does_not_know_is_refused(label):
    with pytest.raises(InklingError, match="knows the classes 0 to 2"):
        score(PROBABILITIES, np.array([0, 1, 2, label]))
