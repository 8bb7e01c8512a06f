"""What every page has: its heading, the status in the sidebar, and the edge where errors become sentences."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import ParamSpec

import streamlit as st
from PIL import Image, ImageDraw
from streamlit.navigation.page import StreamlitPage

from core.compute.service import EngineState
from core.errors import InklingError, SpecError
from core.figures.theme import DARK, LIGHT, FigureTheme
from pages.components import services
from pages.components.words import plain

Parameters = ParamSpec("Parameters")
_log = logging.getLogger("inkling")

_BUSY_INTERVAL = 2.0
"""Seconds between looks at the engine while it warms up or works."""


@cache
def icon() -> Image.Image:
    """A drop of ink for the browser's tab, drawn here because Streamlit fetches its own icons from the network."""
    side = 128
    picture = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(picture)
    ink = (52, 70, 197, 255)
    pen.ellipse((24, 44, 104, 124), fill=ink)
    pen.polygon([(64, 4), (101, 68), (27, 68)], fill=ink)
    return picture


def page_header(title: str, lead: str) -> None:
    """The heading of a page and one or two sentences on what it is for."""
    st.title(title, anchor=False)
    st.markdown(lead)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Turn whatever goes wrong inside into a sentence on the page, never a traceback.

    A user's mistake is shown as it is; a bug is logged in full on the terminal and told in one sentence.
    Streamlit's own stop and rerun signals derive from `BaseException` and pass through.
    """
    try:
        yield
    except SpecError as error:
        show_problems(error)
    except InklingError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except Exception:  # noqa: BLE001
        # The last line of defence for somebody who can't read a traceback; the terminal keeps it for somebody who can.
        _log.exception("A page failed")
        st.error(
            "Something in Inkling itself went wrong on this page. Nothing stored was changed by it. "
            "Reload the page; if it happens again, the terminal that started Inkling shows the details.",
            icon=":material/bug_report:",
        )


def show_problems(error: SpecError) -> None:
    """All problems of a spec in one list."""
    lines = "\n".join(f"- {plain(problem.message)}" for problem in error.problems)
    st.error(f"These settings can't be trained yet:\n\n{lines}", icon=":material/error:")


def guarded(render: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """`errors_shown` for a fragment: on its own reruns it is called by Streamlit, outside the page's own edge."""

    @wraps(render)
    def shown(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        with errors_shown():
            render(*args, **kwargs)

    return shown


def figure_theme() -> FigureTheme:
    """The figure colours that go with the theme the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


@contextmanager
def waiting_told() -> Iterator[None]:
    """Say what the engine is busy with while its answer is waited for inside, if that is more than answering."""
    status = services.compute().status()
    if status.state == EngineState.READY:
        yield
    else:
        with st.spinner(plain(status.message)):
            yield


def engine_status() -> None:
    """The engine's state in one line. Looks again by itself while there is something to wait for."""
    status = services.compute().status()
    idle = status.state == EngineState.READY and not status.running and not status.waiting
    st.fragment(guarded(_render_status), run_every=None if idle else _BUSY_INTERVAL)()


def sidebar_status(page: StreamlitPage) -> None:
    """The engine's state under the navigation. Start tells it itself, where nobody has to scroll or to open the sidebar for it.

    In two places at once, each looking by itself, it would contradict itself for seconds.
    """
    if page.url_path:
        with st.sidebar:
            engine_status()


def _render_status() -> None:
    status = services.compute().status()
    icons = {
        EngineState.WARMING_UP: ":material/hourglass_top:",
        EngineState.READY: ":material/check_circle:",
        EngineState.FAILED: ":material/error:",
    }
    st.caption(f"{icons[status.state]} {plain(status.message)}")
    if status.problem:
        st.warning(plain(status.problem), icon=":material/warning:")
