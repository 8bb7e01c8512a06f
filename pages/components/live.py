"""A run as it happens: a fragment that looks five times a second while the run is active, and rests once it has ended."""

from __future__ import annotations

import streamlit as st

from core.compute.service import EngineState
from core.figures.curves import CurvesInfo, Quantity, build_curve_chart, build_curves, curves_table, describe_curves
from core.figures.numbers import format_count, format_seconds
from core.runs.progress import Progress, read_progress
from core.runs.record import RunRecord, RunState
from pages.components import frame, gallery, services

_LOOK_EVERY = 0.2
"""Seconds: as often as the loop reports, so that the curves move four times a second even when a look comes late."""

STATE_MARKS = {
    RunState.QUEUED: ("Waiting", ":material/schedule:", "gray"),
    RunState.RUNNING: ("Learning", ":material/play_arrow:", "blue"),
    RunState.FINISHED: ("Finished", ":material/check:", "green"),
    RunState.STOPPED: ("Stopped", ":material/stop:", "orange"),
    RunState.FAILED: ("Failed", ":material/error:", "red"),
    RunState.INTERRUPTED: ("Interrupted", ":material/power_off:", "orange"),
}


def render_run(run_id: str) -> None:
    """The run's state, curves and figures; live while it is active."""
    active = not services.store().load(run_id).state.is_final
    st.fragment(frame.guarded(_render_run), run_every=_LOOK_EVERY if active else None)(run_id, active)


def _render_run(run_id: str, active: bool) -> None:
    record = services.store().load(run_id)
    history = services.store().history(run_id)
    progress = read_progress(history, record.spec.epochs)
    _render_heading(record)
    _render_progress(record, progress)
    if history.started is not None:
        _render_curves(build_curves(history, record.spec))
    if record.state.is_final:
        _render_end(record)
    if active and record.state.is_final:
        # One full rerun ends the polling; last, so that the end is on the screen already.
        st.rerun()


def _render_heading(record: RunRecord) -> None:
    label, icon, colour = STATE_MARKS[record.state]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.subheader(record.title, anchor=False, width="content")
            st.badge(label, icon=icon, color=colour)  # type: ignore[arg-type]
        if not record.state.is_final:
            st.button(
                "Stop",
                icon=":material/stop:",
                on_click=_stop,
                args=(record.id,),
                help="Ends this run at once. What the network has learned so far is kept.",
            )


def _stop(run_id: str) -> None:
    with frame.errors_shown():
        services.compute().stop(run_id)


def _render_progress(record: RunRecord, progress: Progress | None) -> None:
    if record.state == RunState.QUEUED:
        st.caption(_describe_wait(record))
        return
    if progress is None:
        st.caption("Building and compiling the network.")
        return
    if not record.state.is_final:
        st.progress(progress.fraction)
    speed = format_count(round(progress.images_per_second)) if progress.images_per_second else "-"
    left = format_seconds(progress.seconds_left) if progress.seconds_left is not None else "-"
    took = format_seconds((record.ended or 0) - (record.started or 0)) if record.ended and record.started else "-"
    cells = [
        ("Epoch", f"{progress.epoch} of {progress.epochs}"),
        ("Step", format_count(progress.step)),
        ("Images a second", speed),
        ("Took", took) if record.state.is_final else ("Time left", left),
    ]
    gallery.show_metrics(cells)


def _describe_wait(record: RunRecord) -> str:
    place, status = services.compute().queue_position(record.id), services.compute().status()
    if status.state != EngineState.READY:
        return status.message
    if place is None:
        return "Starting."
    return f"Place {place} in the queue: it starts when a run before it ends."


def _render_curves(info: CurvesInfo) -> None:
    theme = frame.figure_theme()
    with st.grid(2, min_column_width=300):
        for quantity in Quantity:
            gallery.show_chart(build_curve_chart(info, quantity, theme), key=f"curve_{quantity}", alt=describe_curves(info))
    st.caption(
        f"{describe_curves(info)} Look for the moment the validation curve stops following the training curve: "
        "from there on the network memorises rather than learns."
    )
    with st.expander("The numbers by epoch"):
        st.dataframe(curves_table(info))


def _render_end(record: RunRecord) -> None:
    if record.error:
        st.error(record.error, icon=":material/error:")
    if not record.has_weights:
        return
    with st.container(horizontal=True):
        st.page_link(
            "pages/predict/score.py", label="See what it gets wrong", icon=":material/fact_check:", query_params={"run": record.id}
        )
        st.page_link(
            "pages/predict/draw.py", label="Draw something for it to read", icon=":material/draw:", query_params={"run": record.id}
        )
