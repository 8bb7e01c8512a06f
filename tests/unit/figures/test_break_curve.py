"""Curves of spoilt images: what is said of them, and that chart, table and picture agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.figures.break_curve import (
    BreakPoint,
    BreakResult,
    break_numbers,
    break_table,
    build_break_chart,
    build_break_curve,
    describe_break_curve,
    describe_images,
    draw_break_curve,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.intervals import wilson_interval
from core.predictions.perturbations import PERTURBATIONS

SHIFT = PERTURBATIONS["shift"]


def result(label, counts, images=1000):
    """A run that reads so many of the first images right at each strength."""
    return BreakResult(label, np.arange(images, dtype=np.int32), np.array([np.arange(images) < count for count in counts]))


DENSE = result("dense", (980, 970, 800, 410, 300, 200, 120, 100, 100))
CONVOLUTION = result("conv", (990, 990, 980, 930, 700, 500, 300, 200, 150))


def curve(*results, perturbation=SHIFT, kind="test"):
    return build_break_curve(perturbation, kind, results or (DENSE, CONVOLUTION), 10)


def test_each_point_has_its_interval():
    [line] = curve(DENSE).lines
    assert line.points[3] == BreakPoint(3, 410, 1000, *wilson_interval(410, 1000))
    assert line.points[3].accuracy == 0.41


def test_of_several_runs_it_tells_where_they_are_furthest_apart_and_whether_the_best_is_better():
    assert describe_break_curve(curve()) == (
        "At 3 pixels dense falls from 98.0 % to 41.0 %; conv falls from 99.0 % to 93.0 %. conv is better than dense: 93.00 % against "
        "41.00 % of the same 1,000 test images read right. The difference is 52.00 points (95 % interval 48.82 to 55.02), more than luck "
        "would make even among 8 comparisons at once."
    )


def test_a_lead_at_one_strength_of_many_is_not_called_better():
    """Taken alone, 7 images that only the one reads right would be enough."""
    shorter = tuple(count - 7 * (place == 4) for place, count in enumerate((980, 970, 800, 410, 300, 200, 120, 100, 100)))
    words = describe_break_curve(curve(DENSE, result("other", shorter)))
    assert "Between dense and other it is undecided" in words
    assert "of 8 comparisons at once, luck may well bring about one such difference" in words


def test_runs_are_compared_on_the_images_that_both_were_asked_about():
    moved = replace(CONVOLUTION, positions=CONVOLUTION.positions + 2_000)
    assert "on different images only a large difference shows" in describe_break_curve(curve(DENSE, moved, kind="validation"))


def test_of_one_run_it_tells_where_half_of_its_lead_is_gone_or_else_the_end():
    assert describe_break_curve(curve(DENSE)) == "At 3 pixels dense falls from 98.0 % to 41.0 %."
    rising = result("rising", (900,) * 8 + (930,))
    assert describe_break_curve(curve(rising)) == "At 10 pixels rising rises from 90.0 % to 93.0 %."


def test_a_change_that_luck_would_make_is_not_told_as_one():
    steady = result("steady", (900,) * 8 + (902,))
    assert describe_break_curve(curve(steady)).startswith(
        "At 10 pixels steady shows no clear change from 90.0 % to 90.2 % (it could have lost"
    )
    assert "no clear change from 90.0 % to 90.0 %" in describe_break_curve(curve(result("same", (900,) * 9)))


def test_how_many_images_is_told_also_where_runs_differ():
    assert describe_images(curve()) == "1,000 test images"
    few = result("few", (90,) * 9, 143)
    assert describe_images(curve(DENSE, few, kind="validation")) == "143 or 1,000 validation images"


def test_too_many_runs_none_or_counts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="expected 1 to 6"):
        curve(*[DENSE] * 7)
    with pytest.raises(ValueError, match="0 runs"):
        build_break_curve(SHIFT, "test", (), 10)
    with pytest.raises(ValueError, match="shorter"):
        curve(result("short", (1, 2, 3), 10))


def test_table_and_numbers_hold_every_point():
    table = break_table(curve())
    assert table.iloc[3].tolist() == ["3 pixels", "41.0 % (38.0 to 44.1 %)", "93.0 % (91.2 to 94.4 %)"]
    numbers = break_numbers(curve())
    assert len(numbers) == 18
    assert numbers.iloc[3][["run", "strength", "correct", "images"]].tolist() == ["dense", 3, 410, 1000]


def test_lines_differ_in_colour_dash_and_shape_and_stronger_is_always_further_right():
    chart = build_break_chart(curve(), LIGHT)
    line, points = chart.spec["layer"][2]["encoding"], chart.spec["layer"][3]["encoding"]
    for channel in (line["color"], line["strokeDash"], points["shape"]):
        assert channel["scale"]["domain"] == ["dense", "conv"]
        assert channel["scale"]["range"][0] != channel["scale"]["range"][1]
    assert chart.spec["encoding"]["x"]["scale"]["reverse"] is False
    smaller = build_break_chart(curve(perturbation=PERTURBATIONS["scale"]), DARK)
    assert smaller.spec["encoding"]["x"]["scale"] == {"domain": [0.2, 1.0], "nice": False, "reverse": True}


@pytest.mark.parametrize("name", ["shift", "scale", "noise"])
def test_the_picture_shows_the_same_lines(name):
    info = curve(perturbation=PERTURBATIONS[name])
    figure = draw_break_curve(info, DARK)
    [axes] = figure.axes
    strengths = list(PERTURBATIONS[name].strengths)
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == [strengths, strengths]
    assert list(axes.lines[0].get_ydata()) == [point.accuracy for point in info.lines[0].points]
    assert axes.get_xlim() == (strengths[0], strengths[-1])
    assert figure_bytes(figure, "svg").startswith(b"<?xml")


def test_six_runs_can_be_drawn():
    results = [replace(DENSE, label=f"run {number}") for number in range(6)]
    assert len(draw_break_curve(replace(curve(*results), kind="validation"), LIGHT).axes[0].lines) == 7
