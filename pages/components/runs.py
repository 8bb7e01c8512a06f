"""Choosing a run to predict with."""

from __future__ import annotations

import streamlit as st

from core.errors import InklingError
from core.figures.comparison import describe_accuracy
from core.networks.recipes import DEFAULT_RECIPE, RECIPES
from core.runs.record import RunRecord
from pages.components import services, state
from pages.components.words import plain

_OFFERED = 100
"""Runs in the picker, newest first."""


def pick_run() -> RunRecord | None:
    """The picker for a run with something learned; None, after offering the first training, if there is none."""
    records, wanted = find_ready(), state.current_run()
    if not records:
        _offer_first_training()
        return None
    options = list(records)
    chosen = st.selectbox(
        "Network",
        options=options,
        index=options.index(wanted) if wanted in records else 0,
        format_func=lambda run_id: describe(records[run_id]),
        help="A run that you trained. The newest is first.",
    )
    state.choose_run(chosen)
    return records[chosen]


def find_ready() -> dict[str, RunRecord]:
    """The runs with something learned, by their ids, newest first; the one in the address among them, or why it is not, in words."""
    _check_address()
    records = {record.id: record for record in services.store().list(limit=_OFFERED) if record.is_ready}
    wanted = state.current_run()
    if wanted and wanted not in records:
        record = services.store().load(wanted)
        if record.is_ready:
            records[wanted] = record
        else:
            st.info(f"{plain(record.title)} {_why_not_ready(record)}.", icon=":material/info:")
    return records


def _check_address() -> None:
    """An address from elsewhere may name a run that is not here: say so, and go on with the newest."""
    wanted = state.current_run()
    if wanted is None:
        return
    try:
        services.store().load(wanted)
    except InklingError as error:
        st.warning(str(error), icon=":material/warning:")
        state.choose_run(None)


def _why_not_ready(record: RunRecord) -> str:
    """In the middle of a sentence."""
    if record.state.is_final:
        what = "has nothing to predict with" if record.epochs_done else "learned nothing"
        return f"{what}: its training ended ({record.state}) before there was anything to keep"
    return f"has nothing to predict with yet: its training is {record.state}"


def describe(record: RunRecord) -> str:
    """A run as one line of a list to choose from."""
    epochs = "1 epoch" if record.epochs_done == 1 else f"{record.epochs_done} epochs"
    return f"{record.title} ({record.state}, {epochs}, {describe_accuracy(record)}) {record.id[:4]}"


def _offer_first_training() -> None:
    st.info("No network has been trained on this machine yet. One on the bundled digits takes a few seconds.", icon=":material/info:")
    if st.button("Train one now", icon=":material/play_arrow:", type="primary"):
        run_id = services.compute().submit(RECIPES[DEFAULT_RECIPE].spec)
        st.switch_page("pages/train/build.py", query_params={state.RUN_PARAMETER: run_id})
