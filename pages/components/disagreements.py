"""The images that two networks read differently, as tiles with both answers, and one of them with all probabilities."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.figures.difference import describe_agreement, disagreements_table
from core.figures.numbers import format_count
from core.predictions.scored import Rows
from core.predictions.scores import Scores
from core.predictions.two_networks import PairedAnswers, Winner
from core.rates import format_percent
from pages.components import answers, choices, frame, gallery, saving, state, tiles
from pages.components.words import plain

_ALL = "all"
_NAMES = {_ALL: "All", Winner.FIRST: "First is right", Winner.SECOND: "Second is right", Winner.NEITHER: "Neither is right"}

_AT_ONCE = 24
"""Tiles on one page."""

_TILE, _LARGE, _ANSWER = 120, 180, 270
"""Pixels across a tile, the image that was chosen, and each answer beside it."""

_HELP = "What each layer of this network made of the image, and why."


def render_disagreements(pair: PairedAnswers, labels: tuple[str, str]) -> None:
    """All of them, filtered by who is right. A fragment, so that a click redraws nothing else."""
    st.subheader("Where they disagree", anchor=False)
    st.markdown(describe_agreement(pair))
    if len(pair.disagreements):
        st.fragment(frame.guarded(_render))(pair, labels)


def _render(pair: PairedAnswers, labels: tuple[str, str]) -> None:
    rows = pair.disagreements
    winners = pair.winners(rows)
    counts = {_ALL: len(rows), **{winner: winners.count(winner) for winner in Winner}}
    wanted = choices.choose(
        "Who is right",
        _NAMES,
        default=_ALL,
        format_func=lambda name: f"{_NAMES[name]} ({format_count(counts[name])})",
        key="duel_winner",
        help="Which of the disagreements are shown: all, or those on which one network, or neither, gives the answer of the label.",
    )
    chosen = rows[[wanted in (_ALL, winner) for winner in winners]]
    if len(chosen):
        _render_tiles(pair, chosen, f"duel/{'/'.join(pair.run_ids)}/{pair.kind}/{wanted}", labels)
    else:
        st.caption("There is no such image.")
    saving.offer_files(name=f"{pair.image_set.name}-{pair.kind}-disagreements", table=lambda: disagreements_table(pair, rows))


def _render_tiles(pair: PairedAnswers, rows: Rows, subject: str, labels: tuple[str, str]) -> None:
    pages = -(-len(rows) // _AT_ONCE)
    first = _AT_ONCE * (st.pagination(pages, key=f"page_{subject}") - 1) if pages > 1 else 0
    shown, chosen = rows[first : first + _AT_ONCE], state.image_behind(subject)
    places = np.flatnonzero(shown == chosen) if chosen is not None else []
    tiles.show_tiles(
        pair.images(shown),
        [_caption(pair, row) for row in shown.tolist()],
        key="duel_tiles",
        label=f"{len(shown)} images that the two networks read differently. Choose one to see both answers in full.",
        max_value=pair.image_set.max_value,
        selected=int(places[0]) if len(places) else None,
        size=_TILE,
        on_click=partial(_choose, subject, shown),
    )
    st.caption(
        f"Numbers {format_count(first + 1)} to {format_count(first + len(shown))} of {format_count(len(rows))}, those first where whoever "
        "is wrong is the surest. Below each are its class and both answers with their probabilities, the first network's above the "
        "second's; a tick marks the right one. Click an image to see both answers in full."
    )
    if chosen is not None and chosen in rows:
        _render_chosen(pair, chosen, labels)


def _choose(subject: str, shown: Rows, place: int) -> None:
    # The arguments are those of the last script run, in which there may have been more images than now.
    if place < len(shown):
        state.look_at_image_behind(subject, int(shown[place]))


def _caption(pair: PairedAnswers, row: int) -> str:
    names = pair.image_set.class_names
    return "\n".join((f"is {names[pair.first.labels[row]]}", *(_answer(scores, row, names) for scores in (pair.first, pair.second))))


def _answer(scores: Scores, row: int, names: tuple[str, ...]) -> str:
    mark = "✓" if scores.predicted[row] == scores.labels[row] else "✗"
    return f"{mark} {names[scores.predicted[row]]}: {format_percent(float(scores.confidence[row]), 0)}"


def _render_chosen(pair: PairedAnswers, row: int, labels: tuple[str, str]) -> None:
    """One image larger, with both answers."""
    image_set, position = pair.image_set, int(pair.positions[row])
    label = image_set.class_names[pair.first.labels[row]]
    with st.container(horizontal=True, gap="medium", border=True, key="duel_chosen"):
        with st.container(width=_LARGE):
            name = f"{pair.kind.capitalize()} image {position}"
            [image] = pair.images(np.array([row]))
            gallery.show_pixels(image, image_set.max_value, alt=f"{name} of {image_set.title}, labelled {label}.")
            st.caption(plain(f"{name} of {image_set.title}: {label}"))
        for which, run_id, scores, title in zip(("First", "Second"), pair.run_ids, (pair.first, pair.second), labels, strict=True):
            with st.container(width=_ANSWER):
                st.markdown(f"**{which}: {plain(title)}**")
                answers.show_answer(
                    scores.probabilities[row], image_set.class_names, key=f"duel_answer_{which}", name=f"disagreement-{row}-{which}"
                )
                if st.button("Look inside", icon=":material/image_search:", key=f"duel_inside_{which}", help=_HELP):
                    st.switch_page("pages/predict/one_image.py", query_params=state.image_address(run_id, pair.split, position))
