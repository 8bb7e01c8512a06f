"""A browser that sends what is done ahead with a fragment's look, as Streamlit's does now and then: here it does so each time."""

from __future__ import annotations

import re
import time

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
