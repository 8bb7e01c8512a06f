"""A run as it happens: a fragment that looks five times a second while the run is active, and rests once it has ended."""

from __future__ import annotations

import streamlit as st

from core.compute.service import EngineState
from core.figures.comparison import describe_kept
from core.figures.numbers import format_count, format_seconds
from core.runs.comparing import describe_epochs_of
from core.runs.progress import Progress, read_progress
from core.runs.record import RunHistory, RunRecord, RunState
from pages.components import curves_view, frame, gallery, glimpses, services, steering
from pages.components.words import plain

_LOOK_EVERY = 0.2
"""Seconds: as often as the loop reports, so that the curves move four times a second even when a look comes late."""

_STATE_MARKS = {
    RunState.QUEUED: ("Waiting", ":material/schedule:", "gray"),
    RunState.RUNNING: ("Learning", ":material/play_arrow:", "blue"),
    RunState.PAUSED: ("Paused", ":material/pause:", "violet"),
    RunState.FINISHED: ("Finished", ":material/check:", "green"),
    RunState.STOPPED: ("Stopped", ":material/stop:", "orange"),
    RunState.FAILED: ("Failed", ":material/error:", "red"),
    RunState.INTERRUPTED: ("Interrupted", ":material/power_off:", "orange"),
}
"""What a state is called, its icon and the colour of its badge."""


_NOTHING_LEARNED = "It learned nothing: it ended before there was anything to keep."


def render_run(run_id: str) -> None:
    """The run's state, curves and figures; live while it is active."""
    record = services.store().load(run_id)
    active = not record.state.is_final
    st.fragment(frame.guarded(_render_run), run_every=_LOOK_EVERY if active else None)(run_id, active)
    if not active:
        # Outside the fragment: what comes next is another run, and so another page.
        if record.state == RunState.INTERRUPTED:
            _show_engine()
        _render_next(record)


def _render_run(run_id: str, active: bool) -> None:
    record = services.store().load(run_id)
    history = services.store().history(run_id)
    _render_heading(record, history)
    if record.error:
        st.error(plain(record.error), icon=":material/error:")
    _render_progress(record, read_progress(history, record.spec.epochs, record.seconds))
    if history.started is not None:
        curves_view.render_curves(record, history)
        glimpses.render_glimpse(record, history)
    if active and record.state.is_final:
        # One full rerun ends the polling; last, so that the end is on the screen already.
        st.rerun()


def show_state(state: RunState) -> None:
    """Where a run is in its life, as a badge."""
    label, icon, colour = _STATE_MARKS[state]
    st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]


def _render_heading(record: RunRecord, history: RunHistory) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.subheader(plain(record.title), anchor=False, width="content")
            show_state(record.state)
        if not record.state.is_final:
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                steering.render_buttons(record, history)


def _render_progress(record: RunRecord, progress: Progress | None) -> None:
    if record.state == RunState.QUEUED:
        st.caption(_describe_wait(record))
        return
    if progress is None:
        # A run can end before its first step.
        st.caption(_NOTHING_LEARNED if record.state.is_final else "Building and compiling the network.")
        return
    if not record.state.is_final:
        measuring = " Stopped. What it has learned is being measured." if progress.is_stopped else ""
        st.progress(progress.fraction, text=f"Step {format_count(progress.step)} of {format_count(progress.total_steps)}.{measuring}")
    speed = format_count(round(progress.images_per_second)) if progress.images_per_second else "-"
    left = format_seconds(progress.seconds_left) if progress.seconds_left is not None else "-"
    took = "-" if record.seconds is None else format_seconds(record.seconds)
    under_way = ("Epoch", f"{progress.epoch} of {progress.epochs}")
    # One that has ended says what lists say of it: 5.9 where it was stopped on its way, never the epoch that was not completed.
    trained = ("Epochs trained", describe_epochs_of(record))
    cells = [
        trained if record.state.is_final else under_way,
        ("Images a second", speed),
        ("Took", took) if record.state.is_final else ("Time left", left),
    ]
    gallery.show_metrics(cells, width=110)
    if record.state.is_final and not record.has_weights and not record.epochs_done:
        st.caption(_NOTHING_LEARNED)
    kept = describe_kept(record)
    if kept:
        st.markdown(f"{kept} What is said beneath the curves is of the last whole epoch." if record.epochs_done else kept)


def _show_engine() -> None:
    """What becomes of the engine that was lost with this run, until it is back."""
    status = services.compute().status()
    if status.state != EngineState.READY:
        st.fragment(frame.guarded(_render_engine), run_every=1.0)()


def _render_engine() -> None:
    status = services.compute().status()
    if status.state == EngineState.READY:
        st.rerun()
    st.caption(f":material/hourglass_top: {plain(status.message)}")


def _describe_wait(record: RunRecord) -> str:
    place, status = services.compute().queue_position(record.id), services.compute().status()
    if status.state != EngineState.READY:
        return plain(status.message)
    if place is None:
        return "Starting."
    paused = services.store().list(limit=1, states=(RunState.PAUSED,))
    if paused:
        # Its worker waits with it: who forgot the pause would wait for ever.
        return f"Place {place} in the queue. {plain(paused[0].title)} is paused and keeps its place: let it go on, or stop it, on Runs."
    return f"Place {place} in the queue: it starts when a run before it ends."


def _render_next(record: RunRecord) -> None:
    """Where to go with a network that has learned something."""
    if record.has_weights:
        with st.container(horizontal=True):
            st.page_link(
                "pages/predict/score.py", label="See what it gets wrong", icon=":material/fact_check:", query_params={"run": record.id}
            )
            st.page_link(
                "pages/predict/draw.py", label="Draw something for it to read", icon=":material/draw:", query_params={"run": record.id}
            )
    steering.render_continuation(record)
