"""Draw: what the network took the drawing for after each stroke, and on the way of each."""

from __future__ import annotations

import streamlit as st

from core.datasets.image_set import Images
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch
from core.drawing.strokes import prepare_moments
from core.figures.samples import build_sample_grid, draw_sample_grid
from core.figures.stroke_opinions import (
    StrokeOpinionsInfo,
    build_opinions_chart,
    build_stroke_opinions,
    describe_opinions,
    draw_opinions,
    opinion_labels,
    opinions_table,
)
from pages.components import frame, gallery, saving, services
from pages.components.words import plain

_COLUMNS, _MANY, _MANY_COLUMNS = 5, 15, 10
"""Pictures in a row; more in a row if there are more than so many."""

_WIDTH = 380
"""Pixels below which the pictures and the chart stand one below the other."""


def show_strokes(reader: Reader, sketch: Sketch) -> None:
    """The network's opinion after each stroke, in order: pictures, a sentence, lines over the strokes and a table."""
    if not sketch.strokes:
        st.info(
            "Only a drawing made on the canvas has strokes. A picture comes all at once, so there is no order in it.",
            icon=":material/info:",
        )
        return
    strokes, images = prepare_moments(reader, sketch)
    info = build_stroke_opinions(strokes, services.compute().predict(reader.id, images), reader.class_names)
    sentence = describe_opinions(info)
    st.markdown(f"**{plain(sentence)}**")
    with st.grid(2, min_column_width=_WIDTH):
        with st.container():
            _render_pictures(info, images, reader.max_value, sentence)
        # One moment is no line.
        if len(images) > 1:
            with st.container():
                _render_lines(info, sentence)
    _offer(info)


def _render_pictures(info: StrokeOpinionsInfo, images: Images, max_value: int, sentence: str) -> None:
    columns = _COLUMNS if len(images) <= _MANY else _MANY_COLUMNS
    grid = build_sample_grid(images, opinion_labels(info), columns=columns, max_value=max_value)
    gallery.show_picture(draw_sample_grid(grid, frame.figure_theme()), alt=f"The drawing at {len(images)} moments. {sentence}")
    st.caption(_explain_pictures(info))


def _render_lines(info: StrokeOpinionsInfo, sentence: str) -> None:
    gallery.show_chart(build_opinions_chart(info, frame.figure_theme()), key="draw_strokes_chart", alt=sentence)
    st.caption(
        f"The probability of each class on the way, from {len(info.opinions)} images of this one drawing. "
        "Look for the place where two lines cross: the piece of ink drawn there changed the network's mind."
    )


def _explain_pictures(info: StrokeOpinionsInfo) -> str:
    drawn = "how much of the stroke was drawn" if info.stroke_count == 1 else "how many strokes were drawn"
    return (
        "Each picture is what the network would have got if you had stopped there. However little there is, it is scaled to fill "
        f"the frame, as every drawing is. Below it: {drawn}, and the first two classes."
    )


def _offer(info: StrokeOpinionsInfo) -> None:
    theme = frame.figure_theme()
    with st.expander("As a table"):
        table = opinions_table(info)
        st.table(table.map(plain), hide_index=True)
        saving.offer_files(name="drawing-by-stroke", table=lambda: table, figure=lambda: draw_opinions(info, theme))
