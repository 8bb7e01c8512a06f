"""The confusion matrix as a chart, a table and a sentence."""

from __future__ import annotations

import altair
import numpy as np
import pytest

from core.figures.confusion import (
    CLICKED,
    MAX_WRITTEN,
    CellNumber,
    ConfusionCell,
    ConfusionInfo,
    build_confusion,
    build_confusion_chart,
    common_mistakes,
    confusion_table,
    describe_common,
    describe_confusion,
    describe_pair,
    draw_confusion,
    pair_table,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT

NAMES = ("cat", "dog", "fox")
MATRIX = np.array([[8, 2, 0], [0, 10, 0], [5, 0, 0]])


def test_only_cells_with_images_are_drawn_and_mistakes_are_weighed_among_themselves() -> None:
    info = build_confusion(MATRIX, NAMES)
    assert info == ConfusionInfo(
        NAMES,
        (
            ConfusionCell(0, 0, 8, 0.8, 8 / 13, 0.8, "8"),
            ConfusionCell(0, 1, 2, 0.2, 2 / 12, float(np.log1p(2) / np.log1p(5)), "2"),
            ConfusionCell(1, 1, 10, 1.0, 10 / 12, 1.0, "10"),
            ConfusionCell(2, 0, 5, 1.0, 5 / 13, 1.0, "5"),
        ),
    )
    assert [cell.is_right for cell in info.cells] == [True, False, True, False]


def test_the_cells_may_hold_shares_of_the_true_class_or_of_the_answer() -> None:
    of_true, of_read = (build_confusion(MATRIX, NAMES, number).cells for number in (CellNumber.OF_TRUE, CellNumber.OF_READ))
    assert [cell.text for cell in of_true] == ["80.0", "20.0", "100.0", "100.0"]
    assert [cell.text for cell in of_read] == ["61.5", "16.7", "83.3", "38.5"]
    assert [cell.strength for cell in of_read if cell.is_right] == [8 / 13, 10 / 12]


def test_only_a_chart_with_a_chosen_cell_can_be_clicked() -> None:
    info = build_confusion(MATRIX, NAMES)
    plain, clickable = build_confusion_chart(info, LIGHT), build_confusion_chart(info, LIGHT, (2, 0))
    assert "params" not in plain.spec["layer"][0] and not plain.data["chosen"].any()
    assert [param["name"] for param in clickable.spec["layer"][0]["params"]] == [CLICKED]
    assert clickable.data.loc[clickable.data["chosen"], ["true_label", "read_label"]].to_numpy().tolist() == [[2, 0]]
    # The browser keeps the chart and swaps its data when another cell is chosen.
    assert build_confusion_chart(info, LIGHT, (0, 0)).spec == clickable.spec


def test_a_faultless_network_has_a_diagonal_only() -> None:
    assert all(cell.is_right and cell.strength == 1 for cell in build_confusion(np.diag([3, 4, 5]), NAMES).cells)


def test_counts_are_written_into_the_cells_as_long_as_they_fit() -> None:
    few = build_confusion_chart(build_confusion(MATRIX, NAMES), LIGHT).spec["layer"]
    many_names = [f"class {number}" for number in range(MAX_WRITTEN + 1)]
    many = build_confusion_chart(build_confusion(np.eye(MAX_WRITTEN + 1, dtype=int), many_names), LIGHT).spec["layer"]
    assert [layer["mark"]["type"] for layer in few] == ["rect", "text"]
    assert [layer["mark"]["type"] for layer in many] == ["rect"]


def test_classes_without_any_image_keep_their_row_and_column() -> None:
    spec = build_confusion_chart(build_confusion(np.diag([1, 0, 0]), NAMES), DARK).spec
    assert spec["encoding"]["x"]["scale"]["domain"] == spec["encoding"]["y"]["scale"]["domain"] == list(NAMES)


def test_the_chart_is_sound_vega_lite() -> None:
    document = build_confusion_chart(build_confusion(MATRIX, NAMES), LIGHT).to_dict()
    assert len(document["data"]["values"]) == 4
    assert len(altair.LayerChart.from_dict(document).to_dict()["layer"]) == 2


def test_the_table_names_rows_and_columns() -> None:
    table = confusion_table(MATRIX, NAMES)
    assert table.loc["fox", "read as cat"] == 5
    assert table.index.name == "True class"


def test_the_most_common_mistake_is_told() -> None:
    clear = np.array([[50, 2, 0], [0, 40, 0], [15, 0, 30]])
    assert describe_confusion(clear, NAMES) == "The most common mistake: fox read as cat, 15 times."
    assert describe_confusion(MATRIX, NAMES) == (
        "The most common mistake: fox read as cat, 5 times. That it leads may be luck: cat read as dog, twice."
    )
    assert describe_confusion(np.array([[3, 1], [0, 3]]), ("4", "9")) == "There is one mistake: 4 read as 9."
    assert describe_confusion(np.diag([3, 3]), ("4", "9")) == "There are no mistakes."


ONCE = np.array([[3, 1, 0], [0, 3, 1], [1, 0, 3]])


def test_mistakes_that_were_made_once_are_not_called_common() -> None:
    words = "No mistake was made twice: there are 3, all different, so none is more common than another."
    assert describe_confusion(ONCE, NAMES) == describe_common(ONCE, NAMES, 5) == words


def test_mistakes_that_are_as_common_are_all_named() -> None:
    assert describe_confusion(2 * ONCE, NAMES) == (
        "The most common mistakes, twice each: cat read as dog, dog read as fox and fox read as cat."
    )
    assert describe_common(2 * ONCE, NAMES, 2) == (
        "The most common mistakes: cat read as dog, twice; dog read as fox, twice; 1 more as often as the last."
        " So few do not tell which of the first two is really more common."
    )


def test_the_most_common_mistakes_are_told_in_order_and_single_ones_left_out() -> None:
    matrix = np.array([[50, 20, 1], [4, 40, 0], [0, 1, 30]])
    assert describe_common(matrix, NAMES, 5) == "The most common mistakes: cat read as dog, 20 times; dog read as cat, 4 times."
    assert describe_common(np.diag([3, 3]), ("4", "9"), 5) == ""


def test_the_most_common_mistakes_come_first() -> None:
    assert common_mistakes(MATRIX, 5) == [(2, 0), (0, 1)]
    assert common_mistakes(MATRIX, 1) == [(2, 0)]
    assert common_mistakes(np.diag([3, 3]), 5) == []


def test_two_classes_are_set_against_each_other() -> None:
    matrix = np.array([[8, 2, 4], [1, 10, 0], [5, 0, 0]])
    table = pair_table(matrix, NAMES, 0, 1)
    assert table.to_numpy().tolist() == [["cat", 8, 2, 4], ["dog", 1, 10, 0]]
    assert table.columns.tolist() == ["True class", "read as cat", "read as dog", "read as others"]
    assert describe_pair(matrix, NAMES, 0, 1) == (
        "cat is read as dog twice, dog as cat once. That is too close to say which is the likelier guess."
    )
    assert describe_pair(9 * matrix, NAMES, 0, 2) == (
        "cat is read as fox 36 times, fox as cat 45 times. That is too close to say which is the likelier guess."
    )
    assert describe_pair(20 * matrix, NAMES, 0, 1).endswith("In doubt between the two, the network says dog more often.")
    assert describe_pair(matrix, NAMES, 1, 2) == "dog is read as fox never, fox as dog never. Neither is the likelier guess."


@pytest.mark.parametrize("classes", [2, MAX_WRITTEN + 1, 90])
def test_the_picture_to_save_has_room_for_any_number_of_classes(classes: int) -> None:
    matrix = np.eye(classes, dtype=int) + np.eye(classes, k=1, dtype=int)
    figure = draw_confusion(build_confusion(matrix, [f"class {number}" for number in range(classes)], CellNumber.OF_READ), DARK)
    [axes] = figure.axes
    assert len(axes.texts) == (len(matrix[matrix > 0]) if classes <= MAX_WRITTEN else 0)
    assert len(axes.get_yticks()) <= 40
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")


def test_describing_leaves_the_matrix_as_it_is() -> None:
    matrix = MATRIX.copy()
    describe_confusion(matrix, NAMES)
    build_confusion(matrix, NAMES)
    np.testing.assert_array_equal(matrix, MATRIX)


def test_a_matrix_of_another_size_than_the_names_is_refused() -> None:
    with pytest.raises(ValueError, match="3 classes"):
        build_confusion(np.eye(2, dtype=int), NAMES)
