"""Images before and after augmentation: the same ones, in two rows."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.augmentation import build_augmentation_grid
from core.figures.samples import draw_sample_grid
from core.figures.theme import LIGHT


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_each_image_stands_above_what_becomes_of_it(shape: tuple[int, ...]) -> None:
    before = np.arange(3, dtype=np.uint8).reshape(3, *(1 for _ in shape)) * np.ones((3, *shape), np.uint8)
    info = build_augmentation_grid(before, before + 10, 16)
    assert info.columns == 3
    assert info.images[:, 0, 0].reshape(6, -1)[:, 0].tolist() == [0, 1, 2, 10, 11, 12]
    assert [label.lines for label in info.labels] == [("before",)] * 3 + [("after",)] * 3
    assert draw_sample_grid(info, LIGHT).get_size_inches()[0] > 0


def test_without_images_there_is_nothing_to_show() -> None:
    with pytest.raises(ValueError, match="0 images"):
        build_augmentation_grid(np.empty((0, 8, 8), np.uint8), np.empty((0, 8, 8), np.uint8), 16)
