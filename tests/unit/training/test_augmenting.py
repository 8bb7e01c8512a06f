from __future__ import annotations

import numpy as np
import pytest

from core.networks.augmentation import Augmentation
from core.training.augmenting import AT_ONCE, augment_epoch, augment_samples

GREY = np.random.default_rng(1).integers(0, 256, (1300, 9, 12)).astype(np.uint8)
COLOUR = np.random.default_rng(2).integers(0, 256, (30, 8, 8, 3)).astype(np.uint8)
EVERYTHING = Augmentation(shift=0.1, rotation=15, zoom=0.2, flip=True, noise=0.05)

MANY = 4000
SIDE = 41


def _discs(place=(20, 20)):
    """A soft blob that is easy to find again: its centre of mass is known to a hundredth of a pixel."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    blob = 250 * np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / 8)
    return np.repeat(blob.round().astype(np.uint8)[None], MANY, axis=0)


def _centres(images):
    """Row and column of the centre of mass of each image, `(n, 2)`, from the middle."""
    axis = np.arange(SIDE) - 20
    mass = images.sum(axis=(1, 2), dtype=np.float64)
    return np.stack([images.sum(axis=2) @ axis / mass, images.sum(axis=1) @ axis / mass], axis=1)


def _is_uniform(values, low, high):
    """Kolmogorov and Smirnov's distance to the uniform distribution: for 4,000 values under 0.03 in 998 of 1,000 cases."""
    shares = np.clip((np.sort(values) - low) / (high - low), 0, 1)
    return np.abs(shares - np.arange(1, len(values) + 1) / len(values)).max() < 0.03


@pytest.mark.parametrize("images", [GREY, COLOUR], ids=["grey", "colour"])
def test_shape_and_type_stay_and_the_same_seed_repeats_it(images):
    one, again, other = (augment_samples(images, EVERYTHING, 255, seed) for seed in (1, 1, 2))
    assert (one.shape, one.dtype) == (images.shape, np.uint8)
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_nothing_asked_for_is_nothing_done():
    np.testing.assert_array_equal(augment_samples(GREY, Augmentation(), 255, 1), GREY)


def test_shifts_are_uniform_in_both_directions_and_independent():
    centres = _centres(augment_samples(_discs(), Augmentation(shift=0.2), 255, 1))
    reach = 0.2 * SIDE
    assert _is_uniform(centres[:, 0], -reach, reach)
    assert _is_uniform(centres[:, 1], -reach, reach)
    assert abs(np.corrcoef(centres.T)[0, 1]) < 0.06


def test_angles_are_uniform_and_turn_about_the_middle():
    centres = _centres(augment_samples(_discs((10, 20)), Augmentation(rotation=40), 255, 2))
    np.testing.assert_allclose(np.hypot(*centres.T), 10, atol=0.2)
    angles = np.degrees(np.arctan2(centres[:, 1], -centres[:, 0]))
    assert _is_uniform(angles, -40, 40)


def test_sizes_are_uniform_about_the_middle():
    distances = _centres(augment_samples(_discs((20, 28)), Augmentation(zoom=0.3), 255, 3))
    np.testing.assert_allclose(distances[:, 0], 0, atol=0.1)
    assert _is_uniform(distances[:, 1] / 8, 0.7, 1.3)


def test_half_of_the_images_are_mirrored_and_the_others_left_alone():
    images = GREY[:1000]
    result = augment_samples(images, Augmentation(flip=True), 255, 4)
    is_same, is_mirrored = ((result == expected).all(axis=(1, 2)) for expected in (images, images[:, :, ::-1]))
    assert (is_same | is_mirrored).all()
    # Five standard deviations.
    assert abs(is_mirrored.sum() - 500) < 80


def test_noise_has_the_spread_asked_for_and_no_bias():
    images = np.full((50, 30, 30), 128, np.uint8)
    differences = augment_samples(images, Augmentation(noise=0.05), 255, 5).astype(float) - 128
    assert abs(differences.mean()) < 0.4
    assert differences.std() == pytest.approx(0.05 * 255, rel=0.03)


def test_no_pixel_leaves_its_range():
    images = np.random.default_rng(3).integers(0, 17, (200, 8, 8)).astype(np.uint8)
    result = augment_samples(images, Augmentation(noise=0.5, rotation=180, zoom=0.5, shift=0.5), 16, 6)
    assert result.max() == 16
    assert result.min() == 0


@pytest.mark.parametrize("paper", [0, 255])
def test_what_comes_from_outside_is_the_edge_of_the_image_whatever_its_colour(paper):
    images = np.full((50, 20, 20), paper, np.uint8)
    images[:, 8:12, 8:12] = 255 - paper
    result = augment_samples(images, Augmentation(shift=0.5, rotation=180, zoom=0.5), 255, 7)
    assert (result == paper).mean() > 0.5
    assert (result[:, 0] == paper).mean() > 0.9


@pytest.mark.parametrize("shape", [(3, 1, 5), (3, 5, 1), (3, 1, 1, 3)])
def test_images_of_a_single_row_or_column_can_be_moved(shape):
    assert (
        augment_samples(np.full(shape, 7, np.uint8), EVERYTHING.model_copy(update={"noise": 0.0}), 255, 8).tolist()
        == np.full(shape, 7).tolist()
    )


def _epoch(number, images=GREY, order=None, should_stop=lambda: False):
    order = np.arange(len(images), dtype=np.int32) if order is None else order
    return augment_epoch(images, order, EVERYTHING, 255, (1, number), should_stop)


def test_each_epoch_is_another_one_and_can_be_repeated():
    first, second, again = (_epoch(number) for number in (1, 2, 1))
    assert first.shape == GREY.shape
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


def test_blocks_do_not_repeat_one_another():
    images = np.repeat(GREY[:1], 2 * AT_ONCE, axis=0)
    result = _epoch(1, images)
    assert not np.array_equal(result[:AT_ONCE], result[AT_ONCE:])


def test_an_epoch_is_in_the_order_asked_for():
    order = np.array([5, 3, 4], np.int32)
    still = augment_epoch(GREY, order, Augmentation(), 255, (1, 1), lambda: False)
    np.testing.assert_array_equal(still, GREY[order])


def test_it_can_be_called_off():
    asked = []
    assert _epoch(1, should_stop=lambda: asked.append(1) or True) is None
    assert len(asked) == 1
