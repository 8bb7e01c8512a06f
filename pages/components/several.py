"""Several figures in a row: a wide canvas, and the number that a network reads in it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.drawing.checks import NoteKind, check_sketch
from core.drawing.reader import Reader
from core.drawing.separate import separate
from core.drawing.sketch import Sketch
from core.errors import DrawingError
from core.figures.probabilities import PROBABILITY
from core.figures.samples import draw_sample_grid
from core.figures.several import RowInfo, build_row, build_row_grid, describe_check, describe_doubts, describe_row, row_table
from core.rates import percent_number
from pages.components import canvas, frame, gallery, reading, saving
from pages.components.words import plain

WIDTH, HEIGHT = 560, 200
"""Pixels of the canvas: room for four or five figures, and for the number beside it on a screen of 1280."""

_NUMBER_WIDTH = 220
"""Pixels. The number stands beside the canvas where there is room for it, else below."""

_TILE = 100
"""Pixels of a figure's picture where there is room for all of them in one row."""


def show_several(reader: Reader) -> None:
    """A wide canvas, beside it the number that the network reads, below it how it read each figure."""
    with st.container(horizontal=True, gap="medium"):
        left, right = st.container(width=WIDTH), st.container(width=_NUMBER_WIDTH)
    with left:
        sketch = canvas.draw_canvas(f"several_{reader.id}", width=WIDTH, height=HEIGHT)
    with right:
        # As high as the canvas begins, above which its toolbar has room.
        st.space("medium")
        if sketch is None:
            st.info(
                "Write a number, such as a year, and leave a gap between its digits. It is read anew each time you lift the pen.",
                icon=":material/draw:",
            )
            return
        info = _show_number(reader, sketch)
    if info is not None:
        _show_figures(reader, info)


def show_row(reader: Reader, sketch: Sketch) -> None:
    """What the network reads in a drawing or a photo of several figures."""
    info = _show_number(reader, sketch)
    if info is not None:
        _show_figures(reader, info)


def read_row(reader: Reader, sketch: Sketch) -> RowInfo:
    """Each figure of a row as the network reads it, all with one question to the engine.

    Raises `DrawingError` if there is nothing to be read or the ink is in too many pieces, and what asking a network raises.
    """
    separated = separate(sketch.ink, is_brought=sketch.photo is not None)
    images = np.stack([reader.prepare(Sketch(figure.ink)).image for figure in separated.figures])
    return build_row(separated, images, reader.max_value, reading.ask(reader, images), reader.class_names)


def _show_number(reader: Reader, sketch: Sketch) -> RowInfo | None:
    """The number and what is doubtful about it; None, after saying so, if there is nothing to be read."""
    try:
        cut = [note.message for note in check_sketch(sketch) if note.kind == NoteKind.CUT]
        info = read_row(reader, sketch)
    except DrawingError as error:
        st.info(plain(str(error)), icon=":material/draw:")
        return None
    st.caption(
        "The number it reads",
        help="Figures are told apart by the gaps between them. A question mark stands for one that the network can't know; "
        "one row of real digits in twenty gets one by mistake.",
    )
    st.header(plain(info.number), anchor=False)
    for sentence in (*cut, *describe_doubts(info)):
        st.warning(plain(sentence), icon=":material/warning:")
    return info


def _show_figures(reader: Reader, info: RowInfo) -> None:
    """Each figure as the network gets it, with its answer; the same as a table."""
    grid = build_row_grid(info)
    with st.container(width=_TILE * grid.columns):
        gallery.show_picture(draw_sample_grid(grid, frame.figure_theme()), alt=describe_row(info))
    advice = " Look at those in a thick frame first." if any(figure.is_doubtful for figure in info.figures) else ""
    st.caption(
        f"{plain(describe_row(info))} Each was cut out and read by itself, as you see it here: below stand the best guess and how "
        f"probable the network holds it.{advice}"
    )
    if check := describe_check(info, reading.name_things(reader)):
        st.caption(check)
    with st.expander("As a table"):
        table = row_table(info).assign(**{PROBABILITY: [percent_number(figure.probability) for figure in info.figures]})
        st.table(table.map(lambda value: plain(value) if isinstance(value, str) else value), hide_index=True)
        theme = frame.figure_theme()
        saving.offer_files(
            name=f"{reader.id}-row",
            table=lambda: row_table(info),
            figure=lambda: draw_sample_grid(grid, theme),
        )
