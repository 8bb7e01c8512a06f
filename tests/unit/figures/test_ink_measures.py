"""Ink, size and place: charts, table and words."""

from __future__ import annotations

import altair

from core.datasets.ink_measures import ClassInk, InkSummary, Measure, Paper, Quartiles
from core.figures.ink_measures import (
    MAX_NAMED,
    CentreInfo,
    ClassMeasure,
    MeasureInfo,
    build_centre_chart,
    build_centres,
    build_measure,
    build_measure_chart,
    describe_measure,
    describe_paper,
    ink_table,
)
from core.figures.theme import LIGHT


def class_ink(label: int, middle: float) -> ClassInk:
    return ClassInk(
        label, 100, {measure: Quartiles(middle - 0.05, middle, middle + 0.05 * place) for place, measure in enumerate(Measure, start=1)}
    )


SUMMARY = InkSummary(Paper(0, False, 255), (class_ink(0, 0.3), class_ink(2, 0.1)), blank=1)
NAMES = ("zero", "one", "two")


def test_a_measure_has_the_classes_that_hold_ink() -> None:
    info = build_measure(SUMMARY, Measure.INK, NAMES)
    assert info == MeasureInfo(
        Measure.INK,
        (
            ClassMeasure("zero", SUMMARY.classes[0].measures[Measure.INK]),
            ClassMeasure("two", SUMMARY.classes[1].measures[Measure.INK]),
        ),
        2,
    )
    assert describe_measure(info) == "Highest median: zero (30.0 %). Lowest: two (10.0 %)."


def test_of_very_many_classes_both_ends_are_shown() -> None:
    many = InkSummary(SUMMARY.paper, tuple(class_ink(label, label / 10) for label in range(100)), blank=0)
    names = [f"{label}" for label in range(100)]
    info = build_measure(many, Measure.HEIGHT, names)
    assert [row.name for row in info.rows] == [f"{label}" for label in [*range(99, 79, -1), *range(19, -1, -1)]]
    assert info.class_count == 100
    assert len(ink_table(many, names)) == 100


def test_centres_are_shown_in_equal_stretches_with_the_middle_of_the_image() -> None:
    info = CentreInfo(("a",), (Quartiles(9, 10, 11),), (Quartiles(3, 4, 5),), (13.5, 13.5))
    (top, bottom), (left, right) = info.limits
    assert round(bottom - top, 6) == round(right - left, 6)
    assert top < 9 and bottom > 13.5 and left < 3 and right > 13.5
    built = build_centres(SUMMARY, NAMES, (28, 20))
    assert (built.names, built.middle) == (("zero", "two"), (13.5, 9.5))


def test_the_table_holds_median_and_quartiles_as_text() -> None:
    row = ink_table(SUMMARY, NAMES).iloc[0]
    assert row[["Class", "Images", "Ink (%)", "Height"]].tolist() == [
        "zero",
        "100",
        "30.0\xa0(25.0\xa0to\xa035.0)",
        "0.3\xa0(0.2\xa0to\xa00.4)",
    ]


def test_paper_and_images_left_out_are_told() -> None:
    assert describe_paper(SUMMARY) == (
        "The border says that the paper has the value 0; ink is what is lighter. "
        "A pixel counts for height and width from 64 of 255 steps away from the paper. Images without any such pixel are left out: 1."
    )
    assert "ink is what is darker" in describe_paper(InkSummary(Paper(250, True, 250), SUMMARY.classes, 0))


def test_only_few_classes_are_written_into_the_map_of_centres() -> None:
    few, many = (
        build_centres(
            InkSummary(SUMMARY.paper, tuple(class_ink(label, 0.5) for label in range(count)), 0), [f"{n}" for n in range(40)], (8, 8)
        )
        for count in (MAX_NAMED, MAX_NAMED + 1)
    )
    marks = [build_centre_chart(info, LIGHT).spec["layer"][-1]["mark"]["type"] for info in (few, many)]
    assert marks == ["text", "point"]


def test_the_charts_are_sound_vega_lite() -> None:
    measure = build_measure_chart(build_measure(SUMMARY, Measure.WIDTH, NAMES), LIGHT)
    centres = build_centre_chart(build_centres(SUMMARY, NAMES, (28, 28)), LIGHT)
    assert list(measure.data["middle"]) == [0.3, 0.1]
    assert list(centres.data["name"]) == ["zero", "two"]
    assert [len(altair.LayerChart.from_dict(chart.to_dict()).to_dict()["layer"]) for chart in (measure, centres)] == [2, 4]
