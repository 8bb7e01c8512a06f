"""Two networks on the same images: choosing them, whether one is really better, and in what their runs differ."""

from __future__ import annotations

import streamlit as st

from core.figures.conclusion import ABOUT_THESE
from core.figures.difference import (
    accuracies_table,
    build_accuracy_difference,
    build_difference_chart,
    counts_table,
    describe_counts,
    describe_difference,
    describe_luck,
    describe_pair,
    difference_data,
    draw_accuracy_difference,
)
from core.figures.numbers import format_count
from core.figures.run_curves import label_runs
from core.predictions.two_networks import PairedAnswers, pair_answers
from core.runs.record import RunRecord
from pages.components import choices, disagreements, frame, gallery, run_differences, runs, saving, scoring, services, state, tables
from pages.components.words import plain

_OFFERED = 100
"""Runs in the picker, newest first."""


def pick_second(first: RunRecord) -> RunRecord | None:
    """The picker for the network to compare with; None, after saying what to do, if there is none that fits."""
    others = [one for one in services.store().list(limit=_OFFERED) if one.is_ready and one.id != first.id]
    fitting = {one.id: one for one in others if one.dataset_sha256 == first.dataset_sha256}
    if not fitting:
        _offer_another(first, len(others))
        return None
    options, wanted = list(fitting), state.second_run()
    chosen = choices.pick(
        "Compared with",
        options,
        key=state.SECOND_RUN_PICKER,
        chosen=wanted if wanted in fitting else options[runs.find_first_readable(list(fitting.values()))],
        note=state.choose_second_run,
        format_func=lambda run_id: runs.describe(fitting[run_id]),
        help="Another run on the same images. The newest is first.",
    )
    left_out = len(others) - len(fitting)
    if left_out:
        st.caption(_describe_left_out(left_out))
    return fitting[chosen]


def _describe_left_out(count: int) -> str:
    who, they = ("1 other run is", "it") if count == 1 else (f"{format_count(count)} other runs are", "they")
    return f"{who} not offered: {they} learned from another set, so that the same images can't be put to both networks."


def _offer_another(first: RunRecord, others: int) -> None:
    words = f"There is no other trained network on the images of {plain(first.spec.dataset)} to compare this one with."
    if others:
        words += f" {_describe_left_out(others)}"
    st.info(
        f"{words} Train one: with another layer, or with another seed alone to see how much luck there is in an accuracy.",
        icon=":material/info:",
    )
    if st.button(
        "Set up a new run from this one",
        icon=":material/content_copy:",
        type="primary",
        help="Puts the settings of this run into the form of Build and train. Nothing starts until you press Train there.",
    ):
        state.load_draft(first.spec)
        st.switch_page("pages/train/build.py")


def render_duel(first: RunRecord, second: RunRecord) -> None:
    """Everything about the two, once both have answered."""
    split = scoring.pick_split(first)
    scored = scoring.find_all_scored((first, second), split)
    if scored is None:
        return
    pair, labels = pair_answers(*scored), label_runs([first, second])
    _render_verdict(pair, labels)
    run_differences.render_differences([(record, services.store().history(record.id)) for record in (first, second)])
    disagreements.render_disagreements(pair, labels)


def _render_verdict(pair: PairedAnswers, labels: tuple[str, ...]) -> None:
    counts, info = pair.counts, build_accuracy_difference(pair.counts)
    st.subheader(describe_counts(counts), anchor=False)
    st.markdown(f"{describe_luck(counts)} {describe_pair(pair)}")
    tables.show_table(accuracies_table(counts, [plain(label) for label in labels]), hide_index=True)
    sentence = describe_difference(counts, pair.kind)
    gallery.show_chart(build_difference_chart(info, frame.figure_theme()), key="duel_difference", alt=sentence)
    st.caption(
        f"{sentence} {ABOUT_THESE} The dot is the difference, the line its interval (Newcombe's, for answers to the same images). "
        "Look whether the line crosses 0, where both are equally good, and how far it reaches."
    )
    with st.expander("Both, one or neither right: the numbers"):
        tables.show_table(counts_table(counts))
        st.caption(f"Of {format_count(len(pair))} {pair.kind} images. Only those that one of them alone reads right tell them apart.")
    saving.offer_files(
        name=f"{pair.image_set.name}-{pair.kind}-difference",
        table=lambda: difference_data(counts, labels),
        figure=lambda: draw_accuracy_difference(info, frame.figure_theme(), *labels),
    )
