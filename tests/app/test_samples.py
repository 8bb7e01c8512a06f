"""Explore > Samples without a browser: what an image is inspected by, and what the searches tell."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.compute.jobs import JobState
from core.figures.samples import colour_image
from pages.components.tiles import build_sprite
from tests.app.conftest import FakeCompute
from tests.app.test_pages import open_page, press, texts

SAMPLES = "pages/explore/samples.py"


def write_set(home: Path, *, twins: bool, names: tuple[str, ...] = ("cat", "dog")) -> None:
    """A small set `pets`; with twins, test image 0 is training image 3 with another label, and training holds a copy of its own."""
    generator = np.random.default_rng(1)
    x_train, x_test = (generator.integers(30, 200, (count, 6, 6), dtype=np.uint8) for count in (60, 12))
    y_train, y_test = np.arange(60) % 2, np.arange(12) % 2
    if twins:
        x_test[0], x_train[20] = x_train[3], x_train[4]
        x_test[5] = x_train[7] // 2 + 100
    folder = home / "datasets"
    folder.mkdir(parents=True)
    np.savez(folder / "pets.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test, class_names=np.array(names))


def open_pets(app: AppTest) -> AppTest:
    open_page(app, SAMPLES)
    app.selectbox(key="dataset").select("pets").run()
    assert not app.exception and not app.error
    return app


def pixels_of(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB"))


@pytest.mark.parametrize("shape", [(28, 28), (32, 32, 3)])
def test_a_sprite_holds_every_image_in_its_colours(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(2).integers(0, 256, (7, *shape), dtype=np.uint8)
    sprite = build_sprite(images, 255, "viridis")
    wanted = images if len(shape) == 3 else colour_image(images, 255, "viridis")
    sheet = pixels_of(sprite["sprite"])
    for place, image in enumerate(wanted):
        row, column = divmod(place, sprite["across"])
        height, width = sprite["height"], sprite["width"]
        assert np.array_equal(sheet[row * height :, column * width :][:height, :width], image)


def test_a_sprite_of_sixteen_grey_levels_ends_in_white() -> None:
    sprite = build_sprite(np.full((1, 8, 8), 16, dtype=np.uint8), 16, "gray")
    assert (pixels_of(sprite["sprite"]) == 255).all()


def test_large_images_travel_as_the_mean_of_their_blocks() -> None:
    images = np.zeros((3, 256, 200, 3), dtype=np.uint8)
    images[:, ::2] = 200
    sprite = build_sprite(images, 255, "gray")
    assert (sprite["width"], sprite["height"]) == (100, 128)
    assert (pixels_of(sprite["sprite"])[:128, :100] == 100).all()


def test_an_image_is_shown_with_what_its_nearest_neighbours_say(app: AppTest) -> None:
    open_page(app, SAMPLES)
    assert "of its 10 nearest training images carry its own label" in texts(app)
    assert "these look most like it and are something else" in texts(app)


def test_another_image_has_other_neighbours(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, SAMPLES)
    app.number_input(key="image_index_digits_training").set_value(5).run()
    assert sorted(key.split("/")[2:4] for key in compute.jobs) == [["training", "0"], ["training", "5"]]


def test_the_inspected_image_is_kept_when_one_goes_to_another_page_and_back(app: AppTest) -> None:
    open_page(app, SAMPLES)
    app.number_input(key="image_index_digits_training").set_value(5).run()
    app.switch_page("pages/predict/draw.py").run()
    app.switch_page(SAMPLES).run()
    assert app.number_input(key="image_index_digits_training").value == 5


def test_the_images_of_one_class_that_look_like_another_are_searched_on_request(app: AppTest) -> None:
    open_page(app, SAMPLES)
    app.selectbox(key="lookalikes_0_digits").select(7).run()
    assert "that is nearest to it" not in texts(app)
    press(app, "Look for them")
    assert "Left an image of 7, right the image of 1 that is nearest to it" in texts(app)
    app.selectbox(key="lookalikes_1_digits").select(7).run()
    assert "Choose two different classes." in texts(app)


def test_a_set_that_leaks_is_told(app: AppTest, tmp_path: Path) -> None:
    write_set(tmp_path / "home", twins=True)
    open_pets(app)
    press(app, "Look for duplicates")
    assert "2 of 12 test images (16.7 %) have a twin among the training images" in texts(app)
    assert "up to 16.7 percentage points too high" in texts(app)
    assert "exact copies: 1, others: 1" in texts(app)
    assert "1 of the 2 pairs carries two different labels" in texts(app)
    assert "1 image repeats an earlier one" in texts(app)


def test_a_set_without_twins_is_told(app: AppTest, tmp_path: Path) -> None:
    write_set(tmp_path / "home", twins=False)
    open_pets(app)
    press(app, "Look for duplicates")
    assert "No test image has a twin" in "\n".join(str(element.value) for element in app.success)
    assert "No training image is an exact copy of another." in texts(app)


def test_being_stricter_needs_no_new_search(app: AppTest, compute: FakeCompute, tmp_path: Path) -> None:
    write_set(tmp_path / "home", twins=True)
    open_pets(app)
    press(app, "Look for duplicates")
    done = dict(compute.jobs)
    app.select_slider(key="duplicates_limit_pets").set_value(0.6).run()
    assert compute.jobs == done and not app.exception


def test_a_search_shows_how_far_it_is_and_can_be_called_off(app: AppTest, compute: FakeCompute) -> None:
    open_page(app, SAMPLES)
    compute.holds_jobs = True
    press(app, "Look for duplicates")
    running = [key for key, job in compute.jobs.items() if job.state == JobState.RUNNING]
    assert len(running) == 1
    press(app, "Cancel")
    assert compute.jobs[running[0]].state == JobState.CANCELLED
    assert "Called off; nothing of it was kept." in texts(app)
    compute.holds_jobs = False
    press(app, "Try again")
    assert not app.info and "No test image has a twin" in "\n".join(str(element.value) for element in app.success)
    assert "written by 13 people" in texts(app) and compute.jobs[running[0]].state == JobState.FINISHED


def test_the_page_does_not_wait_for_neighbours_that_take_long(app: AppTest, compute: FakeCompute) -> None:
    compute.holds_jobs = True
    open_page(app, SAMPLES)
    assert not app.exception and "Images that occur twice" in texts(app)
    assert any(button.label == "Cancel" for button in app.button)


def test_class_names_that_look_like_markdown_or_html_are_shown_as_they_are(app: AppTest, tmp_path: Path) -> None:
    write_set(tmp_path / "home", twins=True, names=("<b>cat</b>", "**dog**"))
    open_pets(app)
    for label in ("Look for them", "Look for duplicates"):
        press(app, label)
    assert not app.exception and not app.error
    assert "**dog**" not in texts(app) and "<b>" not in texts(app)
