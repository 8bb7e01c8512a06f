"""Every run on this machine: find, compare, name, save, delete, and set up a new one from an old one."""

import streamlit as st

from pages.components import comparison, frame, runs_table, services, state

frame.page_header("Runs", "Every network that was trained on this machine. Choose one to see what can be done with it, several to compare.")
records = services.store().list(limit=runs_table.MOST)
runs_table.show_unreadable(services.store().unreadable(limit=runs_table.MOST))
if not records:
    runs_table.render_empty()
else:
    list_side, chosen_side = st.columns([4, 5], gap="medium")
    with list_side:
        runs_table.render_list(records)
    by_id = {record.id: record for record in records}
    with chosen_side:
        comparison.render_chosen([by_id[run_id] for run_id in state.chosen_runs() if run_id in by_id])
