"""The training images nearest to one inside a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.predictions.nearest import HiddenImages, describe_nearest, find_nearest

KNOWN = HiddenImages(
    positions=np.array([3, 5, 8, 13, 21], np.int32),
    labels=np.array([0, 1, 0, 1, 0], np.int32),
    values=np.array([[3, 4], [0, 1], [0, 0], [6, 8], [3, 4]], np.float32),
)
ORIGIN = np.zeros(2, np.float32)


def test_the_nearest_come_class_by_class_and_equal_ones_in_the_order_of_the_file():
    found = find_nearest(KNOWN, ORIGIN, (1, 0), count=3)
    assert found.labels.tolist() == [1, 1, 0, 0, 0]
    assert found.positions.tolist() == [5, 13, 8, 3, 21]
    assert found.distances.tolist() == [1, 10, 0, 5, 5]
    assert found.distances.dtype == np.float32


def test_no_more_than_asked_for_are_found_and_all_of_those_classes_were_compared():
    found = find_nearest(KNOWN, ORIGIN, (0,), count=2)
    assert found.positions.tolist() == [8, 3]
    assert int(found.compared) == 3


def test_a_class_without_images_gives_none():
    found = find_nearest(KNOWN, ORIGIN, (2, 1), count=1)
    assert [part.tolist() for part in found.of_class(2)] == [[], []]
    assert [part.tolist() for part in found.of_class(1)] == [[5], [1.0]]
    assert len(find_nearest(KNOWN, ORIGIN, (), count=1).positions) == 0


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ((0, 1), "The nearest of cat is 0.00 away, the nearest of dog is 1.00 away."),
        ((2, 1), "The nearest of dog is 1.00 away."),
        ((2,), ""),
    ],
)
def test_how_near_each_class_comes_is_said(classes, sentence):
    assert describe_nearest(find_nearest(KNOWN, ORIGIN, classes, count=2), classes, ("cat", "dog", "cow")) == sentence


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_no_image_left_out_is_nearer_than_one_that_was_found(seed, count):
    random = np.random.default_rng(seed)
    values, labels = random.normal(size=(30, 4)).astype(np.float32), random.integers(0, 2, 30).astype(np.int32)
    image = random.normal(size=4).astype(np.float32)
    found = find_nearest(HiddenImages(np.arange(30, dtype=np.int32), labels, values), image, (0, 1), count)
    for label in (0, 1):
        positions, distances = found.of_class(label)
        exact = np.sqrt(((values[labels == label].astype(np.float64) - image) ** 2).sum(axis=1))
        np.testing.assert_allclose(distances, np.sort(exact)[:count], rtol=1e-5)
        assert len(set(positions.tolist())) == min(count, int((labels == label).sum()))
