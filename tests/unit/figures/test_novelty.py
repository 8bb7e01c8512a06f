"""How new a drawing is, in words, on a scale and as a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.figures.novelty import (
    NoveltyInfo,
    build_novelty,
    build_novelty_chart,
    describe_compared,
    describe_limit,
    describe_novelty,
    describe_weight,
    draw_novelty,
    novelty_table,
)
from core.figures.theme import DARK, LIGHT
from core.predictions.novelty import FEWEST_REAL, NO_POSITION, Novelty, measure_novelty
from core.shipped.card import load_card, load_familiar

ODD = "Odd shapes can pass this check."
NAMES = ("cat", "dog", "horse")
FOUND = Novelty(
    scores=np.array([0.5, 0.1], np.float32),
    threshold=np.float32(0.25),
    exceeded=np.array([1.0, 0.25], np.float32),
    positions=np.array([[7, 3, 9], [1, 2, 4]], np.int32),
    labels=np.array([[2, 2, 0], [1, 1, 1]], np.int32),
    distances=np.array([[0.5, 0.75, 1.0], [0.1, 0.2, 0.3]], np.float32),
    compared=np.array(14_000),
    measured=np.array(6_000),
)


def test_one_of_several_images_is_told_with_its_own_neighbours():
    info = build_novelty(FOUND, 0, NAMES)
    assert info == NoveltyInfo(0.5, 0.25, 1.0, 6_000, 14_000, ((7, "horse", 0.5), (3, "horse", 0.75), (9, "cat", 1.0)))
    assert info.is_novel and not build_novelty(FOUND, 1, NAMES).is_novel


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0, "It is further from everything that this network learned than all 6,000 real images are."),
        (1, f"Nothing unusual found: of 6,000 real images that it did not learn from, 75.0 % are further from its training images. {ODD}"),
    ],
)
def test_in_words_it_is_compared_with_real_images(index: int, words: str):
    assert describe_novelty(build_novelty(FOUND, index, NAMES), "images") == words


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0, "It is further from the digits that this network learned than all 6,000 of them are from the others. None were held back"),
        (1, f"Nothing unusual found: of 6,000 digits that it learned, 75.0 % are further from the others. {ODD}"),
    ],
)
def test_of_a_network_that_has_seen_every_image_none_is_said_to_be_unseen(index: int, words: str):
    info = build_novelty(replace(FOUND, is_unseen=np.array(False)), index, NAMES)
    assert describe_novelty(info, "digits").startswith(words)
    assert "did not learn from" not in describe_novelty(info, "digits") + describe_limit(is_unseen=False)


@pytest.mark.parametrize("is_unseen", [True, False])
@pytest.mark.parametrize("index", [0, 1])
def test_with_few_real_images_it_is_neither_familiar_nor_novel(index: int, is_unseen: bool):
    few = replace(FOUND, measured=np.array(FEWEST_REAL - 1), is_unseen=np.array(is_unseen))
    info = build_novelty(few, index, NAMES)
    assert describe_novelty(info, "images") == (
        "Too few images to tell whether anything is unusual: this check needs at least 30 real images to compare with, and has 29."
    )
    assert not info.is_novel and not info.is_judged
    # They set no limit that a bar could be longer than.
    assert build_novelty_chart(info, LIGHT).data["name"].tolist() == ["This drawing"]
    assert len(draw_novelty(info, LIGHT).axes[0].patches) == 1
    assert build_novelty(replace(few, measured=np.array(FEWEST_REAL)), index, NAMES).is_judged


def test_the_limit_is_said_to_cost_one_real_image_in_twenty():
    assert describe_limit().startswith("The limit lets 95 % of real images pass") and "one real image in 20" in describe_limit()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_scale_has_the_drawing_and_the_limit_and_the_same_document_for_every_drawing(theme):
    charts = [build_novelty_chart(build_novelty(FOUND, index, NAMES), theme) for index in (0, 1)]
    assert charts[0].data["name"].tolist() == ["This drawing", "Limit"]
    assert charts[0].data["text"].tolist() == ["0.500", "0.250"]
    assert charts[0].spec == charts[1].spec


def test_it_is_told_what_made_the_score_of_the_distance():
    strong = NoveltyInfo(0.6, 0.25, 1.0, 6_000, 14_000, ((7, "horse", 0.5),))
    assert "the nearest one times 1.20" in describe_weight(strong)
    assert "times 1.00" in describe_weight(NoveltyInfo(0.0, 0.25, 0.0, 6_000, 14_000, ((7, "horse", 0.0),)))


def test_the_figure_for_a_file_says_both_scores():
    texts = {text.get_text() for text in draw_novelty(build_novelty(FOUND, 0, NAMES), LIGHT).axes[0].texts}
    assert {"0.500", "0.250"} <= texts


def test_the_table_has_the_nearest_images_in_order():
    table = novelty_table(build_novelty(FOUND, 0, NAMES))
    assert table.values.tolist() == [["7", "horse", 0.5], ["3", "horse", 0.75], ["9", "cat", 1.0]]


def test_a_printed_digit_among_the_nearest_is_told_from_the_images_of_the_set():
    near = NoveltyInfo(0.1, 0.25, 0.0, 6_000, 14_000, ((NO_POSITION, "horse", 0.1), (3, "cat", 0.2)))
    assert novelty_table(near)["Training image"].tolist() == ["printed", "3"]
    assert near.in_set == ((3, "cat", 0.2),)


def test_it_is_told_how_many_of_the_images_it_learned_from_were_looked_through():
    info = build_novelty(FOUND, 0, NAMES)
    assert describe_compared(info, 14_000) == "They were looked for among all 14,000 images that the network learned from"
    assert describe_compared(info, 54_000) == "They were looked for among 14,000 of the 54,000 images that the network learned from"


def test_the_printed_digits_of_the_shipped_network_are_not_counted_as_learned_from():
    familiar, card = load_familiar(), load_card()
    found = measure_novelty(familiar, familiar.directions[:1])
    words = describe_compared(build_novelty(found, 0, card.class_names), card.training_images)
    assert "among 28,000 of the 54,000 images that the network learned from" in words
    assert words.endswith("and 3,500 printed digits")
