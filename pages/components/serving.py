"""What happens when the server starts, while it runs, and when it ends.

With `sessions` and `uploads`, the only file that touches Streamlit's private side.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime import get_instance
from streamlit.runtime.pages_manager import PagesManager

from core.errors import StorageError
from core.files import remove_left_overs
from pages.components import services
from pages.components.sessions import ParkedSessions, park_sessions
from pages.components.uploads import UnusedUploads, UploadLimit
from pages.components.visitors import VisitorCookie

MIDDLEWARE = [Middleware(UploadLimit), Middleware(VisitorCookie)]

_log = logging.getLogger("inkling")

_TIDY_EVERY = 5.0
"""Seconds between looks at what visitors have left behind."""


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the engine with the server rather than with the first visit, and end both together."""
    # Beside a folder called `pages`, Streamlit 1.67 takes an app for one of the old kind until `st.navigation` has run once.
    # Without this, a link to a page that is the first request after a start opens under a "page not found" dialog.
    PagesManager.uses_pages_directory = False
    services.compute()
    parked = park_sessions(get_instance(), st.get_option("server.disconnectedSessionTTL"))
    tidying = asyncio.create_task(_tidy_up(parked, UnusedUploads(get_instance())))
    try:
        yield
    finally:
        tidying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tidying
        services.close()


async def _tidy_up(parked: ParkedSessions, unused: UnusedUploads) -> None:
    await asyncio.to_thread(_remove_left_overs)
    while True:
        await asyncio.sleep(_TIDY_EVERY)
        parked.end_overdue()
        unused.let_go()
        await asyncio.to_thread(_end_ownerless_runs)


def _remove_left_overs() -> None:
    """What an Inkling that was killed had half written, or taken in to import: the importer removes that when it is made."""
    remove_left_overs(services.settings().home)
    try:
        services.importer()
    except OSError as error:
        _log.warning("What an earlier Inkling left behind could not be looked through: %s", error)


def _end_ownerless_runs() -> None:
    """A training of another Inkling on this home, such as the command line's, may have been killed while this one goes on."""
    try:
        services.store().end_ownerless()
    except StorageError as error:
        _log.warning("Whether runs have lost their process could not be looked up: %s", error)
