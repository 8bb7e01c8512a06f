"""Images of each class: which are drawn, the table and the words."""

from __future__ import annotations

import altair
import pytest

from core.datasets.balance import compare_halves
from core.figures.class_counts import (
    ClassCount,
    ClassCountsInfo,
    build_class_count_chart,
    build_class_counts,
    class_counts_table,
    describe_balance,
)
from core.figures.extremes import ENDS, choose_extremes, describe_extremes
from core.figures.theme import LIGHT

NAMES = ("cat", "dog")


def test_each_class_has_its_counts_and_its_share_of_each_half() -> None:
    info = build_class_counts(compare_halves((30, 10), (5, 5)), NAMES)
    assert info == ClassCountsInfo((ClassCount("cat", 30, 5, 0.75, 0.5), ClassCount("dog", 10, 5, 0.25, 0.5)), 2)


def test_of_a_thousand_classes_both_ends_are_drawn_and_the_table_has_all() -> None:
    counts = tuple(range(1, 1001))
    names = [f"class {count}" for count in counts]
    info = build_class_counts(compare_halves(counts, counts), names)
    assert [bar.training for bar in info.bars] == [*range(1000, 980, -1), *range(20, 0, -1)]
    assert info.class_count == len(class_counts_table(compare_halves(counts, counts), names)) == 1000
    assert describe_extremes(1000, highest="most", lowest="fewest") == (
        "Of 1,000 classes, only the 20 with most and the 20 with fewest are drawn; the table has all."
    )


def test_up_to_forty_classes_all_are_shown_in_their_order() -> None:
    assert choose_extremes([5.0] * 2 * ENDS) == list(range(2 * ENDS))
    assert describe_extremes(2 * ENDS, highest="most", lowest="fewest") == ""


def test_the_table_says_it_in_text() -> None:
    table = class_counts_table(compare_halves((3000, 1000), (1, 999)), NAMES)
    assert table.to_numpy().tolist() == [["cat", "3,000", "75.0 %", "1", "0.1 %"], ["dog", "1,000", "25.0 %", "999", "99.9 %"]]


@pytest.mark.parametrize(
    ("training", "test", "words"),
    [
        ((50, 50), (5, 5), "Perfectly balanced: each class has 50 training images."),
        (
            (60, 50),
            (6, 5),
            "Balanced: the largest class, cat, has 60 training images, 1.20 times as many as the smallest, dog, which has 50.",
        ),
        ((100, 50), (6, 5), "Somewhat unbalanced: the largest class, cat, has 100"),
        ((500, 50), (6, 5), "Unbalanced: the largest class, cat, has 500 training images, 10.00 times as many"),
        ((50, 50), (5, 5), "exactly the same proportions."),
        ((60, 50), (9, 1), "Answering cat every time would score 90.0 % on the test images"),
        ((60, 50), (9, 1), "class cat differs most, 54.5 % of training and 90.0 % of test; some classes have too few images"),
        ((600, 500), (60, 55), "Training and test have proportions no more different than chance makes them: class "),
        ((600, 500), (10, 90), "Training and test do not have the same proportions: class "),
        ((600, 500), (10, 90), "of 100 such sets dealt out at random, fewer than 1 would differ at least this much"),
    ],
)
def test_balance_is_told_in_words(training: tuple[int, int], test: tuple[int, int], words: str) -> None:
    assert words in describe_balance(compare_halves(training, test), NAMES)


def test_a_class_without_training_images_is_told() -> None:
    sentence = describe_balance(compare_halves((50, 60, 0), (5, 5, 5)), ("cat", "dog", "emu"))
    assert "the smallest, emu, has none, so nothing can be learned about it" in sentence


def test_the_chart_is_sound_vega_lite_with_two_bars_a_class() -> None:
    chart = build_class_count_chart(build_class_counts(compare_halves((30, 10), (5, 4)), NAMES), LIGHT)
    assert chart.data[["name", "half", "images"]].to_numpy().tolist() == [
        ["cat", "training", 30],
        ["cat", "test", 5],
        ["dog", "training", 10],
        ["dog", "test", 4],
    ]
    assert altair.Chart.from_dict(chart.to_dict()).to_dict()["encoding"]["fill"]["scale"]["range"] == [LIGHT.first, "transparent"]
