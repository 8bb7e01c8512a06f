"""In what runs differ: their settings, and how they were trained."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import InklingError
from core.figures.comparison import differences_table
from core.figures.run_curves import label_runs
from core.runs.comparing import find_differences, find_training_differences
from core.runs.record import RunHistory, RunRecord, RunState
from pages.components import services, tables
from pages.components.words import plain


def render_differences(runs: Sequence[tuple[RunRecord, RunHistory]]) -> None:
    """A table of all that is not the same, or that there is nothing."""
    st.markdown("**What differs in settings and training**")
    records = [record for record, _ in runs]
    settings = find_differences([record.spec for record in records])
    training = find_training_differences(runs, _name_origins(records))
    if not settings and not training:
        moment = ", or of the moment at which each was stopped" if any(one.state == RunState.STOPPED for one in records) else ""
        st.caption(f"Nothing: the same settings, the same seed, and trained alike. Different answers come of the machine{moment}.")
        return
    table = differences_table([*settings, *training], [plain(label) for label in label_runs(records)])
    tables.show_table(table, hide_index=True)
    if settings:
        st.caption("All other settings are the same. A dash: without effect beside that run's other settings.")
    else:
        st.caption("All settings are the same, the seed as well.")


def _name_origins(records: Sequence[RunRecord]) -> dict[str, str]:
    """What the runs are called that these continue, as far as they are still there, as Markdown."""
    names = {}
    for run_id in {record.continues for record in records if record.continues}:
        try:
            names[run_id] = f"{plain(services.store().load(run_id).title)} ({run_id[:4]})"
        except InklingError:
            continue
    return names
