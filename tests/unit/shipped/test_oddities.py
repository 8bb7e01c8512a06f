"""The pictures that the novelty is measured on."""

from __future__ import annotations

import numpy as np

from core.shipped.oddities import (
    DIGIT_SHAPED,
    FONTS,
    PRINTED_FONTS,
    all_letters,
    draw_blots,
    draw_letters,
    draw_pictures,
    draw_scribbles,
    make_noise,
    told_letters,
)


def test_each_letter_is_drawn_in_each_font_and_no_two_fonts_alike():
    letters = draw_letters("ag")
    assert len(letters) == 2 * len(FONTS)
    assert all(ink.shape == (280, 280) and ink.max() == 255 and ink[0].max() == 0 for ink in letters)
    assert len({ink.tobytes() for ink in letters}) == len(letters)


def test_printed_digits_are_drawn_in_more_fonts_than_letters_and_in_none_twice():
    assert set(FONTS) < set(PRINTED_FONTS) and len(PRINTED_FONTS) == len(set(PRINTED_FONTS)) == 22
    sevens = draw_letters("7", PRINTED_FONTS)
    assert all(100 < ink.any(axis=1).sum() < 280 for ink in sevens)
    assert len({ink.tobytes() for ink in sevens}) >= 21


def test_letters_that_are_written_like_digits_are_left_out_of_those_that_can_be_told():
    assert len(all_letters()) == 52
    assert set(all_letters()) - set(told_letters()) == set(DIGIT_SHAPED)


def test_scribbles_blots_and_noise_are_the_same_each_time_and_all_different():
    for make in (draw_scribbles, draw_blots, lambda count: tuple(make_noise(count, (28, 28)))):
        once, again = make(6), make(6)
        assert all((one == other).all() for one, other in zip(once, again, strict=True))
        assert len({one.tobytes() for one in once}) == 6


def test_small_pictures_are_enlarged_to_fill_the_canvas():
    picture = np.zeros((28, 28), np.uint8)
    picture[10:18, 10:18] = 255
    (large,) = draw_pictures(picture[None])
    assert large.shape == (280, 280) and large[140, 140] == 255 and large[20, 20] == 0
