"""The pictures that the novelty is measured on."""

from __future__ import annotations

import numpy as np

from core.shipped.oddities import (
    DIGIT_SHAPED,
    FONTS,
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
