"""The nearest images, held against comparing every pair one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.datasets.image_set import Split
from core.datasets.neighbours import describe_vote, find_lookalikes, find_neighbours
from core.errors import Cancelled, DatasetError
from tests.unit.datasets.conftest import MakeSet


def ignore(share: float, message: str) -> None:
    pass


def never() -> bool:
    return False


@pytest.mark.parametrize("shape", [(4, 5), (3, 3, 3)])
@pytest.mark.parametrize("split", Split)
def test_the_nearest_images_are_those_of_comparing_with_each(make_set: MakeSet, split: Split, shape: tuple[int, ...]) -> None:
    image_set = make_set(training=40, test=7, shape=shape)
    distances = np.linalg.norm((image_set.x_train / 255 - image_set.images(split)[3] / 255).reshape(40, -1), axis=1)
    # The image itself comes first where it is one of them.
    order = distances.argsort()[int(split == Split.TRAINING) :][:5]
    found = find_neighbours(image_set, split, 3, count=5)
    assert found.nearest.tolist() == order.tolist()
    assert found.nearest_distances == pytest.approx(distances[order], rel=1e-5)


def test_the_nearest_of_other_classes_are_never_of_its_own(make_set: MakeSet) -> None:
    image_set = make_set(training=60, classes=3)
    found = find_neighbours(image_set, Split.TEST, 1, count=10)
    assert 1 not in image_set.y_train[found.others]
    assert np.all(np.diff(found.other_distances) >= 0)
    # The nearest of all that is of another class is the nearest of another class.
    first = next(index for index in find_neighbours(image_set, Split.TEST, 1, count=60).nearest if image_set.y_train[index] != 1)
    assert found.others[0] == first


def test_an_image_is_not_its_own_neighbour_but_its_copy_is_at_distance_zero(make_set: MakeSet) -> None:
    images = np.random.default_rng(3).integers(0, 256, (12, 4, 5), dtype=np.uint8)
    images[9] = images[2]
    image_set = replace(make_set(), x_train=images)
    found = find_neighbours(image_set, Split.TRAINING, 2, count=100)
    assert (found.nearest[0], found.nearest_distances[0]) == (9, 0.0)
    assert sorted(found.nearest) == [index for index in range(12) if index != 2]


def test_one_pixel_from_black_to_white_is_a_distance_of_one(make_set: MakeSet) -> None:
    images = np.zeros((12, 4, 5), dtype=np.uint8)
    images[:, 0, 0] = 16
    images[5, 0, 0] = 0
    image_set = replace(make_set(), x_train=images, x_test=np.zeros((6, 4, 5), dtype=np.uint8), max_value=16)
    found = find_neighbours(image_set, Split.TEST, 0, count=3)
    assert found.nearest.tolist() == [5, 0, 1]
    assert found.nearest_distances.tolist() == [0.0, 1.0, 1.0]


# The large ones take more than one chunk.
@pytest.mark.parametrize(("training", "shape"), [(45, (4, 5)), pytest.param(91, (256, 256, 3), marks=pytest.mark.slow)])
def test_the_images_of_a_class_nearest_to_another_are_those_of_comparing_all_pairs(
    make_set: MakeSet, training: int, shape: tuple[int, ...]
) -> None:
    image_set = replace(make_set(training=training, classes=2, shape=shape), y_train=(np.arange(training) < 5).astype(np.int32))
    own, others = np.flatnonzero(image_set.y_train == 1), np.flatnonzero(image_set.y_train == 0)
    rows = image_set.x_train.reshape(training, -1).astype(np.float32) / 255
    every = np.array([np.linalg.norm(rows[others] - rows[one], axis=1) for one in own])
    order = every.min(axis=1).argsort()[:4]
    found = find_lookalikes(image_set, 1, 0, 4, ignore, never)
    assert found.images.tolist() == own[order].tolist()
    assert found.matches.tolist() == others[every.argmin(axis=1)[order]].tolist()
    assert found.distances == pytest.approx(every.min(axis=1)[order], rel=1e-5)


def test_a_class_is_not_compared_with_itself_or_with_one_that_has_no_images(make_set: MakeSet) -> None:
    image_set = make_set(class_names=("a", "b", "c", "never seen"))
    for label, other in ((1, 1), (0, 3)):
        with pytest.raises(DatasetError, match="Two different classes"):
            find_lookalikes(image_set, label, other, 5, ignore, never)


def test_a_search_between_classes_can_be_called_off(make_set: MakeSet) -> None:
    with pytest.raises(Cancelled):
        find_lookalikes(make_set(), 0, 1, 5, ignore, lambda: True)


def test_the_vote_says_whether_the_nearest_images_are_right() -> None:
    names = ("cat", "dog")
    right = describe_vote(np.array([0, 0, 1], dtype=np.int32), 0, names)
    assert right.startswith("2 of its 3 nearest training images carry its own label, cat.") and right.endswith("is right about it.")
    assert describe_vote(np.array([1, 0, 1], dtype=np.int32), 0, names).endswith("takes it for dog (2 of 3).")
