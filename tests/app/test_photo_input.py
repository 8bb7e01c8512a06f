"""Drawing without a mouse: pictures of paper from a file or the clipboard, and the grid for the keyboard, outside of their page."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.datasets.single_image import MAX_FILE_BYTES
from core.drawing.photo import read_picture
from core.figures.photo_steps import build_photo_steps, describe_photo_steps, draw_photo_steps, photo_steps_table
from core.figures.samples import figure_bytes
from core.figures.theme import LIGHT
from pages.components.keyboard_grid import count_cells, read_cells
from pages.components.paste import unpack_address
from tests.app.conftest import FakeCompute
from tests.app.test_pages import texts


def page() -> None:
    import streamlit as st

    from pages.components.photo_input import show_photo_input

    sketch = show_photo_input("photo")
    st.text("nothing" if sketch is None else f"ink of {sketch.ink.shape}, {int((sketch.ink > 127).sum())} pixels")


def png(noise: float = 0.0) -> bytes:
    pixels = np.full((200, 150), 230.0) + np.random.default_rng(1).normal(0, noise, (200, 150))
    pixels[50:150, 60:80] = 40
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def app(compute: FakeCompute) -> AppTest:
    return AppTest.from_function(page, default_timeout=30).run()


def test_without_a_picture_there_is_nothing_to_read(app: AppTest) -> None:
    assert not app.exception and app.text[0].value == "nothing"
    assert "at most 30 MB" in app.file_uploader[0].help and "forgotten when you leave the page" in app.file_uploader[0].help


def test_a_file_becomes_ink_and_it_is_said_how(app: AppTest) -> None:
    app.file_uploader[0].set_value(("one.png", png(), "image/png")).run()
    assert not app.exception and app.text[0].value == "ink of (200, 150), 2000 pixels"
    assert "It was read as a clean picture, such as a scan or a screenshot. 6.7 % of it is ink." in texts(app)


def test_a_photo_of_paper_is_told_from_a_clean_picture(app: AppTest) -> None:
    app.file_uploader[0].set_value(("one.png", png(noise=8), "image/png")).run()
    assert not app.exception and "It was read as a photo of paper." in texts(app)


def test_the_other_ink_can_be_asked_for(app: AppTest) -> None:
    app.file_uploader[0].set_value(("one.png", png(), "image/png")).run()
    app.selectbox[0].set_value("light").run()
    assert not app.exception and "No ink was found." in texts(app) and app.text[0].value == "ink of (200, 150), 0 pixels"


def test_a_file_that_is_no_picture_is_a_sentence(app: AppTest) -> None:
    app.file_uploader[0].set_value(("one.png", b"MZ\x90 not a picture", "image/png")).run()
    assert not app.exception and app.text[0].value == "nothing"
    assert "expected an undamaged file" in app.error[0].value


def test_the_camera_says_what_becomes_of_the_photo_and_the_clipboard_how_to_paste(app: AppTest) -> None:
    app.button_group[0].set_value("Camera").run()
    assert "asks whether this page may use the camera" in texts(app) and "nowhere else" in texts(app)
    app.button_group[0].set_value("Clipboard").run()
    assert not app.exception and "then paste it here" in texts(app)


def test_the_stages_are_pictures_with_words() -> None:
    info = build_photo_steps(read_picture(png(noise=8)))
    assert info.titles == (
        "1. The picture",
        "2. Light evened out",
        "3. Ink or paper",
        "4. Lines and specks dropped",
        "5. Pen wide enough",
    )
    assert info.pictures.shape == (5, 200, 150, 3) and not info.is_clean
    assert describe_photo_steps(info).startswith("It was read as a photo of paper. 6.")
    table = photo_steps_table(info)
    assert list(table["Stage"]) == list(info.titles) and table["What is done"].str.endswith(".").all()
    assert figure_bytes(draw_photo_steps(info, LIGHT), "png").startswith(b"\x89PNG")


def test_only_a_png_of_reasonable_size_is_taken_from_the_browser() -> None:
    address = "data:image/png;base64," + base64.b64encode(png()).decode("ascii")
    assert unpack_address(address) == png()
    for other in (None, 7, "", "data:text/html;base64,PGI+", "data:image/png;base64,?", address[:-1], "data:image/png;base64,é"):
        assert unpack_address(other) is None
    assert unpack_address("data:image/png;base64," + "A" * (2 * MAX_FILE_BYTES)) is None


def test_cells_become_ink_ten_times_as_large() -> None:
    cells = np.zeros((8, 6), int)
    cells[2:6, 2:4] = 1
    sketch = read_cells("".join(map(str, cells.ravel())), (8, 6))
    assert sketch is not None and sketch.ink.shape == (80, 60) and sketch.strokes == ()
    np.testing.assert_array_equal(sketch.ink[5::10, 5::10] > 127, cells == 1)


@pytest.mark.parametrize("cells", [None, "", "0" * 48, "1" * 47, "1" * 49, "1" * 47 + "2", "1" * 47 + "é", 1])
def test_anything_but_cells_with_ink_is_nothing(cells: object) -> None:
    assert read_cells(cells, (8, 6)) is None


@pytest.mark.parametrize(
    ("shape", "cells"), [((28, 28), (28, 28)), ((32, 32), (32, 32)), ((8, 8), (16, 16)), ((256, 128), (32, 16)), ((1, 300), (4, 32))]
)
def test_the_grid_has_a_cell_for_each_pixel_where_these_are_of_a_number_to_walk(shape: tuple[int, int], cells: tuple[int, int]) -> None:
    assert count_cells(shape) == cells


def test_the_grid_is_empty_at_first(compute: FakeCompute) -> None:
    def grid() -> None:
        import streamlit as st

        from pages.components.keyboard_grid import show_keyboard_grid

        st.text(str(show_keyboard_grid("grid")))

    app = AppTest.from_function(grid, default_timeout=30).run()
    assert not app.exception and app.text[0].value == "None"
