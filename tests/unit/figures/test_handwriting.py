"""Somebody's own drawings in words, tables and pictures."""

from __future__ import annotations

import numpy as np
import pytest

from core.drawings.kept import Answer, KeptDrawing
from core.figures.handwriting import (
    SHEET,
    ReadDrawings,
    build_sheet,
    caption_drawing,
    describe_count,
    describe_drawing,
    describe_readers,
    describe_score,
    drawings_table,
    score_fairly,
)
from core.figures.samples import Mark, draw_sample_grid
from core.figures.theme import LIGHT
from core.predictions.scores import score

NAMES = ("one", "seven")
THEN = Answer("shipped", "Inkling's own", "one", 0.75)


def read(labels: list[int], probabilities_of_seven: list[float], taught: list[int] | None = None) -> ReadDrawings:
    """Drawings of these classes, and how sure the network is that each is a seven."""
    sevens = np.array(probabilities_of_seven, np.float32)
    answers = [THEN, *[None] * (len(labels) - 1)]
    drawings = tuple(KeptDrawing(10 + row, f"ink {row}", NAMES[label], 0.0, 40, 30, answers[row]) for row, label in enumerate(labels))
    is_taught = np.isin(np.arange(len(labels)), taught or [])
    images = np.zeros((len(labels), 28, 28), np.uint8)
    return ReadDrawings(drawings, images, 255, score(np.stack([1 - sevens, sevens], axis=1), np.array(labels)), NAMES, is_taught)


SOME = read([0, 0, 1, 1], [0.1, 0.9, 0.8, 0.4])


def test_the_score_is_told_with_its_interval() -> None:
    assert describe_score(SOME) == "2 of 4 drawings read right, 50.0 % (15.0 to 85.0 %)"
    assert describe_score(read([0], [0.1])).startswith("1 of 1 drawing read right, 100.0 %")


def test_drawings_that_a_network_was_taught_are_told_apart() -> None:
    some = read([0, 0, 1, 1], [0.1, 0.9, 0.8, 0.4], taught=[0, 2])
    assert describe_score(some) == (
        "0 of 2 drawings read right, 0.0 % (0.0 to 65.8 %), of those that it was not taught."
        " Of 2 drawings that it was taught it reads 2 right"
    )
    fair, taught = score_fairly(some), score_fairly(some, taught=True)
    assert fair is not None and taught is not None
    assert (fair.correct_count, taught.correct_count) == (0, 2)


def test_of_drawings_that_were_all_taught_nothing_is_claimed() -> None:
    everything = read([0, 1], [0.1, 0.9], taught=[0, 1])
    assert score_fairly(everything) is None
    assert describe_score(everything) == (
        "Of 2 drawings that it was taught it reads 2 right: nothing is left to tell how it reads your hand. Draw some more"
    )


def test_two_networks_are_compared_by_the_drawings_that_neither_was_taught() -> None:
    labels, sure, unsure = [0] * 40, [0.1] * 40, [0.9] * 20 + [0.1] * 20
    words = describe_readers(read(labels, sure), read(labels, unsure), ["Old", "New"])
    assert words.startswith("Old is better than New: 100.0 % against 50.0 % of the same 40 drawings read right.")
    taught = read(labels, sure, taught=list(range(0, 40, 2)))
    words = describe_readers(taught, read(labels, unsure), ["Old", "New"])
    assert "100.0 % against 50.0 % of the 20 drawings that both were asked about" in words
    assert "read equally many right" in describe_readers(SOME, read([0, 0, 1, 1], [0.1] * 4), ["Old", "New"])
    everything = read([0] * 4, [0.1] * 4, taught=[0, 1, 2, 3])
    assert describe_readers(SOME, everything, ["Old", "New"]) == ""


def test_the_surest_mistakes_come_first_and_the_surest_right_answers_last() -> None:
    assert SOME.worst_first() == [1, 3, 2, 0]
    assert SOME.worst_first("seven") == [3, 2]
    assert SOME.worst_first("none such") == []


def test_a_drawing_says_what_it_is_and_what_it_is_taken_for() -> None:
    assert [caption_drawing(SOME, row) for row in range(4)] == ["one", "one, read as seven", "seven", "seven, read as one"]
    assert describe_drawing(SOME, 1).endswith("This network takes it for seven (90.0 %), which is wrong.")
    assert describe_drawing(SOME, 0).endswith("which is right. When it was kept, Inkling's own took it for one (75.0 %).")


def test_the_table_has_the_answers_of_then_and_of_now() -> None:
    stranger = KeptDrawing(99, "ink", "horse", 0.0, 40, 30, None)
    table = drawings_table([*SOME.drawings, stranger], SOME)
    assert table["label"].tolist() == ["one", "one", "seven", "seven", "horse"]
    assert table["read_as_then"].tolist() == ["one", "", "", "", ""]
    assert table["read_as_now"].tolist() == ["one", "seven", "seven", "one", ""]
    assert table["probability_now"].tolist()[:4] == pytest.approx([0.9, 0.9, 0.8, 0.6])
    assert np.isnan(table["probability_now"].tolist()[4])
    assert set(drawings_table([stranger], None)["read_as_now"]) == {""}


def test_a_sheet_marks_what_is_read_wrong_and_holds_no_more_than_fit() -> None:
    sheet = build_sheet(SOME, SOME.worst_first())
    assert [label.mark for label in sheet.labels] == [Mark.WRONG, Mark.WRONG, Mark.RIGHT, Mark.RIGHT]
    assert draw_sample_grid(sheet, LIGHT).get_size_inches()[0] > 1
    many = read([0, 1] * SHEET, [0.1, 0.9] * SHEET)
    assert len(build_sheet(many, many.worst_first()).images) == SHEET


def test_counts_are_told_as_people_say_them() -> None:
    assert [describe_count(count) for count in (0, 1, 2, 1_200)] == ["0 drawings", "1 drawing", "2 drawings", "1,200 drawings"]
