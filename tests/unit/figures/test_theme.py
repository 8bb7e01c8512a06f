"""Colours that can be read and told apart."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_rgb

from core.figures.theme import OKABE_ITO, THEMES, FigureTheme, vega_config


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
@pytest.mark.parametrize("colour", ["foreground", "muted", "first", "second", "right", "wrong"])
def test_text_in_every_colour_is_readable_on_the_page(theme: FigureTheme, colour: str) -> None:
    assert contrast(getattr(theme, colour), theme.background) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_right_and_wrong_are_blue_and_orange(theme: FigureTheme) -> None:
    right, wrong = to_rgb(theme.right), to_rgb(theme.wrong)
    assert right[2] > right[0]
    assert wrong[0] > wrong[2]


def test_the_palette_has_eight_different_colours() -> None:
    assert len(set(OKABE_ITO.values())) == 8


def test_charts_let_the_page_shine_through() -> None:
    assert all(vega_config(theme)["background"] == "transparent" for theme in THEMES.values())
