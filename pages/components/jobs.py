"""A job on a page: a button that starts it, its progress with a way to call it off, and the page again once it has ended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.compute.jobs import Arrays, JobProgress, JobState
from core.compute.service import EngineState
from pages.components import frame, services
from pages.components.words import plain

_LOOK_EVERY = 0.3
"""Seconds between looks at a job under way."""


def offer_job(key: str, start: Callable[[], JobProgress], *, button: str, help: str | None = None) -> Arrays | None:
    """What the job with this key gave; if it has not ended well, a button that starts it, or how far it is, and None.

    `start` calls `ComputeService.start_job` with this key.
    """
    progress = services.compute().job(key)
    if progress is not None and progress.state == JobState.FINISHED:
        return progress.result
    _follow(key, progress, start, button, help)
    return None


def await_job(key: str, start: Callable[[], JobProgress], *, seconds: float) -> Arrays | None:
    """As `offer_job`, for a job that takes no longer than a blink: it is started without being asked for, and waited for.

    After `seconds` the page goes on without it and shows how far it is.
    """
    progress = services.compute().job(key)
    if progress is None:
        start()
        progress = services.compute().wait_for_job(key, seconds)
    if progress is not None and progress.state == JobState.FINISHED:
        return progress.result
    _follow(key, progress, start, "Search", None)
    return None


def _follow(key: str, progress: JobProgress | None, start: Callable[[], JobProgress], button: str, help: str | None) -> None:
    active = progress is not None and not progress.state.is_final
    st.fragment(frame.guarded(_render), run_every=_LOOK_EVERY if active else None)(key, start, button, help)


def _render(key: str, start: Callable[[], JobProgress], button: str, help: str | None) -> None:
    progress = services.compute().job(key)
    if progress is not None and progress.state == JobState.FINISHED:
        st.rerun()
    if progress is not None and not progress.state.is_final:
        st.progress(min(progress.share, 1.0), text=_describe(progress))
        st.button("Cancel", icon=":material/close:", key=f"cancel {key}", on_click=_cancel, args=(key,))
        return
    if progress is not None and progress.state == JobState.FAILED:
        st.error(plain(progress.message), icon=":material/error:")
    elif progress is not None:
        st.info("Called off; nothing of it was kept.", icon=":material/info:")
    if st.button(button if progress is None else "Try again", icon=":material/play_arrow:", key=f"start {key}", help=help):
        start()
        st.rerun()


def _describe(progress: JobProgress) -> str:
    status = services.compute().status()
    if progress.state == JobState.WAITING and status.state != EngineState.READY:
        return plain(status.message)
    return plain(progress.message) or "Waiting for the engine."


def _cancel(key: str) -> None:
    with frame.errors_shown():
        services.compute().cancel_job(key)
