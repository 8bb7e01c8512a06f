"""Spoilt images: what stays as it is, what moves where, and that nothing leaves its range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.predictions.perturbations import FAST_GRADIENT, PERTURBATIONS, Conditions, Direction, perturb

PURE = [name for name in PERTURBATIONS if name != FAST_GRADIENT]

SETS = {
    "grey, 0 to 16": ((6, 8, 8), 16),
    "grey, 0 to 255": ((6, 11, 7), 255),
    "colour": ((6, 9, 12, 3), 255),
}


def images(shape=(6, 8, 8), max_value=255):
    return np.random.default_rng(3).integers(0, max_value + 1, shape, dtype=np.uint8)


def spoil(pictures, name, strength, **conditions):
    return perturb(pictures, {name: strength}, Conditions(**{"max_value": 255, "seed": 5} | conditions))


@pytest.mark.parametrize(("shape", "max_value"), SETS.values(), ids=SETS)
@pytest.mark.parametrize("name", PURE)
def test_type_shape_and_range_stay_and_no_image_is_written_to(name, shape, max_value):
    pictures = images(shape, max_value)
    before = pictures.copy()
    pictures.setflags(write=False)
    for strength in (*PERTURBATIONS[name].strengths, PERTURBATIONS[name].lowest, PERTURBATIONS[name].highest):
        spoilt = spoil(pictures, name, strength, max_value=max_value)
        assert (spoilt.dtype, spoilt.shape) == (np.uint8, shape)
        assert spoilt.max() <= max_value
    np.testing.assert_array_equal(pictures, before)
    assert not np.array_equal(spoil(pictures, name, PERTURBATIONS[name].strengths[5], max_value=max_value), pictures)


@pytest.mark.parametrize("name", PURE)
def test_the_neutral_strength_changes_no_bit_and_a_curve_begins_with_it(name):
    one = PERTURBATIONS[name]
    np.testing.assert_array_equal(spoil(images(), name, one.neutral), images())
    # Also where it is computed, as other strengths are.
    np.testing.assert_array_equal(one.apply(images(), one.neutral, Conditions(255)), images())


@pytest.mark.parametrize("one", PERTURBATIONS.values(), ids=PERTURBATIONS)
def test_a_curve_has_nine_strengths_that_grow_from_the_neutral_one_and_sliders_reach_it(one):
    assert len(set(one.strengths)) == 9
    assert one.strengths[0] == one.neutral
    assert list(one.strengths) in (sorted(one.strengths), sorted(one.strengths, reverse=True))
    assert one.lowest <= one.neutral <= one.highest


@given(st.sampled_from(PURE), st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_the_same_conditions_give_the_same_images(name, seed):
    strength = PERTURBATIONS[name].strengths[4]
    np.testing.assert_array_equal(spoil(images(), name, strength, seed=seed), spoil(images(), name, strength, seed=seed))


@pytest.mark.parametrize("name", ["shift", "occlusion", "noise"])
def test_what_is_drawn_is_another_with_another_seed(name):
    strength = PERTURBATIONS[name].strengths[4]
    assert not np.array_equal(spoil(images(), name, strength, seed=1), spoil(images(), name, strength, seed=2))


@pytest.mark.parametrize(
    ("direction", "axis", "move"), [(Direction.RIGHT, 2, 2), (Direction.LEFT, 2, -2), (Direction.DOWN, 1, 2), (Direction.UP, 1, -2)]
)
def test_a_shift_moves_every_pixel_by_just_that_much_and_repeats_the_edge(direction, axis, move):
    pictures = images()
    moved = spoil(pictures, "shift", 2, direction=direction)
    upright, moved = (np.moveaxis(array, axis, 0)[:: 1 if move > 0 else -1] for array in (pictures, moved))
    np.testing.assert_array_equal(moved[2:], upright[:-2])
    for edge in moved[:2]:
        np.testing.assert_array_equal(edge, upright[0])


def test_on_a_curve_each_image_is_shifted_its_own_way():
    pictures = np.repeat(images()[:1], 40, axis=0)
    ways = {direction: spoil(pictures[:1], "shift", 1, direction=direction)[0].tobytes() for direction in Direction}
    assert {picture.tobytes() for picture in spoil(pictures, "shift", 1)} == set(ways.values())


def test_right_angles_turn_pixel_by_pixel_and_clockwise():
    pictures = images((3, 9, 9, 3))
    np.testing.assert_array_equal(spoil(pictures, "rotation", 90), np.rot90(pictures, -1, axes=(1, 2)))
    np.testing.assert_array_equal(spoil(pictures, "rotation", 180), pictures[:, ::-1, ::-1])
    np.testing.assert_array_equal(spoil(pictures, "rotation", -90), np.rot90(pictures, 1, axes=(1, 2)))


def test_scaling_keeps_the_middle_where_it_is():
    dot = np.zeros((1, 9, 9), np.uint8)
    dot[0, 4, 4] = 200
    assert spoil(dot, "scale", 3.0)[0, 4, 4] == 200
    square = np.zeros((1, 12, 12), np.uint8)
    square[0, 2:10, 2:10] = 255
    halved = spoil(square, "scale", 0.5)[0] > 127
    assert halved.sum() == 16
    assert halved[4:8, 4:8].all()


def test_blur_spreads_ink_and_loses_none():
    dot = np.zeros((1, 21, 21), np.uint8)
    dot[0, 10, 10] = 255
    blurred = spoil(dot, "blur", 1.0)[0].astype(int)
    assert blurred.sum() == pytest.approx(255, abs=8)
    # A Gaussian's middle: 255 / (2 pi).
    assert blurred[10, 10] == pytest.approx(255 / (2 * np.pi), abs=1.5)
    colours = np.zeros((1, 9, 9, 3), np.uint8)
    colours[..., 0] = 100
    np.testing.assert_array_equal(spoil(colours, "blur", 2.0), colours)


def test_contrast_goes_by_the_mean_of_each_image_and_inversion_ends_with_the_negative():
    pictures = images()
    flat = spoil(pictures, "contrast", 0.0)
    np.testing.assert_array_equal(flat, np.broadcast_to(np.rint(pictures.mean(axis=(1, 2), keepdims=True)), flat.shape))
    np.testing.assert_array_equal(spoil(pictures, "inversion", 1.0), 255 - pictures)
    digits = images((2, 8, 8), 16)
    np.testing.assert_array_equal(spoil(digits, "inversion", 1.0, max_value=16), 16 - digits)
    assert np.unique(spoil(digits, "inversion", 0.5, max_value=16)).tolist() == [8]


@pytest.mark.parametrize("shape", [(1, 10, 10), (1, 20, 5), (1, 6, 24, 3)])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.8])
def test_a_square_covers_its_share_of_the_image(shape, share):
    covered = spoil(np.zeros(shape, np.uint8), "occlusion", share)[0] == 128
    covered = covered if covered.ndim == 2 else covered.all(axis=2)
    assert covered.mean() == pytest.approx(share, abs=0.08)
    rows, columns = covered.any(axis=1), covered.any(axis=0)
    np.testing.assert_array_equal(covered, rows[:, None] & columns)


def test_noise_has_the_spread_it_says_and_one_pattern_for_all_strengths():
    grey = np.full((4, 40, 40), 128, np.uint8)
    noise = spoil(grey, "noise", 0.1).astype(float) - 128
    assert noise.std() == pytest.approx(25.5, rel=0.05)
    stronger = spoil(grey, "noise", 0.2).astype(float) - 128
    assert np.corrcoef(noise.ravel(), stronger.ravel())[0, 1] > 0.99


def test_several_are_done_in_the_order_of_the_registry_whatever_order_they_are_named_in():
    strengths = {"noise": 0.2, "blur": 1.0, "shift": 2}
    conditions = Conditions(255, seed=4)
    expected = images()
    for name in ("shift", "blur", "noise"):
        expected = perturb(expected, {name: strengths[name]}, conditions)
    np.testing.assert_array_equal(perturb(images(), strengths, conditions), expected)


def test_strengths_are_told_with_their_unit():
    told = [PERTURBATIONS[name].describe(strength) for name, strength in (("shift", 3), ("occlusion", 0.125), ("scale", 0.5))]
    assert told == ["3 pixels", "12.5 %", "0.5 times"]
    assert [PERTURBATIONS[name].describe(1) for name in ("shift", "rotation", "scale", "noise")] == [
        "1 pixel",
        "1 degree",
        "1 times",
        "100 %",
    ]
