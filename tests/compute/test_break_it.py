"""The curve's work: which images, and how many of them are still read right."""

from __future__ import annotations

import numpy as np
import pytest

from core.compute.break_it import SAMPLE, SEED, choose_sample, curve_key, measure_curve, move_along_slope
from core.compute.tasks import ModelSource
from core.datasets.image_set import Split
from core.errors import Cancelled
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.predictions.perturbations import FAST_GRADIENT, PERTURBATIONS, Conditions, perturb

SPEC = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=24),), epochs=4, seed=3)


def test_a_sample_holds_the_same_share_of_each_class_and_is_the_same_each_time():
    labels = np.repeat(np.arange(3, dtype=np.int32), [6000, 3000, 1000])
    everything = np.arange(10_000, dtype=np.int32)
    sample = choose_sample(labels, everything)
    assert np.bincount(labels[sample]).tolist() == [6 * SAMPLE // 10, 3 * SAMPLE // 10, SAMPLE // 10]
    assert sample.tolist() == sorted(set(sample.tolist()))
    np.testing.assert_array_equal(sample, choose_sample(labels, everything))


def test_few_images_are_all_taken_and_others_than_those_asked_for_never():
    labels = np.tile(np.arange(10, dtype=np.int32), 1000)
    few, many = (np.arange(0, 10_000, step, dtype=np.int32) for step in (6, 3))
    np.testing.assert_array_equal(choose_sample(labels, few), few)
    sample = choose_sample(labels, many)
    assert len(sample) == SAMPLE and set(sample.tolist()) <= set(many.tolist())


def test_a_key_names_all_that_a_curve_depends_on():
    some = np.arange(5, dtype=np.int32)
    keys = {
        curve_key("a/final", Split.TEST, some, "shift"),
        curve_key("b/final", Split.TEST, some, "shift"),
        curve_key("a/final", Split.TRAINING, some, "shift"),
        curve_key("a/final", Split.TEST, some + 1, "shift"),
        curve_key("a/final", Split.TEST, some, "blur"),
    }
    assert len(keys) == 5


@pytest.fixture(scope="module")
def source(digits):
    from core.training.loop import train

    weights = train(SPEC, digits, lambda event: None).weights
    return ModelSource(SPEC.model_dump_json(), digits.image_shape, digits.class_count, digits.max_value, weights)


def measure(source, digits, name, positions, reports=None, key="test_break_it"):
    report = (lambda share, message: reports.append(share)) if reports is not None else (lambda share, message: None)
    return measure_curve(report, lambda: False, key, source, digits, Split.TEST, positions, name)["right"]


def predictor_of(source):
    from core.predictions.predictor import Predictor

    return Predictor(SPEC, source.image_shape, source.class_count, source.max_value, source.weights)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shift", "noise", FAST_GRADIENT])
def test_told_is_which_are_read_right_at_each_strength(digits, source, name):
    positions, reports = np.arange(0, 360, 2, dtype=np.int32), []
    right = measure(source, digits, name, positions, reports)
    predictor, images, labels = predictor_of(source), digits.x_test[positions], digits.y_test[positions]
    for strength, row in zip(PERTURBATIONS[name].strengths, right, strict=True):
        if name == FAST_GRADIENT:
            spoilt = move_along_slope(predictor, images, labels, strength, digits.max_value)["images"]
        else:
            spoilt = perturb(images, {name: strength}, Conditions(digits.max_value, seed=SEED))
        np.testing.assert_array_equal(row, predictor.probabilities(spoilt).argmax(axis=1) == labels)
    assert right[0].sum() > 2 * right[-1].sum()
    assert reports == sorted(reports)
    assert 0 <= reports[0] < reports[-1] < 1


@pytest.mark.slow
def test_more_images_than_are_spoilt_at_once_are_all_told(digits, source, monkeypatch):
    from core.compute import break_it

    positions = np.arange(360, dtype=np.int32)
    whole = measure(source, digits, "blur", positions)
    monkeypatch.setattr(break_it, "_IMAGES_AT_ONCE", 50)
    np.testing.assert_array_equal(measure(source, digits, "blur", positions), whole)


@pytest.mark.slow
def test_a_curve_that_is_called_off_ends_soon(digits, source):
    asked = []

    def should_stop():
        asked.append(True)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        measure_curve(
            lambda share, message: None, should_stop, "test_break_it", source, digits, Split.TEST, np.arange(360, dtype=np.int32), "blur"
        )
    assert len(asked) == 3
