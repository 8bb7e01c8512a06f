"""Predict > Score > Confusion: which classes are taken for which, and the images in each cell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.figures.confusion import (
    CLICKED,
    MAX_WRITTEN,
    CellNumber,
    build_confusion,
    build_confusion_chart,
    common_mistakes,
    confusion_table,
    describe_confusion,
    describe_pair,
    draw_confusion,
    pair_table,
)
from core.figures.numbers import format_count
from core.predictions.scored import Rows, ScoredImages
from core.runs.record import RunRecord
from pages.components import behind, choices, clicks, frame, saving, state, tables
from pages.components.words import plain

_CHART = "confusion"


@st.fragment
@frame.guarded
def render_confusion(record: RunRecord, scored: ScoredImages) -> None:
    """The whole part. A fragment, so that a click redraws nothing else."""
    names = scored.class_names
    keys = _keys(scored)
    number, true, read, both_ways = _pick(scored, keys)
    chart, images = st.columns(2, gap="large")
    with chart:
        _render_matrix(record, scored, number, (true, read))
    if both_ways and true != read:
        with images:
            _render_counts(scored, true, read)
        _render_both_ways(scored, true, read)
    else:
        with images:
            behind.show_images(
                scored, _cell(scored, true, read), key="confusion", at_once=behind.BESIDE, title=f"{names[true]} read as {names[read]}"
            )
    with st.expander("The matrix as a table"):
        st.dataframe(confusion_table(scored.scores.confusion, names))


def _render_matrix(record: RunRecord, scored: ScoredImages, number: CellNumber, chosen: tuple[int, int]) -> None:
    matrix, names = scored.scores.confusion, scored.class_names
    info = build_confusion(matrix, names, number)
    sentence = describe_confusion(matrix, names)
    chart = build_confusion_chart(info, frame.figure_theme(), chosen)
    choose = partial(_choose, _keys(scored), len(names))
    clicks.show_clickable(chart, key=_CHART, alt=sentence, selection=CLICKED, on_click=choose)
    percent = "" if number == CellNumber.COUNT else " The numbers are percent."
    where = "" if len(names) <= MAX_WRITTEN else " With so many classes, the numbers are in the table."
    st.caption(
        f"{plain(sentence)} Each row holds the {scored.kind} images of one class, each column what they were read as; right answers lie on "
        f"the diagonal. Of {format_count(len(scored))} images.{percent}{where} Look for strong cells away from the diagonal, and click one "
        "to see its images."
    )
    saving.offer_files(
        name=f"{record.id}-{scored.kind}-confusion",
        table=lambda: confusion_table(matrix, names),
        figure=lambda: draw_confusion(info, frame.figure_theme()),
    )


def _pick(scored: ScoredImages, keys: tuple[str, ...]) -> tuple[CellNumber, int, int, bool]:
    """What stands in the cells, and which cell to look into: at first the most common mistake."""
    names = scored.class_names
    for key, label in zip(keys, next(iter(common_mistakes(scored.scores.confusion, 1)), (0, 0)), strict=True):
        state.set_default(key, label)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = choices.choose(
            "Numbers in the cells",
            CellNumber,
            default=CellNumber.COUNT,
            format_func=str.capitalize,
            key="confusion_number",
            help="Images; or their share in percent of all images of the true class, or of all images with that answer.",
        )
        true, read = (
            st.selectbox(
                title,
                range(len(names)),
                format_func=names.__getitem__,
                key=key,
                width=150,
                help=f"The {side} of the cell whose images are shown. A click on the cell chooses it too.",
                on_change=state.forget_clicks,
                args=(_CHART,),
                persist_state="session",
            )
            for title, side, key in zip(("True class", "Read as"), ("row", "column"), keys, strict=True)
        )
        both_ways = st.toggle(
            "And the other way round",
            key="confusion_both",
            help="Shows the images of both mistakes side by side: the one class read as the other, and the other as the one.",
            persist_state="session",
        )
    return number, int(true), int(read), both_ways


def _choose(keys: tuple[str, ...], count: int, mark: Mapping[str, Any]) -> None:
    cell = (mark.get("true_label"), mark.get("read_label"))
    if all(label in range(count) for label in cell):
        for key, label in zip(keys, cell, strict=True):
            state.put(key, int(label))


def _render_counts(scored: ScoredImages, first: int, second: int) -> None:
    """Two classes and how often either was read as the other."""
    matrix, names = scored.scores.confusion, scored.class_names
    st.markdown(f"**{plain(names[first])} and {plain(names[second])}**")
    table = pair_table(matrix, names, first, second)
    named = table.assign(**{"True class": table["True class"].map(plain)}).rename(columns=plain)
    tables.show_table(named, hide_index=True, border="horizontal")
    st.caption(
        f"{plain(describe_pair(matrix, names, first, second))} Of {format_count(int(matrix[[first, second]].sum()))} {scored.kind} images "
        "of the two classes. Look at which way is more common."
    )


def _render_both_ways(scored: ScoredImages, first: int, second: int) -> None:
    """The images of either class that were read as the other, side by side."""
    names = scored.class_names
    for column, (true, read), side in zip(st.columns(2, gap="large"), ((first, second), (second, first)), ("there", "back"), strict=True):
        with column:
            behind.show_images(
                scored,
                _cell(scored, true, read),
                key=f"confusion_{side}",
                at_once=behind.BESIDE,
                title=f"{names[true]} read as {names[read]}",
            )


def _keys(scored: ScoredImages) -> tuple[str, str]:
    return f"confusion_true_{scored.image_set.name}", f"confusion_read_{scored.image_set.name}"


def _cell(scored: ScoredImages, true: int, read: int) -> Rows:
    return np.flatnonzero((scored.scores.labels == true) & (scored.scores.predicted == read))
