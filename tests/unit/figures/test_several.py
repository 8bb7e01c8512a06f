"""A row of figures as it was read: the number, the doubts, the table, the grid."""

from __future__ import annotations

import numpy as np
import pytest

from core.drawing.ink import InkBox
from core.drawing.separate import Separated, SeparateFigure
from core.figures.samples import GridLabel, Mark, draw_sample_grid
from core.figures.several import RowFigure, RowInfo, build_row, build_row_grid, describe_check, describe_doubts, describe_row, row_table
from core.figures.theme import DARK
from core.predictions.novelty import Novelty
from core.predictions.reading import Reading

DIGITS = tuple("0123456789")
SURE, NOVEL, TOUCHING = RowFigure("7", 0.983, False, False), RowFigure("3", 0.81, True, False), RowFigure("4", 0.6, False, True)


def separated(*touches: bool, specks: int = 0) -> Separated:
    ink = np.full((9, 5), 255, np.uint8)
    return Separated(tuple(SeparateFigure(ink, InkBox(0, 9 * place, 9, 9 * place + 5), one) for place, one in enumerate(touches)), specks)


def answers(*labels: int) -> np.ndarray:
    return (np.eye(10, dtype=np.float32)[list(labels)] * 0.8 + 0.02).astype(np.float32)


def novelty(*scores: float, measured: int = 6_000) -> Novelty:
    count = len(scores)
    places, distances = np.zeros((count, 1), np.int32), np.zeros((count, 1), np.float32)
    values = np.array(scores, np.float32)
    exceeded = (values > 0.5).astype(np.float32)
    return Novelty(values, np.float32(0.5), exceeded, places, places, distances, np.int64(9_000), np.int64(measured))


def row(*figures: RowFigure, specks: int = 0) -> RowInfo:
    return RowInfo(figures, np.zeros((len(figures), 28, 28), np.uint8), 255, specks)


def images(count: int) -> np.ndarray:
    return np.zeros((count, 28, 28), np.uint8)


def test_a_row_has_each_figure_s_best_answer_and_what_is_doubtful() -> None:
    info = build_row(separated(False, False, True, specks=2), images(3), 255, Reading(answers(2, 0, 6), novelty(0.1, 0.9, 0.2)), DIGITS)
    chance = pytest.approx(0.82)
    assert info.figures == (RowFigure("2", chance, False, False), RowFigure("0", chance, True, False), RowFigure("6", chance, False, True))
    assert (info.number, info.specks) == ("2??", 2)


def test_nothing_is_called_novel_or_familiar_before_it_is_known() -> None:
    info = build_row(separated(False), images(1), 255, Reading(answers(2), None), DIGITS)
    assert info.figures[0].is_novel is None and info.number == "2"
    assert "is not known yet" in describe_check(info, "digits")
    assert row_table(info)["Unlike anything learned"].tolist() == ["not known"]


def test_with_few_real_images_no_figure_is_called_novel_or_usual() -> None:
    few = Reading(answers(2, 0), novelty(0.1, 0.9, measured=3))
    info = build_row(separated(False, False), images(2), 255, few, DIGITS)
    assert info.number == "20" and describe_doubts(info) == ()
    assert row_table(info)["Unlike anything learned"].tolist() == ["not known", "not known"]
    assert describe_check(info, "images").startswith("Too few images to tell") and describe_check(info, "images").endswith("and has 3.")


def test_a_row_in_which_nothing_was_found_is_not_said_to_be_familiar() -> None:
    info = build_row(separated(False), images(1), 255, Reading(answers(2), novelty(0.1)), DIGITS)
    assert row_table(info)["Unlike anything learned"].tolist() == ["nothing unusual found"]
    assert "nothing unusual was found. Odd shapes can pass this check." in describe_check(info, "digits")


def test_numbers_that_do_not_belong_together_are_a_mistake_of_the_caller() -> None:
    for figures, pictures, labels in ((1, 2, (3, 4)), (2, 2, (3,)), (2, 1, (3, 4))):
        with pytest.raises(ValueError, match="expected one image and one answer"):
            build_row(separated(*[False] * figures), images(pictures), 255, Reading(answers(*labels), None), DIGITS)
    with pytest.raises(ValueError, match="for 9 classes"):
        build_row(separated(False), images(1), 255, Reading(answers(3), None), DIGITS[:9])


def test_long_class_names_are_kept_apart() -> None:
    assert row(RowFigure("Bag", 0.9, False, False), RowFigure("Shirt", 0.9, True, False)).number == "Bag ?"
    assert row(SURE, SURE).number == "77"


def test_a_row_is_told_in_a_sentence() -> None:
    assert describe_row(row(SURE, NOVEL)) == "2 figures, read from left to right as 7?."
    assert describe_row(row(SURE)) == "One figure, read as 7."


def test_a_sure_row_leaves_nothing_to_say() -> None:
    assert describe_doubts(row(SURE, SURE)) == ()


def test_each_doubt_is_told_with_the_place_and_the_guess() -> None:
    assert describe_doubts(row(SURE, NOVEL, TOUCHING, specks=1)) == (
        "Figure 2 is unlike anything that the network learned from. It would guess 3 (81.0 %).",
        "Figure 3 seems to be several that touch: leave a gap between them. Taken for a single one it would be read as 4 (60.0 %).",
        "One dot was left out: anything so small is taken for dust or a slip of the pen.",
    )
    assert describe_doubts(row(SURE, specks=1200))[0].startswith("1,200 dots were left out")


def test_the_table_has_a_row_for_each_figure() -> None:
    table = row_table(row(SURE, NOVEL, TOUCHING))
    assert table.iloc[1].tolist() == [2, "?", "3", 81.0, "yes", "no"]
    assert table["Seems to touch"].tolist() == ["no", "no", "yes"]


def test_doubtful_figures_are_marked_in_words_and_by_their_frame() -> None:
    grid = build_row_grid(row(SURE, NOVEL, TOUCHING))
    assert grid.labels == (
        GridLabel(("7", "98.3 %")),
        GridLabel(("?", "unlike any", "guess: 3", "81.0 %"), Mark.WRONG),
        GridLabel(("?", "touching", "guess: 4", "60.0 %"), Mark.WRONG),
    )
    assert grid.columns == 3


@pytest.mark.parametrize("count", [1, 4, 60])
def test_any_number_of_figures_is_drawn(count: int) -> None:
    width, height = draw_sample_grid(build_row_grid(row(*[NOVEL] * count)), DARK).get_size_inches()
    assert width > 0 and height > 0
