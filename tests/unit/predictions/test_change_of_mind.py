"""What to erase and add, on networks of which one knows where they look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.predictions.change_of_mind import MAX_DABS, Way, change_mind
from core.predictions.patches import Change


class LinearPredictor:
    """Adds up weighted ink for each class, as a network without hidden layers does."""

    def __init__(self, kernel: np.ndarray, bias: tuple[float, ...], max_value: int = 16) -> None:
        self.kernel, self.bias, self.max_value = kernel, np.array(bias), max_value

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        sums = images.reshape(len(images), int(np.prod(images.shape[1:]))) / self.max_value @ self.kernel + self.bias
        shares = np.exp(sums - sums.max(axis=1, keepdims=True))
        return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def looks_at(*pixels: tuple[int, int], shape: tuple[int, ...] = (8, 8)) -> np.ndarray:
    """Class 1 of three for ink on these pixels, as much as all of them together."""
    kernel = np.zeros((*shape, 3))
    for row, column in pixels:
        kernel[row, column, ..., 1] = 10.0 / len(pixels)
    return kernel.reshape(-1, 3)


def dabs(found: dict[str, np.ndarray], way: Way) -> list[tuple[int, int, Change]]:
    count = int(found["count"][way])
    assert (found["rows"][way, count:] == -1).all()
    numbers = zip(*(found[name][way, :count].tolist() for name in ("rows", "columns", "changes")), strict=True)
    return [(row, column, Change(change)) for row, column, change in numbers]


def ask(predictor: Any, image: np.ndarray, second: int) -> dict[str, np.ndarray]:
    return change_mind(predictor, image, second, predictor.max_value)


def bar() -> np.ndarray:
    image = np.zeros((8, 8), np.uint8)
    image[2:6, 4] = 16
    return image


def test_the_one_place_that_counts_is_erased() -> None:
    found = ask(LinearPredictor(looks_at((4, 4)), (2.0, 0.0, 0.0)), bar(), 0)
    assert found["before"].argmax() == 1
    assert dabs(found, Way.ERASING) == dabs(found, Way.EITHER) == [(4, 4, Change.ERASED)]
    expected = bar()
    expected[4, 4] = 0
    np.testing.assert_array_equal(found["images"][Way.ERASING], expected)
    assert found["probabilities"][Way.ERASING].argmax() == 0


def test_ink_is_added_where_it_counts_beside_the_ink_that_is_there() -> None:
    found = ask(LinearPredictor(looks_at((4, 5), (2, 1)), (2.5, 0.0, 0.0)), bar(), 1)
    # The other place would count as much, but lies too far from the ink.
    assert found["before"].argmax() == 0 and dabs(found, Way.ADDING) == [(4, 5, Change.ADDED)] and found["images"][Way.ADDING][4, 5] == 16


def test_where_no_dab_helps_none_is_made() -> None:
    found = ask(LinearPredictor(looks_at((4, 4)), (2.0, 0.0, 0.0)), bar(), 0)
    assert dabs(found, Way.ADDING) == []
    np.testing.assert_array_equal(found["images"][Way.ADDING], bar())
    np.testing.assert_array_equal(found["probabilities"][Way.ADDING], found["before"])


def test_the_search_ends_when_the_wanted_class_is_the_answer_and_not_before() -> None:
    # Both pixels are needed; after the first it is still class 1.
    found = ask(LinearPredictor(looks_at((3, 4), (5, 4)), (4.0, 0.0, 0.0)), bar(), 0)
    assert found["count"][Way.ERASING] == 2 and found["probabilities"][Way.ERASING].argmax() == 0


def test_it_gives_up_after_so_many_dabs() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[:, 2:6] = 16
    everywhere = tuple((row, column) for row in range(8) for column in range(2, 6))
    found = ask(LinearPredictor(looks_at(*everywhere), (0.1, 0.0, 0.0)), image, 0)
    assert found["count"][Way.ERASING] == MAX_DABS and found["probabilities"][Way.ERASING].argmax() == 1


def test_on_white_paper_ink_is_black() -> None:
    found = ask(LinearPredictor(-looks_at((4, 5)), (2.0, 9.0, 0.0)), 16 - bar(), 1)
    assert dabs(found, Way.ADDING) == [(4, 5, Change.ADDED)] and found["images"][Way.ADDING][4, 5] == 0


def test_a_drawing_in_colour_is_erased_and_added_to_in_all_colours() -> None:
    image = np.repeat(bar()[..., np.newaxis], 3, axis=2)
    found = ask(LinearPredictor(looks_at((4, 4), shape=image.shape), (2.0, 0.0, 0.0)), image, 0)
    assert found["images"].shape == (3, 8, 8, 3) and found["images"][Way.ERASING][4, 4].tolist() == [0, 0, 0]


def test_a_dab_is_as_wide_as_a_stroke_and_round() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 13:16] = 255
    found = ask(LinearPredictor(looks_at((14, 14), shape=image.shape), (2.0, 0.0, 0.0), 255), image, 0)
    assert found["width"] == 3
    row, column, _ = dabs(found, Way.ERASING)[0]
    erased = image.astype(int) - found["images"][Way.ERASING]
    assert erased[row, column] == erased[row - 1, column] == 255 and 0 < erased[row - 1, column - 1] < 255


# Networks for which the dab that helps most would undo an earlier one.
@pytest.mark.parametrize("seed", [4, 7])
def test_no_dab_takes_back_part_of_another(seed: int) -> None:
    random = np.random.default_rng(seed)
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 10:18] = random.integers(0, 256, (18, 8))
    found = dabs(ask(LinearPredictor(random.normal(size=(784, 3)), (-100.0, 0.0, 0.0), 255), image, 0), Way.EITHER)
    apart = [np.hypot(a[0] - b[0], a[1] - b[1]) for a in found for b in found if a[2] != b[2]]
    assert len(found) > 1 and min(apart, default=3.0) >= 3


def test_large_images_are_tried_at_as_many_places_with_a_wider_pen() -> None:
    image = np.zeros((112, 112), np.uint8)
    image[20:92, 50:62] = 255
    found = ask(LinearPredictor(looks_at((56, 56), shape=image.shape), (2.0, 0.0, 0.0), 255), image, 0)
    [(row, column, change)] = dabs(found, Way.ERASING)
    assert found["width"] == 12 and np.hypot(row - 56, column - 56) < 6 and change == Change.ERASED


def test_to_become_what_it_is_already_is_refused() -> None:
    with pytest.raises(ValueError, match="class 1 already"):
        ask(LinearPredictor(looks_at((4, 4)), (2.0, 0.0, 0.0)), bar(), 1)
