from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.datasets.importing.splitting import draw_test_set


@pytest.mark.parametrize(("share", "drawn"), [(0.05, [5, 1, 1]), (0.2, [20, 2, 1]), (0.5, [50, 5, 1])])
def test_each_class_gives_its_share_and_at_least_one(share: float, drawn: list[int]) -> None:
    labels = np.repeat([0, 1, 2], [100, 10, 2]).astype(np.int32)
    assert np.bincount(labels[draw_test_set(labels, share, seed=1)]).tolist() == drawn


def test_a_class_with_one_image_keeps_it_for_training() -> None:
    is_test = draw_test_set(np.array([0, 1, 1], dtype=np.int32), 0.5, seed=1)
    assert not is_test[0] and is_test.sum() == 1


def test_the_seed_decides_which_images_are_drawn() -> None:
    labels = np.zeros(200, dtype=np.int32)
    first, again, other = (draw_test_set(labels, 0.2, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


@given(labels=st.lists(st.integers(0, 4), max_size=40), share=st.floats(0, 1), seed=st.integers(0, 2**31 - 1))
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_class_is_left_to_learn_from_and_every_class_of_two_or_more_to_test(labels: list[int], share: float, seed: int) -> None:
    array = np.array(labels, dtype=np.int32)
    is_test = draw_test_set(array, share, seed)
    for label in set(labels):
        drawn = int(is_test[array == label].sum())
        assert drawn < labels.count(label) and (drawn >= 1 or labels.count(label) == 1)
