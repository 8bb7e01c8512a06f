"""Keeping a drawing with one click: the network was right, or it was wrong and this is what was drawn."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.datasets.image_set import fingerprint
from core.drawing.pipeline import PreparedDrawing
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch
from core.drawings.kept import Answer, NewDrawing, shrink_to_keep
from core.figures.handwriting import describe_count
from core.rates import format_percent
from pages.components import frame, gallery, services, state
from pages.components.words import plain

_FEW = 12
"""Classes that are each a button of their own, so that one click tells which; more are a list to choose from."""

_PICTURE_WIDTH = 110


def show_keep(reader: Reader, sketch: Sketch, prepared: PreparedDrawing, probabilities: NDArray[np.float32]) -> None:
    """Whether the answer is right, in one click, which keeps the drawing and clears the canvas for the next one.

    `probabilities`, `float32 (class_count,)`, are the network's for this drawing.
    """
    ink = shrink_to_keep(sketch.ink)
    label = services.drawings().find_label(ink)
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=_PICTURE_WIDTH):
            gallery.show_pixels(prepared.image, reader.max_value, alt="The drawing that would be kept, as the network gets it.")
        with st.container(width=440):
            if label is None:
                _ask(reader, Sketch(ink), probabilities)
            else:
                st.info(f"This drawing is kept already, as {plain(label)}. Draw another one.", icon=":material/check:")
    _show_collection()


def show_kept() -> None:
    """What became of the drawing that was just kept; for where the canvas is empty again. Nothing if none was kept."""
    if state.just_kept():
        st.success(plain(state.just_kept()), icon=":material/check:")
        _link("from_kept")


def _link(key: str) -> None:
    help = "All drawings that you kept, and who reads them."
    if st.button("My handwriting", icon=":material/edit_note:", type="tertiary", key=key, help=help):
        st.switch_page("pages/predict/handwriting.py")


def _show_collection() -> None:
    count = services.drawings().count()
    words = f"{describe_count(count)} in your handwriting." if count else "Keep drawings, and they become a test set of your own."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(words, width="content")
        _link("from_keeping")


def _ask(reader: Reader, sketch: Sketch, probabilities: NDArray[np.float32]) -> None:
    names, best = reader.class_names, int(probabilities.argmax())
    answer = Answer(reader.id, reader.title, names[best], float(probabilities[best]))
    key = fingerprint(sketch.ink)[:12]
    st.markdown(f"Is it {plain(answer.read_as)}, as the network says ({format_percent(answer.probability)})? One click keeps the drawing.")
    st.button(
        f"Right, it is {plain(answer.read_as)}",
        icon=":material/check:",
        type="primary",
        key=f"keep_right_{key}",
        help="Keeps the drawing under this name; a canvas is cleared for the next one.",
        on_click=_keep,
        args=(sketch, answer, lambda: answer.read_as),
    )
    _ask_what([name for name in names if name != answer.read_as], sketch, answer, f"keep_wrong_{key}")


def _ask_what(others: list[str], sketch: Sketch, answer: Answer, key: str) -> None:
    """What it is instead."""
    choose = st.pills if len(others) < _FEW else st.selectbox
    empty = {} if len(others) < _FEW else {"index": None, "placeholder": "Choose what you drew"}
    choose(
        "Wrong, it is",
        others,
        format_func=plain if len(others) < _FEW else str,
        key=key,
        help="What you drew instead. Keeps the drawing under this name at once.",
        on_change=_keep,
        args=(sketch, answer, lambda: state.picked(key)),
        **empty,
    )


def _keep(sketch: Sketch, answer: Answer, find_label: Callable[[], str | None]) -> None:
    with frame.errors_shown():
        label = find_label()
        if label is None:
            return
        is_new = services.drawings().add(NewDrawing(label, sketch.ink, time.time(), answer))
        state.clear_canvas(state.DRAW_CANVAS)
        count = describe_count(services.drawings().count())
        state.note_kept(f"Kept as {label}: {count} in your handwriting." if is_new else "This drawing was kept before.")
