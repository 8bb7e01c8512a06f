"""Somebody goes through the mistakes of a network with the keyboard and says that a label is wrong; the vote is there after a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

LONG = 240_000
"""Milliseconds for anything: the engine may still be loading TensorFlow, beside whatever else the machine does."""


def see(locator: Locator) -> None:
    expect(locator.first).to_be_visible(timeout=LONG)


def train(server: Server, page: Page) -> str:
    """Train the first recipe; returns the run's id."""
    page.goto(f"{server.url}/build")
    page.get_by_role("button", name="Train", exact=True).click()
    see(page.get_by_text("After 40 of 40 epochs"))
    return page.url.partition("run=")[2]


def tiles(page: Page) -> Locator:
    """The images that were read wrong; the nearest training images are tiles as well, but come later."""
    return page.locator(".tiles").first.locator("button")


def expect_nearest(page: Page) -> None:
    """The last part of the page is there, so that nothing above it moves any more."""
    see(page.get_by_text("Nearest training images of").first)


def test_mistakes_are_filtered_gone_through_by_keyboard_and_voted_on(server: Server, page: Page) -> None:
    page.set_default_timeout(LONG)
    run = train(server, page)
    page.goto(f"{server.url}/mistakes?run={run}")
    page.get_by_role("button", name="Open the test set").click()
    see(page.get_by_text(re.compile(r"of 360 test images (is|are) read wrong")))
    expect_nearest(page)

    page.get_by_role("combobox", name="True class").click()
    # The class with the most mistakes of all, so that there is more than one to go through.
    options = page.get_by_role("option").filter(has_text=re.compile(r"^\d \("))
    see(options.first)
    counts = [int(text.partition("(")[2].rstrip(")")) for text in options.all_inner_texts()]
    most = max(counts)
    assert most >= 2
    options.nth(counts.index(most)).click()
    see(page.get_by_text(f"Mistake 1 of {most}", exact=True))
    expect(tiles(page)).to_have_count(min(most, 24), timeout=LONG)

    tiles(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    see(page.get_by_text(f"Mistake 2 of {most}", exact=True))
    page.keyboard.press("p")
    see(page.get_by_text(f"Mistake 1 of {most}", exact=True))
    page.keyboard.press("n")
    see(page.get_by_text(f"Mistake 2 of {most}", exact=True))
    expect_nearest(page)
    voted_on = page.get_by_role("heading", name=re.compile(r"^Test image \d+")).inner_text()

    page.get_by_role("button", name=re.compile("^Label wrong")).click()
    see(page.get_by_text("1 voted on: 1 label wrong."))
    expect(tiles(page).filter(has_text="label wrong")).to_have_count(1, timeout=LONG)

    page.goto(f"{server.url}/mistakes?run={run}")
    see(page.get_by_text("1 voted on: 1 label wrong."))
    page.get_by_text("Voted on", exact=True).click()
    see(page.get_by_text("Mistake 1 of 1", exact=True))
    see(page.get_by_role("heading", name=voted_on))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").first.click()
    assert download.value.suggested_filename == "digits-test-votes.csv"
    assert ",label wrong," in download.value.path().read_text(encoding="utf-8")

    expect_nearest(page)
    page.get_by_role("button", name=re.compile("^Label wrong")).click()
    see(page.get_by_text("None of these mistakes has been voted on yet."))
