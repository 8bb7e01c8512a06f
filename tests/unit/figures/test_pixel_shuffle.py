from __future__ import annotations

import numpy as np

from core.figures.comparison import RunResult
from core.figures.pixel_shuffle import build_shuffle_grid, describe_shuffle


def result(accuracy, interval):
    return RunResult("run", 2, accuracy, interval, 0.1, 1000, "0" * 64, 3.0)


def test_each_image_stands_above_its_shuffled_self():
    images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    info = build_shuffle_grid(images, np.array([5, 4, 3, 2, 1, 0], np.int32), 16)
    assert (info.columns, len(info.images)) == (2, 4)
    np.testing.assert_array_equal(info.images[2:], images[:, ::-1, ::-1])


def test_what_the_shuffle_cost_is_told_by_whether_the_intervals_touch():
    high, same, low = result(0.98, (0.97, 0.99)), result(0.975, (0.965, 0.985)), result(0.9, (0.88, 0.92))
    assert describe_shuffle(high, same).startswith("98.0 % with the pixels in place, 97.5 % with them shuffled: the intervals overlap.")
    assert "makes use of which pixels are next to each other" in describe_shuffle(high, low)
    assert "the shuffled one is ahead" in describe_shuffle(low, high)
    assert describe_shuffle(high, result(None, None)) == ""
