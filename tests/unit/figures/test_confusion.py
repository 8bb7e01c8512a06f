"""The confusion matrix as a chart, a table and a sentence."""

from __future__ import annotations

import altair
import numpy as np
import pytest

from core.figures.confusion import (
    MAX_WRITTEN,
    ConfusionCell,
    ConfusionInfo,
    build_confusion,
    build_confusion_chart,
    confusion_table,
    describe_confusion,
)
from core.figures.theme import DARK, LIGHT

NAMES = ("cat", "dog", "fox")
MATRIX = np.array([[8, 2, 0], [0, 10, 0], [5, 0, 0]])


def test_only_cells_with_images_are_drawn_and_mistakes_are_weighed_among_themselves() -> None:
    info = build_confusion(MATRIX, NAMES)
    assert info == ConfusionInfo(
        NAMES,
        (
            ConfusionCell("cat", "cat", 8, 0.8, 0.8),
            ConfusionCell("cat", "dog", 2, 0.2, float(np.log1p(2) / np.log1p(5))),
            ConfusionCell("dog", "dog", 10, 1.0, 1.0),
            ConfusionCell("fox", "cat", 5, 1.0, 1.0),
        ),
    )
    assert [cell.is_right for cell in info.cells] == [True, False, True, False]


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
    assert describe_confusion(MATRIX, NAMES) == "The most common mistake: fox read as cat, 5 times."
    assert describe_confusion(np.array([[3, 1], [0, 3]]), ("4", "9")) == "The most common mistake: 4 read as 9, once."
    assert describe_confusion(np.diag([3, 3]), ("4", "9")) == "There are no mistakes."


def test_describing_leaves_the_matrix_as_it_is() -> None:
    matrix = MATRIX.copy()
    describe_confusion(matrix, NAMES)
    build_confusion(matrix, NAMES)
    np.testing.assert_array_equal(matrix, MATRIX)


def test_a_matrix_of_another_size_than_the_names_is_refused() -> None:
    with pytest.raises(ValueError, match="3 classes"):
        build_confusion(np.eye(2, dtype=int), NAMES)
