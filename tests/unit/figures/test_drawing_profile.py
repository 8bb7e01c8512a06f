"""Where a drawing lies among the training images: words, chart, table and figure."""

from __future__ import annotations

import altair
import numpy as np
import pytest

from core.datasets.ink_measures import Paper
from core.drawing.profile import Place, Profile, Trait
from core.figures.drawing_profile import PlacesInfo, build_places, build_places_chart, describe_places, draw_places, places_table
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT

PROFILE = Profile(Paper(0, False, 255), 60_000, np.linspace(0, 1, 101) * np.array([[0.5], [5], [20], [20], [2]]))


def places(**shares: tuple[float, float]) -> PlacesInfo:
    """A drawing that is in the middle but for the traits named here, given as the shares below and above."""
    return build_places(PROFILE, [Place(trait, 0.2, *shares.get(trait.value, (0.5, 0.5))) for trait in Trait])


def test_a_usual_drawing_is_called_usual() -> None:
    assert (
        describe_places(places())
        == "Ink, stroke width, size and place are all usual: each is like that of most of the 60,000 images it learned from."
    )


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ({"stroke": (0.034, 0.966)}, "Thinner strokes than 96 % of the 60,000 images it learned from; everything else is usual."),
        ({"height": (1.0, 0.0)}, "Taller than all of the 60,000 images it learned from; everything else is usual."),
        (
            {"ink": (0.999, 0.001), "stroke": (0.99, 0.01), "offset": (0.96, 0.04)},
            "More ink than 99 %, thicker strokes than 99 % and farther from the middle than 96 % of the 60,000 images it learned from;"
            " everything else is usual.",
        ),
    ],
)
def test_what_is_unusual_is_said_first(shares: dict[str, tuple[float, float]], sentence: str) -> None:
    assert describe_places(places(**shares)) == sentence


def test_nothing_is_odd_about_being_in_the_middle_or_as_tall_as_most() -> None:
    assert "all usual" in describe_places(places(offset=(0.0, 1.0), height=(0.1, 0.0)))


def test_a_drawing_that_is_unusual_in_everything_is_not_called_usual_in_the_rest() -> None:
    assert "everything else" not in describe_places(places(**{trait.value: (1.0, 0.0) for trait in Trait}))


def test_the_table_has_a_row_for_each_trait_with_units() -> None:
    table = places_table(places(stroke=(0.034, 0.966)))
    assert table.iloc[1].tolist() == ["stroke width", "0.2 px", "2.5 px", "0.2 px to 4.8 px", "3 %", "97 %"]
    assert table.iloc[0, 1] == "20.0 %"


def test_the_chart_is_a_valid_document_that_stays_the_same_while_the_drawing_changes() -> None:
    usual, odd = (build_places_chart(info, LIGHT) for info in (places(), places(width=(0.99, 0.01))))
    altair.Chart.from_dict(odd.to_dict(), validate=True)
    assert usual.spec == odd.spec
    assert odd.data["unusual"].tolist() == [False, False, False, True, False]
    assert odd.data["text"][3] == "0.2 px ◀"


def test_equal_images_are_a_line_with_the_dot_in_its_middle() -> None:
    row = build_places_chart(places(height=(0.2, 0.0)), LIGHT).data.iloc[2]
    assert (row["from"], row["to"], row["middle"]) == (0.2, 1.0, 0.6)


def test_the_figure_for_a_file_has_every_trait() -> None:
    figure = draw_places(places(width=(0.99, 0.01)), DARK)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == places_table(places())["Measured"].tolist()
    assert figure_bytes(figure, "svg").startswith(b"<?xml")
