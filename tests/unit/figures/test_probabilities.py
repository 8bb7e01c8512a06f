"""Probabilities as bars, a table and a sentence."""

from __future__ import annotations

import altair
import numpy as np
import pytest

from core.figures.probabilities import (
    MAX_BARS,
    ClassProbability,
    ProbabilitiesInfo,
    build_probabilities,
    build_probability_chart,
    describe_probabilities,
    probabilities_table,
)
from core.figures.theme import DARK, LIGHT

DIGITS = tuple(str(digit) for digit in range(10))


def test_the_most_probable_class_comes_first_and_equal_ones_in_their_order() -> None:
    info = build_probabilities(np.array([0.1, 0.7, 0.1, 0.1]), ("a", "b", "c", "d"))
    assert info == ProbabilitiesInfo(
        (
            ClassProbability("b", 0.7, "70.0 %"),
            ClassProbability("a", 0.1, "10.0 %"),
            ClassProbability("c", 0.1, "10.0 %"),
            ClassProbability("d", 0.1, "10.0 %"),
        )
    )
    assert info.best.name == "b"


def test_as_many_probabilities_as_classes_are_expected() -> None:
    with pytest.raises(ValueError, match="3 classes"):
        build_probabilities(np.array([0.5, 0.5]), ("a", "b", "c"))


def test_the_winner_is_marked_in_words() -> None:
    chart = build_probability_chart(build_probabilities(np.array([0.2, 0.8]), ("a", "b")), LIGHT)
    assert list(chart.data["text"]) == ["80.0 % ◀", "20.0 %"]


def test_from_stroke_to_stroke_only_the_data_changes() -> None:
    rng = np.random.default_rng(1)
    first, second = (build_probability_chart(build_probabilities(rng.dirichlet(np.ones(10)), DIGITS), DARK) for _ in range(2))
    assert first.spec == second.spec
    assert list(first.data["name"]) != list(second.data["name"])


def test_of_many_classes_the_chart_shows_the_best_and_the_table_all() -> None:
    names = [f"class {number}" for number in range(100)]
    info = build_probabilities(np.linspace(0, 1, 100) / 50, names)
    assert list(build_probability_chart(info, LIGHT).data["name"]) == names[: -MAX_BARS - 1 : -1]
    assert list(probabilities_table(info)["Class"]) == names[::-1]


def test_the_chart_is_sound_vega_lite() -> None:
    chart = build_probability_chart(build_probabilities(np.full(10, 0.1), DIGITS), LIGHT)
    assert len(altair.LayerChart.from_dict(chart.to_dict()).to_dict()["layer"]) == 3


def test_the_answer_is_told_in_a_sentence() -> None:
    probabilities = np.zeros(10, dtype=np.float32)
    probabilities[[7, 9]] = 0.973, 0.019
    assert describe_probabilities(build_probabilities(probabilities, DIGITS)) == "Read as 7 (97.3 %), then 9 (1.9 %)."
