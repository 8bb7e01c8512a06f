"""Precision, recall and F1 of each class as bars, a table and a sentence."""

from __future__ import annotations

import altair
import pytest

from core.figures.class_scores import (
    ClassBar,
    ClassMeasure,
    build_class_scores,
    build_class_scores_chart,
    class_scores_table,
    describe_class_scores,
    draw_class_scores,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.intervals import wilson_interval
from core.predictions.class_scores import ClassScore

NAMES = ("cat", "dog", "fox")
CLASSES = (
    ClassScore(0, 10, 12, 9, 0.75, 0.9, 18 / 22),
    ClassScore(1, 5, 4, 3, 0.75, 0.6, 6 / 9),
    ClassScore(2, 0, 0, 0, None, None, None),
)


def test_each_bar_has_its_interval_and_the_images_behind_it() -> None:
    recall = build_class_scores(CLASSES, NAMES, ClassMeasure.RECALL)
    assert recall.bars == (ClassBar(0, "cat", 0.9, *wilson_interval(9, 10), 10, 9), ClassBar(1, "dog", 0.6, *wilson_interval(3, 5), 5, 3))
    precision = build_class_scores(CLASSES, NAMES, ClassMeasure.PRECISION)
    assert [(bar.share, bar.images) for bar in precision.bars] == [(0.75, 12), (0.75, 4)]
    f1 = build_class_scores(CLASSES, NAMES, ClassMeasure.F1).bars[0]
    assert (f1.low, f1.share, f1.high, f1.images) == (18 / 22, 18 / 22, 18 / 22, 13)


def test_of_very_many_classes_both_ends_are_drawn() -> None:
    many = [ClassScore(label, 100, 100, label, label / 100, label / 100, label / 100) for label in range(90)]
    info = build_class_scores(many, [f"class {label}" for label in range(90)], ClassMeasure.RECALL)
    assert (len(info.bars), info.class_count) == (40, 90)
    assert (info.bars[0].label, info.bars[-1].label) == (89, 0)


def test_both_ends_are_told() -> None:
    assert describe_class_scores(build_class_scores(CLASSES, NAMES, ClassMeasure.RECALL)) == (
        "Recall is lowest for dog (60.0 %) and highest for cat (90.0 %). "
        "Which class is lowest and which highest may be luck: the next ones can't be told from it on so few images."
    )
    assert describe_class_scores(build_class_scores(CLASSES, NAMES, ClassMeasure.PRECISION)) == "Precision is 75.0 % for every class."
    nothing = build_class_scores(CLASSES[2:], NAMES, ClassMeasure.F1)
    assert describe_class_scores(nothing) == "There is no class whose f1 could be worked out."


def scores(*shares: tuple[int, int]) -> tuple[ClassScore, ...]:
    """Classes of which so many of so many images are read right."""
    return tuple(ClassScore(label, of, of, right, right / of, right / of, right / of) for label, (right, of) in enumerate(shares))


def said(*shares: tuple[int, int], measure: ClassMeasure = ClassMeasure.RECALL) -> str:
    return describe_class_scores(build_class_scores(scores(*shares), "abcdef", measure))


def test_an_end_that_the_numbers_carry_is_told_without_more() -> None:
    assert said((700, 1000), (900, 1000), (990, 1000)) == "Recall is lowest for a (70.0 %) and highest for c (99.0 %)."
    assert said((700, 1000), (900, 1000), (990, 1000), measure=ClassMeasure.F1).endswith("highest for c (99.0 %).")


def test_one_of_28_and_one_of_29_are_not_told_apart() -> None:
    words = said((1, 29), (1, 28), (28, 28))
    assert words.startswith("Recall is lowest for a (3.4 %) and highest for c (100.0 %). Which class is lowest may be luck")
    assert "highest may" not in words


def test_ties_are_told() -> None:
    assert said((50, 100), (50, 100), (100, 100), (100, 100), (100, 100)) == (
        "Recall is lowest for a and b (50.0 % each) and highest for c, d and e (100.0 % each)."
    )


def test_the_table_has_every_class_and_says_where_there_is_no_share() -> None:
    table = class_scores_table(CLASSES, NAMES)
    assert table.iloc[0].tolist() == ["cat", "10", "9", "12", "90.0 %", "59.6 to 98.2 %", "75.0 %", "46.8 to 91.1 %", "81.8 %"]
    assert table.iloc[2].tolist() == ["fox", "0", "0", "0", *["none"] * 5]


def test_the_chosen_class_is_pointed_at_and_the_chart_is_sound_vega_lite() -> None:
    info = build_class_scores(CLASSES, NAMES, ClassMeasure.RECALL)
    chart = build_class_scores_chart(info, LIGHT, chosen=1)
    assert chart.data["text"].tolist() == ["90.0 %", "60.0 % ◀"]
    assert chart.spec is build_class_scores_chart(info, LIGHT, chosen=0).spec
    assert len(altair.LayerChart.from_dict(chart.to_dict()).to_dict()["layer"]) == 3


@pytest.mark.parametrize("measure", ClassMeasure)
def test_the_picture_to_save_names_its_bars(measure: ClassMeasure) -> None:
    figure = draw_class_scores(build_class_scores(CLASSES, NAMES, measure), DARK)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["cat", "dog"]
    assert b"<svg" in figure_bytes(figure, "svg")
