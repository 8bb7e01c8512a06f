"""Kept drawings as files: saving them, bringing them back, and deleting them all."""

from __future__ import annotations

import io
from collections.abc import Sequence

import streamlit as st

from core.drawing.reader import Reader
from core.drawings.files import MAX_FILE_BYTES, read_drawings, write_drawings
from core.drawings.kept import MAX_DRAWINGS, KeptDrawing
from core.figures.handwriting import SHEET, build_sheet, describe_count, drawings_table
from core.figures.samples import draw_sample_grid
from pages.components import frame, handwriting, saving, services

_ALL = "all"


def render_files(reader: Reader | None) -> None:
    """Saving the collection, bringing one back, and deleting it all. Without a network there is nothing yet but to bring one."""
    drawings = services.drawings().list()
    if reader is not None and drawings:
        _render_saving(reader, drawings)
    _render_bringing()
    if drawings:
        st.markdown("**Delete all**")
        handwriting.render_deleting(_ALL, [drawing.id for drawing in drawings], f"Delete all {describe_count(len(drawings))}")


def _render_saving(reader: Reader, drawings: Sequence[KeptDrawing]) -> None:
    read = handwriting.read_with(reader)
    st.markdown("**Save**")
    st.caption(
        "The .npz file holds the drawings as they were made and as MNIST's digits look: it can be brought back here, and "
        "Explore > Your data takes it as a data set. The table has the labels and answers; "
        f"the picture the first {SHEET}, those read wrong before the others."
    )
    st.download_button(
        "Save as .npz",
        data=lambda: _pack(drawings),
        file_name="my-handwriting.npz",
        mime="application/octet-stream",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
        help="All drawings, in a file that numpy.load opens.",
    )
    sheet = None if read is None else lambda: draw_sample_grid(build_sheet(read, read.worst_first()), frame.figure_theme())
    saving.offer_files(name="my-handwriting", table=lambda: drawings_table(drawings, read), figure=sheet)


def _pack(drawings: Sequence[KeptDrawing]) -> bytes:
    file = io.BytesIO()
    write_drawings(file, services.drawings(), drawings)
    return file.getvalue()


def _render_bringing() -> None:
    st.markdown("**Bring drawings back**")
    with st.form("bring_drawings", clear_on_submit=True, border=False):
        file = st.file_uploader(
            "A file of drawings",
            type="npz",
            help=f"One that was saved here, up to {MAX_FILE_BYTES // 1024**2} MB. There is room for {MAX_DRAWINGS:,} drawings in all.",
        )
        is_wanted = st.form_submit_button("Bring them back", icon=":material/upload_file:")
    if not is_wanted:
        return
    if file is None:
        st.info("Choose a file first.", icon=":material/info:")
        return
    with frame.errors_shown():
        added, total = read_drawings(services.drawings(), file.getvalue(), file.name)
        st.toast(f"{describe_count(added)} of {total:,} brought back; the others were here already." if added < total else _welcome(added))
        st.rerun()


def _welcome(added: int) -> str:
    return f"{describe_count(added)} brought back."
