"""How sure right and wrong answers are."""

from __future__ import annotations

import altair
import numpy as np

from core.figures.confidence import (
    BINS,
    ConfidenceBin,
    build_confidence,
    build_confidence_chart,
    confidence_bins,
    confidence_table,
    describe_confidence,
    draw_confidence,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.predictions.scores import Scores, score


def answers(confidence: list[float], right: list[bool]) -> Scores:
    sure = np.array(confidence, np.float32)
    return score(np.stack([sure, 1 - sure], axis=1), np.array([0 if one else 1 for one in right]))


SCORES = answers([1.0, 0.97, 0.96, 0.72, 0.52], [True, True, False, True, False])


def test_every_probability_has_its_bin() -> None:
    assert confidence_bins(np.array([0.0, 0.049, 0.5, 0.9499, 0.97, 1.0], np.float32)).tolist() == [0, 0, 10, 18, 19, 19]


def test_right_and_wrong_answers_are_counted_in_each_bin() -> None:
    info = build_confidence(SCORES)
    assert len(info.bins) == BINS and info.count == 5
    assert info.filled == [10, 14, 19]
    assert info.bins[19] == ConfidenceBin(0.95, 1.0, right=2, wrong=1)
    assert info.bins[10] == ConfidenceBin(0.5, 0.55, right=0, wrong=1)
    places = confidence_bins(SCORES.confidence)
    assert [(places == number).sum() for number in info.filled] == [one.right + one.wrong for one in info.bins if one.right + one.wrong]


def test_the_surest_are_told_against_the_rest() -> None:
    assert describe_confidence(build_confidence(SCORES)) == "66.7 % of the 3 answers surer than 95 % are right, 50.0 % of the 2 others."
    assert describe_confidence(build_confidence(answers([0.99], [True]))) == (
        "100.0 % of the 1 answers surer than 95 % are right; there are no others."
    )
    assert describe_confidence(build_confidence(answers([0.6], [True]))) == "No answer is surer than 95 %; 100.0 % of the 1 are right."


def test_the_table_has_the_bins_that_hold_answers() -> None:
    table = confidence_table(build_confidence(SCORES))
    assert table.to_numpy().tolist() == [["50 to 55 %", 0, 1, "0.0 %"], ["70 to 75 %", 1, 0, "100.0 %"], ["95 to 100 %", 2, 1, "66.7 %"]]


def test_the_chart_can_leave_right_answers_out_and_is_sound_vega_lite() -> None:
    info = build_confidence(SCORES)
    both, wrong = (build_confidence_chart(info, LIGHT, chosen=19, only_wrong=only) for only in (False, True))
    assert both.data[["bin", "half", "images", "chosen"]].to_numpy().tolist() == [
        [10, "wrong", 1, False],
        [14, "right", 1, False],
        [19, "right", 2, True],
        [19, "wrong", 1, True],
    ]
    assert wrong.data["half"].unique().tolist() == ["wrong"]
    assert altair.Chart.from_dict(both.to_dict()).to_dict()["mark"]["type"] == "bar"


def test_the_picture_to_save_stacks_them() -> None:
    for only_wrong, bars in ((False, 2 * BINS), (True, BINS)):
        figure = draw_confidence(build_confidence(SCORES), DARK, only_wrong=only_wrong)
        assert len(figure.axes[0].patches) == bars
    assert b"<svg" in figure_bytes(figure, "svg")
