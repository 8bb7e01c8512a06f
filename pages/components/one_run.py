"""What can be done with a single run: look at it, name it, save its files, set up a new one from it."""

from __future__ import annotations

import re

import streamlit as st

from core.figures.comparison import build_results
from core.networks.objective import name_objective
from core.rates import format_percent, format_range
from core.runs.comparing import describe_epoch
from core.runs.record import RunRecord
from core.runs.store import MAX_NAME, MAX_NOTE
from pages.components import gallery, live, runs_table, services, state
from pages.components.words import plain

_DESCRIBE = "describe"
_MODEL = "model.keras"


def render_run(record: RunRecord) -> None:
    """The heading, the note, what it came to, and the actions."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(record.title), anchor=False, width="content")
        live.show_state(record.state)
    st.caption(f"{runs_table.describe_run(record)}. Run {record.id}{_describe_origin(record)}")
    if record.note:
        st.markdown(plain(record.note).replace("\n", "  \n"))
    if record.error:
        st.error(plain(record.error), icon=":material/error:")
    _render_accuracy(record)
    _render_links(record)
    _render_files(record)
    with st.container(horizontal=True):
        is_copied = st.button(
            "Set up a new run from this one",
            icon=":material/content_copy:",
            type="primary",
            help="Puts the settings of this run into the form of Build and train. Nothing starts until you press Train there.",
        )
        st.button("Rename and note", icon=":material/edit:", on_click=state.ask_about_runs, args=(_DESCRIBE,))
    if is_copied:
        state.load_draft(record.spec)
        st.switch_page("pages/train/build.py")
    if state.runs_question() == _DESCRIBE:
        _render_describing(record)


def _describe_origin(record: RunRecord) -> str:
    return f", continued from run {record.continues}." if record.continues else "."


def _render_accuracy(record: RunRecord) -> None:
    [result] = build_results([(record, services.store().history(record.id))])
    if result.accuracy is None or result.interval is None:
        return
    cells = [("Validation accuracy", format_percent(result.accuracy)), ("95 % interval", format_range(*result.interval))]
    gallery.show_metrics(cells, width=140)
    when = "" if result.epoch is None else f", {_describe_moment(result.epoch)}"
    st.caption(f"On {result.images:,} validation images{when}.")


def _describe_moment(epoch: float) -> str:
    """Which of its weights were kept."""
    if epoch == int(epoch):
        return f"after epoch {describe_epoch(epoch)}"
    return f"with the weights that it was stopped with, after {describe_epoch(epoch)} epochs"


def _render_links(record: RunRecord) -> None:
    address = {state.RUN_PARAMETER: record.id}
    with st.container(horizontal=True):
        st.page_link("pages/train/build.py", label="Look at it", icon=":material/monitoring:", query_params=address)
        if record.is_ready:
            st.page_link("pages/predict/score.py", label="Score it", icon=":material/fact_check:", query_params=address)
            st.page_link("pages/predict/draw.py", label="Draw for it", icon=":material/draw:", query_params=address)


def _render_files(record: RunRecord) -> None:
    store, name = services.store(), re.sub(r"[^\w.-]+", "-", record.title).strip("-") or "run"
    has_model = store.has_artefact(record.id, _MODEL)
    with st.container(horizontal=True):
        st.download_button(
            "Save the model (.keras)",
            # Read when asked for.
            data=(lambda: store.artefact(record.id, _MODEL)) if has_model else b"",
            file_name=f"{name}-{record.id[:4]}.keras",
            mime="application/octet-stream",
            icon=":material/download:",
            disabled=not has_model,
            on_click="ignore",
            help="A file that keras.models.load_model opens. It takes pixels as they are. It is a ZIP archive as well: "
            "class_names.json in it names the classes in the order of the answers."
            if has_model
            else "There is none: it is made when a training ends with something learned.",
        )
        st.download_button(
            "Save the history (CSV)",
            data=lambda: store.history_file(record.id),
            file_name=f"{name}-{record.id[:4]}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="Loss and accuracy by step and by epoch, as a table that any spreadsheet opens. "
            f"Its columns loss and validation_loss: {plain(name_objective(record.spec))}; accuracies are shares from 0 to 1.",
        )


def _render_describing(record: RunRecord) -> None:
    """A form for name and note."""
    with st.form(f"describe_{record.id}"):
        name = st.text_input(
            "Name",
            value=record.name or "",
            max_chars=MAX_NAME,
            placeholder=record.settings_title,
            help="What the run is called on all pages. Empty: the name that its settings give it.",
        )
        note = st.text_area("Note", value=record.note, max_chars=MAX_NOTE, help="Whatever you want to remember about this run.")
        with st.container(horizontal=True):
            is_wanted = st.form_submit_button("Save", icon=":material/check:", type="primary")
            st.form_submit_button("Leave it", on_click=state.ask_about_runs, args=(None,))
    if is_wanted:
        services.store().describe(record.id, name=name, note=note)
        state.ask_about_runs(None)
        st.rerun()
