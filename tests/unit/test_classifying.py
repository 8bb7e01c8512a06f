"""Reading picture files: which files are meant, and what becomes of those that can't be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core import classifying
from core.classifying import NEWEST, classify_files, find_network, find_pictures
from core.cli import _show_classify
from core.datasets.catalog import load_digits
from core.errors import DrawingError, RunNotReady
from core.networks.recipes import RECIPES
from core.predictions.novelty import FEWEST_REAL
from core.runs.record import RunState
from core.runs.store import RunStore
from core.settings import Settings, load_settings
from core.shipped.card import SHIPPED
from core.training.events import ArtefactReady


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"INKLING_HOME": str(tmp_path / "home")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three blank pictures, one of them hidden, and a text."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("b.png", "a.JPG", ".hidden.png"):
        Image.new("L", (28, 28), 255).save(folder / name, "PNG")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_folder_stands_for_its_pictures_in_the_order_of_their_names(folder: Path) -> None:
    assert names(find_pictures([folder])) == ["a.JPG", "b.png"]


def test_a_pattern_stands_for_the_files_that_it_fits(folder: Path) -> None:
    assert names(find_pictures([folder / "[ab].*"])) == ["a.JPG", "b.png"]
    assert names(find_pictures([folder.parent / "*" / "*.txt"])) == ["notes.txt"]


def test_a_pattern_may_start_where_the_command_was_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert find_pictures([Path("scans/*.png")]) == [Path("scans/b.png")]


def test_a_named_file_is_kept_whatever_it_is_called_and_whether_it_is_there_or_not(folder: Path) -> None:
    star = folder / "what[1].dat"
    star.write_bytes(b"")
    assert find_pictures([star, folder / "missing.png"]) == [star, folder / "missing.png"]


@pytest.mark.parametrize("pattern", ["*.webp", "**x"])
def test_a_pattern_without_pictures_is_told_with_what_was_expected(folder: Path, pattern: str) -> None:
    with pytest.raises(DrawingError, match=r"The pictures in .* can't be listed|There is no picture in .*expected files"):
        find_pictures([folder / pattern])


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match="There is no picture in"):
        find_pictures([tmp_path])


def test_a_folder_without_pictures_is_told_and_the_other_files_are_still_read(settings: Settings, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    result = classify_files(settings, [folder / "a.JPG", tmp_path / "outer", folder / "*.webp"])
    blank, outer, pattern = (image["error"] for image in result["images"])
    assert "shows no ink" in blank
    assert "There is no picture in" in outer and "Folders in it are not looked into: name them." in outer
    assert "There is no picture in" in pattern and "Folders" not in pattern


def test_each_file_that_can_not_be_read_has_a_sentence_of_its_own(settings: Settings, folder: Path) -> None:
    result = classify_files(settings, [folder / "a.JPG", folder / "notes.txt", folder / "missing.png"])
    assert result["run"] == SHIPPED
    assert [set(image) for image in result["images"]] == [{"file", "error"}] * 3
    blank, text, missing = (image["error"] for image in result["images"])
    assert "shows no ink" in blank
    assert "can't be read; expected an undamaged file" in text
    assert "There is no file" in missing


def test_a_page_of_writing_and_a_dot_are_refused_with_what_to_do(settings: Settings, tmp_path: Path) -> None:
    page, dot = Image.new("L", (400, 400), 255), Image.new("L", (280, 280), 255)
    for row in range(20, 380, 20):
        for column in range(20, 380, 20):
            ImageDraw.Draw(page).ellipse((column, row, column + 8, row + 10), outline=0)
    ImageDraw.Draw(dot).ellipse((100, 100, 130, 130), fill=0)
    page.save(tmp_path / "page.png")
    dot.save(tmp_path / "dot.png")
    errors = [image["error"] for image in classify_files(settings, [tmp_path / "page.png", tmp_path / "dot.png"])["images"]]
    assert errors == [
        "The ink is in 324 separate pieces; expected at most 60. Crop the picture to the figures.",
        "That is a single dot. Bring a picture of one figure, or crop it closer.",
    ]


def test_the_network_that_comes_with_inkling_is_there_without_its_images(settings: Settings) -> None:
    network = find_network(settings)
    assert network.image_set is None
    assert (network.reader.dataset, network.reader.image_shape, network.reader.class_names) == ("mnist", (28, 28), tuple("0123456789"))


def test_the_newest_run_is_asked_for_by_name_and_there_has_to_be_one(settings: Settings) -> None:
    with pytest.raises(RunNotReady, match="Train one first"):
        find_network(settings, "newest")


def test_the_newest_network_is_one_whose_images_are_here(settings: Settings) -> None:
    store, spec = RunStore(settings.home), RECIPES["digits-64"].spec
    gone = store.create(spec.model_copy(update={"recipe": None, "dataset": "gone"}), "1" * 64)
    with pytest.raises(RunNotReady):
        find_network(settings, NEWEST)
    for record in (store.create(spec, load_digits().sha256), gone):
        store.append(record.id, ArtefactReady("weights/final.npz", b"weights"))
        store.finish(record.id, RunState.FINISHED)
    assert find_network(settings, NEWEST).reader.dataset == "digits"


@pytest.mark.parametrize(("measured", "told"), [(FEWEST_REAL, [False, True]), (FEWEST_REAL - 1, [None, None])])
def test_with_few_real_images_to_compare_with_a_picture_is_neither_novel_nor_not(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: int, told: list[bool | None]
) -> None:
    answers = {
        "probabilities": np.full((2, 10), 0.1, np.float32),
        "scores": np.array([0.1, 0.9], np.float32),
        "threshold": np.float32(0.5),
        "exceeded": np.array([0.0, 1.0], np.float32),
        "measured": np.array(measured),
    }
    monkeypatch.setattr(classifying, "read", lambda *_: answers)
    monkeypatch.setattr(classifying, "load_quietly", lambda: None)
    for name in ("a.png", "b.png"):
        picture = Image.new("L", (280, 280), 255)
        ImageDraw.Draw(picture).line([(75, 60), (205, 60), (125, 225)], fill=0, width=20)
        picture.save(tmp_path / name)
    read = classify_files(settings, [tmp_path / "a.png", tmp_path / "b.png"])["images"]
    novelties = [image["novelty"] for image in read]
    assert [novelty["is_novel"] for novelty in novelties] == told
    assert [novelty["measured"] for novelty in novelties] == [measured, measured]
    assert ("Too few images to tell" in _show_classify({"images": read})) == (None in told)
