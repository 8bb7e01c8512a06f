"""Ink from photographed paper, which pictures count as clean, and what becomes of bad ones."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from core.datasets.single_image import MAX_FILE_BYTES
from core.drawing.ink import NO_INK, InkBox, ink_box
from core.drawing.paper import drop_ruling, drop_specks, even_light, has_dark_ink, read_paper, threshold, widen_strokes
from core.drawing.photo import Tone, read_picture
from core.drawing.pipeline import prepare_drawing
from core.drawing.reader import Reader
from core.drawing.style import DrawingStyle
from core.errors import DrawingError
from tests.unit.drawing.camera import SCENES, Photo, photograph, saved
from tests.unit.drawing.pen import Drawn, draw_strokes, load_strokes

UCI = DrawingStyle("uci_digits", 1.0)
GREY = Reader("grey", "A network of grey digits", "mnist", "", ("0", "1"), (28, 28), 255, DrawingStyle("mnist", 20 / 28))
COLOUR = Reader("colour", "A network of colour photos", "cifar10", "", ("cat", "dog"), (32, 32, 3), 255, DrawingStyle("generic", 0.8))


@pytest.fixture(scope="module")
def reader() -> MLPClassifier:
    """Trained on the bundled real digits alone."""
    digits = load_digits()
    classifier = MLPClassifier((64,), max_iter=60, random_state=1)
    with pytest.warns(ConvergenceWarning):
        classifier.fit(digits.data / 16, digits.target)
    return classifier


def one_of_each() -> list[Drawn]:
    return list({one.digit: one for one in reversed(load_strokes())}.values())


def read_share(reader: MLPClassifier, scene: str, drawn: list[Drawn], side: int) -> float:
    """The share of digits that are read right from their photos."""
    rng = np.random.default_rng(1)
    photos = [photograph(one.strokes, SCENES[scene], rng, width=side, height=side) for one in drawn]
    inks = [read_picture(saved(photo, quality=90)).sketch.ink for photo in photos]
    images = np.array([prepare_drawing(ink, UCI, (8, 8), 16).image for ink in inks])
    return float((reader.predict(images.reshape(len(images), -1) / 16) == [one.digit for one in drawn]).mean())


@pytest.mark.parametrize("scene", ["all of it", "chalk on a board"])
def test_digits_on_photographed_paper_are_read(reader: MLPClassifier, scene: str) -> None:
    assert read_share(reader, scene, one_of_each()[::2], 400) >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_nearly_all_digits_are_read_in_every_light_and_on_every_paper(reader: MLPClassifier, scene: str) -> None:
    # Ruled lines that are not level break strokes where they cross them.
    assert read_share(reader, scene, list(load_strokes()), 800) >= (0.65 if scene == "tilted ruled paper" else 0.9)


def grey_photo(scene: str, side: int = 300) -> Photo:
    photo = photograph(load_strokes()[20].strokes, SCENES[scene], np.random.default_rng(2), width=side, height=side)
    return np.asarray(Image.fromarray(photo).convert("L"))


@pytest.mark.parametrize("scene", SCENES)
def test_the_photo_itself_tells_which_is_the_ink(scene: str) -> None:
    assert has_dark_ink(grey_photo(scene)) == (scene != "chalk on a board")


def test_evened_light_leaves_the_paper_white_on_both_sides_of_a_shadow() -> None:
    page = np.full((300, 300), 220, np.uint8)
    page[:, 150:] = 90
    page[100:200, 70:80] = page[100:200, 220:230] // 3
    evened = even_light(page)
    assert evened[50, 50] > 245 and evened[50, 250] > 245
    found = threshold(evened)
    assert found[150, 75] and not found[50].any()


def test_the_threshold_is_sauvola_s_with_the_window_s_own_mean_and_deviation() -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(100, 256, (60, 60)).astype(np.uint8)
    side = 7  # An eighth of 60, an odd number.
    window = image[30 - 3 : 30 + 4, 20 - 3 : 20 + 4].astype(float)
    limit = window.mean() * (1 + 0.2 * (window.std() / 128 - 1))
    assert window.shape == (side, side)
    for value, is_ink in ((int(limit) - 40, True), (int(limit) + 40, False)):
        changed = image.copy()
        changed[30, 20] = value
        assert threshold(changed)[30, 20] == is_ink


def ruled_page(slope: float = 0.0) -> NDArray[np.bool_]:
    page = np.zeros((300, 300), dtype=bool)
    columns = np.arange(300)
    for row in range(30, 300, 40):
        page[np.clip(row + np.rint(columns * slope).astype(int), 0, 299), columns] = True
    return page


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.03])
def test_the_ruling_goes_and_the_stroke_that_crosses_it_stays(slope: float) -> None:
    stroke = np.zeros((300, 300), dtype=bool)
    stroke[60:240, 140:150] = True
    cleaned = drop_specks(drop_ruling(ruled_page(slope) | stroke))
    assert (cleaned & stroke).sum() >= 0.98 * stroke.sum()
    assert (cleaned & ~stroke).sum() <= 60


def test_upright_lines_of_squared_paper_go_as_well() -> None:
    page = ruled_page()
    stroke = np.zeros((300, 300), dtype=bool)
    stroke[60:240, 133:143] = True
    cleaned = drop_specks(drop_ruling(page | page.T | stroke))
    assert (cleaned & stroke).sum() >= 0.95 * stroke.sum()
    assert (cleaned & ~stroke).sum() <= 150


def test_the_bar_of_a_large_seven_is_no_ruling() -> None:
    seven = draw_strokes(load_strokes()[20].strokes, pen=3, size=240, left=20, top=20) > 127
    np.testing.assert_array_equal(drop_ruling(seven), seven)


def test_dust_and_the_table_at_the_edge_go_and_the_parts_of_a_figure_stay() -> None:
    page = np.zeros((200, 200), dtype=bool)
    page[60:140, 60:70] = True
    page[60:70, 90:120] = True
    figure = page.copy()
    page[20:22, 30:33] = True
    page[:, 190:] = True
    np.testing.assert_array_equal(drop_specks(page), figure)


def test_a_figure_that_reaches_the_edge_stays_if_it_is_all_there_is() -> None:
    page = np.zeros((200, 200), dtype=bool)
    page[0:120, 60:70] = True
    np.testing.assert_array_equal(drop_specks(page), page)


@pytest.mark.parametrize(
    "scene", [scene if scene in ("squared paper", "all of it") else pytest.param(scene, marks=pytest.mark.slow) for scene in SCENES]
)
def test_a_photo_of_one_digit_has_no_more_pieces_than_a_digit(scene: str) -> None:
    photo = photograph(load_strokes()[20].strokes, SCENES[scene], np.random.default_rng(2))
    assert read_picture(saved(photo, quality=85)).sketch.pieces <= 5


@pytest.mark.parametrize("lines", [6, 40])
def test_the_pieces_on_a_photo_of_a_sheet_of_writing_are_counted_though_they_are_dropped(lines: int) -> None:
    rng = np.random.default_rng(6)
    page = Image.new("L", (800, 800), 235)
    for row in range(lines):
        for column in range(24):
            place, size = (40 + 30 * column, 40 + row * 720 // lines), 0.5 * 720 / max(lines, 30)
            for stroke in load_strokes()[rng.integers(36)].strokes:
                ImageDraw.Draw(page).line([tuple(point * size / 100 + place) for point in stroke], fill=50, width=2)
    shadow = np.linspace(1, 0.5, 800) * np.where(np.arange(800) < 500, 1, 0.7)
    photo = np.clip(np.asarray(page) * shadow + rng.normal(0, 3, (800, 800)), 0, 255).astype(np.uint8)
    assert read_picture(saved(photo, quality=85)).sketch.pieces > 60


def test_specks_alone_are_no_ink() -> None:
    page = np.random.default_rng(4).random((400, 400)) < 0.001
    assert page.any() and not drop_specks(page).any()
    assert not drop_specks(np.zeros((50, 50), dtype=bool)).any()


def test_a_thin_pen_is_widened_to_what_digits_need_and_a_wide_one_left_alone() -> None:
    thin, wide = np.zeros((300, 300), dtype=bool), np.zeros((300, 300), dtype=bool)
    thin[50:250, 148:151] = True
    wide[50:250, 130:170] = True
    assert 16 <= widen_strokes(thin)[150].sum() <= 20
    np.testing.assert_array_equal(widen_strokes(wide), wide)


def test_the_last_of_the_stages_is_the_ink() -> None:
    reading = read_paper(grey_photo("ruled paper"))
    assert [step.rule.key for step in reading.steps] == ["evened", "parted", "cleaned", "widened"]
    np.testing.assert_array_equal(reading.steps[-1].image, reading.ink)
    assert set(np.unique(reading.ink)) == {0, 255}


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_paper_without_ink_gives_none_whatever_its_grain(level: int) -> None:
    rng = np.random.default_rng(5)
    page = np.clip(level + rng.normal(0, 3, (200, 200)), 0, 255).astype(np.uint8)
    assert not read_paper(page).ink.any()


# Which way a picture goes.


def digit_png(size: tuple[int, int], paper: int, ink: int) -> bytes:
    page = np.full((280, 280), paper, np.uint8)
    page[draw_strokes(load_strokes()[20].strokes) > 127] = ink
    return saved(np.asarray(Image.fromarray(page).resize(size)), "PNG")


@pytest.mark.parametrize(("size", "paper", "ink"), [((28, 28), 0, 255), ((280, 280), 255, 0), ((1200, 900), 30, 220)])
def test_images_of_data_sets_and_screenshots_are_clean(size: tuple[int, int], paper: int, ink: int) -> None:
    reading = read_picture(digit_png(size, paper, ink))
    assert reading.is_clean and ink_box(reading.sketch.ink) is not None
    assert [step.rule.key for step in reading.steps] == ["photo", "ink"]
    assert max(reading.sketch.ink.shape) == min(max(size), 500)


@pytest.mark.parametrize("scene", SCENES)
def test_photos_are_read_as_paper(scene: str) -> None:
    # Even light without any noise is what no camera gives.
    photo = photograph(load_strokes()[20].strokes, SCENES[scene], np.random.default_rng(2), width=300, height=300)
    assert read_picture(saved(photo, "PNG")).is_clean == (scene in ("even light", "blur"))


def test_who_says_which_is_the_ink_is_believed() -> None:
    page = digit_png((280, 280), 255, 0)
    assert read_picture(page, Tone.DARK).sketch.ink.mean() < 60
    assert not read_picture(page, Tone.LIGHT).sketch.ink.any()
    board = saved(photograph(load_strokes()[20].strokes, SCENES["chalk on a board"], np.random.default_rng(2), width=300, height=300))
    automatic, told = (read_picture(board, tone).sketch.ink for tone in (Tone.AUTO, Tone.LIGHT))
    np.testing.assert_array_equal(automatic, told)


def test_a_network_of_colour_photos_gets_the_middle_of_the_photo() -> None:
    photo = np.zeros((60, 100, 3), np.uint8)
    photo[:, 20:80] = (200, 100, 50)
    prepared = COLOUR.prepare(read_picture(saved(photo, "PNG")).sketch)
    assert prepared.image.shape == (32, 32, 3) and prepared.box == InkBox(0, 20, 60, 80)
    np.testing.assert_array_equal(prepared.image, np.broadcast_to(np.array([200, 100, 50], np.uint8), (32, 32, 3)))


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("size", [(1, 1), (40, 40), (400, 300)])
def test_a_picture_of_one_grey_has_no_ink_but_is_still_a_photo(level: int, size: tuple[int, int]) -> None:
    sketch = read_picture(saved(np.full(size, level, np.uint8), "PNG")).sketch
    with pytest.raises(DrawingError) as caught:
        GREY.prepare(sketch)
    assert str(caught.value) == NO_INK
    assert COLOUR.prepare(sketch).image.mean() == level


# Files of all kinds.


def test_sixteen_bits_colours_of_print_palettes_and_animations_are_read() -> None:
    grey = np.full((120, 120), 255, np.uint8)
    grey[30:90, 50:70] = 0
    page = Image.fromarray(grey)
    deep = io.BytesIO()
    Image.fromarray(grey.astype(np.uint16) * 257).save(deep, "PNG")
    printed, film = io.BytesIO(), io.BytesIO()
    page.convert("CMYK").save(printed, "JPEG", quality=95)
    page.save(film, "GIF", save_all=True, append_images=[Image.new("L", (120, 120), 255)])
    palette = saved(np.asarray(page), "GIF")
    for data in (deep.getvalue(), printed.getvalue(), film.getvalue(), palette):
        assert ink_box(read_picture(data).sketch.ink) == InkBox(30, 50, 90, 70)


def test_what_a_picture_shows_through_is_white_in_its_colours() -> None:
    pixels = np.zeros((120, 120, 4), np.uint8)
    pixels[30:90, 50:70] = (0, 0, 200, 255)
    sketch = read_picture(saved(pixels, "PNG")).sketch
    assert sketch.photo is not None
    assert sketch.photo[0, 0].tolist() == [255, 255, 255] and sketch.photo[60, 60].tolist() == [0, 0, 200]
    assert ink_box(sketch.ink) == InkBox(30, 50, 90, 70)


def test_a_camera_s_rotation_mark_is_obeyed_in_ink_and_colours() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn by a quarter to the right to see it upright.
    photo = photograph(load_strokes()[20].strokes, SCENES["uneven light"], np.random.default_rng(2), width=400, height=300)
    sketch = read_picture(saved(photo, exif=exif)).sketch
    assert sketch.ink.shape == (400, 300) and sketch.photo is not None and sketch.photo.shape == (400, 300, 3)


def test_a_file_of_too_many_bytes_is_refused_unopened() -> None:
    with pytest.raises(DrawingError, match=f"expected at most {MAX_FILE_BYTES:,}"):
        read_picture(bytes(MAX_FILE_BYTES + 1))


def test_what_is_no_picture_is_a_sentence() -> None:
    with pytest.raises(DrawingError, match="expected an undamaged file"):
        read_picture(b"MZ\x90 not a picture")


@pytest.mark.slow
def test_a_photo_of_24_million_pixels_is_read() -> None:
    photo = photograph(load_strokes()[20].strokes, SCENES["noise"], np.random.default_rng(2), width=1200, height=900)
    large = saved(np.asarray(Image.fromarray(photo).resize((5656, 4242))), quality=95)
    assert len(large) > 3_000_000
    reading = read_picture(large)
    assert reading.sketch.ink.shape == (375, 500) and ink_box(reading.sketch.ink) is not None
