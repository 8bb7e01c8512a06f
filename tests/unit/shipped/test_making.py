"""The shipped network made anew, on a very small scale: digits by the hands of `strokes.json` stand for MNIST's."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.drawing.pipeline import prepare_drawing
from core.errors import InklingError, StorageError
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.predictions.novelty import NO_POSITION, Familiar
from core.settings import load_settings
from core.shipped import making
from core.shipped.card import Card
from core.shipped.making import PLAN, Plan, measure_again, pretrain
from core.shipped.strangers import STYLE
from tests.unit.drawing.pen import draw_strokes, load_strokes

SMALL = Plan(TrainingSpec(dataset="mnist", hidden=(DenseLayer(units=32),), epochs=6, validation_split=0.2), 60, 40, 100, 30, 20)


def nobody(said: object) -> None:
    """Listens to nothing."""


@pytest.fixture
def settings(tmp_path: Path):
    drawn = load_strokes()
    images = [prepare_drawing(draw_strokes(one.strokes, pen=pen), STYLE, (28, 28), 255).image for pen in (14, 20, 26, 32) for one in drawn]
    labels = np.array([one.digit for one in drawn] * 4)
    tests = slice(0, None, 4)
    (tmp_path / "sets").mkdir()
    np.savez(
        tmp_path / "sets" / "mnist.npz",
        x_train=np.stack(images),
        y_train=labels,
        x_test=np.stack(images)[tests],
        y_test=labels[tests],
    )
    return load_settings({"INKLING_HOME": str(tmp_path / "home"), "INKLING_DATASETS": str(tmp_path / "sets")})


@pytest.mark.slow
def test_it_is_trained_measured_and_written_with_all_that_the_pages_need(settings, tmp_path: Path):
    events = []
    card = pretrain(settings, events.append, nobody, tmp_path / "made", SMALL)
    files = {path.name for path in (tmp_path / "made").iterdir()}
    assert files == {"card.json", "weights.npz", "familiar.npz", "profile.npz"}
    assert Card.model_validate_json((tmp_path / "made" / "card.json").read_bytes()) == card
    assert card.weights_sha256 == hashlib.sha256((tmp_path / "made" / "weights.npz").read_bytes()).hexdigest()
    assert events and card.test_images == 36 and card.training_images + card.validation_images == 144
    with np.load(tmp_path / "made" / "familiar.npz") as archive:
        familiar = Familiar.from_arrays(archive)
    assert len(familiar.positions) == 120 and len(familiar.usual) == card.validation_images
    kinds = [row.kind for row in card.novelty]
    assert kinds[:3] == ["MNIST test digits", "printed digits, 22 fonts", "letters, 10 fonts"] and "clothes" not in kinds


@pytest.mark.slow
def test_it_is_measured_anew_with_the_same_weights_and_the_images_that_it_held_back(settings, tmp_path: Path):
    folder, opened = tmp_path / "made", []
    first = pretrain(settings, nobody, opened.append, folder, SMALL)
    weights = (folder / "weights.npz").read_bytes()
    again = measure_again(settings, opened.append, folder, replace(SMALL, compared_printed=10))
    assert again == first.model_copy(update={"novelty": again.novelty, "misread_flagged": again.misread_flagged})
    assert (folder / "weights.npz").read_bytes() == weights
    with np.load(folder / "familiar.npz") as archive:
        assert (Familiar.from_arrays(archive).positions == NO_POSITION).sum() == 10
    assert opened == [making._find_images(settings, "mnist").sha256] * 2


def test_where_there_is_no_network_there_is_nothing_to_measure(settings, tmp_path: Path):
    opened = []
    with pytest.raises(StorageError, match=r"There is no network in .* Make one"):
        measure_again(settings, opened.append, tmp_path, SMALL)
    assert not opened


@pytest.mark.slow
def test_what_would_be_too_large_to_ship_is_not_written(settings, tmp_path: Path):
    opened = []
    wide = SMALL.spec.model_copy(update={"hidden": (DenseLayer(units=1024),), "epochs": 1})
    with pytest.raises(InklingError, match="at most 1,500,000"):
        pretrain(settings, nobody, opened.append, tmp_path / "made", replace(SMALL, spec=wide))
    assert not (tmp_path / "made").exists()
    # The test images were looked at all the same.
    assert len(opened) == 1


def test_nothing_that_was_held_back_is_learned_from(settings):
    image_set = making._find_images(settings, "mnist")
    halves = making.split_images(SMALL.spec, image_set.y_train)
    lessons = making._build_lessons(SMALL, image_set, halves)
    assert lessons.class_count == 11 and len(lessons.y_train) == len(halves.training) + 100
    learned = {image.tobytes() for image in lessons.x_train[: len(halves.training)]}
    assert learned == {image.tobytes() for image in image_set.x_train[halves.training]}
    assert np.bincount(lessons.y_train)[10] == 40


def test_the_network_that_is_shipped_holds_a_tenth_back():
    assert PLAN.spec.validation_split == 0.1 and PLAN.spec.dataset == "mnist"
