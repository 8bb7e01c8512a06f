"""A hand that draws on the page's canvas with the mouse, from the recorded strokes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.unit.drawing.pen import Points, smooth

SIDE = 280
"""Pixels of the canvas; on the screen it may be smaller."""

EMPTY = re.compile("on the black square")


def find_canvas(page: Page) -> Locator:
    # After clearing, the old one may stay in the document for a while, hidden.
    return page.locator("canvas.upper-canvas").filter(visible=True)


def canvas_box(page: Page) -> FloatRect:
    """Where the canvas is on the screen, scrolled into view."""
    canvas = find_canvas(page)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    if box is None:
        raise AssertionError("the canvas is not on the page")
    return box


def draw(page: Page, strokes: Sequence[Points], *, size: float = 190) -> None:
    """Draw strokes, whose coordinates run from 0 to 100 both ways, in a square of `size` pixels in the middle of the canvas."""
    box = canvas_box(page)
    pixel = box["width"] / SIDE
    for stroke in strokes:
        first, *others = (smooth(stroke) * size / 100 + (SIDE - size) / 2) * pixel + (box["x"], box["y"])
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point)
        page.mouse.up()


def clear(page: Page) -> None:
    """Empty the canvas, and wait for the new one that takes its place: the old one would lose the next stroke."""
    wait_until_idle(page)
    find_canvas(page).evaluate("canvas => canvas.dataset.used = ''")
    page.get_by_role("button", name="Clear the canvas").click()
    expect(page.locator("canvas.upper-canvas[data-used]").filter(visible=True)).to_have_count(0)
    expect(find_canvas(page)).to_have_count(1)
    expect(page.get_by_text(EMPTY).first).to_be_visible()
    wait_until_idle(page)


def wait_until_idle(page: Page) -> None:
    """Until the server has nothing more to send."""
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'")
