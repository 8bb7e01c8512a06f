"""A newcomer's first visit: train the bundled digits, look at the mistakes, draw a seven and have it read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.serving import Server

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# Corners of a seven as a right-handed person draws it, in pixels of the 280 x 280 canvas.
SEVEN = [(75, 60), (205, 60), (160, 140), (125, 225)]


def draw_stroke(page: Page, corners: list[tuple[int, int]]) -> None:
    """Move the mouse along the corners with the button held down, as one stroke."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    if box is None:
        raise AssertionError("the canvas is not on the page")
    page.mouse.move(box["x"] + corners[0][0], box["y"] + corners[0][1])
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=12)
    page.mouse.up()


def test_a_newcomer_trains_a_network_and_it_reads_the_seven_they_draw(server: Server, page: Page) -> None:
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Inkling")).to_be_visible()
    page.get_by_role("button", name="Build a network").click()

    expect(page.get_by_role("heading", name="Build and train")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("After 40 of 40 epochs")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)

    page.get_by_role("link", name="See what it gets wrong").click()
    accuracy = page.get_by_test_id("stMetric").filter(has_text="Test accuracy").get_by_test_id("stMetricValue")
    expect(accuracy).to_have_text(re.compile(r"9\d\.\d\s?%"))

    page.get_by_role("link", name="Draw").click()
    expect(page.get_by_text("Draw something on the black square")).to_be_visible()
    draw_stroke(page, SEVEN)
    expect(page.get_by_text(re.compile(r"reads? (this|it) as 7|Most likely 7"))).to_be_visible()


def test_the_page_server_never_loads_tensorflow(server: Server, page: Page) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Build a network").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=60_000)

    mapped = Path(f"/proc/{server.process.pid}/maps")
    if not mapped.exists():
        pytest.skip("the loaded libraries of a process can be read only on Linux")
    libraries = mapped.read_text()
    assert "_multiarray_umath" in libraries, "NumPy should be loaded, or this test looks at the wrong process"
    assert "tensorflow" not in libraries


def test_a_reload_finds_the_run_again(server: Server, page: Page) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Build a network").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page).to_have_url(re.compile(r"run=[0-9a-f]{12}"))
    address = page.url

    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("After 40 of 40 epochs")).to_be_visible()
