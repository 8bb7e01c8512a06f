"""Work that is under way when a page is left, reloaded, or opened a second time."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.hand import EMPTY, clear, draw, find_canvas, wait_until_idle
from tests.browser.serving import Server
from tests.browser.test_draw import SCRIBBLE, WRITINGS, open_draw

pytestmark = [pytest.mark.slow, pytest.mark.browser]

COUNT_PICTURES = (
    "window.pictures = 0; const before = HTMLCanvasElement.prototype.toDataURL;"
    "HTMLCanvasElement.prototype.toDataURL = function (...all) { window.pictures++; return before.apply(this, all); };"
)
"""The canvas makes a picture each time that it sends what is drawn."""

INK = (
    "upper => { const canvas = upper.parentElement.querySelector('.lower-canvas');"
    "return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.reduce((sum, value) => sum + value, 0); }"
)


def read_answer(page: Page) -> str:
    text: str = page.get_by_text(re.compile(r"^Read as \d ")).first.inner_text()
    return text


def count_ink(page: Page) -> int:
    ink: int = find_canvas(page).evaluate(INK)
    return ink


def expect_drawing(page: Page, answer: str, ink: int) -> None:
    expect(page.get_by_text(answer).first).to_be_visible()
    wait_until_idle(page)
    expect(find_canvas(page)).to_have_count(1)
    page.wait_for_function(
        f"ink => ({INK})([...document.querySelectorAll('*')].flatMap(node => node.shadowRoot ? "
        "[...node.shadowRoot.querySelectorAll('.upper-canvas')] : []).at(-1)) === ink",
        arg=ink,
    )


def visit(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    wait_until_idle(page)


def test_a_drawing_outlives_a_visit_elsewhere_and_a_reload(fresh_server: Server, page: Page, browser: Browser) -> None:
    page.add_init_script(COUNT_PICTURES)
    open_draw(page, fresh_server)
    draw(page, WRITINGS[7])
    expect(page.get_by_text(re.compile(r"^Read as 7 ")).first).to_be_visible()
    wait_until_idle(page)
    answer, ink = read_answer(page), count_ink(page)

    visit(page, "Samples")
    page.evaluate("window.pictures = 0")
    visit(page, "Draw")
    expect_drawing(page, answer, ink)
    assert page.evaluate("window.pictures") == 0

    # It goes on as any drawing does: another stroke is sent once, and can be undone.
    page.evaluate("window.pictures = 0")
    draw(page, SCRIBBLE)
    expect(page.get_by_text(answer)).to_have_count(0)
    wait_until_idle(page)
    assert page.evaluate("window.pictures") == len(SCRIBBLE)
    page.get_by_role("button", name="Undo").filter(visible=True).click()
    page.wait_for_function("strokes => window.pictures === strokes + 1", arg=len(SCRIBBLE))
    expect_drawing(page, answer, ink)

    for _ in range(2):
        page.reload()
        expect_drawing(page, answer, ink)
    page.get_by_text("Keyboard", exact=True).click()
    expect(page.get_by_text("Draw a digit on the grid").first).to_be_visible()
    page.get_by_text("Canvas", exact=True).click()
    expect_drawing(page, answer, ink)

    # Somebody at another machine starts with nothing.
    other = browser.new_context()
    open_draw(other.new_page(), fresh_server)
    other.close()

    clear(page)
    page.reload()
    expect(page.get_by_text(EMPTY).first).to_be_visible()
    visit(page, "Samples")
    visit(page, "Draw")
    expect(page.get_by_text(EMPTY).first).to_be_visible()


def test_a_form_not_yet_trained_outlives_a_reload(fresh_server: Server, page: Page) -> None:
    page.goto(f"{fresh_server.url}/build")
    page.get_by_label("Epochs", exact=True).fill("17")
    page.get_by_label("Epochs", exact=True).press("Enter")
    units = page.get_by_label("Units", exact=True).first
    units.fill("33")
    units.press("Enter")
    wait_until_idle(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(re.compile(r"^2\. ")).first).to_be_visible()
    wait_until_idle(page)
    page.reload()
    expect(page.get_by_text(re.compile(r"^2\. ")).first).to_be_visible()
    expect(page.get_by_label("Units", exact=True).first).to_have_value("33")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("17")
    expect(page.get_by_text("Settings of your own")).to_have_count(0)
