"""A label as a vector with a single 1, and the loss against an answer."""

from __future__ import annotations

import math

import altair
import numpy as np
import pytest

from core.figures.encoding import MAX_CELLS, TARGET, build_one_hot, build_one_hot_chart, describe_loss, describe_one_hot, one_hot_table
from core.figures.theme import LIGHT

NAMES = tuple(f"class {number}" for number in range(10))


def test_the_vector_has_a_single_one_and_the_answer_adds_up_to_one() -> None:
    info = build_one_hot(3, NAMES, 0.7)
    assert [cell.target for cell in info.cells] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert sum(cell.answer for cell in info.cells) == pytest.approx(1)
    assert info.cells[3].answer == 0.7


def test_the_loss_is_the_cross_entropy_of_the_whole_vectors() -> None:
    info = build_one_hot(3, NAMES, 0.2)
    target, answer = (np.array([getattr(cell, row) for cell in info.cells]) for row in ("target", "answer"))
    assert info.loss == pytest.approx(-(target * np.log(answer)).sum())
    assert "−ln(0.20) = 1.61" in describe_loss(info)
    assert build_one_hot(0, NAMES, 1.0).loss == 0
    assert math.copysign(1, build_one_hot(0, NAMES, 1.0).loss) == 1


@pytest.mark.parametrize(("label", "first"), [(0, 0), (9, 0), (500, 490), (999, 980)])
def test_of_a_thousand_classes_those_around_the_label_are_shown(label: int, first: int) -> None:
    info = build_one_hot(label, [f"c{number}" for number in range(1000)], 0.5)
    assert [cell.index for cell in info.cells] == list(range(first, first + MAX_CELLS))
    assert sum(cell.target for cell in info.cells) == 1
    assert f"The picture shows places {first} to {first + MAX_CELLS - 1}" in describe_one_hot(info)


def test_a_small_probability_is_not_written_as_zero() -> None:
    chart = build_one_hot_chart(build_one_hot(0, [f"c{number}" for number in range(1000)], 0.5), LIGHT)
    assert set(chart.data["text"]) == {"1", "0", "0.50", "<0.01"}


def test_the_label_is_told_in_words() -> None:
    assert describe_one_hot(build_one_hot(3, NAMES, 0.7)) == (
        "The file holds the label 3, which stands for class 3. One-hot encoded it is 10 numbers, one for each class: "
        "a single 1 at place 3 (counted from 0), and 9 zeros."
    )


def test_the_table_shows_both_numbers_of_each_class() -> None:
    assert one_hot_table(build_one_hot(1, ("a", "b"), 0.9)).to_numpy().tolist() == [[0, "a", 0, "0.100"], [1, "b", 1, "0.900"]]


@pytest.mark.parametrize("name", ["plain", 'with "quotes" and \\', "<b>bold</b>", "数字"])
def test_any_class_name_fits_into_the_chart(name: str) -> None:
    chart = build_one_hot_chart(build_one_hot(0, (name, "other"), 0.9), LIGHT)
    labels = chart.data[chart.data["line"] == TARGET]
    assert labels[["name", "text"]].to_numpy().tolist() == [[name, "1"], ["other", "0"]]
    assert len(altair.LayerChart.from_dict(chart.to_dict()).to_dict()["layer"]) == 2
