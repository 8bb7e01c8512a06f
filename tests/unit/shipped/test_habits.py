"""Ways to write a 1 and a 7 that are rare in MNIST, added to digits that are not written so."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.shipped.habits import add_habit

SIDE = 112


def figure(*lines: tuple[int, int, int, int], width: int = 8) -> Image.Image:
    picture = Image.new("L", (SIDE, SIDE))
    for line in lines:
        ImageDraw.Draw(picture).line(line, fill=255, width=width)
    return picture


ONE = figure((56, 16, 56, 96))
SEVEN = figure((30, 16, 80, 16), (80, 16, 50, 96))


def added(picture: Image.Image, digit: int, seed: int) -> np.ndarray:
    """Where there is ink now and was none before, `bool (SIDE, SIDE)`."""
    changed = add_habit(picture, digit, np.random.default_rng(seed))
    return (np.asarray(changed) > 127) & (np.asarray(picture) <= 127)


@pytest.mark.parametrize("seed", range(8))
def test_a_1_gets_a_flag_on_the_left_of_its_top_and_sometimes_a_foot(seed: int):
    new = added(ONE, 1, seed)
    flag = new[:88]
    rows, columns = np.nonzero(flag)
    assert flag.sum() > 30 and columns.mean() < 50 and rows.mean() < 56
    assert columns.max() < 56 + 8


def test_every_third_1_or_so_has_a_foot_on_both_sides():
    feet = [new for new in (added(ONE, 1, seed)[88:] for seed in range(60)) if new.any()]
    assert 10 <= len(feet) <= 30
    for foot in feet:
        columns = np.flatnonzero(foot.any(axis=0))
        assert columns[0] < 50 and columns[-1] > 62


@pytest.mark.parametrize("seed", range(8))
def test_a_7_gets_a_bar_through_the_middle_of_its_stem(seed: int):
    rows, columns = np.nonzero(added(SEVEN, 7, seed))
    assert rows.min() > 16 + 0.3 * 80 and rows.max() < 16 + 0.8 * 80
    stem = 80 - 30 * (rows.mean() - 16) / 80
    assert columns.min() < stem - 6 and columns.max() > stem + 6


def test_the_stroke_is_about_as_thick_as_the_pen():
    for width in (4, 8, 14):
        bar = added(figure((30, 16, 80, 16), (80, 16, 50, 96), width=width), 7, 3)
        thick = np.bincount(np.nonzero(bar)[1]).max()
        assert 0.6 * width <= thick <= 1.7 * width


def test_a_leaning_1_has_its_flag_on_the_same_side_of_its_stem():
    new = added(figure((80, 16, 40, 96)), 1, 1)[:80]
    rows, columns = np.nonzero(new)
    assert (columns < 80 - (rows - 16) / 2 + 8).all()


@pytest.mark.parametrize("digit", [0, 2, 3, 4, 5, 6, 8, 9])
def test_other_digits_stay_as_they_are(digit: int):
    assert not added(SEVEN, digit, 1).any()


def test_an_empty_picture_stays_empty():
    assert not np.asarray(add_habit(Image.new("L", (SIDE, SIDE)), 1, np.random.default_rng(1))).any()
