"""Draw without a mouse in a real browser: a seven by the keyboard alone, a photo of paper, and a picture from the clipboard."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import Server
from tests.unit.drawing.camera import SCENES, photograph, saved
from tests.unit.drawing.pen import load_strokes

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# From the middle of the grid to where a seven begins, along its bar, and down its stem.
TO_THE_START = ["ArrowUp"] * 8 + ["ArrowLeft"] * 7
BAR = ["Shift+ArrowRight"] * 13
STEM = ["Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowLeft"] * 6 + ["Shift+ArrowDown"] * 3

# What an editor does when somebody pastes a picture, with a picture of a seven.
PASTE_A_SEVEN = """async (box) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 400 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, 400, 400);
  [pen.lineWidth, pen.lineCap, pen.lineJoin] = [26, "round", "round"];
  pen.stroke(new Path2D("M110 90 L290 90 L230 200 L180 320"));
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  const copied = new DataTransfer();
  copied.items.add(new File([blob], "seven.png", { type: "image/png" }));
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: copied, bubbles: true, cancelable: true }));
}"""


def choose(page: Page, way: str) -> None:
    page.get_by_role("radio", name=way).first.click()


def expect_read_as_seven(page: Page) -> None:
    expect(page.get_by_text(re.compile(r"^Read as 7 ")).first).to_be_visible(timeout=60_000)


def test_the_keyboard_alone_draws_a_seven_that_is_read_and_clears_it(fresh_server: Server, page: Page) -> None:
    page.goto(f"{fresh_server.url}/draw")
    chosen = page.get_by_role("radio", name="Canvas").first
    chosen.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    grid = page.get_by_role("application", name="Drawing grid of 28 rows and 28 columns")
    expect(grid).to_be_visible()
    for _ in range(100):
        if grid.evaluate("(canvas) => canvas.getRootNode().activeElement === canvas"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail("the Tab key does not lead to the grid")

    for key in (*TO_THE_START, *BAR, *STEM):
        page.keyboard.press(key)
    expect(page.get_by_text("Row 21, column 14: ink.")).to_be_visible()
    expect_read_as_seven(page)

    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Row 21, column 15: partly ink.")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(page.get_by_text("Row 21, column 15: no ink.")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("The grid is empty. Row 21, column 15: no ink.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Read as "))).to_have_count(0)
    # Streamlit's own C asks whether to clear its caches.
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_mouse_draws_on_the_grid_as_well_and_the_drawing_is_there_again_after_another_page(fresh_server: Server, page: Page) -> None:
    page.goto(f"{fresh_server.url}/draw")
    choose(page, "Keyboard")
    grid = page.get_by_role("application")
    expect(grid).to_be_visible()
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    assert box is not None
    corners = [(0.27, 0.2), (0.73, 0.2), (0.58, 0.5), (0.45, 0.8)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    expect_read_as_seven(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Samples").click()
    expect(page.get_by_role("heading", name="Samples", exact=True).first).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Draw").click()
    expect(page.get_by_role("application")).to_be_visible()
    expect_read_as_seven(page)


def test_a_photo_of_ruled_paper_in_bad_light_is_read_and_its_stages_are_shown(fresh_server: Server, page: Page, tmp_path: Path) -> None:
    seven = next(one for one in load_strokes() if one.digit == 7)
    photo = photograph(seven.strokes, SCENES["all of it"], np.random.default_rng(1), width=1500, height=2000)
    (tmp_path / "seven.jpg").write_bytes(saved(photo, quality=90))
    page.goto(f"{fresh_server.url}/draw")
    choose(page, "Photo or file")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "seven.jpg")
    expect(page.get_by_text("It was read as a photo of paper").first).to_be_visible()
    expect_read_as_seven(page)
    page.get_by_text("How the ink was found").first.click()
    expect(page.get_by_text("Each point is divided by the paper's own light").first).to_be_visible()


def test_a_picture_is_pasted_and_read(fresh_server: Server, page: Page) -> None:
    page.goto(f"{fresh_server.url}/draw")
    choose(page, "Photo or file")
    choose(page, "Clipboard")
    box = page.get_by_role("textbox", name="Box to paste a picture into")
    expect(box).to_be_visible()
    box.press_sequentially("nothing can be written here")
    expect(box).to_have_text("Click here, then press Ctrl+V (Cmd+V on a Mac)")
    box.evaluate(PASTE_A_SEVEN)
    expect(page.get_by_text("A picture of 400 x 400 pixels was pasted.").first).to_be_visible()
    expect(page.get_by_text("It was read as a clean picture").first).to_be_visible()
    expect_read_as_seven(page)
