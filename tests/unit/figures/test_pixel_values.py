"""Pixel values before and after scaling."""

from __future__ import annotations

import altair
import numpy as np
import pytest

from core.figures.pixel_values import build_pixel_value_chart, build_pixel_values, describe_pixel_values, pixel_values_table
from core.figures.theme import DARK, LIGHT

COLOUR = np.array([[1, 1, 2], [2, 1, 1], [0, 4, 0]])
MOSTLY_PAPER = np.array([[900, 1, 0, 2, 1]])


def test_shares_are_of_all_values_of_a_channel() -> None:
    info = build_pixel_values(COLOUR)
    assert [channel.name for channel in info.channels] == ["red", "green", "blue"]
    assert info.channels[0].shares == (0.25, 0.25, 0.5)
    assert (info.max_value, info.is_logarithmic) == (2, False)


def test_scaling_divides_mean_and_deviation_and_leaves_the_zeros() -> None:
    [grey] = build_pixel_values(MOSTLY_PAPER).channels
    assert grey.after.mean == pytest.approx(grey.before.mean / 4)
    assert grey.after.deviation == pytest.approx(grey.before.deviation / 4)
    assert grey.after.zeros == grey.before.zeros


def test_where_paper_covers_all_else_the_axis_is_logarithmic_and_empty_values_have_no_place() -> None:
    info = build_pixel_values(MOSTLY_PAPER)
    assert info.is_logarithmic
    chart = build_pixel_value_chart(info, LIGHT, scaled=False)
    assert list(chart.data["value"]) == [0, 1, 3, 4]
    assert chart.spec["encoding"]["y"]["axis"]["values"] == pytest.approx([0.001, 0.01, 0.1, 1])


def test_both_charts_have_the_same_shares_at_other_places() -> None:
    info = build_pixel_values(COLOUR)
    before, after = (build_pixel_value_chart(info, DARK, scaled=scaled) for scaled in (False, True))
    assert list(before.data["share"]) == list(after.data["share"])
    assert sorted(set(before.data["value"])) == [0, 1, 2]
    assert sorted(set(after.data["value"])) == [0, 0.5, 1]


def test_channels_differ_in_dash_besides_colour() -> None:
    chart = build_pixel_value_chart(build_pixel_values(COLOUR), LIGHT, scaled=False)
    dashes = chart.spec["encoding"]["strokeDash"]["scale"]["range"]
    assert len({tuple(dash) for dash in dashes}) == 3
    assert altair.Chart.from_dict(chart.to_dict()).to_dict()["encoding"]["color"]["legend"]


def test_the_table_names_each_channel_before_and_after() -> None:
    assert pixel_values_table(build_pixel_values(MOSTLY_PAPER)).to_numpy().tolist() == [
        ["Before scaling", "0 to 4", "0.012", "0.196", "99.6 %"],
        ["After scaling", "0 to 1", "0.003", "0.049", "99.6 %"],
    ]
    assert list(pixel_values_table(build_pixel_values(COLOUR))["Values"])[:4] == [
        "Before scaling, red",
        "Before scaling, green",
        "Before scaling, blue",
        "After scaling, red",
    ]


def test_the_sentence_says_zeros_means_and_the_kind_of_axis() -> None:
    assert describe_pixel_values(build_pixel_values(COLOUR)) == (
        "Of all pixel values, 25.0 % are 0, the darkest. The mean value is 1.2 (red), 0.8 (green), 1.0 (blue) of 2. "
        "The axis of shares is plain."
    )
    assert "each line upwards is ten times more" in describe_pixel_values(build_pixel_values(MOSTLY_PAPER))


def test_the_sentence_does_not_begin_with_a_sign_that_markdown_takes_for_a_quotation() -> None:
    sentence = describe_pixel_values(build_pixel_values(np.array([[999_999, 1]])))
    assert ">99.9 % are 0" in sentence
    assert not sentence.startswith(">")
