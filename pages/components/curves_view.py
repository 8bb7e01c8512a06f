"""The curves of one run: how they are looked at, the learning rate beside them, and what happened on the way."""

from __future__ import annotations

import streamlit as st

from core.figures.curve_chart import build_curve_chart
from core.figures.curve_marks import describe_mark
from core.figures.curves import (
    Across,
    CurvesInfo,
    CurveView,
    Quantity,
    build_curves,
    curves_table,
    describe_curves,
    describe_turn,
    describe_view,
)
from core.figures.learning_rate import RatesInfo, build_rate_chart, build_rates, describe_rates
from core.networks.objective import describe_objective
from core.runs.record import RunHistory, RunRecord
from pages.components import choices, frame, gallery

_SMOOTHEST = 20
"""Percent of the width of a chart: more would flatten everything there is to see."""


def render_curves(record: RunRecord, history: RunHistory) -> None:
    """Loss and accuracy so far, the learning rate if it is not always the same, and what they say."""
    view = _pick_view()
    info, rates = build_curves(history, record.spec, view), build_rates(history, record.spec, view)
    theme = frame.figure_theme()
    with st.grid(2, min_column_width=300):
        for quantity in Quantity:
            gallery.show_chart(build_curve_chart(info, quantity, theme), key=f"curve_{quantity}", alt=describe_curves(info))
        if not rates.is_constant:
            gallery.show_chart(build_rate_chart(rates, theme), key="curve_rate", alt=describe_rates(rates))
            with st.container():
                _render_words(info, rates)
    if rates.is_constant:
        _render_words(info, rates)
    st.caption(describe_objective(record.spec))
    with st.expander("The numbers by epoch", key="curve_numbers", on_change="rerun") as numbers:
        # A long table takes longer to build than everything else here.
        if numbers.open:
            st.dataframe(curves_table(info))


def _render_words(info: CurvesInfo, rates: RatesInfo) -> None:
    st.caption(
        " ".join(filter(None, [describe_curves(info), describe_turn(info), describe_view(info.view), describe_rates(rates)])),
    )
    if info.marks:
        st.caption("\n".join(["Marked on the curves:", "", *(f"- **{mark.letter}**: {describe_mark(mark)}" for mark in info.marks)]))


def _pick_view() -> CurveView:
    """How to look at the curves: it changes nothing about the run, and holds for all runs."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        across = choices.choose(
            "Across",
            Across,
            default=Across.EPOCHS,
            format_func=lambda across: {Across.EPOCHS: "Epochs", Across.STEPS: "Steps"}[across],
            key="curve_across",
            help="An epoch is once through all training images, a step is one batch: count steps to compare batch sizes.",
        )
        smoothing = st.slider(
            "Smoothing",
            0,
            _SMOOTHEST,
            key="curve_smoothing",
            width=120,
            format="%d %%",
            help="Over how much of the width of the chart the strong lines are a mean. Every measurement stays visible, lighter.",
            persist_state="session",
        )
        log_loss = st.toggle(
            "Log loss",
            key="curve_log_loss",
            help="Equal distances on the axis of the loss are equal factors, so that small losses can be told apart.",
            persist_state="session",
        )
    return CurveView(across, bool(log_loss), int(smoothing))
