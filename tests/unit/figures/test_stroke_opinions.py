"""What a network takes a drawing for while it is drawn, in words, labels, lines and tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.figures.samples import figure_bytes
from core.figures.stroke_opinions import (
    StrokeOpinionsInfo,
    build_opinions_chart,
    build_stroke_opinions,
    describe_opinions,
    draw_opinions,
    opinion_labels,
    opinions_table,
)
from core.figures.theme import DARK, LIGHT, FigureTheme

NAMES = ("0", "1", "7", "$x")


def opinions(strokes: Sequence[float], winners: Sequence[int], sure: float = 0.7) -> StrokeOpinionsInfo:
    """Each moment's winner gets `sure`, the class after it nearly all the rest."""
    probabilities = np.full((len(strokes), len(NAMES)), 0.01, np.float32)
    for row, winner in zip(probabilities, winners, strict=True):
        row[winner], row[(winner + 1) % len(NAMES)] = sure, 0.98 - sure
    return build_stroke_opinions(strokes, probabilities, NAMES)


def test_each_stroke_is_told_that_changes_the_mind() -> None:
    info = opinions([0.5, 1.0, 1.5, 2.0], [0, 1, 0, 2])
    assert describe_opinions(info) == "After the first stroke it takes it for 1 (70.0 %); the second stroke makes it 7 (70.0 %)."


def test_of_a_single_stroke_its_way_is_told() -> None:
    info = opinions([0.2, 0.4, 0.6, 0.8, 1.0], [0, 0, 1, 1, 1])
    assert describe_opinions(info) == (
        "After 20 % of the stroke it takes it for 0 (70.0 %); after 60 % of the stroke for 1 (70.0 %), and so to the end (70.0 %)."
    )


def test_a_mind_that_never_changes_is_told_as_such() -> None:
    assert (
        describe_opinions(opinions([1.0, 2.0], [1, 1]))
        == "It takes it for 1 after the first stroke already, and in the end for 1 (70.0 %)."
    )
    assert describe_opinions(opinions([1.0], [2])) == "It takes it for 7 (70.0 %)."


def test_many_changes_are_counted_and_not_told_one_by_one() -> None:
    info = opinions([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0, 1, 0, 1, 2, 2])
    assert describe_opinions(info) == (
        "It changes its mind 4 times on the way. Since the fifth stroke it has taken it for what it says in the end, 7 (70.0 %)."
    )


def test_below_each_picture_stand_when_it_was_and_the_first_two_classes() -> None:
    several = [label.lines for label in opinion_labels(opinions([1 / 3, 1.0, 5 / 3, 2.0], [0, 1, 1, 2]))]
    assert several == [("1/3", "0 70 %", "1 28 %"), ("1", "1 70 %", "7 28 %"), ("1 2/3", "1 70 %", "7 28 %"), ("2", "7 70 %", "$x 28 %")]
    assert opinion_labels(opinions([0.3, 1.0], [0, 1]))[0].lines[0] == "30 %"


def test_classes_that_are_never_considered_get_no_line() -> None:
    info = opinions([1.0, 2.0], [0, 0])
    assert [line.name for line in info.lines] == ["0", "1"]


def test_the_table_names_each_moment() -> None:
    table = opinions_table(opinions([0.5, 1.0, 1.5, 2.0], [0, 1, 0, 2]))
    assert table["After"].tolist() == ["1/2 of the first stroke", "the first stroke", "1 1/2 strokes", "the second stroke"]
    assert table.iloc[0].tolist()[1:] == ["0", "70.0 %", "1", "28.0 %"]


def test_the_chart_keeps_its_form_while_the_same_classes_are_drawn() -> None:
    one, other = (build_opinions_chart(opinions([0.5, 1.0], winners), LIGHT) for winners in ([0, 1], [0, 1]))
    assert one.spec == other.spec
    assert sorted(set(one.data["class"])) == ["0", "1", "7"] and len(one.data) == 6
    assert build_opinions_chart(opinions([0.5, 1.0, 2.0], [0, 1, 1]), LIGHT).spec != one.spec


@pytest.mark.parametrize(("strokes", "theme"), [([0.5, 1.0], LIGHT), ([1.0, 2.0], DARK), ([float(n) for n in range(1, 21)], LIGHT)])
def test_the_lines_can_be_drawn_for_a_file(strokes: list[float], theme: FigureTheme) -> None:
    figure = draw_opinions(opinions(strokes, [3] * len(strokes)), theme)
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
    assert figure.axes[0].get_xlim() == (0, round(strokes[-1]))


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        build_stroke_opinions([1.0, 2.0], np.zeros((3, 4), np.float32), NAMES)
