"""Two networks compared in words, tables and charts."""

from __future__ import annotations

import altair
import numpy as np
import pytest

from core.datasets.image_set import Split, build_image_set
from core.figures.difference import (
    AccuracyDifferenceInfo,
    accuracies_table,
    build_accuracy_difference,
    build_difference_chart,
    counts_table,
    describe_agreement,
    describe_counts,
    describe_difference,
    describe_luck,
    describe_pair,
    difference_data,
    disagreements_table,
    draw_accuracy_difference,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.predictions.scored import ScoredImages
from core.predictions.scores import score
from core.predictions.two_networks import PairedAnswers, PairedCounts, difference_interval, mcnemar, pair_answers

EVEN, CLEAR = PairedCounts(900, 37, 29, 34), PairedCounts(900, 15, 60, 25)
BORDER = PairedCounts(851, 76, 53, 20)
NAMES = ("cat", "dog", "fox")


def paired(first: list[int], second: list[int], *, held_back: tuple[list[int], list[int]] | None = None) -> PairedAnswers:
    """Two networks that are sure of these classes; the labels are 0 1 2 0 1 2."""
    x, y = np.zeros((6, 2, 2), np.uint8), np.arange(6) % 3
    images = build_image_set(name="pets", title="Pets", x_train=x, y_train=y, x_test=x, y_test=y, class_names=NAMES, origin="A test.")
    split = Split.TRAINING if held_back else Split.TEST
    scored = []
    for read, positions in zip((first, second), held_back or (range(len(first)), range(len(second))), strict=True):
        where = np.array(positions, np.int32)
        answers = np.eye(3, dtype=np.float32)[read] * 0.7 + 0.1
        scored.append(ScoredImages("run", "key", images, split, where, score(answers, images.labels(split)[where])))
    return pair_answers(*scored)


@pytest.mark.parametrize(
    ("counts", "images", "other_way", "verdict"),
    [
        (EVEN, "37 images", "29", "no difference was found"),
        (CLEAR, "15 images", "60", "the second is better"),
        (PairedCounts(900, 20, 1, 0), "20 images", "1", "the first is better"),
        (PairedCounts(9, 1, 0, 0), "1 image", "0", "no difference was found"),
        (BORDER, "76 images", "53", "undecided"),
    ],
)
def test_the_verdict_is_a_sentence(counts: PairedCounts, images: str, other_way: str, verdict: str) -> None:
    expected = f"On {images} the first is right where the second is wrong, on {other_way} the other way round: {verdict}."
    assert describe_counts(counts) == expected


def test_without_an_image_that_tells_them_apart_the_verdict_says_so() -> None:
    assert describe_counts(PairedCounts(9, 0, 0, 1)) == (
        "There is no image that one of them reads right and the other wrong: no difference was found."
    )


@pytest.mark.parametrize(("counts", "often"), [(EVEN, "38.9 %"), (CLEAR, "<0.1 %"), (PairedCounts(9, 3, 3, 0), "100.0 %")])
def test_the_test_says_how_often_luck_would_do_it(counts: PairedCounts, often: str) -> None:
    assert f"at least as unevenly in {often} of the cases (McNemar's test)." in describe_luck(counts)


def test_the_difference_is_drawn_with_its_interval_in_percentage_points() -> None:
    low, high = (100 * end for end in difference_interval(EVEN))
    assert build_accuracy_difference(EVEN) == AccuracyDifferenceInfo(pytest.approx(0.8), low, high, 3)


def test_the_conclusion_says_how_large_a_difference_could_still_hide() -> None:
    low, high = (100 * end for end in difference_interval(EVEN))
    words = describe_difference(EVEN, "test")
    assert words.startswith(
        "No difference was found between the first and the second: 93.70 % against 92.90 % of the same 1,000 test images"
    )
    assert f"the first could be up to {high:.2f} points better, or the second up to {-low:.2f} points" in words
    assert "undecided" in describe_difference(BORDER, "test")


@pytest.mark.parametrize("counts", [EVEN, CLEAR, PairedCounts(1, 0, 9, 0)])
def test_zero_and_the_whole_interval_are_on_the_axis(counts: PairedCounts) -> None:
    info = build_accuracy_difference(counts)
    assert -info.limit < info.low <= info.difference <= info.high < info.limit


def test_both_accuracies_stand_in_a_table() -> None:
    table = accuracies_table(EVEN, ["wide", "narrow"])
    assert table["Network"].tolist() == ["First: wide", "Second: narrow"]
    assert table["Accuracy"].tolist() == ["93.70 %", "92.90 %"]
    assert table["Read right"].tolist() == ["937 of 1,000", "929 of 1,000"]


def test_the_four_counts_stand_in_a_table() -> None:
    table = counts_table(EVEN)
    assert table.loc["First is right"].tolist() == ["900", "37"]
    assert table.loc["First is wrong"].tolist() == ["29", "34"]


def test_the_file_holds_everything_as_numbers() -> None:
    [row] = difference_data(EVEN, ["wide", "narrow"]).to_dict(orient="records")
    assert (row["first"], row["second"], row["images"]) == ("wide", "narrow", 1_000)
    assert [row[name] for name in ("both right", "first alone right", "second alone right", "neither right")] == [900, 37, 29, 34]
    assert (row["interval low"], row["interval high"]) == difference_interval(EVEN)
    assert row["McNemar p"] == mcnemar(37, 29)


def test_which_images_are_compared_is_told() -> None:
    assert describe_pair(paired([0, 1], [0, 1])) == "Both were asked about the same 2 test images."
    some = paired([0, 1, 2], [1, 2], held_back=([0, 1, 2], [1, 5]))
    assert describe_pair(some).startswith(
        "The first run held back 3 images for validation, the second 2; the two are compared on the 1 that"
    )


def test_how_much_they_disagree_is_told() -> None:
    assert (
        describe_agreement(paired([0, 1, 2], [0, 2, 1])) == "They give different answers to 2 of 3 test images, and the same to all others."
    )
    assert describe_agreement(paired([0, 1], [0, 1])) == "Nowhere: they give the same answer to all 2 test images."


def test_the_disagreements_stand_in_a_table() -> None:
    pair = paired([0, 1, 1, 1], [0, 2, 0, 0])
    table = disagreements_table(pair, pair.disagreements)
    assert table["image"].tolist() == [1, 2, 3]
    assert table["true class"].tolist() == ["dog", "fox", "cat"]
    assert table["first reads"].tolist() == ["dog", "dog", "dog"]
    assert table["second reads"].tolist() == ["fox", "cat", "cat"]
    assert table["first probability"].tolist() == pytest.approx([0.8] * 3)
    assert table["right is"].tolist() == ["first", "neither", "second"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_chart_is_sound_vega_lite_and_says_which_side_is_whose(theme) -> None:
    info = build_accuracy_difference(EVEN)
    document = build_difference_chart(info, theme).to_dict()
    assert document["data"]["values"] == [{"difference": info.difference, "low": info.low, "high": info.high}]
    layers = altair.LayerChart.from_dict(document).to_dict()["layer"]
    words = [layer["data"]["values"][0]["words"] for layer in layers if layer["mark"]["type"] == "text"]
    assert words == ["◀ second is better", "first is better ▶"]


def test_the_file_names_both_networks_as_they_are_written() -> None:
    figure = draw_accuracy_difference(build_accuracy_difference(EVEN), LIGHT, "wide $x$", "narrow")
    [axes] = figure.axes
    assert [text.get_text() for text in axes.texts] == ["◀ narrow is better", r"wide \$x\$ is better ▶"]
    assert figure_bytes(figure, "svg")
