"""Two trainings, compared; one of them named, saved and deleted; and a drawing as each epoch of the other read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hand
from tests.browser.serving import Server
from tests.browser.test_first_visit import SEVEN

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def train(server: Server, page: Page) -> str:
    """Train the first recipe; returns the run's id."""
    page.goto(f"{server.url}/build")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=60_000)
    return page.url.partition("run=")[2]


def choose(page: Page, place: int) -> None:
    page.get_by_test_id("stCheckbox").nth(place).locator("label").click()
    expect(page.get_by_test_id("stCheckbox").nth(place).locator("input")).to_be_checked()


def test_a_run_is_named_saved_compared_and_deleted(server: Server, page: Page, tmp_path: Path) -> None:
    for _ in range(2):
        train(server, page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", exact=True).first).to_be_visible()
    choose(page, 0)
    for button, ending, beginning in (("Save the model", ".keras", b"PK"), ("Save the history", ".csv", b"kind,epoch,step")):
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(button)).click()
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
        assert saved.suffix == ending
        assert saved.read_bytes().startswith(beginning)

    page.get_by_role("button", name="Rename and note").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("The first")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="The first").first).to_be_visible()

    choose(page, 1)
    expect(page.get_by_role("heading", name="2 runs chosen").first).to_be_visible()
    expect(page.get_by_text("Nothing: the same settings, the same seed, and trained alike.").first).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    page.get_by_role("button", name="Delete 2 runs").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Nothing has been trained on this machine yet").first).to_be_visible()


def test_each_epoch_reads_the_last_drawing(server: Server, page: Page) -> None:
    run = train(server, page)
    page.goto(f"{server.url}/draw?run={run}")
    expect(page.get_by_text(hand.EMPTY).first).to_be_visible()
    hand.draw(page, SEVEN)
    expect(page.get_by_text(re.compile(r"^Read as 7 ")).first).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Build and train").click()
    expect(page.get_by_text(re.compile(r"After epoch 40: read as 7")).first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Have each epoch read the validation images").click()
    expect(page.get_by_text(re.compile(r"of 288 validation images are read right")).first).to_be_visible(timeout=60_000)
