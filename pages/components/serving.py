"""What happens when the server starts and when it ends. With `uploads`, the only file that touches Streamlit's private side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pages.components import services


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the engine with the server rather than with the first visit, and end both together."""
    # Beside a folder called `pages`, Streamlit 1.67 takes an app for one of the old kind until `st.navigation` has run once.
    # Without this, a link to a page that is the first request after a start opens under a "page not found" dialog.
    PagesManager.uses_pages_directory = False
    services.compute()
    try:
        yield
    finally:
        services.close()
