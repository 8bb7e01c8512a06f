"""Choosing a run to predict with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import streamlit as st

from core.errors import DatasetError, InklingError
from core.figures.comparison import describe_accuracy
from core.figures.numbers import format_count
from core.networks.recipes import DEFAULT_RECIPE, RECIPES
from core.runs.comparing import describe_epochs
from core.runs.record import RunRecord
from pages.components import choices, services, state
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
    chosen = choices.pick(
        "Network",
        options,
        key=state.RUN_PICKER,
        chosen=wanted if wanted in records else options[find_first_readable(list(records.values()))],
        note=state.choose_run,
        format_func=lambda run_id: describe(records[run_id]),
        help="A run that you trained. The newest is first; to begin with, the newest whose images are here is chosen.",
    )
    _render_newer(chosen)
    return records[chosen]


def find_first_readable(records: Sequence[RunRecord]) -> int:
    """The place of the first run whose images are here as it learned from them; 0 if there is none, whose page then says why."""
    return next((place for place, record in enumerate(records) if _find_obstacle(record) is None), 0)


def _render_newer(chosen: str) -> None:
    """That newer runs were passed over, and why, where all of them can't be looked at here."""
    newer = list(takewhile(lambda record: record.id != chosen, services.store().list(limit=_OFFERED)))
    # To tell, images are loaded: not of more runs than needed.
    reasons = list(takewhile(lambda reason: reason is not None, map(_find_obstacle, newer)))
    if newer and len(reasons) == len(newer):
        count = len(newer) - 1
        others = f" {format_count(count)} more {'was' if count == 1 else 'were'} passed over as well." if count else ""
        st.caption(f"Newer, but passed over: {plain(newer[0].title)} ({newer[0].id[:4]}). {reasons[0]}{others}")


def _find_obstacle(record: RunRecord) -> str | None:
    """Why a run can't be looked at here, as a sentence in Markdown; None if it can."""
    if not record.is_ready:
        return f"It {_why_not_ready(record)}."
    try:
        record.check_images(services.catalog().load(record.spec.dataset))
    except DatasetError as error:
        return plain(str(error))
    return None


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
        st.warning(plain(str(error)), icon=":material/warning:")
        state.choose_run(None)


def _why_not_ready(record: RunRecord) -> str:
    """In the middle of a sentence."""
    if record.state.is_final:
        what = "has nothing to predict with" if record.epochs_done else "learned nothing"
        return f"{what}: its training ended ({record.state}) before there was anything to keep"
    return f"has nothing to predict with yet: its training is {record.state}"


def describe(record: RunRecord) -> str:
    """A run as one line of a list to choose from."""
    return f"{record.title} ({record.state}, {describe_epochs(record)}, {describe_accuracy(record)}) {record.id[:4]}"


def _offer_first_training() -> None:
    st.info("No network has been trained on this machine yet. One on the bundled digits takes a few seconds.", icon=":material/info:")
    if st.button("Train one now", icon=":material/play_arrow:", type="primary"):
        run_id = services.compute().submit(RECIPES[DEFAULT_RECIPE].spec)
        st.switch_page("pages/train/build.py", query_params={state.RUN_PARAMETER: run_id})
