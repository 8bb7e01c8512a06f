"""Predict > Score > Confidence: how sure the answers are, right ones and wrong ones, and whether that can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.figures.confidence import (
    BINS,
    CLICKED,
    ConfidenceInfo,
    build_confidence,
    build_confidence_chart,
    confidence_bins,
    confidence_table,
    describe_confidence,
    draw_confidence,
)
from core.figures.numbers import format_count
from core.predictions.scored import ScoredImages
from core.runs.record import RunRecord
from pages.components import behind, calibration, clicks, frame, saving, state, tables

_CHART, _BIN = "confidence", "confidence_bin"


def render_confidence(record: RunRecord, scored: ScoredImages) -> None:
    """The whole part."""
    _render_histogram(record, scored)
    calibration.render_calibration(scored)


@st.fragment
@frame.guarded
def _render_histogram(record: RunRecord, scored: ScoredImages) -> None:
    """The histogram and its images. A fragment, so that a click redraws nothing else."""
    info = build_confidence(scored.scores)
    number, only_wrong = _pick(info)
    chart, images = st.columns(2, gap="large")
    with chart:
        _render_bars(record, scored, info, number, only_wrong)
    with images:
        rows = np.flatnonzero(confidence_bins(scored.scores.confidence) == number)
        behind.show_images(
            scored, rows, key="confidence", at_once=behind.BESIDE, title=f"Answers with a probability of {info.bins[number].title}"
        )


def _render_bars(record: RunRecord, scored: ScoredImages, info: ConfidenceInfo, number: int, only_wrong: bool) -> None:
    sentence = describe_confidence(info)
    chart = build_confidence_chart(info, frame.figure_theme(), number, only_wrong=only_wrong)
    clicks.show_clickable(chart, key=_CHART, alt=sentence, selection=CLICKED, on_click=partial(_choose, info.filled))
    st.caption(
        f"{sentence} The probability of the answer, for {format_count(info.count)} {scored.kind} images. Look for wrong answers far to the "
        "right: there the network is sure and mistaken. Click a bar to see its images."
    )
    with st.expander("As a table"):
        tables.show_table(confidence_table(info), hide_index=True, border="horizontal")
    saving.offer_files(
        name=f"{record.id}-{scored.kind}-confidence",
        table=lambda: confidence_table(info),
        figure=lambda: draw_confidence(info, frame.figure_theme(), only_wrong=only_wrong),
    )


def _pick(info: ConfidenceInfo) -> tuple[int, bool]:
    """Which bar's images to show, at first those of the surest answers; and whether right answers are drawn."""
    state.set_default(_BIN, BINS - 1)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            "Probability of the answer",
            range(BINS),
            format_func=lambda number: info.bins[number].title,
            key=_BIN,
            width=220,
            help="Whose images are shown. A click on a bar chooses it too.",
            on_change=state.forget_clicks,
            args=(_CHART,),
            persist_state="session",
        )
        only_wrong = st.toggle(
            "Only wrong answers",
            key="confidence_wrong",
            help="Leaves the right answers out of the chart, where they dwarf the wrong ones.",
            persist_state="session",
        )
    return int(number), only_wrong


def _choose(filled: list[int], mark: Mapping[str, Any]) -> None:
    if mark.get("bin") in filled:
        state.put(_BIN, int(mark["bin"]))
