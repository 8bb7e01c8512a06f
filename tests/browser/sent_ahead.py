"""A browser that sends what is done twice, as Streamlit's does now and then: here it does so each time."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg


def send_ahead(page: Page, seconds: float) -> list[str]:
    """Send each press and change that is the whole page's twice, `seconds` before with the look of the fragment that looked last.

    Returns the ids of the buttons whose presses were sent twice so far; the list grows.
    """
    twice: list[str] = []
    lookers: list[str] = []

    def connect(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            sent = BackMsg.FromString(message) if isinstance(message, bytes) else BackMsg()
            wish = sent.rerun_script
            if wish.is_auto_rerun:
                lookers.append(wish.fragment_id)
            elif lookers and wish.widget_states.widgets and not wish.fragment_id:
                twice.extend(widget.id for widget in wish.widget_states.widgets if widget.trigger_value)
                wish.fragment_id, wish.is_auto_rerun = lookers[-1], True
                server.send(sent.SerializeToString())
                time.sleep(seconds)
            server.send(message)

        browser.on_message(pass_on)

    page.route_web_socket(re.compile("/_stcore/stream"), connect)
    return twice


@dataclass
class Again:
    """`seconds` after a change it is sent once more, as it was; while that is None, it is not."""

    seconds: float | None = None


def send_again(page: Page) -> Again:
    """Send each change of a field again, so that what it starts is broken off before the browser has heard of it all."""
    again = Again()

    def connect(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            server.send(message)
            wish = (BackMsg.FromString(message) if isinstance(message, bytes) else BackMsg()).rerun_script
            widgets = wish.widget_states.widgets
            if again.seconds is not None and widgets and not wish.fragment_id and not any(widget.trigger_value for widget in widgets):
                time.sleep(again.seconds)
                server.send(message)

        browser.on_message(pass_on)

    page.route_web_socket(re.compile("/_stcore/stream"), connect)
    return again
