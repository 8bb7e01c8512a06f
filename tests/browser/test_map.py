"""A visitor looks at the map: points at a mark, draws a line around some, goes from mark to mark by keyboard, and calls t-SNE off."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WAIT = 180_000
"""Milliseconds. The first map waits for the engine, which other tests on the machine may hold up."""


def open_map(server: Server, page: Page) -> Locator:
    page.goto(f"{server.url}/map")
    stage = page.get_by_role("application", name=re.compile("^Map: Pixels"))
    expect(stage).to_be_visible(timeout=WAIT)
    stage.scroll_into_view_if_needed()
    return stage


def middle(stage: Locator) -> tuple[float, float]:
    box = stage.bounding_box()
    if box is None:
        raise AssertionError("the map is not on the page")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def draw_line(page: Page, stage: Locator) -> None:
    """Around the middle of the map, with the button held down."""
    x, y = middle(stage)
    page.mouse.move(x - 90, y - 90)
    page.mouse.down()
    for across, down in ((90, -90), (90, 90), (-90, 90)):
        page.mouse.move(x + across, y + down, steps=6)
    page.mouse.up()


def colours(stage: Locator) -> set[str]:
    """The different colours that the map is painted in."""
    script = """stage => {
      const canvas = stage.querySelector("canvas");
      const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      return [...new Set(pixels)].map(String);
    }"""
    return set(stage.evaluate(script))


def test_images_are_chosen_with_a_line_and_shown_below(fresh_server: Server, page: Page) -> None:
    stage = open_map(fresh_server, page)
    assert len(colours(stage)) > 10
    draw_line(page, stage)
    expect(page.get_by_text(re.compile(r"^\d+ images chosen: \d+ of class")).first).to_be_visible()
    expect(page.get_by_role("heading", name="The images you chose").first).to_be_visible()
    # Nothing of what the visitor did on the map is lost by the page's own reaction.
    expect(page.get_by_text(re.compile(r"images chosen\. They are shown below")).first).to_be_visible()
    page.get_by_role("button", name="Choose none").click()
    expect(page.get_by_role("heading", name="The images you chose")).to_be_hidden()


def test_pointing_at_a_mark_shows_its_image(fresh_server: Server, page: Page) -> None:
    stage = open_map(fresh_server, page)
    x, y = middle(stage)
    card = stage.get_by_text(re.compile(r"^\d, image \d+$"))
    for step in range(40):
        page.mouse.move(x + 4 * step, y + 2 * step)
        if card.is_visible():
            break
    expect(card).to_be_visible()
    picture = stage.locator(".card canvas")
    expect(picture).to_be_visible()
    assert picture.evaluate("canvas => canvas.width") == 112
    assert picture.evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, 112, 112).data.some((value, at) => at % 4 < 3 && value > 0)"
    )


def test_the_map_can_be_used_without_a_mouse(fresh_server: Server, page: Page) -> None:
    stage = open_map(fresh_server, page)
    stage.focus()
    said = page.get_by_role("status").filter(has_text=re.compile(r"image \d+\.$"))
    page.keyboard.press("ArrowRight")
    expect(said).to_be_visible()
    first = said.inner_text()
    page.keyboard.press("ArrowUp")
    expect(said).not_to_have_text(first)
    page.keyboard.press("n")
    expect(page.get_by_text(re.compile(r"^25 images chosen: ")).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^1 image chosen: ")).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="The images you chose")).to_be_hidden()


def test_zoom_stays_when_the_page_runs_again_and_classes_can_be_made_to_stand_out(fresh_server: Server, page: Page) -> None:
    stage = open_map(fresh_server, page)
    page.mouse.move(*middle(stage))
    paint = "stage => stage.querySelector('canvas').toDataURL()"
    whole = stage.evaluate(paint)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(500)
    zoomed = stage.evaluate(paint)
    assert zoomed != whole
    page.get_by_role("button", name="4", exact=True).click()
    expect(page.get_by_role("button", name="4", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="4", exact=True).click()
    draw_line(page, stage)
    expect(page.get_by_text(re.compile(r"images? chosen: ")).first).to_be_visible()
    page.get_by_role("button", name="Choose none").click()
    expect(page.get_by_role("heading", name="The images you chose")).to_be_hidden()
    page.wait_for_timeout(500)
    assert stage.evaluate(paint) == zoomed
    page.get_by_role("button", name="Whole map").click()
    page.wait_for_timeout(500)
    assert stage.evaluate(paint) == whole


def test_tsne_shows_progress_outlives_a_visit_elsewhere_and_can_be_called_off(server: Server, page: Page) -> None:
    open_map(server, page)
    page.get_by_text("t-SNE", exact=True).click()
    page.get_by_role("button", name="Make the map").click()
    expect(page.get_by_text(re.compile(r"Iteration [\d,]+ of 1,000")).first).to_be_visible(timeout=WAIT)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Start").click()
    expect(page.get_by_role("heading", name="Inkling").first).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Map").click()
    found = page.get_by_role("application").or_(page.get_by_role("button", name="Cancel"))
    expect(found).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("application", name=re.compile("by t-SNE")).first).to_be_visible(timeout=3 * WAIT)

    page.get_by_role("spinbutton", name="Seed").fill("2")
    page.get_by_role("spinbutton", name="Seed").press("Enter")
    page.get_by_role("button", name="Make the map").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The map was called off").first).to_be_visible()
