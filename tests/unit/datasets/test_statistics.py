"""Balance, pixel values, class images, ink and flattening, each against the plain way to reckon it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.datasets.balance import ClassBalance, chi_square_tail, compare_halves, measure_balance
from core.datasets.flattening import Flattening, Place
from core.datasets.ink_measures import ClassInk, Measure, Paper, Quartiles, find_paper, measure_ink, summarise_ink
from core.datasets.statistics import PIECE_BYTES, ValueSummary, average_class, brightness, count_values, pieces, summarise_values


def noise(*shape: int, top: int = 256) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, top, shape, dtype=np.uint8)


def test_balance_names_the_ends_the_guess_and_the_widest_gap() -> None:
    assert compare_halves((60, 30, 10), (2, 6, 2)) == ClassBalance(
        training=(60, 30, 10), test=(2, 6, 2), largest=0, smallest=2, constant_accuracy=0.2, gap_class=0, chance=None
    )
    assert compare_halves((60, 30, 10), (2, 6, 2)).ratio == 6
    assert compare_halves((60, 30, 10), (2, 6, 2)).shares(1) == (0.3, 0.6)


def test_balance_is_counted_from_the_labels(make_set) -> None:
    balance = measure_balance(make_set(training=7, test=5, class_names=("a", "b", "c", "never seen")))
    assert (balance.training, balance.test) == ((3, 2, 2, 0), (2, 2, 1, 0))
    assert balance.ratio == math.inf


def test_halves_drawn_alike_are_told_from_halves_drawn_otherwise() -> None:
    alike, otherwise = compare_halves((600, 300, 100), (61, 30, 9)), compare_halves((600, 300, 100), (30, 30, 40))
    assert alike.chance is not None and alike.chance > 0.5
    assert otherwise.chance is not None and otherwise.chance < 0.001


def test_a_class_that_neither_half_has_does_not_spoil_the_comparison() -> None:
    assert compare_halves((600, 300, 0), (60, 30, 0)).chance == pytest.approx(1)


@pytest.mark.parametrize("freedom", [1, 2, 9, 99, 999])
def test_the_chance_is_close_to_the_exact_one(freedom: int) -> None:
    from scipy.special import chdtrc

    values = np.linspace(0, 3 * freedom + 10, 50)
    np.testing.assert_allclose([chi_square_tail(value, freedom) for value in values], chdtrc(freedom, values), atol=0.013)


@pytest.mark.parametrize(("shape", "max_value"), [((3, 4, 5), 16), ((1_500, 28, 28), 255), ((500, 28, 28, 3), 255), ((1, 1, 1, 3), 1)])
def test_every_value_of_every_channel_is_counted(shape: tuple[int, ...], max_value: int) -> None:
    images = noise(*shape, top=max_value + 1)
    counts = count_values(images, max_value)
    channels = shape[3] if len(shape) == 4 else 1
    assert counts.shape == (channels, max_value + 1)
    for channel, row in enumerate(counts):
        np.testing.assert_array_equal(row, np.bincount(images.reshape(-1, channels)[:, channel], minlength=max_value + 1))


def test_pieces_are_the_images_in_order_without_copies() -> None:
    images = noise(3 * PIECE_BYTES // 1024, 32, 32)
    parts = list(pieces(images))
    assert len(parts) == 3
    assert all(np.shares_memory(part, images) for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts), images)


def test_a_summary_of_values_is_that_of_all_of_them() -> None:
    values = np.repeat([0, 1, 2, 4], [5, 3, 0, 2])
    assert summarise_values(np.array([5, 3, 0, 0, 2])) == ValueSummary(pytest.approx(values.mean()), pytest.approx(values.std()), 0.5)
    scaled = summarise_values(np.array([5, 3, 0, 0, 2]), scale=4)
    assert (scaled.mean, scaled.deviation) == (pytest.approx(values.mean() / 4), pytest.approx(values.std() / 4))


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 3)])
def test_class_images_are_exact_over_many_pieces_of_the_brightest_pixels(shape: tuple[int, ...]) -> None:
    labels = np.arange(2_000, dtype=np.int32) % 3
    images = np.maximum(noise(2_000, *shape), 250)
    found = average_class(images, labels, 1)
    expected = images[labels == 1].astype(np.float64)
    assert found.count == len(expected)
    np.testing.assert_array_equal(found.mean, expected.mean(axis=0).astype(np.float32))
    np.testing.assert_allclose(found.deviation, expected.std(axis=0), rtol=1e-6)


def test_images_that_are_all_the_same_have_no_spread() -> None:
    found = average_class(np.full((700, 4, 4), 251, dtype=np.uint8), np.zeros(700, dtype=np.int32), 0)
    assert found.mean.tolist() == [[251] * 4] * 4
    assert not found.deviation.any()


def test_brightness_of_a_colour_is_the_mean_of_its_three_numbers() -> None:
    assert brightness(np.array([[[30, 60, 90]]], dtype=np.float32)).tolist() == [[60]]
    assert brightness(np.array([[30]], dtype=np.float32)).tolist() == [[30]]


DARK_PAPER, LIGHT_PAPER = Paper(0, False, 255), Paper(255, True, 255)


def bar(paper: int = 0, ink: int = 255) -> NDArray[np.uint8]:
    """One image of 6 x 8 with a bar 3 rows high and 2 columns wide, its centre at row 2, column 5.5."""
    images = np.full((1, 6, 8), paper, dtype=np.uint8)
    images[0, 1:4, 5:7] = ink
    return images


@pytest.mark.parametrize(("images", "paper"), [(bar(0, 255), DARK_PAPER), (bar(255, 0), LIGHT_PAPER), (bar(200, 0), Paper(200, True, 200))])
def test_ink_is_measured_on_dark_and_on_light_paper(images: NDArray[np.uint8], paper: Paper) -> None:
    assert find_paper(images, 255) == paper
    assert measure_ink(images, paper)[:, 0].tolist() == [6 / 48, 3, 2, 2, 5.5]


def test_a_faint_edge_weighs_but_does_not_widen_the_box() -> None:
    images = bar()
    images[0, 4, 5:7] = DARK_PAPER.inked - 1
    ink, height, width, row, _ = measure_ink(images, DARK_PAPER)[:, 0]
    assert (height, width) == (3, 2)
    assert ink > 6 / 48 and row > 2


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_measures_are_those_of_each_image_by_itself(seed: int, height: int, width: int) -> None:
    images = np.random.default_rng(seed).integers(0, 128, (4, height, width), dtype=np.uint8)
    paper = Paper(0, False, 255)
    for image, found in zip(images, measure_ink(images, paper).T, strict=True):
        rows, columns = np.nonzero(image >= paper.inked)
        size = (np.ptp(rows) + 1, np.ptp(columns) + 1) if len(rows) else (0, 0)
        ink = image.astype(float)
        centre = [(ink.sum(axis=1 - axis) @ np.arange(side)) / ink.sum() if ink.any() else np.nan for axis, side in enumerate(image.shape)]
        np.testing.assert_allclose(found, [ink.mean() / 255, *size, *centre])


def test_blank_images_are_counted_and_left_out_and_so_are_classes_of_them() -> None:
    images = np.concatenate([bar(), bar(), np.zeros((2, 6, 8), dtype=np.uint8)])
    summary = summarise_ink(images, np.array([0, 2, 0, 1], dtype=np.int32), 255)
    assert summary.blank == 2
    assert [(one.label, one.images) for one in summary.classes] == [(0, 1), (2, 1)]
    assert summary.classes[0] == ClassInk(
        0,
        1,
        {measure: Quartiles(value, value, value) for measure, value in zip(Measure, [6 / 48, 3.0, 2.0, 2.0, 5.5], strict=True)},
    )


def test_quartiles_hold_the_middle_half_of_a_class() -> None:
    images = np.zeros((5, 9, 9), dtype=np.uint8)
    for height, image in enumerate(images, start=1):
        image[1 : 1 + height, 4] = 255
    [found] = summarise_ink(images, np.zeros(5, dtype=np.int32), 255).classes
    assert found.measures[Measure.HEIGHT] == Quartiles(2, 3, 4)


@given(st.integers(1, 9), st.integers(1, 9), st.booleans())
@settings(max_examples=25, deadline=None)
def test_flattening_is_numpy_s_order_there_and_back(height: int, width: int, colour: bool) -> None:
    shape = (height, width, 3) if colour else (height, width)
    order, numbers = Flattening(shape), np.arange(math.prod(shape)).reshape(shape)
    assert order.length == numbers.size
    for index in range(order.length):
        place = order.place(index)
        assert order.index(place) == index
        assert numbers[(place.row, place.column, place.channel)[: len(shape)]] == index
    for row in range(height):
        assert list(order.row(row)) == numbers[row].reshape(-1).tolist()
    assert list(order.pixel(height - 1, 0)) == np.atleast_1d(numbers[height - 1, 0]).tolist()


@pytest.mark.parametrize("place", [Place(-1, 0), Place(4, 0), Place(0, 5), Place(0, 0, 1)])
def test_a_place_outside_the_image_is_refused(place: Place) -> None:
    with pytest.raises(ValueError, match="in an image of shape"):
        Flattening((4, 5)).index(place)


@pytest.mark.parametrize("index", [-1, 20])
def test_an_index_outside_the_row_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="a row of 20 numbers"):
        Flattening((4, 5)).place(index)
