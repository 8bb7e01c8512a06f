"""The reliability diagram: the words, the table, and both charts."""

from __future__ import annotations

from dataclasses import replace

import altair
import pytest

from core.figures.reliability import (
    CHOSEN_BIN,
    build_reliability_chart,
    describe_error,
    describe_reliability,
    describe_temperature,
    draw_reliability,
    reliability_data,
    reliability_table,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT
from core.predictions.calibration import COLDEST, HOTTEST, Reliability, ReliabilityBin, Temperature

LOW = ReliabilityBin(number=2, low=0.5, high=0.75, count=100, right=50, confidence=0.6)
HIGH = ReliabilityBin(number=3, low=0.75, high=1.0, count=300, right=288, confidence=0.97)
MEASURED = Reliability((LOW, HIGH), expected_by_luck=0.012)


def said(confidence: float) -> Reliability:
    return Reliability((ReliabilityBin(3, 0.75, 1.0, 1_000, 840, confidence),), 0.01)


@pytest.mark.parametrize(("confidence", "verdict"), [(0.9, "too sure"), (0.78, "not sure enough"), (0.85, "about as sure as it should be")])
def test_the_sentence_says_whether_it_is_too_sure(confidence: float, verdict: str) -> None:
    sentence = f"On 1,000 test images it says {confidence * 100:.1f} % on average and is right in 84.0 % of the cases: {verdict}."
    assert describe_reliability(said(confidence), "test") == sentence


def test_the_error_is_told_beside_what_luck_makes_of_it() -> None:
    words = describe_error(MEASURED)
    assert "What it says is 3.2 points away from how often it is right" in words
    assert "luck alone would show about 1.2 points" in words
    assert "No bin has a gap that luck could not have made" in words


def test_the_largest_gap_is_named_where_there_are_enough_images_to_show_it() -> None:
    many = replace(LOW, count=1_000, right=500)
    one_image = ReliabilityBin(number=1, low=0.25, high=0.5, count=1, right=1, confidence=0.39)
    words = describe_error(Reliability((one_image, many, HIGH), expected_by_luck=0.012))
    # The gap of the single image is 61 points.
    assert "The largest gap that is hardly luck is 10.0 points, in the bin of 50.0 to 75.0 % (1,000 images)." in words


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.42, "divided by 1.42: that makes it less sure"), (0.8, "makes it surer"), (1.001, "makes it neither surer nor less sure")],
)
def test_a_temperature_is_told_by_what_it_does(value: float, words: str) -> None:
    sentence = describe_temperature(Temperature(value, 6_000, 0.25, 0.2))
    assert words in sentence
    assert "6,000 validation images: 0.2000, and 0.2500 without it." in sentence
    assert "end of the range" not in sentence


@pytest.mark.parametrize("value", [COLDEST, HOTTEST])
def test_a_temperature_at_the_end_of_the_range_is_told(value: float) -> None:
    assert "It is the end of the range" in describe_temperature(Temperature(value, 100, 2, 1))


def test_the_table_is_text_and_the_data_numbers() -> None:
    table, data = reliability_table(MEASURED), reliability_data(MEASURED)
    assert table["Says"].tolist() == ["50.0 to 75.0 %", "75.0 to 100.0 %"]
    assert table["Too sure by"].tolist() == ["+10.0 points", "+1.0 points"]
    assert table["Is right in"].tolist() == ["50.0 %", "96.0 %"]
    assert data["accuracy"].tolist() == [0.5, 0.96]
    assert data["count"].tolist() == [100, 300]
    assert (data["interval_low"] < data["accuracy"]).all() and (data["accuracy"] < data["interval_high"]).all()


def test_a_bin_can_be_clicked_wherever_its_bar_ends_and_the_chosen_one_is_marked() -> None:
    chart = build_reliability_chart(MEASURED, LIGHT, chosen=3)
    assert chart.data["chosen"].tolist() == [False, True]
    assert not build_reliability_chart(MEASURED, LIGHT).data["chosen"].any()
    [clickable] = [layer for layer in chart.spec["layer"] if "params" in layer]
    assert clickable["params"][0]["name"] == CHOSEN_BIN
    assert (clickable["encoding"]["y"], clickable["encoding"]["y2"]) == ({"datum": 1}, {"datum": 0})


def test_the_chart_is_sound_vega_lite_and_stays_the_same_for_other_bins() -> None:
    document = build_reliability_chart(MEASURED, DARK, chosen=2).to_dict()
    assert len(altair.LayerChart.from_dict(document).to_dict()["layer"]) == 6
    assert build_reliability_chart(MEASURED, DARK).spec == build_reliability_chart(said(0.9), DARK, chosen=3).spec


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_file_shows_every_bin(theme) -> None:
    figure = draw_reliability(MEASURED, theme, "Digits, as it is")
    [axes] = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.96]
    assert [text.get_text() for text in axes.texts] == ["100", "300"]
    assert axes.get_title() == "Digits, as it is"
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
