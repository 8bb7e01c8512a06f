"""The list of all runs on this machine: find, sort, and choose some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from core.errors import StorageError
from core.figures.comparison import describe_accuracy
from core.figures.numbers import format_count, format_moment, format_seconds
from core.figures.run_curves import label_runs
from core.networks.objective import name_objective
from core.predictions.looks import describe_validation_looks
from core.runs.browsing import Order, Wanted, find_runs
from core.runs.comparing import describe_epochs_of
from core.runs.record import RunRecord, RunState
from pages.components import live, services, state
from pages.components.words import plain

MOST = 10_000
"""Runs that are listed, newest first. A thousand take a twentieth of a second."""

_PER_PAGE = 8


def render_list(records: Sequence[RunRecord]) -> None:
    """Which runs, and then these, a page at a time, each with a box to choose it."""
    wanted = _pick_wanted(records)
    found = find_runs(records, wanted)
    _render_count(len(found), len(records))
    if wanted.order == Order.ACCURACY:
        _render_luck(found)
    elif wanted.order == Order.DURATION:
        st.caption("How long a training takes depends on what else the computer does meanwhile. A short one need not be a fast network.")
    pages = max(1, -(-len(found) // _PER_PAGE))
    # The key changes with what is shown, because a place in another list means nothing.
    page = st.pagination(pages, key=f"runs_page_{pages}", max_visible_pages=5, persist_state="session") if pages > 1 else 1
    names = dict(zip((record.id for record in records), label_runs(records, longest=None), strict=True))
    for record in found[(page - 1) * _PER_PAGE : page * _PER_PAGE]:
        _render_run(record, names[record.id], with_loss=wanted.order == Order.LOSS)


_REASONS_SHOWN = 3


def show_unreadable(reasons: Sequence[str]) -> None:
    """That runs are left out of the list, and why."""
    for reason in reasons[:_REASONS_SHOWN]:
        st.warning(f"A run is left out here, for it can't be read. {plain(reason)}", icon=":material/folder_off:")
    if len(reasons) > _REASONS_SHOWN:
        st.caption(f"So are {format_count(len(reasons) - _REASONS_SHOWN)} more.")


def render_empty() -> None:
    """What to do while there are no runs."""
    st.info("Nothing has been trained on this machine yet. The first recipe learns the bundled digits in seconds.", icon=":material/info:")
    st.page_link("pages/train/build.py", label="Build and train a network", icon=":material/network_node:")


def _pick_wanted(records: Sequence[RunRecord]) -> Wanted:
    with st.grid(2, min_column_width=150):
        text = st.text_input(
            "Search",
            key="runs_text",
            placeholder="Name, note, recipe",
            help="Shows only the runs whose name, note or recipe holds all these words.",
            persist_state="session",
        )
        order = st.selectbox(
            "Sort by",
            list(Order),
            key="runs_order",
            format_func=str.capitalize,
            help="Which run comes first. Runs without the number come last.",
            persist_state="session",
        )
        dataset = _pick("Data set", sorted({record.spec.dataset for record in records}), "runs_dataset", "Only runs that learned from it.")
        states = sorted({record.state for record in records})
        run_state = _pick("State", states, "runs_state", "Only runs that ended so, or are still under way.", str.capitalize)
    return Wanted(text, dataset, RunState(run_state) if run_state else None, Order(order))


def _pick(label: str, options: Sequence[str], key: str, help: str, say: Callable[[str], str] = str) -> str | None:
    """A choice among what there is, or all of it."""
    choice = st.selectbox(
        label,
        ["", *options],
        key=key,
        format_func=lambda one: say(one) if one else "All",
        help=help,
        persist_state="session",
    )
    return str(choice) or None


def _render_count(found: int, there: int) -> None:
    chosen = len(state.chosen_runs())
    runs = f"{format_count(found)} of {format_count(there)} runs" if found < there else f"{format_count(there)} run{'s' * (there != 1)}"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{runs}, {chosen} chosen.", width="content")
        st.button("Choose none", icon=":material/close:", type="tertiary", disabled=not chosen, on_click=state.keep_chosen, args=((),))
    if not found:
        st.caption("No run fits. Search for fewer words, or choose All.")


def _render_luck(found: Sequence[RunRecord]) -> None:
    """What the best of so many owes to luck, where all were checked on images of one set."""
    measured = [one for one in found if one.validation_accuracy is not None]
    if len({one.dataset_sha256 for one in measured}) != 1:
        return
    images = next(filter(None, map(_count_validation, measured)), 0)
    if images:
        accuracies = [one.validation_accuracy for one in measured if one.validation_accuracy is not None]
        st.caption(describe_validation_looks(accuracies, images))


def _count_validation(record: RunRecord) -> int:
    """The run's validation images; 0 if it had none, or its files are damaged."""
    with suppress(StorageError):
        started = services.store().history(record.id).started
        return 0 if started is None else started.validation_images
    return 0


def _render_run(record: RunRecord, name: str, *, with_loss: bool) -> None:
    key = state.run_tick_key(record.id)
    state.set_default(key, record.id in state.chosen_runs())
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.checkbox(f"**{plain(name)}**", key=key, on_change=state.tick_run, args=(record.id,), width="content")
            live.show_state(record.state)
        st.caption(describe_run(record))
        if with_loss and record.loss is not None:
            st.caption(plain(f"Training loss {record.loss:.4f}: {name_objective(record.spec)}"))


def describe_run(record: RunRecord) -> str:
    """What a run was and what it came to, on one line."""
    epochs = f"{describe_epochs_of(record)} epochs"
    took = "" if record.seconds is None else f" in {format_seconds(record.seconds)}"
    settings = f"{record.settings_title}, " if record.name else ""
    return plain(f"{settings}{record.spec.dataset}, {describe_accuracy(record)}, {epochs}{took}, {format_moment(record.created)}")
