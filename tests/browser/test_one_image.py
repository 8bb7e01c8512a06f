"""One image: opened by its address, one of its numbers followed by a click, and a picture brought along."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PATIENCE = 60_000
"""Milliseconds for what a script run or the engine brings: a busy machine takes far longer than a visitor's."""

TRAINING = 240_000
"""Milliseconds for the engine to start and train the smallest recipe."""

SUM = re.compile(r"^sum (−?[\d,.]+) \+ bias (−?[\d,.e]+) = (−?[\d,.]+), through (ReLU|Softmax): (−?[\d,.e]+)$")


def train(server: Server, page: Page) -> str:
    """Train the first recipe; returns the run's id."""
    page.goto(f"{server.url}/build")
    page.get_by_role("button", name="Train", exact=True).click(timeout=PATIENCE)
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=TRAINING)
    return page.url.partition("run=")[2]


def follow(page: Page) -> list[float]:
    """The numbers of the sum that is shown: sum, bias, both together, and what comes out."""
    line = page.get_by_role("heading", name=SUM)
    expect(line).to_be_visible(timeout=PATIENCE)
    found = SUM.match(line.inner_text())
    assert found is not None
    return [float(found[place].replace("−", "-").replace(",", "")) for place in (1, 2, 3, 5)]


def test_one_of_an_image_s_numbers_is_followed_and_a_picture_brought_along(server: Server, page: Page, tmp_path: Path) -> None:
    run = train(server, page)
    follow_a_number(server, page, run)
    bring_a_picture(page, tmp_path)


def follow_a_number(server: Server, page: Page, run: str) -> None:
    """By the image's address, a click and the keyboard."""
    page.goto(f"{server.url}/one_image?run={run}&split=test&image=17")
    page.get_by_role("button", name="Open the test set").click(timeout=PATIENCE)
    expect(page.get_by_text("Test image 17", exact=True).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("are exactly 0: for this image they say nothing").first).to_be_visible(timeout=PATIENCE)

    page.get_by_role("radio", name="One number").click()
    units = page.locator("[class*=st-key-number_units_] button")
    expect(units).to_have_count(64, timeout=PATIENCE)
    units.nth(11).click()
    expect(units.nth(11)).to_have_attribute("aria-current", "true", timeout=PATIENCE)
    expect(page.get_by_text("The number of unit 12 of 1. Dense, ReLU").first).to_be_visible(timeout=PATIENCE)
    total, bias, before, output = follow(page)
    assert total + bias == pytest.approx(before, abs=0.002)
    assert output == pytest.approx(max(before, 0), abs=0.002)
    # The same number stands below the unit's own button.
    shown = units.nth(11).locator(".line").nth(1).inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(output, rel=0.01, abs=0.001)

    unit = page.get_by_role("spinbutton", name="Unit")
    unit.fill("40")
    unit.press("Enter")
    expect(page.get_by_text("The number of unit 40 of 1. Dense, ReLU").first).to_be_visible(timeout=PATIENCE)
    expect(units.nth(39)).to_have_attribute("aria-current", "true", timeout=PATIENCE)

    page.reload()
    expect(page.get_by_text("Test image 17", exact=True).first).to_be_visible(timeout=PATIENCE)


def bring_a_picture(page: Page, folder: Path) -> None:
    """A dark stroke on light paper, and a file of which half is missing."""
    pixels = np.full((300, 200), 240, np.uint8)
    pixels[40:260, 90:115] = 20
    picture, broken = folder / "one.png", folder / "broken.png"
    Image.fromarray(pixels).save(picture)
    broken.write_bytes(picture.read_bytes()[:100])
    page.get_by_role("radio", name="A file").click()
    chooser = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    expect(chooser).to_be_attached(timeout=PATIENCE)
    chooser.set_input_files(picture)
    expect(page.get_by_text("200 x 300 pixels. Its edges are light").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Your picture", exact=True).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile(r"^Read as \d ")).first).to_be_visible(timeout=PATIENCE)
    chooser.set_input_files(broken)
    expect(page.get_by_text("It is damaged or not complete.").first).to_be_visible(timeout=PATIENCE)
