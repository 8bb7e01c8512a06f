"""Before and after teaching: what is said of it, and what is drawn."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.figures.teaching import (
    TaughtGroup,
    TeachingInfo,
    build_teaching,
    build_teaching_chart,
    describe_teaching,
    describe_too_few,
    draw_teaching,
    teaching_table,
)
from core.figures.theme import LIGHT, THEMES
from core.predictions.two_networks import PairedCounts

GOOD = TeachingInfo(
    (
        TaughtGroup("taught", PairedCounts(38, 0, 12, 0)),
        TaughtGroup("checked", PairedCounts(38, 0, 9, 3)),
        TaughtGroup("test", PairedCounts(9_700, 60, 30, 210)),
    )
)


def told(checked: PairedCounts | None, test: PairedCounts) -> str:
    groups = [TaughtGroup("test", test)] if checked is None else [TaughtGroup("checked", checked), TaughtGroup("test", test)]
    return describe_teaching(TeachingInfo(tuple(groups)))


def test_groups_are_counted_from_what_was_read_right() -> None:
    before, after = np.array([True, True, False, False, True]), np.array([True, False, True, False, True])
    result = {f"{when}_{kind}": array for kind in ("taught", "test") for when, array in (("before", before), ("after", after))}
    result |= {"before_checked": before[:0], "after_checked": after[:0]}
    info = build_teaching(result)
    assert [group.kind for group in info.groups] == ["taught", "test"]
    assert info.groups[0].counts == PairedCounts(both=2, first_only=1, second_only=1, neither=1)


def test_it_is_told_what_was_learned_and_what_was_forgotten() -> None:
    assert describe_teaching(GOOD) == (
        "Of your drawings that it was not taught, it read 38 of 50 before and 47 after. The copy is better than the network before: "
        "94.0 % against 76.0 % of the same 50 drawings read right. The difference is 18.0 points (95 % interval 6.6 to 30.6), more than "
        "luck would make. Of test images, by other hands: The network before is better than the copy: 97.60 % against 97.30 % of the same "
        "10,000 test images read right. The difference is 0.30 points (95 % interval 0.11 to 0.49), more than luck would make. "
        "So it has forgotten something."
    )


@pytest.mark.parametrize(
    ("checked", "test", "words"),
    [
        (PairedCounts(5, 0, 0, 5), PairedCounts(90, 5, 5, 0), "The copy and the network before read equally many right, 5 of the same 10"),
        (PairedCounts(5, 0, 2, 5), PairedCounts(90, 5, 5, 0), "No difference was found between the copy and the network before"),
        (PairedCounts(5, 2, 0, 5), PairedCounts(90, 5, 5, 0), "or the network before up to 38.0 points (95 % interval)"),
        (None, PairedCounts(90, 5, 5, 0), "No drawing was kept for checking"),
        (None, PairedCounts(90, 5, 5, 0), "That does not make them equal: on other test images, either could be up to 6.9 points better"),
        (None, PairedCounts(9_000, 500, 100, 400), "So it has forgotten something."),
        (None, PairedCounts(9_000, 100, 500, 400), "The copy is better than the network before: 95.00 % against 91.00 %"),
    ],
)
def test_no_more_is_claimed_than_the_numbers_can_tell(checked: PairedCounts | None, test: PairedCounts, words: str) -> None:
    assert words in told(checked, test)


def test_classes_with_too_few_drawings_are_named() -> None:
    assert describe_too_few(["7"] * 10) == ""
    assert describe_too_few(["7"] * 10 + ["1"]).startswith("Of 1 you kept fewer than 10 drawings")
    assert describe_too_few(["1", "4", "9"]).startswith("Of 1, 4 and 9 you kept fewer")


def test_the_table_has_every_share_with_its_interval() -> None:
    table = teaching_table(GOOD)
    assert table["Images"].tolist() == ["Drawings taught", "Drawings not taught", "Test images"]
    assert table["After (95 % interval)"].tolist()[1] == "94.0 % (83.8 to 97.9 %)"
    assert table["How many"].tolist() == ["50", "50", "10,000"]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_the_chart_has_a_mark_for_each_group_before_and_after(theme) -> None:
    chart = build_teaching_chart(GOOD, theme)
    assert chart.data["when"].tolist() == ["before", "after"] * 3
    assert chart.data["share"].tolist()[2:4] == [0.76, 0.94]
    assert (chart.data["low"] <= chart.data["share"]).all() and (chart.data["share"] <= chart.data["high"]).all()
    json.dumps(chart.to_dict())


def test_the_figure_shows_the_same() -> None:
    axes = draw_teaching(GOOD, LIGHT).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Drawings taught (50)",
        "Drawings not taught (50)",
        "Test images (10,000)",
    ]
    assert [text.get_text() for text in axes.texts] == ["76.0 %", "100.0 %", "76.0 %", "94.0 %", "97.6 %", "97.3 %"]
