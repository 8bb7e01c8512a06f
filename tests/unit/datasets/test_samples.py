from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.samples import choose_samples, class_counts, describe
from core.errors import DatasetError

LABELS = np.array([2, 0, 1, 2, 0, 2, 2], dtype=np.int32)


def test_in_order_the_first_images_come_first() -> None:
    assert choose_samples(LABELS, 3).tolist() == [0, 1, 2]
    assert choose_samples(LABELS, 3, start=5).tolist() == [5, 6]


def test_one_class_alone_is_chosen() -> None:
    assert choose_samples(LABELS, 10, label=2).tolist() == [0, 3, 5, 6]
    assert choose_samples(LABELS, 2, label=2, start=1).tolist() == [3, 5]


def test_a_seed_shuffles_the_same_way_each_time_and_another_seed_otherwise() -> None:
    labels = np.zeros(100, dtype=np.int32)
    first = choose_samples(labels, 100, seed=1)
    np.testing.assert_array_equal(first, choose_samples(labels, 100, seed=1))
    assert first.tolist() != choose_samples(labels, 100, seed=2).tolist()
    assert first.tolist() != list(range(100))


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=40), seed=st.none() | st.integers(0, 5), count=st.integers(1, 9))
def test_pages_of_samples_together_show_every_image_of_the_class_once(labels: list[int], seed: int | None, count: int) -> None:
    array, label = np.array(labels, dtype=np.int32), labels[0]
    expected = np.flatnonzero(array == label)
    pages = [choose_samples(array, count, label=label, seed=seed, start=start) for start in range(0, len(expected), count)]
    assert sorted(np.concatenate(pages).tolist()) == expected.tolist()


def test_a_class_without_images_is_told() -> None:
    with pytest.raises(DatasetError, match="no images of class 7"):
        choose_samples(LABELS, 3, label=7)


@pytest.mark.parametrize("start", [-1, 4])
def test_a_start_outside_the_class_is_told(start: int) -> None:
    with pytest.raises(DatasetError, match="expected a first sample from 0 to 3"):
        choose_samples(LABELS, 3, label=2, start=start)


def test_classes_without_images_count_as_zero() -> None:
    assert class_counts(LABELS, 4) == (2, 1, 4, 0)


def test_a_set_is_described_by_what_is_really_in_it(make_set) -> None:
    image_set = make_set(training=7, test=5, class_names=("a", "b", "c"))
    info = describe(image_set)
    assert (info.image_shape, info.dtype, info.training_images, info.test_images) == ((4, 5), "uint8", 7, 5)
    assert (info.training_counts, info.test_counts) == ((3, 2, 2), (2, 2, 1))
    pixels = np.concatenate([image_set.x_train.ravel(), image_set.x_test.ravel()])
    assert (info.lowest, info.highest) == (pixels.min(), pixels.max())
