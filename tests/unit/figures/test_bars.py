"""Bars in a file say what the chart on the page says."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.baselines import build_baselines, draw_baselines
from core.figures.probabilities import MAX_BARS, build_probabilities, draw_probabilities
from core.figures.theme import DARK, LIGHT
from core.predictions.baselines import BASELINES, BaselineScore
from tests.unit.figures.test_baselines import graded


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_probabilities_are_drawn_best_first_with_their_names(theme):
    info = build_probabilities(np.array([0.1, 0.7, 0.2]), ["cat", "dog", "emu"])
    [axes] = draw_probabilities(info, theme).axes
    assert [bar.get_width() for bar in axes.patches] == [0.7, 0.2, 0.1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["dog", "emu", "cat"]
    assert [text.get_text() for text in axes.texts] == ["70.0 %", "20.0 %", "10.0 %"]


def test_of_many_classes_only_the_best_are_drawn():
    info = build_probabilities(np.full(30, 1 / 30), [f"class {place}" for place in range(30)])
    assert len(draw_probabilities(info, LIGHT).axes[0].patches) == MAX_BARS


def test_baselines_are_drawn_with_their_intervals():
    scores = [BaselineScore(name, 100, graded(100 + place, 200)) for place, name in enumerate(BASELINES)]
    info = build_baselines(scores, graded(190, 200), learned_from=1000, kind="test")
    [axes] = draw_baselines(info, LIGHT).axes
    bars = (info.network, *info.baselines)
    assert [tuple(line.get_xdata()) for line in axes.lines] == [(bar.low, bar.high) for bar in bars]
    assert [bar.get_width() for bar in axes.patches] == [bar.accuracy for bar in bars]
