"""What the preview of an import says, and the pictures before and after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.datasets.importing.options import ImportOptions
from core.datasets.importing.source import Example, SourceKind, Survey, Unreadable
from core.datasets.importing.splitting import draw_test_set
from core.figures.before_after import TILE, build_pair, draw_pair
from core.figures.import_preview import (
    MAX_LISTED,
    class_table,
    count_after_split,
    describe_sizes,
    describe_split,
    shape_changes,
    unreadable_table,
)
from core.figures.theme import LIGHT

OPTIONS = ImportOptions(name="pets", size=28)
SURVEY = Survey(
    kind=SourceKind.CLASS_FOLDERS,
    source_name="pets.zip",
    class_names=("cat", "dog", "newt"),
    training_counts=(10, 7, 1),
    test_counts=(0, 0, 0),
    has_split=False,
    sizes=(((40, 30), 12), ((20, 20), 4), ((1200, 800), 2)),
    grey_pictures=0,
    colour_pictures=18,
    unreadable=(),
    left_out=(),
    notes=(),
    suggestion=OPTIONS,
)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_counts_are_those_that_the_split_will_draw(share: float) -> None:
    options = OPTIONS.model_copy(update={"test_share": share, "seed": 4})
    labels = np.repeat(np.arange(3, dtype=np.int32), SURVEY.training_counts)
    is_test = draw_test_set(labels, share, 4)
    training, test = count_after_split(SURVEY, options)
    assert test == tuple(np.bincount(labels[is_test], minlength=3))
    assert training == tuple(np.bincount(labels[~is_test], minlength=3))


def test_a_split_of_its_own_is_left_as_it_is() -> None:
    split = replace(SURVEY, has_split=True, test_counts=(3, 2, 1))
    table = class_table(split, OPTIONS)
    assert table.to_dict("list") == {"Class": ["cat", "dog", "newt"], "Training": [10, 7, 1], "Test": [3, 2, 1]}
    assert describe_split(split, OPTIONS) == "18 images to learn from and 6 to test with, as the files themselves divide them."


def test_a_split_by_chance_names_its_share_and_seed() -> None:
    assert describe_split(SURVEY, OPTIONS) == (
        "15 images to learn from and 3 to test with. The files do not say which are for testing, so 20 % of each class,"
        " rounded to whole images and at least one, are kept apart, drawn by chance with seed 1."
    )


def test_sizes_are_told_from_the_smallest_to_the_largest() -> None:
    assert describe_sizes(SURVEY) == "The pictures come in 3 sizes, from 20 x 20 to 1,200 x 800 pixels; 12 of 18 are 40 x 30."
    assert describe_sizes(replace(SURVEY, sizes=(((28, 28), 18),))) == "All pictures are 28 x 28 pixels."


def test_the_shape_matters_only_where_a_picture_that_is_not_square_becomes_square() -> None:
    square = replace(SURVEY, sizes=(((40, 40), 12), ((20, 20), 6)))
    assert [shape_changes(SURVEY, 28), shape_changes(SURVEY, None), shape_changes(square, 28)] == [True, False, False]


def test_only_the_first_unreadable_files_are_listed() -> None:
    many = tuple(Unreadable(f"{number}.png", "It is empty.") for number in range(MAX_LISTED + 5))
    table = unreadable_table(replace(SURVEY, unreadable=many))
    assert len(table) == MAX_LISTED
    assert list(table.iloc[0]) == ["0.png", "It is empty."]


def test_small_pictures_grow_by_a_whole_factor_and_large_ones_shrink_to_the_tile() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 256, (300, 400, 3), np.uint8), rng.integers(0, 256, (28, 28), np.uint8)
    pair = build_pair(Example("cat/1.png", "cat", (1200, 900), before, after))
    assert pair.sentence == "1,200 x 900 becomes 28 x 28"
    assert pair.before.shape == (TILE * 3 // 4, TILE, 3)
    factor = TILE // 28
    assert pair.after.shape == (28 * factor, 28 * factor, 3)
    assert np.array_equal(pair.after[::factor, ::factor, 0], after)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (28, 28, 3), (256, 3, 3)])
def test_a_pair_of_any_shape_is_drawn_in_frames_that_keep_its_inside(shape: tuple[int, ...]) -> None:
    picture = np.full(shape, 7, np.uint8)
    drawn = draw_pair(build_pair(Example("x", "cat", (shape[1], shape[0]), picture, picture)), LIGHT)
    assert drawn.dtype == np.uint8 and drawn.shape[0] == TILE and drawn.shape[2] == 4
    tile = drawn[:, :TILE]
    assert np.array_equal(tile, drawn[:, -TILE:]), "before and after are the same picture here"
    height, width = shape[:2]
    seen = np.argwhere(tile[..., 3] == 255)
    assert np.ptp(seen, axis=0).max() + 1 > TILE * 0.8
    assert np.ptp(seen[:, 0]) > np.ptp(seen[:, 1]) if height > width else np.ptp(seen[:, 0]) <= np.ptp(seen[:, 1])
