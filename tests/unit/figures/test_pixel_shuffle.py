"""The fixed shuffle of the pixels: the pictures, and what may be concluded from the pair of runs."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.pixel_shuffle import build_shuffle_grid, describe_shuffle
from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.predictions.conclusions import compare_paired
from core.predictions.two_networks import PairedCounts

DENSE, CONVOLUTIONS = RECIPES["digits-64"].spec, RECIPES["mnist-cnn"].spec
CLOSE, CLEAR = PairedCounts(274, 7, 4, 3), PairedCounts(240, 40, 4, 4)
"""Of 288 validation images: 281 against 278 read right, and 280 against 244."""


def told(counts: PairedCounts, spec: TrainingSpec) -> str:
    return describe_shuffle(compare_paired(counts), spec)


def test_each_image_stands_above_its_shuffled_self() -> None:
    images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    info = build_shuffle_grid(images, np.array([5, 4, 3, 2, 1, 0], np.int32), 16)
    assert (info.columns, len(info.images)) == (2, 4)
    np.testing.assert_array_equal(info.images[2:], images[:, ::-1, ::-1])


@pytest.mark.parametrize("counts", [CLOSE, PairedCounts(280, 0, 0, 8), PairedCounts(276, 5, 5, 2)])
def test_on_few_images_a_convolutional_network_is_not_said_to_learn_as_well(counts: PairedCounts) -> None:
    words = told(counts, CONVOLUTIONS)
    assert "never knew" not in words and "as well" not in words
    assert "That does not make them equal" in words and "points" in words
    assert "so a difference is to be expected" in words


def test_only_a_network_without_convolution_and_pooling_never_knew_that_it_was_a_picture() -> None:
    for counts in (CLOSE, CLEAR):
        assert "this network never knew that it was a picture" in told(counts, DENSE)
        assert "never knew" not in told(counts, CONVOLUTIONS)


def test_a_loss_that_luck_would_not_make_shows_that_neighbours_are_used() -> None:
    words = told(CLEAR, CONVOLUTIONS)
    assert words.startswith("The network with the pixels in place is better than the network with them shuffled: 97.2 % against 84.7 %")
    assert words.endswith("This network makes use of which pixels are next to each other.")


def test_a_gain_by_the_shuffle_is_doubted() -> None:
    assert "before you believe it" in told(PairedCounts(240, 4, 40, 4), CONVOLUTIONS)
