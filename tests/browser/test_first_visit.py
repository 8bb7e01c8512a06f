"""A newcomer's first visit: train the bundled digits, look at the mistakes, draw a seven and have it read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hand
from tests.browser.serving import Server
from tests.unit.drawing.pen import load_strokes

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SEVEN = next(drawn.strokes for drawn in load_strokes() if drawn.digit == 7)


def test_a_newcomer_trains_a_network_and_it_reads_the_seven_they_draw(server: Server, page: Page) -> None:
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Inkling").first).to_be_visible()
    page.get_by_role("button", name="Build a network").click()

    expect(page.get_by_role("heading", name="Build and train").first).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=60_000)
    # Charts in closed parts of the form are in the document as well.
    expect(page.get_by_test_id("stVegaLiteChart").filter(visible=True).nth(1)).to_be_visible()

    page.get_by_role("link", name="See what it gets wrong").click()
    page.get_by_role("button", name="Open the test set").click()
    accuracy = page.get_by_test_id("stMetric").filter(has_text="Test accuracy").get_by_test_id("stMetricValue")
    expect(accuracy).to_have_text(re.compile(r"9\d\.\d\s?%"))

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Draw").click()
    expect(page.get_by_text(hand.EMPTY).first).to_be_visible()
    hand.draw(page, SEVEN)
    reading = page.get_by_text(re.compile(r"^Read as 7 ")).filter(visible=True)
    expect(reading.first).to_be_visible()
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name=re.compile("digits-64")).click()
    expect(page.get_by_text("Beside it: digits-64").first).to_be_visible()
    expect(reading.nth(1)).to_be_visible()


def test_the_page_server_never_loads_tensorflow(server: Server, page: Page) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Build a network").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=60_000)

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
    expect(page.get_by_text("After 40 of 40 epochs").first).to_be_visible(timeout=60_000)


def test_a_link_to_a_page_works_as_the_first_request_after_a_start(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/samples")
    expect(page.get_by_role("heading", name="Samples", exact=True).first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_killed_server_leaves_an_interrupted_run_that_a_new_one_shows(tmp_path: Path, page: Page) -> None:
    first = Server(tmp_path / "home")
    try:
        page.goto(f"{first.url}/build")
        page.get_by_role("spinbutton", name="Epochs").fill("500")
        page.get_by_role("spinbutton", name="Epochs").press("Enter")
        page.get_by_role("spinbutton", name="Batch size").fill("1")
        page.get_by_role("spinbutton", name="Batch size").press("Enter")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text(re.compile(r"After [1-9]\d* of 500 epochs")).first).to_be_visible(timeout=60_000)
        run = page.url.partition("run=")[2]
    finally:
        first.process.kill()
        first.process.wait()

    second = Server(tmp_path / "home")
    try:
        page.goto(f"{second.url}/build?run={run}")
        expect(page.get_by_text("Inkling was closed or crashed while this run was under way").first).to_be_visible()
        expect(page.get_by_text(re.compile(r"After [1-9]\d* of 500 epochs")).first).to_be_visible()
        expect(page.get_by_role("link", name="Draw something for it to read").first).to_be_visible()
    finally:
        second.stop()


def test_nothing_on_any_page_is_fetched_from_elsewhere(server: Server, page: Page) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    for path in (
        "",
        "samples",
        "statistics",
        "map",
        "your_data",
        "build",
        "runs",
        "score",
        "mistakes",
        "one_image",
        "break_it",
        "compare",
        "draw",
        "handwriting",
    ):
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        page.wait_for_timeout(500)
    own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert requested
    assert [url for url in requested if not url.startswith(own)] == []
