"""The front page: what this is, the engine, the four steps, the last runs."""

import streamlit as st

from core.figures.comparison import describe_accuracy
from core.figures.numbers import format_moment
from core.figures.run_curves import label_runs
from core.runs.record import RunRecord
from pages.components import frame, live, services
from pages.components.words import plain

LAST_RUNS = 5
NAMED = 100
"""Runs, the newest, among which a name has to be like no other's."""

STEPS = (
    (
        "1. Look",
        "See the images a network will have to cope with, and read off the numbers they are made of.",
        "pages/explore/samples.py",
        "Look at images",
        ":material/grid_view:",
    ),
    (
        "2. Build and train",
        "Choose layers, optimiser and epochs, press Train, and watch loss and accuracy move.",
        "pages/train/build.py",
        "Build a network",
        ":material/network_node:",
    ),
    (
        "3. Test",
        "Find out how well it does on images it has never seen, and look at each one it gets wrong.",
        "pages/predict/score.py",
        "Score a network",
        ":material/fact_check:",
    ),
    (
        "4. Draw",
        "Draw a digit, at once if you like: see it as a network sees it, and what it takes it for.",
        "pages/predict/draw.py",
        "Draw a digit",
        ":material/draw:",
    ),
)


def render_steps() -> None:
    """The loop as four cards with a button each."""
    with st.grid(4, min_column_width=175):
        for title, text, page, label, icon in STEPS:
            with st.container(border=True, height="stretch", vertical_alignment="distribute"):
                st.markdown(f"**{title}**\n\n{text}")
                if st.button(label, icon=icon, width="stretch", type="primary" if title.startswith("1") else "secondary"):
                    st.switch_page(page)
    st.page_link("pages/explore/your_data.py", label="Or bring your own images", icon=":material/upload_file:")


def render_run(record: RunRecord, name: str) -> None:
    """One line of the list of runs."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(f"**{plain(name)}**", width="content")
            live.show_state(record.state)
            st.caption(f"{describe_accuracy(record)}, {format_moment(record.created)}", width="content")
        st.page_link(
            "pages/train/build.py", label="Open", icon=":material/arrow_forward:", query_params={"run": record.id}, width="content"
        )


def render_last_runs() -> None:
    """The newest runs, or what to do when there are none."""
    st.subheader("Last runs", anchor=False)
    records = services.store().list(limit=NAMED)
    if not records:
        st.caption("Nothing trained yet. Step 2 starts with a recipe that learns the bundled digits in seconds.")
    for record, name in zip(records[:LAST_RUNS], label_runs(records, longest=None), strict=False):
        render_run(record, name)


frame.page_header(
    "Inkling",
    "A small laboratory for neural networks: look at images, build a network, watch it learn, and see what it gets wrong. "
    "Everything runs on this computer, and nothing leaves it.",
)
frame.engine_status()
services.store().check_writable()
render_steps()
render_last_runs()
