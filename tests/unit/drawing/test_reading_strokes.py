"""What matters in the end: digits drawn with a pen are read right by a network trained on the data set's own images."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from core.drawing.pipeline import prepare_drawing
from core.drawing.style import DrawingStyle
from tests.unit.drawing.pen import Drawn, draw_strokes, load_strokes


@pytest.fixture(scope="module")
def reader() -> MLPClassifier:
    """One hidden layer of 64, as in the recipe `digits-64`, trained on the real digits alone."""
    digits = load_digits()
    classifier = MLPClassifier((64,), max_iter=60, random_state=1)
    with pytest.warns(ConvergenceWarning):
        classifier.fit(digits.data / 16, digits.target)
    return classifier


def read(reader: MLPClassifier, drawn: tuple[Drawn, ...], pen: float) -> NDArray[np.int64]:
    images = [prepare_drawing(draw_strokes(one.strokes, pen=pen), DrawingStyle("uci_digits", 1.0), (8, 8), 16).image for one in drawn]
    return reader.predict(np.array(images).reshape(len(images), -1) / 16)


@pytest.mark.parametrize("pen", [12, 20, 28])
def test_nearly_all_drawn_digits_are_read_right_with_pens_of_several_widths(reader: MLPClassifier, pen: float) -> None:
    drawn = load_strokes()
    truth = np.array([one.digit for one in drawn])
    right = read(reader, drawn, pen) == truth
    wrong = [f"{one.digit} {one.name}" for one, is_right in zip(drawn, right, strict=True) if not is_right]
    assert right.mean() >= 0.9, wrong
    # Each of the ten digits can be drawn so that it is read.
    assert set(truth[right]) == set(range(10))


def test_every_way_to_write_a_seven_is_read_right(reader: MLPClassifier) -> None:
    sevens = tuple(one for one in load_strokes() if one.digit == 7)
    assert len(sevens) >= 8
    np.testing.assert_array_equal(read(reader, sevens, pen=20), 7)
