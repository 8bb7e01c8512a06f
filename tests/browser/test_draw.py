"""The first thing people try: draw something, on a fresh install, with nothing trained and no data set on the machine."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.hand import EMPTY, canvas_box, clear, draw
from tests.browser.serving import Server
from tests.unit.drawing.pen import Points, load_strokes

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WRITINGS = {drawn.digit: drawn.strokes for drawn in reversed(load_strokes())}
"""The first recorded writing of each digit."""

SCRIBBLE = (np.array([(0, 60), (15, 10), (25, 90), (40, 5), (50, 95), (62, 10), (75, 90), (85, 15), (100, 70)], float),)

LETTERS: dict[str, tuple[Points, ...]] = {
    "E": (
        np.array([(20, 0), (20, 100)], float),
        np.array([(20, 3), (80, 3)], float),
        np.array([(20, 50), (70, 50)], float),
        np.array([(20, 97), (80, 97)], float),
    ),
    "K": (np.array([(25, 5), (25, 95)], float), np.array([(80, 5), (27, 52)], float), np.array([(40, 42), (85, 95)], float)),
    "X": (np.array([(10, 0), (90, 100)], float), np.array([(90, 0), (10, 100)], float)),
}

NOVEL = re.compile(r"Unlike anything it has seen")


def open_draw(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/draw")
    expect(page.get_by_text(EMPTY).first).to_be_visible()
    # How soon the first drawing is read, while TensorFlow still loads, is for a benchmark to say.
    expect(page.get_by_text("The engine is ready.").first).to_be_visible(timeout=120_000)


def test_each_of_the_ten_digits_is_read_as_it_is_drawn(fresh_server: Server, page: Page) -> None:
    open_draw(page, fresh_server)
    for digit in range(10):
        # A part of a digit may look like nothing: what counts is the answer after the last stroke.
        draw(page, WRITINGS[digit])
        expect(page.get_by_text(re.compile(rf"^Read as {digit} ")).first).to_be_visible()
        expect(page.get_by_text(NOVEL)).to_have_count(0)
        clear(page)


def test_a_scribble_and_letters_are_said_to_be_unlike_anything(fresh_server: Server, page: Page) -> None:
    open_draw(page, fresh_server)
    for strokes in (SCRIBBLE, *LETTERS.values()):
        draw(page, strokes)
        expect(page.get_by_text(NOVEL).first).to_be_visible()
        expect(page.get_by_text(re.compile("^Read as "))).to_have_count(0)
        clear(page)


def test_a_stroke_is_sent_once_however_often_the_canvas_was_cleared(fresh_server: Server, page: Page) -> None:
    """Streamlit calls a component's function again for each new canvas, and tidies up after it only at the very end."""
    page.add_init_script(
        "window.pictures = 0; const before = HTMLCanvasElement.prototype.toDataURL;"
        "HTMLCanvasElement.prototype.toDataURL = function (...all) { window.pictures++; return before.apply(this, all); };"
    )
    open_draw(page, fresh_server)
    for _ in range(3):
        draw(page, WRITINGS[1])
        expect(page.get_by_text(re.compile(r"^Read as 1 ")).first).to_be_visible()
        clear(page)
    page.evaluate("window.pictures = 0")
    draw(page, WRITINGS[7])
    expect(page.get_by_text(re.compile(r"^Read as 7 ")).first).to_be_visible()
    assert page.evaluate("window.pictures") == len(WRITINGS[7])


def test_a_finger_draws_and_the_page_stays_where_it_is(fresh_server: Server, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    open_draw(page, fresh_server)
    box = canvas_box(page)
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    before = scroll_position(page)
    x = box["x"] + box["width"] / 2
    drag_finger(page, [(x, box["y"] + box["height"] * share) for share in np.linspace(0.85, 0.1, 20)])
    expect(page.get_by_text(re.compile(r"^Read as 1 ")).first).to_be_visible()
    assert scroll_position(page) == before
    context.close()


def test_the_same_finger_beside_the_canvas_scrolls_the_page(fresh_server: Server, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    open_draw(page, fresh_server)
    before = scroll_position(page)
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading is not None
    drag_finger(page, [(heading["x"] + 5, y) for y in np.linspace(heading["y"] + 5, heading["y"] - 300, 20)])
    page.wait_for_function("before => document.querySelector('[data-testid=stMain]').scrollTop !== before", arg=before)
    context.close()


def drag_finger(page: Page, points: list[tuple[float, float]]) -> None:
    """As a real finger does: the browser decides whether it draws or scrolls."""
    session = page.context.new_cdp_session(page)
    for kind, (x, y) in zip(["touchStart", *["touchMove"] * (len(points) - 1)], points, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(16)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def scroll_position(page: Page) -> float:
    position: float = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    return position
