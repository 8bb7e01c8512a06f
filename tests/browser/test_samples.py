"""Clicking and arrowing through the images of Explore > Samples."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PATIENCE = 60_000
"""Milliseconds for what a script run or the engine brings: a busy machine takes far longer than a visitor's."""


def tiles(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-samples_{name} button")


def open_samples(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/samples")
    expect(tiles(page, "grid")).to_have_count(50, timeout=PATIENCE)


def test_clicking_an_image_inspects_it_and_its_neighbours_can_be_followed(fresh_server: Server, page: Page) -> None:
    open_samples(page, fresh_server)
    index = page.get_by_role("spinbutton", name="Index")
    expect(index).to_have_value("0")
    tile = tiles(page, "grid").nth(7)
    tile.click()
    expect(tile).to_have_attribute("aria-current", "true", timeout=PATIENCE)
    expect(index).not_to_have_value("0", timeout=PATIENCE)
    first = index.input_value()
    # The grid fills the window, so what the click did is brought into view.
    expect(page.get_by_role("heading", name="One image, pixel by pixel")).to_be_in_viewport(timeout=PATIENCE)

    expect(page.get_by_text("of its 10 nearest training images carry its own label").first).to_be_visible(timeout=PATIENCE)
    expect(tiles(page, "nearest")).to_have_count(10, timeout=PATIENCE)
    expect(tiles(page, "others")).to_have_count(10, timeout=PATIENCE)
    tiles(page, "others").nth(2).click()
    expect(index).not_to_have_value(first, timeout=PATIENCE)


def test_the_grid_is_one_stop_on_the_way_and_arrows_move_inside(fresh_server: Server, page: Page) -> None:
    open_samples(page, fresh_server)
    grid = tiles(page, "grid")
    assert grid.evaluate_all("buttons => buttons.filter(button => button.tabIndex === 0).length") == 1
    grid.first.focus()
    page.keyboard.press("ArrowRight")
    expect(grid.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(grid.nth(11)).to_be_focused()
    page.keyboard.press("End")
    expect(grid.nth(49)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(grid.nth(49)).to_be_focused()
    assert grid.evaluate_all("buttons => buttons.findIndex(button => button.tabIndex === 0)") == 49
    page.keyboard.press("Enter")
    expect(grid.nth(49)).to_have_attribute("aria-current", "true", timeout=PATIENCE)
    # The grid was drawn anew, and the keyboard is where it was.
    expect(grid.nth(49)).to_be_focused()
    expect(grid.nth(49)).to_have_attribute("aria-label", re.compile(r"^\d \(50 of 50\)$"))


def test_every_image_of_the_grid_is_painted_with_its_own_pixels(fresh_server: Server, page: Page) -> None:
    open_samples(page, fresh_server)
    painted = tiles(page, "grid").locator("canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")
    assert len(set(painted)) == 50
    brightest = "canvas => Math.max(...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)"
    assert tiles(page, "grid").locator("canvas").nth(49).evaluate(brightest) == 255
    # Every pixel of the image is a square of the same whole number of pixels.
    assert tiles(page, "grid").locator("canvas").first.evaluate("canvas => canvas.width % 8 + canvas.height % 8") == 0


def test_class_names_are_text_however_they_look(server: Server, page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "datasets"
    folder.mkdir(parents=True, exist_ok=True)
    names = ["<img src=x onerror=alert(1)>", "Größe, 大きさ, גודל and a name that is much too long for its tile"]
    images = np.random.default_rng(4).integers(0, 256, (60, 6, 6), dtype=np.uint8)
    labels = np.arange(60) % 2
    np.savez(folder / "odd.npz", x_train=images, y_train=labels, x_test=images[:9] // 2, y_test=labels[:9], class_names=np.array(names))
    open_samples(page, server)
    page.get_by_role("combobox", name="Data set").click()
    page.get_by_role("option", name="odd").click()
    expect(tiles(page, "grid").filter(has_text="onerror=alert").first).to_be_visible(timeout=PATIENCE)
    expect(tiles(page, "grid").locator("img")).to_have_count(0)
    long = tiles(page, "grid").filter(has_text="大きさ").first
    expect(long).to_have_attribute("title", names[1])
    line = long.locator(".line")
    assert line.evaluate("line => line.scrollWidth > line.clientWidth && getComputedStyle(line).textOverflow === 'ellipsis'")


def test_on_a_phone_the_grid_has_fewer_columns_and_names_stay_readable(fresh_server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    open_samples(page, fresh_server)
    grid = tiles(page, "grid")
    in_row = grid.evaluate_all("buttons => buttons.filter(button => button.offsetTop === buttons[0].offsetTop).length")
    assert 3 <= in_row <= 6
    line = grid.first.locator(".line")
    assert line.evaluate("line => parseFloat(getComputedStyle(line).fontSize)") >= 13
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
