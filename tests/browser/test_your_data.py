"""A person brings pictures of their own: sees what is in them, imports them, trains on them, draws for them, and deletes them again."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser import hand
from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

STROKE = (np.array([(50, 0), (50, 100)], float),)

PICTURES = 30
"""Of each class."""

PATIENCE = 60_000
"""Milliseconds: on a busy machine, every step takes its time."""


@pytest.fixture
def zip_path(tmp_path: Path) -> Path:
    """Rings and *bars* in bright colours on black, in three sizes, and one file that is no picture at all."""
    rng = np.random.default_rng(1)
    path = tmp_path / "my shapes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(PICTURES):
            for name in ("rings", "*bars*"):
                archive.writestr(f"{name}/{number:02}.png", draw_shape(name, rng))
        archive.writestr("rings/broken.png", b"this is a text")
    return path


def draw_shape(name: str, rng: np.random.Generator) -> bytes:
    width, height = [(60, 40), (40, 60), (50, 50)][rng.integers(3)]
    picture = Image.new("RGB", (width, height))
    pen, colour = ImageDraw.Draw(picture), tuple(int(part) for part in rng.integers(140, 256, 3))
    x, y = width // 2 + int(rng.integers(-4, 5)), height // 2 + int(rng.integers(-4, 5))
    if name == "rings":
        pen.ellipse((x - 14, y - 14, x + 14, y + 14), outline=colour, width=5)
    else:
        pen.line((x, y - 16, x, y + 16), fill=colour, width=5)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True, level=1).first).to_be_visible(timeout=PATIENCE)


def upload(page: Page, server: Server, path: Path) -> None:
    page.goto(f"{server.url}/your_data")
    page.locator("input[type=file]").first.set_input_files(path)
    expect(page.get_by_role("heading", name="Preview of my shapes.zip").first).to_be_visible(timeout=PATIENCE)


def test_a_person_brings_pictures_trains_on_them_and_deletes_them(server: Server, page: Page, zip_path: Path) -> None:
    page.set_default_timeout(PATIENCE)
    upload(page, server, zip_path)
    metrics = page.get_by_test_id("stMetric")
    metrics.filter(has_text=re.compile(rf"Pictures\s*{2 * PICTURES}")).wait_for(timeout=PATIENCE)
    metrics.filter(has_text=re.compile(r"Width x height\s*3 sizes")).wait_for(timeout=PATIENCE)
    expect(page.get_by_text("48 images to learn from and 12 to test with").first).to_be_visible(timeout=PATIENCE)
    page.get_by_text("One picture can't be read").click()
    expect(page.get_by_role("cell", name="rings/broken.png").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("cell", name="*bars*", exact=True).first).to_be_visible(timeout=PATIENCE)

    page.get_by_role("spinbutton", name="Size in pixels").fill("28")
    page.get_by_role("spinbutton", name="Size in pixels").press("Enter")
    page.get_by_text("Crop: fill the square, cut what stands out").click()
    page.get_by_text("Grey: one number for each pixel").click()
    page.get_by_role("textbox", name="Title").fill("My shapes")
    page.get_by_role("textbox", name="Title").press("Enter")
    page.get_by_role("textbox", name="Name").fill("shapes")
    page.get_by_role("textbox", name="Name").press("Enter")
    expect(page.get_by_text(re.compile("becomes 28 x 28")).first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Import", exact=True).click()

    page.get_by_role("button", name="Look at them").click()
    expect(page.get_by_role("heading", name="Samples", exact=True).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stMetric").filter(has_text="28 x 28")).to_be_visible(timeout=PATIENCE)

    go_to(page, "Build and train")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=3 * PATIENCE)
    run_address = page.url
    go_to(page, "Draw")
    page.get_by_role("combobox", name="Network").click()
    page.get_by_role("option").nth(1).click()
    expect(page).to_have_url(re.compile(r"draw\?run="))
    hand.draw(page, STROKE)
    expect(page.get_by_text(re.compile(r"^Read as ")).first).to_be_visible(timeout=PATIENCE)

    go_to(page, "Your data")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="New title").fill("Shapes of mine")
    page.get_by_role("textbox", name="New title").press("Enter")
    expect(page.get_by_text("Shapes of mine").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("One run that learned from it stays and can be looked at, but not scored any more.").first).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Shapes of mine")).to_have_count(0, timeout=PATIENCE)

    page.goto(run_address)
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=PATIENCE)
    go_to(page, "Score")
    expect(page.get_by_text("There is no data set called 'shapes'").first).to_be_visible(timeout=PATIENCE)


def test_an_upload_waits_on_its_page_and_can_be_forgotten(server: Server, page: Page, zip_path: Path, tmp_path: Path) -> None:
    page.set_default_timeout(PATIENCE)
    upload(page, server, zip_path)
    go_to(page, "Samples")
    go_to(page, "Your data")
    expect(page.get_by_role("heading", name="Preview of my shapes.zip").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Choose other files").click()
    expect(page.get_by_text("You can bring").first).to_be_visible(timeout=PATIENCE)
    assert not list((tmp_path / "home").rglob("*.zip")) and not list((tmp_path / "home" / "datasets").glob("*"))


def test_a_set_is_saved_as_a_file_that_numpy_opens(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/your_data")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as .npz").first.click()
    with np.load(saving.value.path(), allow_pickle=False) as arrays:
        assert arrays["x_train"].shape == (1437, 8, 8)
        assert str(arrays["title"]) == "Digits"


def test_a_person_brings_a_whole_folder_and_then_the_files_of_another_class(server: Server, page: Page, tmp_path: Path) -> None:
    page.set_default_timeout(PATIENCE)
    rng = np.random.default_rng(2)
    for name in ("rings", "bars"):
        (tmp_path / "shapes" / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "shapes" / name / f"{number}.png").write_bytes(draw_shape(name, rng))
    page.goto(f"{server.url}/your_data")
    page.locator("input[type=file]").nth(1).set_input_files(tmp_path / "shapes" / "rings")
    expect(page.get_by_text("All pictures are of one class, 'rings'").first).to_be_visible(timeout=PATIENCE)
    with zipfile.ZipFile(tmp_path / "bars-samples.zip", "w") as archive:
        for file in (tmp_path / "shapes" / "bars").iterdir():
            archive.write(file, file.name)
    page.locator("input[type=file]").first.set_input_files(tmp_path / "bars-samples.zip")
    for name in ("rings", "bars"):
        expect(page.get_by_role("cell", name=name, exact=True).first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Choose other files").click()
    page.locator("input[type=file]").nth(1).set_input_files(tmp_path / "shapes")
    expect(page.get_by_role("heading", name="Preview of shapes").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Shapes is stored as 'shapes'").first).to_be_visible(timeout=PATIENCE)
