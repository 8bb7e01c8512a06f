"""What the shipped network learns from besides MNIST's digits, made here of the strokes of other hands."""

from __future__ import annotations

import numpy as np
import pytest

from core.drawing.pipeline import prepare_drawing
from core.shipped.strangers import STYLE, _draw_sign, make_strangers, redraw_digits
from tests.unit.drawing.pen import draw_strokes, load_strokes


@pytest.fixture(scope="module")
def digits():
    drawn = load_strokes()
    images = np.stack([prepare_drawing(draw_strokes(one.strokes), STYLE, (28, 28), 255).image for one in drawn])
    return images, np.array([one.digit for one in drawn], np.int32)


def test_redrawn_digits_are_the_same_figures_with_other_pens(digits):
    images, _ = digits
    redrawn, chosen = redraw_digits(images, 30, seed=2)
    assert redrawn.shape == (30, 28, 28) and redrawn.dtype == np.uint8
    assert len(set(chosen.tolist())) == 30
    likeness = [np.corrcoef(one.ravel(), images[index].ravel())[0, 1] for one, index in zip(redrawn, chosen, strict=True)]
    assert np.median(likeness) > 0.75
    change = redrawn.mean(axis=(1, 2)) / images[chosen].mean(axis=(1, 2))
    assert change.min() < 0.95 and change.max() > 1.15


def test_more_redrawn_digits_than_there_are_take_each_again(digits):
    images, _ = digits
    redrawn, chosen = redraw_digits(images, 50, seed=2)
    assert len(redrawn) == 50 and set(chosen.tolist()) == set(range(len(images)))


def test_every_second_7_or_so_gets_a_bar(digits):
    images, labels = digits
    sevens = images[labels == 7][:1].repeat(60, axis=0)
    redrawn, _ = redraw_digits(sevens, 60, seed=2, labels=np.full(60, 7))
    plain, _ = redraw_digits(sevens, 60, seed=2)
    # Half-way down a 7 is as wide as its pen, and with a bar as wide as that.
    wide, usual = ((images[:, 11:18] > 127).sum(axis=2).max(axis=1) for images in (redrawn, plain))
    assert 20 <= (wide > usual.max() + 1).sum() <= 40


def test_signs_are_drawn_at_random_and_hold_some_ink():
    signs = [_draw_sign(np.random.default_rng(seed)) for seed in range(40)]
    assert len({sign.tobytes() for sign in signs}) == 40
    for sign in signs:
        assert sign.shape == (112, 112) and 0.01 < (sign > 127).mean() < 0.5


def test_strangers_are_pictures_as_the_network_gets_them_and_none_is_blank(digits):
    strangers = make_strangers(*digits, 120, seed=2)
    assert strangers.shape == (120, 28, 28) and strangers.dtype == np.uint8
    assert (strangers.max(axis=(1, 2)) > 127).all()
    assert len(np.unique(strangers, axis=0)) > 110


def test_the_same_seed_makes_the_same_pictures_and_another_seed_others(digits):
    images, labels = digits
    np.testing.assert_array_equal(make_strangers(images, labels, 20, seed=2), make_strangers(images, labels, 20, seed=2))
    assert (make_strangers(images, labels, 20, seed=2) != make_strangers(images, labels, 20, seed=3)).any()
    np.testing.assert_array_equal(redraw_digits(images, 9, seed=4)[0], redraw_digits(images, 9, seed=4)[0])
