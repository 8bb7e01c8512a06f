"""Printed digits that drawings are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InklingError
from core.shipped import printed
from core.shipped.oddities import PRINTED_FONTS
from core.shipped.printed import VARIABLE_FONTS, draw_printed


def test_each_digit_is_drawn_in_turn_and_hardly_two_alike():
    inks, labels = draw_printed(60, 3)
    assert labels.tolist() == [*range(10)] * 6
    assert all(ink.dtype == np.uint8 and ink.max() == 255 and ink[0].max() == 0 for ink in inks)
    assert len({ink.tobytes() for ink in inks}) >= 58


def test_a_seed_draws_the_same_and_another_other_fonts():
    first, again, other = (draw_printed(10, seed)[0] for seed in (3, 3, 4))
    assert all((one == same).all() for one, same in zip(first, again, strict=True))
    assert any((one != same).any() for one, same in zip(first, other, strict=True))


def test_thin_and_bold_ones_are_among_them():
    shares = [(ink > 127).sum() / (ink > 127).any(axis=1).sum() ** 2 for ink in draw_printed(200, 3)[0][8::10]]
    assert max(shares) > 2.5 * min(shares)


def test_no_font_that_is_measured_is_one_that_is_compared_with():
    assert not any(name.lower().startswith(("source", "aileron")) for name in PRINTED_FONTS)
    assert all(name.startswith("Source") for name in VARIABLE_FONTS)


def test_fonts_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(printed, "find_spec", lambda name: None)
    with pytest.raises(InklingError, match="install all of requirements"):
        draw_printed(1, 1)
