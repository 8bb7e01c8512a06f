"""Which style a set's images were made in."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.image_set import ImageSet, build_image_set
from core.datasets.npz_files import load_npz
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import GENERIC_SHARE, MNIST_SHARE, DrawingStyle, measure_style, style_for
from tests.unit.drawing.pen import draw_strokes, load_strokes


def make_set(images: np.ndarray, name: str = "mine", max_value: int = 255) -> ImageSet:
    labels = np.arange(len(images)) % 2
    return build_image_set(
        name=name, title="Mine", x_train=images, y_train=labels, x_test=images, y_test=labels, max_value=max_value, origin="Made up."
    )


def drawings(style: DrawingStyle, shape: tuple[int, ...] = (28, 28), max_value: int = 255) -> np.ndarray:
    return np.array([prepare_drawing(draw_strokes(one.strokes), style, shape, max_value).image for one in load_strokes()])


def test_the_public_sets_have_the_style_they_were_made_in() -> None:
    grey, colour = np.zeros((2, 28, 28), np.uint8), np.zeros((2, 32, 32, 3), np.uint8)
    assert style_for(make_set(np.zeros((2, 8, 8), np.uint8), "digits", 16)).name == "uci_digits"
    assert style_for(make_set(grey, "mnist")) == style_for(make_set(grey, "fashion_mnist")) == DrawingStyle("mnist", MNIST_SHARE)
    assert style_for(make_set(colour, "cifar10")) == DrawingStyle("generic", GENERIC_SHARE)


@pytest.mark.parametrize(
    "style",
    [
        DrawingStyle("mnist", 20 / 28),
        DrawingStyle("generic", 0.5),
        DrawingStyle("generic", 1.0),
        DrawingStyle("generic", 0.8, is_dark=True),
        DrawingStyle("mnist", 0.6, is_dark=True),
    ],
)
def test_a_set_of_one_s_own_is_measured(style: DrawingStyle) -> None:
    measured = style_for(make_set(drawings(style)))
    assert (measured.name, measured.is_dark) == (style.name, style.is_dark)
    assert measured.box_share == pytest.approx(style.box_share, abs=1.5 / 28)


def test_colour_and_another_range_of_values_make_no_difference() -> None:
    style = DrawingStyle("generic", 0.75, is_dark=True)
    for shape, max_value in (((32, 32, 3), 255), ((32, 32), 16)):
        measured = measure_style(make_set(drawings(style, shape, max_value), max_value=max_value))
        assert (measured.name, measured.is_dark) == ("generic", True)
        assert measured.box_share == pytest.approx(0.75, abs=1.5 / 32)


@pytest.mark.parametrize("value", [0, 255])
def test_a_set_of_empty_images_gets_the_usual_size(value: int) -> None:
    empty = make_set(np.full((4, 10, 10), value, np.uint8))
    assert measure_style(empty) == DrawingStyle("generic", GENERIC_SHARE, is_dark=value == 255)


def test_mnist_under_another_name_is_still_recognised() -> None:
    path = Path(os.environ.get("INKLING_DATASETS", "").split(os.pathsep)[0]) / "mnist.npz"
    if not path.is_file():
        pytest.skip("needs mnist.npz in the first folder of INKLING_DATASETS")
    mnist = load_npz(path, name="brought_along")
    measured = style_for(mnist)
    assert (measured.name, measured.is_dark) == ("mnist", False)
    assert measured.box_share == pytest.approx(20 / 28, abs=0.001)
    assert style_for(replace(mnist, name="mnist")) == DrawingStyle("mnist", MNIST_SHARE)
