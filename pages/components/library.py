"""Looking after the image sets on this machine: what there is, rename, delete, save as a file."""

from __future__ import annotations

import io

import streamlit as st

from core.datasets import library
from core.datasets.catalog import DatasetEntry, DatasetState
from core.datasets.known_sets import KNOWN_SETS
from core.figures.numbers import format_count
from pages.components import frame, services, state
from pages.components.words import plain

_ALL_RUNS = 1_000_000
"""More than anyone has: deleting a set asks how many of all runs used it."""

_RENAME, _DELETE = "Rename", "Delete"


def render_library() -> None:
    """A line for each set that is on this machine, with what can be done to it."""
    st.subheader("Image sets on this machine", anchor=False)
    st.caption("Sets in Inkling's home are yours to rename and delete. Each can be saved as a file that NumPy opens.")
    for entry in services.catalog().entries():
        if entry.state != DatasetState.MISSING:
            _render_set(entry)


def _render_set(entry: DatasetEntry) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(width=420, gap="xxsmall"):
                st.markdown(f"**{plain(entry.title)}**")
                st.caption(f"{plain(entry.description)} {_describe_place(entry)}")
            with st.container(horizontal=True, width="content", gap="small"):
                _render_actions(entry)
        if entry.reason:
            st.warning(plain(entry.reason), icon=":material/warning:")
        with frame.errors_shown():
            _render_in_hand(entry)


def _render_in_hand(entry: DatasetEntry) -> None:
    """The question that the press of a button above has raised."""
    if state.set_in_hand() == (entry.name, _RENAME):
        _render_renaming(entry)
    elif state.set_in_hand() == (entry.name, _DELETE):
        _render_deleting(entry)


def _describe_place(entry: DatasetEntry) -> str:
    """Its name, from where it is, and what it takes on the disk."""
    name = f"Called {plain(entry.name)} on the command line"
    if entry.path is None:
        return f"{name}. Bundled with scikit-learn." if entry.state == DatasetState.READY else ""
    origin = "downloaded" if entry.name in KNOWN_SETS else "in Inkling's home"
    if not library.owns(services.settings(), entry.name):
        origin = f"in the folder {plain(str(entry.path.parent))}"
    return f"{name}, {origin}, {_describe_bytes(entry)}."


def _describe_bytes(entry: DatasetEntry) -> str:
    try:
        size = entry.path.stat().st_size if entry.path else 0
    except OSError:
        return "of unknown size"
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.0f} kB"


def _render_actions(entry: DatasetEntry) -> None:
    ready = entry.state == DatasetState.READY
    owned = entry.path is not None and library.owns(services.settings(), entry.name)
    # What each is about is in its help, or a list of equal buttons would say nothing to a screen reader.
    about = plain(entry.title)
    if owned and ready and entry.name not in KNOWN_SETS:
        _render_action(_RENAME, ":material/edit:", entry, f"Give {about} another title.")
    if owned:
        _render_action(_DELETE, ":material/delete:", entry, f"Remove {about} from this machine, after asking.")
    if ready:
        st.download_button(
            "Save as .npz",
            # Made when asked for: most sets are never saved.
            data=lambda: _export(entry.name),
            file_name=f"{entry.name}.npz",
            mime="application/octet-stream",
            icon=":material/download:",
            key=f"export_{entry.name}",
            type="tertiary",
            on_click="ignore",
            help=f"Save {about} as a file that numpy.load opens.",
        )


def _render_action(action: str, icon: str, entry: DatasetEntry, help: str) -> None:
    key = f"{action.lower()}_{entry.name}"
    st.button(action, icon=icon, key=key, type="tertiary", help=help, on_click=state.take_in_hand, args=(entry.name, action))


def _export(name: str) -> bytes:
    file = io.BytesIO()
    library.export_npz(services.catalog().load(name), file)
    return file.getvalue()


def _render_renaming(entry: DatasetEntry) -> None:
    with st.form(f"rename_form_{entry.name}", border=False):
        title = st.text_input("New title", value=entry.title, max_chars=library.MAX_TITLE, help="What the set is called on the pages.")
        st.caption(f"Its name, {plain(entry.name)}, stays, so that runs and commands still find it.")
        with st.container(horizontal=True):
            is_wanted = st.form_submit_button("Save the title", icon=":material/check:", type="primary")
            st.form_submit_button("Leave it", on_click=state.put_back)
    if is_wanted:
        library.retitle(services.settings(), entry.name, title)
        _done()


def _render_deleting(entry: DatasetEntry) -> None:
    st.warning(f"Delete **{plain(entry.title)}**? {_describe_loss(entry)}", icon=":material/delete:")
    with st.container(horizontal=True):
        is_wanted = st.button("Delete it", icon=":material/delete:", type="primary")
        st.button("Keep it", on_click=state.put_back)
    if is_wanted:
        library.delete_set(services.settings(), entry.name)
        _done()


def _done() -> None:
    state.put_back()
    st.rerun()


def _describe_loss(entry: DatasetEntry) -> str:
    """What deleting a set takes away and what it leaves."""
    if entry.name in KNOWN_SETS:
        back = "It can be downloaded again on Explore > Samples."
    else:
        back = "It will be gone for good: save it as .npz first if you may want it back."
    used = sum(record.spec.dataset == entry.name for record in services.store().list(limit=_ALL_RUNS))
    if not used:
        return f"{back} No run has used it."
    runs = "One run that learned from it stays" if used == 1 else f"{format_count(used)} runs that learned from it stay"
    return f"{back} {runs} and can be looked at, but not scored any more."
