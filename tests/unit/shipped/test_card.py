"""The network that comes with Inkling: its files belong together, and it reads."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.figures.novelty import describe_misread, flagged_table
from core.predictions.novelty import NO_POSITION
from core.shipped.card import FOLDER, MAX_BYTES, SHIPPED, load_card, load_familiar, load_profile, load_reader, load_weights
from tests.unit.drawing.pen import draw_strokes, load_strokes


def test_the_files_take_no_more_than_they_may():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MAX_BYTES


def test_the_card_is_about_the_weights_that_are_there():
    assert load_card().weights_sha256 == hashlib.sha256(load_weights()).hexdigest()


def test_the_card_says_what_was_reached():
    card = load_card()
    low, high = card.test_accuracy_interval
    assert card.test_accuracy >= 0.994 and low < card.test_accuracy < high
    assert card.test_images == 10_000 and card.training_images + card.validation_images == 60_000
    flagged = {row.kind: row.by_score / row.images for row in card.novelty}
    assert 0.03 < flagged.pop("MNIST test digits") < 0.07
    assert flagged.pop("printed digits, 22 fonts") < 0.1
    assert len(flagged) >= 4 and min(flagged.values()) >= 0.85


def test_the_table_of_the_card_gives_a_row_to_each_kind_with_its_interval():
    table = flagged_table(load_card())
    assert len(table) == len(load_card().novelty)
    assert table["Called novel"].str.contains(r"% \(.* to .* %\)").all()


def test_the_card_tells_how_print_is_read_and_which_mistakes_are_doubted():
    card = load_card()
    assert card.misread == round((1 - card.test_accuracy) * card.test_images) and 0 < card.misread_flagged <= card.misread
    assert len(card.printed_fonts) == 22 and card.printed_right >= 210
    words = describe_misread(card)
    assert f"Of the {card.misread} test images that it reads wrong, {card.misread_flagged} are called unlike" in words
    assert f"Of 220 printed digits, ten in each of 22 fonts, it reads {card.printed_right} right." in words


def test_the_card_tells_which_of_its_numbers_were_chosen_by():
    assert any("Letters in 10 fonts served to choose" in limit for limit in load_card().limits)


def test_what_it_has_seen_are_training_images_and_printed_digits_of_all_kinds():
    familiar = load_familiar()
    assert np.bincount(familiar.labels, minlength=10).min() > 1_000
    written = familiar.positions[familiar.positions != NO_POSITION]
    assert len(np.unique(written)) == len(written) and written.min() >= 0 and written.max() < 60_000
    printed = familiar.labels[familiar.positions == NO_POSITION]
    assert np.bincount(printed, minlength=10).min() >= 50
    np.testing.assert_allclose(np.linalg.norm(familiar.directions, axis=1), 1, atol=1e-5)
    assert len(familiar.usual) == load_card().validation_images


def test_its_reader_needs_no_data_set_on_this_machine():
    reader = load_reader()
    assert reader.id == SHIPPED and reader.is_grey and len(reader.class_names) == 10
    assert load_profile().images == load_card().training_images


@pytest.mark.slow
def test_it_reads_the_digits_of_other_hands_and_calls_hardly_any_of_them_novel():
    from core.predictions.novelty import measure_novelty
    from core.predictions.predictor import Predictor

    card, drawn = load_card(), load_strokes()
    predictor = Predictor(card.spec, card.image_shape, len(card.class_names), card.max_value, load_weights())
    style = load_reader().style
    from core.drawing.pipeline import prepare_drawing

    images = np.stack([prepare_drawing(draw_strokes(one.strokes), style, (28, 28), 255).image for one in drawn])
    right = predictor.probabilities(images).argmax(axis=1) == [one.digit for one in drawn]
    assert right.sum() >= 34
    assert measure_novelty(load_familiar(), predictor.hidden(images)).is_novel.sum() <= 4
