"""Evidence maps of networks whose answer can be worked out by hand, and of others against what every such map has to fulfil."""

from __future__ import annotations

import numpy as np
import pytest

from core.networks.building import build_network
from core.networks.layers import (
    AveragePoolingLayer,
    BatchNormalizationLayer,
    Conv2DLayer,
    DenseLayer,
    DropoutLayer,
    MaxPoolingLayer,
)
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.predictions.evidence import cover, explain, find_background, occlude, patch_corners
from core.predictions.predictor import Predictor

RNG = np.random.default_rng(11)
LINEAR = TrainingSpec(hidden=())
LINEAR_LAYERS = (
    Conv2DLayer(filters=3, activation="linear"),
    BatchNormalizationLayer(),
    AveragePoolingLayer(),
    DropoutLayer(rate=0.5),
    DenseLayer(units=6, activation="linear"),
)
BENT = {
    "dense": (DenseLayer(units=24), DropoutLayer(rate=0.5), DenseLayer(units=12, activation="tanh")),
    "conv": (Conv2DLayer(filters=4), BatchNormalizationLayer(), MaxPoolingLayer(), DenseLayer(units=16)),
}


def build(spec: TrainingSpec, shape: tuple[int, ...] = (8, 8), classes: int = 4, weights: list[np.ndarray] | None = None) -> Predictor:
    """A predictor with random weights and biases, unlike those it would begin with, or with these."""
    drawn = build_network(spec, shape, classes, 16).get_weights()
    if weights is None:
        # Positive ones as well for a spread, which none of them could be otherwise.
        weights = [array + np.float32(0.3) * RNG.random(array.shape, np.float32) for array in drawn]
    return Predictor(spec, shape, classes, 16, pack_weights(weights))


def digit(shape: tuple[int, ...] = (8, 8)) -> np.ndarray:
    """Some ink on a background of 0."""
    image = np.zeros(shape, np.uint8)
    image[1:-1, 2:-2] = RNG.integers(0, 17, image[1:-1, 2:-2].shape)
    return image


def log_ratio(predictor: Predictor, image: np.ndarray, first: int, second: int) -> float:
    probabilities = predictor.probabilities(image[None])[0].astype(np.float64)
    return float(np.log(probabilities[first]) - np.log(probabilities[second]))


def test_a_linear_network_is_explained_exactly_by_weight_times_change_of_the_pixel() -> None:
    kernel, bias = RNG.normal(size=(64, 4)).astype(np.float32), RNG.normal(size=4).astype(np.float32)
    predictor, image = build(LINEAR, weights=[kernel, bias]), digit()
    found = explain(predictor, image, 2, 0)
    expected = (kernel[:, 2] - kernel[:, 0]).reshape(8, 8) * image / 16
    assert found["is_exact"] and (found["evidence"].dtype, found["evidence"].shape) == (np.float32, (8, 8))
    np.testing.assert_allclose(found["evidence"], expected, atol=1e-5)
    assert found["baseline_difference"] == pytest.approx(bias[2] - bias[0], abs=1e-5)
    assert abs(found["completeness"]) < 1e-4


def test_pixels_are_compared_with_the_background_and_not_with_zero() -> None:
    kernel = RNG.normal(size=(64, 4)).astype(np.float32)
    image = 16 - digit()
    found = explain(build(LINEAR, weights=[kernel, np.zeros(4, np.float32)]), image, 1, 3)
    np.testing.assert_allclose(found["evidence"], (kernel[:, 1] - kernel[:, 3]).reshape(8, 8) * (image / 16 - 1), atol=1e-5)
    assert found["baseline"] == 16


@pytest.mark.slow
@pytest.mark.parametrize("scaling", ["none", "divide", "standardise_set", "standardise_pixel"])
def test_several_layers_that_do_not_bend_are_linear_too(scaling: str) -> None:
    spec = TrainingSpec(hidden=LINEAR_LAYERS, scaling=scaling)
    predictor, image = build(spec), digit()
    found = explain(predictor, image, 1, 2)
    assert found["is_exact"]
    wanted = log_ratio(predictor, image, 1, 2) - log_ratio(predictor, np.zeros_like(image), 1, 2)
    assert found["evidence"].sum() == pytest.approx(wanted, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENT)
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_the_pixels_add_up_to_what_changes_from_the_background_to_the_image(name: str, shape: tuple[int, ...]) -> None:
    predictor, image = build(TrainingSpec(hidden=BENT[name]), shape), digit(shape)
    found = explain(predictor, image, 3, 1)
    ends = [log_ratio(predictor, picture, 3, 1) for picture in (image, np.zeros_like(image))]
    assert not found["is_exact"]
    assert [found["difference"], found["baseline_difference"]] == pytest.approx(ends, abs=1e-3)
    assert found["evidence"].shape == (8, 8)
    assert found["evidence"].sum() == pytest.approx(ends[0] - ends[1], rel=0.02, abs=0.01)
    assert found["completeness"] == pytest.approx(found["evidence"].sum() - (ends[0] - ends[1]), abs=1e-3)


@pytest.mark.slow
def test_classes_swapped_turn_the_evidence_round() -> None:
    predictor, image = build(TrainingSpec(hidden=BENT["dense"])), digit()
    np.testing.assert_allclose(explain(predictor, image, 0, 3)["evidence"], -explain(predictor, image, 3, 0)["evidence"], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENT)
def test_random_weights_give_another_map_and_leave_the_network_as_it_was(name: str) -> None:
    predictor, image = build(TrainingSpec(hidden=BENT[name], scaling="standardise_set")), digit()
    before, learned = predictor.probabilities(image[None]), explain(predictor, image, 0, 1)["evidence"]
    random = explain(predictor, image, 0, 1, True)
    np.testing.assert_array_equal(predictor.probabilities(image[None]), before)
    np.testing.assert_array_equal(explain(predictor, image, 0, 1)["evidence"], learned)
    np.testing.assert_array_equal(explain(predictor, image, 0, 1, True)["evidence"], random["evidence"])
    assert np.abs(random["evidence"]).max() > 0
    assert np.corrcoef(random["evidence"].ravel(), learned.ravel())[0, 1] < 0.9
    assert abs(random["completeness"]) < 0.02 * max(1, abs(random["difference"]))


def test_covering_finds_the_one_pixel_that_the_network_looks_at() -> None:
    kernel = np.zeros((64, 4), np.float32)
    kernel[3 * 8 + 4, 2] = 5.0
    predictor, image = build(LINEAR, weights=[kernel, np.zeros(4, np.float32)]), np.zeros((8, 8), np.uint8)
    image[2:6, 2:6] = np.arange(1, 17, dtype=np.uint8).reshape(4, 4)
    evidence = explain(predictor, image, 2, 0)["evidence"]
    found = occlude(predictor, image, evidence, 2, 0)
    value = 5 * image[3, 4] / 16
    # Never one pixel alone, although eight sevenths are about one: of the four patches that cover a pixel here,
    # those that cover this one as well lose it.
    expected = np.zeros((8, 8))
    expected[2:5, 3:6] = value * np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    np.testing.assert_allclose(found["loss"], expected, atol=1e-5)
    assert evidence[3, 4] == pytest.approx(value) and np.count_nonzero(evidence) == 1
    assert found["size"] == 2 and found["is_exact"]
    assert found["agreement"] == pytest.approx(1.0)


def test_covering_with_larger_patches_agrees_with_the_evidence_of_a_linear_network() -> None:
    predictor = build(LINEAR, (28, 28), weights=[RNG.normal(size=(784, 4)).astype(np.float32), np.zeros(4, np.float32)])
    image = digit((28, 28))
    evidence = explain(predictor, image, 1, 0)["evidence"]
    found = occlude(predictor, image, evidence, 1, 0)
    assert found["size"] == 4 and found["agreement"] == pytest.approx(1.0, abs=1e-3)
    assert occlude(predictor, image, -evidence, 1, 0)["agreement"] == pytest.approx(-1.0, abs=1e-3)


def test_where_nothing_can_be_covered_there_is_no_agreement_to_tell() -> None:
    predictor, image = build(LINEAR), np.zeros((8, 8), np.uint8)
    found = occlude(predictor, image, np.zeros((8, 8), np.float32), 1, 0)
    assert found["places"] == 0 and np.isnan(found["agreement"]) and not found["loss"].any()


def test_the_background_is_what_most_of_the_edge_is_or_else_the_mean_colour() -> None:
    assert find_background(digit()) == 0 and find_background(16 - digit()) == 16
    white = np.full((6, 5, 3), 255, np.uint8)
    white[2, 2] = 7
    np.testing.assert_array_equal(find_background(white), [255, 255, 255])
    photo = np.stack([np.arange(36).reshape(6, 6), np.full((6, 6), 9), np.arange(36)[::-1].reshape(6, 6)], axis=-1).astype(np.uint8)
    np.testing.assert_array_equal(find_background(photo), [18, 9, 18])


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (3, 2), (5, 4), (8, 3)])
def test_patches_lie_inside_the_image_and_reach_every_pixel(size: int, stride: int) -> None:
    corners = patch_corners((9, 8, 3), size, stride)
    assert corners.min() == 0 and ((corners + size) <= (9, 8)).all() and len(np.unique(corners, axis=0)) == len(corners)
    covered = cover(np.ones((9, 8), np.uint8), corners, size, np.array(0, np.uint8))
    assert (covered == 0).any(axis=0).all() and ((covered == 0).sum(axis=(1, 2)) == size**2).all()
