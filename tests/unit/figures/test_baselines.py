"""A network among simple rules: the words, the table and the chart."""

from __future__ import annotations

import pytest

from core.figures.baselines import BaselinesInfo, baselines_table, build_baselines, build_baselines_chart, describe_baselines
from core.figures.theme import DARK, LIGHT
from core.intervals import wilson_interval
from core.predictions.baselines import BaselineScore

SCORES = (BaselineScore("most_common", 9_000, 1_000, 110), BaselineScore("neighbours", 5_000, 1_000, 940))


def compared(correct: int) -> BaselinesInfo:
    return build_baselines(SCORES, correct=correct, asked=2_000, learned_from=54_000)


def test_the_network_comes_first_with_its_own_images() -> None:
    info = compared(1_960)
    assert (info.network.accuracy, info.network.low, info.network.high) == (0.98, *wilson_interval(1_960, 2_000))
    assert (info.network.learned_from, info.network.asked) == (54_000, 2_000)
    assert info.best.title == "5 nearest neighbours"
    assert info.most_learned_from == 9_000


@pytest.mark.parametrize(
    ("correct", "words"),
    [
        (1_960, "It is ahead by 4.0 points, which is more than luck."),
        (1_890, "it can't be told which of the two is better"),
        (1_000, "It is behind by 44.0 points"),
    ],
)
def test_the_sentence_heeds_the_intervals(correct: int, words: str) -> None:
    assert words in describe_baselines(compared(correct))


def test_the_table_says_how_many_images_each_saw() -> None:
    table = baselines_table(compared(1_960))
    assert table["Rule"].tolist() == ["This network", "Always the most common class", "5 nearest neighbours"]
    assert table["Learned from"].tolist() == ["54,000", "9,000", "5,000"]
    assert table["Accuracy"].tolist() == ["98.0 %", "11.0 %", "94.0 %"]
    assert table["Asked about"].tolist() == ["2,000", "1,000", "1,000"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_chart_has_a_bar_each_and_marks_the_network_otherwise_than_by_colour(theme) -> None:
    chart = build_baselines_chart(compared(1_960), theme)
    assert chart.data["accuracy"].tolist() == [0.98, 0.11, 0.94]
    assert chart.data["text"].tolist() == ["98.0 % ◀", "11.0 %", "94.0 %"]
    assert (chart.data["low"] < chart.data["high"]).all()
