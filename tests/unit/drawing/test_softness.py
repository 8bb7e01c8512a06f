"""A soft pen blurs the edges of its strokes."""

from __future__ import annotations

import numpy as np
import pytest

from core.drawing.pipeline import prepare_drawing
from core.drawing.softness import MAX_SOFTNESS, soften_ink
from core.drawing.style import MNIST_SHARE, DrawingStyle
from core.errors import DrawingError
from tests.unit.drawing.pen import draw_strokes, load_strokes

CANVAS = draw_strokes(load_strokes()[0].strokes, pen=10)


def test_a_hard_pen_leaves_the_ink_as_it_is() -> None:
    assert soften_ink(CANVAS, 0) is CANVAS


def test_a_softer_pen_leaves_more_grey_and_the_same_strongest_ink() -> None:
    greys = [np.count_nonzero((soft > 0) & (soft < 255)) for soft in (soften_ink(CANVAS, softness) for softness in (0.5, 2, 4, 6))]
    assert greys == sorted(greys) and greys[0] > np.count_nonzero((CANVAS > 0) & (CANVAS < 255))
    assert soften_ink(CANVAS, MAX_SOFTNESS).max() == 255


def test_what_the_network_gets_changes_with_the_softness() -> None:
    style = DrawingStyle("mnist", MNIST_SHARE)
    images = [prepare_drawing(soften_ink(CANVAS, softness), style, (28, 28), 255).image.astype(int) for softness in (0, 3, 6)]
    differences = [np.abs(image - images[0]).mean() for image in images[1:]]
    assert 0 < differences[0] < differences[1]


def test_bare_paper_stays_bare() -> None:
    assert not soften_ink(np.zeros((9, 9), np.uint8), 3).any()


@pytest.mark.parametrize("softness", [-1, MAX_SOFTNESS + 0.5, float("nan")])
def test_a_softness_beyond_its_bounds_is_refused(softness: float) -> None:
    with pytest.raises(DrawingError, match="expected 0 to 6"):
        soften_ink(CANVAS, softness)
