"""The smallest patch, on networks of which one knows where they look."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import Cancelled
from core.networks.spec import TrainingSpec
from core.networks.weights import pack_weights
from core.predictions.patches import Change, smallest_patch
from core.predictions.predictor import Predictor


def build(kernel: np.ndarray, bias: tuple[float, ...], shape: tuple[int, ...] = (8, 8), max_value: int = 16) -> Predictor:
    weights = [kernel.astype(np.float32), np.array(bias, np.float32)]
    return Predictor(TrainingSpec(hidden=()), shape, len(bias), max_value, pack_weights(weights))


def looks_at(*pixels: tuple[int, int], shape: tuple[int, ...] = (8, 8), strength: float = 10.0) -> np.ndarray:
    """Class 1 of three for ink on these pixels."""
    kernel = np.zeros((*shape, 3))
    for row, column in pixels:
        kernel[row, column, ..., 1] = strength
    return kernel.reshape(-1, 3)


def test_erasing_the_one_pixel_that_counts_changes_the_answer() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[2:6, 3:5] = 16
    found = smallest_patch(build(looks_at((4, 3)), (2.0, 0.0, 0.0)), image, 16)
    assert found["found"] and found["old_label"] == 1
    assert [int(found[name]) for name in ("row", "column", "size", "change", "label")] == [4, 3, 1, Change.ERASED, 0]
    expected = image.copy()
    expected[4, 3] = 0
    np.testing.assert_array_equal(found["changed"], expected)
    assert found["probability"] == pytest.approx(np.exp(2) / (np.exp(2) + 2), rel=1e-5)


def test_adding_ink_where_it_counts_changes_the_answer() -> None:
    found = smallest_patch(build(looks_at((1, 6)), (2.0, 0.0, 0.0)), np.zeros((8, 8), np.uint8), 16)
    assert [int(found[name]) for name in ("row", "column", "size", "change", "label")] == [1, 6, 1, Change.ADDED, 1]
    assert found["changed"][1, 6] == 16 and found["changed"].sum() == 16


def test_on_white_paper_ink_is_black() -> None:
    found = smallest_patch(build(-looks_at((1, 6)), (2.0, 10.0, 0.0)), np.full((8, 8), 16, np.uint8), 16)
    assert found["found"] and found["change"] == Change.ADDED and found["changed"][1, 6] == 0


def test_two_pixels_apart_take_a_patch_that_reaches_both() -> None:
    image = np.full((8, 8), 0, np.uint8)
    image[2, 2] = image[4, 4] = 16
    found = smallest_patch(build(looks_at((2, 2), (4, 4)), (5.0, 0.0, 0.0)), image, 16)
    assert [int(found[name]) for name in ("row", "column", "size")] == [2, 2, 3]


def test_of_patches_of_one_size_the_clearest_is_taken() -> None:
    kernel = looks_at((1, 1)) + looks_at((6, 6), strength=20.0)
    found = smallest_patch(build(kernel, (2.0, 0.0, 0.0)), np.zeros((8, 8), np.uint8), 16)
    assert (found["row"], found["column"]) == (6, 6)


def test_an_answer_that_no_patch_changes_is_told_with_the_largest_that_was_tried() -> None:
    found = smallest_patch(build(np.zeros((64, 3)), (2.0, 0.0, 0.0)), np.zeros((8, 8), np.uint8), 16)
    assert {name: value.item() for name, value in found.items()} == {"found": False, "largest": 4, "old_label": 0}


def test_a_photo_is_covered_with_its_mean_colour() -> None:
    shape = (8, 8, 3)
    image = np.random.default_rng(3).integers(0, 100, shape, dtype=np.uint8)
    image[5, 2] = 255
    found = smallest_patch(build(looks_at((5, 2), shape=shape), (20.0, 0.0, 0.0), shape, 255), image, 255)
    assert [int(found[name]) for name in ("row", "column", "size", "change")] == [5, 2, 1, Change.COVERED]
    np.testing.assert_array_equal(found["changed"][5, 2], np.rint(image.mean(axis=(0, 1))))


def test_large_images_are_searched_in_coarser_steps() -> None:
    image = np.zeros((100, 96), np.uint8)
    tried = []
    found = smallest_patch(
        build(looks_at((50, 50), shape=image.shape), (2.0, 0.0, 0.0), image.shape),
        image,
        16,
        lambda share, size: tried.append((share, size)),
    )
    assert found["size"] == 3 and found["row"] <= 50 < found["row"] + 3 and found["column"] <= 50 < found["column"] + 3
    assert tried == [(0.0, 3)]


def test_what_is_raised_between_two_sizes_ends_the_search() -> None:
    def call_off(share: float, size: int) -> None:
        if size == 3:
            raise Cancelled("Called off.")

    with pytest.raises(Cancelled):
        smallest_patch(build(np.zeros((64, 3)), (2.0, 0.0, 0.0)), np.zeros((8, 8), np.uint8), 16, call_off)
