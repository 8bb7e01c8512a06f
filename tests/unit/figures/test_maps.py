"""What maps say in numbers and words, how classes are marked, and the still picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.datasets.projection import Method
from core.figures.maps import (
    ClassOnMap,
    MapInfo,
    build_map,
    class_mark,
    describe_choice,
    describe_map,
    draw_map,
    map_table,
    mark_colour,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT, THEMES, FigureTheme

NAMES = ("cat", "dog", "frog")


def arrays(neighbours: list[int], asked: list[int] | None = None, kept: list[float] | None = None) -> dict[str, np.ndarray]:
    count = len(neighbours)
    asked = list(range(count)) if asked is None else asked
    return {
        "positions": np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32),
        "kept": np.array(kept or [], np.float32),
        "neighbours": np.array(neighbours, np.int32),
        "asked": np.array(asked, np.int32),
        "original_neighbours": np.array([neighbours[place] for place in asked], np.int32),
    }


def a_map(title: str = "Pixels", kept: list[float] | None = None) -> MapInfo:
    # Two cats beside each other; a dog beside a cat and one beside a dog; no frog.
    found = arrays([1, 0, 0, 2], asked=[0, 2], kept=kept)
    method = Method.PCA if kept else Method.TSNE
    return build_map(found, np.array([0, 0, 1, 1], np.int32), NAMES, title=title, method=method, available=1_437)


def test_a_map_counts_who_lies_beside_whom() -> None:
    info = a_map()
    assert (info.same, info.same_before, info.asked, info.by_chance) == (0.75, 0.5, 2, 4 / 12)
    assert info.classes == (ClassOnMap("cat", 2, 1.0, None), ClassOnMap("dog", 2, 0.5, "cat (once)"))


def test_a_map_is_described_with_its_numbers() -> None:
    assert describe_map(a_map(kept=[0.25, 0.1])) == (
        "4 of 1,437 images by PCA. The two axes keep 35.0 % of the variance. The classes lie mostly apart: the nearest neighbour on the map"
        " is of the same class for 75.0 % of the images (by chance: 33.3 %). Going by all the numbers of each image instead of these two,"
        " it is for 50.0 % (2 were looked up)."
    )
    assert "variance" not in describe_map(a_map())


@pytest.mark.parametrize(
    ("neighbours", "word"), [([1, 0, 3, 2], "clearly apart"), ([2, 3, 0, 1], "mixed"), ([1, 0, 3, 0], "mostly apart")], ids=str
)
def test_how_far_classes_lie_apart_is_said_in_a_word(neighbours: list[int], word: str) -> None:
    info = build_map(arrays(neighbours), np.array([0, 0, 1, 1], np.int32), NAMES, title="x", method=Method.TSNE, available=4)
    assert f"The classes lie {word}:" in describe_map(info)


def test_a_map_of_a_single_class_is_no_division_by_zero() -> None:
    info = build_map(arrays([1, 0]), np.array([1, 1], np.int32), NAMES, title="x", method=Method.TSNE, available=2)
    assert "for 100.0 % of the images (by chance: 100.0 %)" in describe_map(info)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0], "1 image chosen: 1 of class cat."),
        ([1] * 30 + [0] * 7, "37 images chosen: 30 of class dog, 7 of class cat."),
    ],
)
def test_a_choice_is_told_class_by_class_the_largest_first(labels: list[int], words: str) -> None:
    assert describe_choice(np.array(labels, np.int32), NAMES) == words


def test_a_choice_of_many_classes_is_summed_up() -> None:
    names = [f"n{number}" for number in range(8)]
    assert describe_choice(np.arange(7, dtype=np.int32), names).endswith("1 of class n4, 2 of 2 other classes.")
    assert describe_choice(np.arange(6, dtype=np.int32), names).endswith("1 of 1 other class.")


def test_the_first_64_classes_have_different_marks_and_the_first_8_differ_in_shape_and_colour() -> None:
    marks = [class_mark(label) for label in range(64)]
    assert len(set(marks)) == 64
    assert len({mark.shape for mark in marks[:8]}) == len({mark.colour for mark in marks[:8]}) == 8


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_no_mark_has_the_colour_of_the_page(theme: FigureTheme) -> None:
    assert theme.background not in {mark_colour(class_mark(label), theme) for label in range(8)}
    assert mark_colour(class_mark(6), LIGHT) != mark_colour(class_mark(6), DARK)


def test_the_table_has_a_row_for_each_class_and_columns_for_each_map() -> None:
    table = map_table([a_map()])
    assert table.to_dict("list") == {
        "Class": ["cat", "dog"],
        "Images": ["2", "2"],
        "Nearest is of the same class": ["100.0 %", "50.0 %"],
        "Most often beside": ["no other", "cat (once)"],
    }
    both = map_table([a_map(), a_map("Last hidden layer")])
    assert [name for name in both.columns if "(last hidden layer)" in name] == [
        "Nearest is of the same class (last hidden layer)",
        "Most often beside (last hidden layer)",
    ]


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_the_still_picture_shows_every_class_in_its_colour(theme: FigureTheme) -> None:
    info = a_map("Costs $5 and $6")
    png = figure_bytes(draw_map(info, theme), "png")
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    for label in (0, 1):
        colour = mark_colour(class_mark(label), theme)
        wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert (picture == [*wanted, 255]).all(axis=2).any()
    assert b"<svg" in figure_bytes(draw_map(info, theme), "svg")
