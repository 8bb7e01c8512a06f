"""A network among simple rules: the words, the table and the chart."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.baselines import (
    BaselinesInfo,
    baselines_table,
    build_baselines,
    build_baselines_chart,
    describe_baselines,
    describe_learned_from,
)
from core.figures.theme import DARK, LIGHT
from core.intervals import wilson_interval
from core.predictions.baselines import BaselineScore
from core.predictions.conclusions import compare
from core.predictions.scored import Graded

ASKED = 2_000


def graded(right: int, asked: int = ASKED) -> Graded:
    """Right on the first so many images."""
    return Graded(np.arange(asked, dtype=np.int32), np.arange(asked) < right)


SCORES = (BaselineScore("most_common", 54_000, graded(220)), BaselineScore("neighbours", 54_000, graded(1_880)))


def compared(correct: int, **changes) -> BaselinesInfo:
    return build_baselines(SCORES, graded(correct), **{"learned_from": 54_000, "kind": "validation"} | changes)


def test_the_network_comes_first_with_its_own_images() -> None:
    info = compared(1_960)
    assert (info.network.accuracy, info.network.low, info.network.high) == (0.98, *wilson_interval(1_960, ASKED))
    assert (info.network.learned_from, info.network.asked) == (54_000, ASKED)
    assert info.baselines[info.best].title == "5 nearest neighbours"


@pytest.mark.parametrize(
    ("correct", "words"),
    [
        (
            1_960,
            "The network is better than the best of the simple rules (5 nearest neighbours): 98.00 % against 94.00 % of the same 2,000",
        ),
        (1_881, "No difference was found between the network and the best of the simple rules (5 nearest neighbours)"),
        (1_000, "It has not learned what there is to learn."),
    ],
)
def test_the_sentence_heeds_the_answers_to_the_same_images(correct: int, words: str) -> None:
    assert words in describe_baselines(compared(correct))


def test_the_rules_are_tested_all_at_once() -> None:
    info = compared(1_890)
    assert [one.at_once for one in info.comparisons] == [2, 2]
    assert info.comparisons[1].p == pytest.approx(compare(graded(1_890), graded(1_880)).p)
    assert info.comparisons[0].p == pytest.approx(2 * compare(graded(1_890), graded(220)).p)


def test_a_rule_that_had_not_settled_is_told() -> None:
    scores = (*SCORES, BaselineScore("logistic_regression", 54_000, graded(1_700), is_settled=False))
    words = describe_baselines(build_baselines(scores, graded(1_960), learned_from=54_000, kind="test"))
    assert words.endswith("Logistic regression was ended before it had settled: given more time it may do a little better.")
    assert "settled" not in describe_baselines(compared(1_960))


def test_which_images_each_had_is_told() -> None:
    assert describe_learned_from(compared(1_960)) == (
        "The simple rules learned from the same 54,000 images as the network, and were asked about the same 2,000 validation images."
    )
    few = build_baselines(SCORES, graded(4_900, 5_000), learned_from=50_000, kind="test")
    assert "from 54,000 images, the network from 50,000, and were asked about 2,000 of the 5,000 test images" in describe_learned_from(few)


def test_the_table_says_how_many_images_each_saw() -> None:
    table = baselines_table(compared(1_960))
    assert table["Rule"].tolist() == ["This network", "Always the most common class", "5 nearest neighbours"]
    assert table["Learned from"].tolist() == ["54,000"] * 3
    assert table["Accuracy"].tolist() == ["98.0 %", "11.0 %", "94.0 %"]
    assert table["Asked about"].tolist() == ["2,000"] * 3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_chart_has_a_bar_each_and_marks_the_network_otherwise_than_by_colour(theme) -> None:
    chart = build_baselines_chart(compared(1_960), theme)
    assert chart.data["accuracy"].tolist() == [0.98, 0.11, 0.94]
    assert chart.data["text"].tolist() == ["98.0 % ◀", "11.0 %", "94.0 %"]
    assert (chart.data["low"] < chart.data["high"]).all()
