"""The way of a drawing: its stages, and the answers without each of them."""

from __future__ import annotations

import numpy as np

from core.drawing.ink import InkBox
from core.drawing.pipeline import PreparedDrawing, prepare_drawing
from core.drawing.step import Rule, Step
from core.drawing.style import MNIST_SHARE, DrawingStyle
from core.figures.drawing_way import (
    TILE,
    Without,
    build_way,
    build_without,
    describe_one,
    describe_without,
    draw_way,
    paint_stage,
    way_table,
)
from core.figures.samples import figure_bytes
from core.figures.theme import DARK, LIGHT

NAMES = ("one", "seven")
STYLE = DrawingStyle("mnist", MNIST_SHARE)


def drawing(skipped: frozenset[str] = frozenset()) -> PreparedDrawing:
    canvas = np.zeros((280, 280), dtype=np.uint8)
    canvas[40:240, 100:140] = 255
    return prepare_drawing(canvas, STYLE, (28, 28), 255, skipped)


def images(*changed: int) -> np.ndarray:
    """An image of four pixels, then copies with so many of them changed."""
    rows = np.zeros((1 + len(changed), 4), dtype=np.uint8)
    for row, count in zip(rows[1:], changed, strict=True):
        row[:count] = 9
    return rows.reshape(-1, 2, 2)


def test_each_step_is_a_stage_with_its_size_and_whether_it_was_done() -> None:
    stages = build_way(drawing(frozenset({"centre"})), frozenset({"centre"}))
    assert [(stage.rule.key, stage.size, stage.is_on) for stage in stages] == [
        ("canvas", "280 x 280", True),
        ("box", "200 x 40", True),
        ("sharpen", "200 x 40", True),
        ("proportions", "20 x 4", True),
        ("strength", "20 x 4", True),
        ("margin", "28 x 28", True),
        ("centre", "28 x 28", False),
    ]
    assert all(stage.strongest == 1 and max(stage.picture.shape) <= TILE for stage in stages)


def test_small_images_grow_by_whole_factors_and_the_box_is_framed_where_it_lies() -> None:
    stages = build_way(drawing(), frozenset())
    assert stages[-1].picture.shape == (168, 168)
    assert stages[0].frame == InkBox(24, 60, 144, 84)
    assert all(stage.frame is None for stage in stages[1:])


def test_a_colour_photo_is_a_stage_as_well() -> None:
    photo = np.full((30, 20, 3), 7, dtype=np.uint8)
    step = Step(Rule("photo", "The photo", "As it came."), photo, 255, InkBox(0, 0, 10, 20))
    (stage,) = build_way(PreparedDrawing(STYLE, InkBox(0, 0, 10, 20), (step,), photo), frozenset())
    assert (stage.size, stage.picture.shape) == ("30 x 20", (150, 100, 3))
    assert paint_stage(stage, LIGHT)[TILE // 2, TILE // 2].tolist() == [7, 7, 7, 255]


def test_a_picture_stands_framed_in_the_middle_of_its_transparent_square() -> None:
    for theme in (LIGHT, DARK):
        tile = paint_stage(build_way(drawing(), frozenset())[3], theme)
        assert tile.shape == (TILE, TILE, 4)
        assert tile[TILE // 2, 0, 3] == 0
        assert tile[TILE // 2, TILE // 2].tolist() == [255, 255, 255, 255]


def test_answers_are_compared_with_the_one_to_the_whole_way() -> None:
    answers = np.array([[0.1, 0.9], [0.75, 0.25], [0.2, 0.8]])
    assert build_without(images(3, 0), answers, NAMES) == (
        Without(3, 4, "one", 0.75, "seven", 0.9),
        Without(0, 4, "seven", 0.8, "seven", 0.9),
    )


def test_a_pixel_of_three_colours_counts_once() -> None:
    grey = images(3)
    (without,) = build_without(np.repeat(grey[..., None], 3, axis=3), np.array([[0.1, 0.9], [0.7, 0.3]]), NAMES)
    assert (without.changed, without.pixels) == (3, 4)


def test_what_a_step_is_good_for_is_told_in_a_few_words() -> None:
    assert describe_one(Without(0, 4, "seven", 0.9, "seven", 0.9)) == "Without it: the very same image."
    assert describe_one(Without(2, 4, "seven", 0.8, "seven", 0.9)) == "Without it: still seven (80.0 %)."
    assert describe_one(Without(2, 4, "one", 0.6, "seven", 0.9)) == "Without it: one (60.0 %) instead of seven."


def test_what_is_off_is_told_with_what_the_network_gets_and_answers() -> None:
    changed, same = Without(312, 784, "one", 0.54, "seven", 0.998), Without(312, 784, "seven", 0.88, "seven", 0.998)
    assert describe_without(["Cut out the ink"], changed) == (
        "With “Cut out the ink” off the network gets an image that differs in 312 of 784 pixels"
        " and answers one (54.0 %) instead of seven (99.8 %)."
    )
    assert describe_without(["A", "B"], same).startswith("With “A” and “B” off the network gets")
    assert describe_without(["A", "B", "C"], same) == (
        "With 3 steps off the network gets an image that differs in 312 of 784 pixels and still answers seven, at 88.0 % instead of 99.8 %."
    )
    assert "very same image" in describe_without(["A"], Without(0, 784, "seven", 0.9, "seven", 0.9))


def test_the_table_has_a_row_for_each_step_and_the_figure_a_picture() -> None:
    stages = build_way(drawing(frozenset({"margin"})), frozenset({"margin"}))
    table = way_table(stages, {"box": Without(5, 784, "one", 0.6, "seven", 0.9)})
    assert table["Done"].tolist() == ["yes"] * 5 + ["no", "yes"]
    assert table["Answer without it"].tolist() == ["", "one (60.0 %)", "", "", "", "", ""]
    figure = draw_way(stages, DARK)
    assert len(figure.axes) == len(stages)
    assert "left out" in figure.axes[5].get_title()
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
