"""Parts of the Mistakes page: choosing which to see, the images in pages, and one of them taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from core.datasets.image_set import Images
from core.figures.numbers import format_count
from core.figures.samples import GridLabel, Mark, build_sample_grid, draw_sample_grid
from core.figures.verdicts import answer_lines, verdict_table
from core.intervals import wilson_interval
from core.predictions.mistakes import MistakeFilter, Order, choose_mistakes, count_mistakes
from core.predictions.scored import Answer, Rows, ScoredImages
from core.rates import format_percent, format_range
from core.runs.ledger import Vote
from core.runs.record import RunRecord
from pages.components import answers, choices, frame, gallery, nearest, saving, state, tiles, votes
from pages.components.evidence import show_evidence
from pages.components.words import plain

_AT_ONCE = 24
"""Tiles on one page: as many as can be told apart at a glance."""

_COLUMNS = 8
"""Tiles in a row, where the page is wide enough."""

_TILE = 88
_CHOSEN = 240
"""Pixels: the least width of a tile, and the width of the image that was chosen."""

_PLACE = "mistake_chosen"
"""The key of the container that a click leads to."""


class _Shown(StrEnum):
    """Which mistakes there are to choose from."""

    ALL = "All mistakes"
    SURE = "Sure and against the label"
    VOTED = "Voted on"


def render_mistakes(record: RunRecord, scored: ScoredImages) -> None:
    """Everything on the page below the choice of the network."""
    _render_total(scored)
    if not len(scored.scores.wrong):
        return
    given = votes.find_votes(scored)
    wanted = _pick(scored, given)
    votes.render_votes(scored, given)
    rows = choose_mistakes(scored, wanted)
    if not len(rows):
        st.info("No mistake fits this choice. Choose another class, or all mistakes.", icon=":material/info:")
        return
    view = _view(scored, wanted)
    chosen = _render_tiles(scored, rows, given, view)
    _render_chosen(record, scored, rows, chosen, given, view)


def _render_total(scored: ScoredImages) -> None:
    wrong, count = len(scored.scores.wrong), len(scored)
    if not wrong:
        words = f"Not one of the {format_count(count)} {scored.kind} images is read wrong."
        st.success(f"{words} With harder images there would be something to see here.", icon=":material/check_circle:")
        return
    share, interval = format_percent(wrong / count), format_range(*wilson_interval(wrong, count))
    verb = "is" if wrong == 1 else "are"
    st.markdown(
        f"**{format_count(wrong)} of {format_count(count)} {scored.kind} images {verb} read wrong**, {share} (95 % interval {interval})."
    )


def _pick(scored: ScoredImages, given: Mapping[int, Vote]) -> MistakeFilter:
    """The controls: which mistakes, of which classes, in which order."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = choices.choose(
            "Show",
            _Shown,
            default=_Shown.ALL,
            key="mistakes_shown",
            help="Where a network is sure and the label says otherwise, it is sometimes the label that is wrong. "
            "Look at those, and vote on who is right.",
        )
        above = _pick_sureness() if shown == _Shown.SURE else 0.0
    by_label, by_predicted = count_mistakes(scored)
    with st.grid(3, min_column_width=170):
        label = _pick_class(scored, "True class", by_label, "Only images of this class. In brackets, how many of them are mistaken.")
        predicted = _pick_class(
            scored, "Taken for", by_predicted, "Only images that were wrongly taken for this class. In brackets, how many."
        )
        order = st.selectbox(
            "Order",
            list(Order),
            format_func=str.capitalize,
            key="mistakes_order",
            help="How sure a network is, is the probability that it gives to its answer.",
            persist_state="session",
        )
    positions = frozenset(given) if shown == _Shown.VOTED else None
    return MistakeFilter(label, predicted, above, positions, Order(str(order)))


def _pick_sureness() -> float:
    percent = st.slider(
        "Surer than",
        50,
        99,
        90,
        format="%d %%",
        key="mistakes_sureness",
        width=240,
        help="Only images whose wrong answer got more than this probability.",
        persist_state="session",
    )
    return float(percent) / 100


def _pick_class(scored: ScoredImages, title: str, counts: Sequence[int], help: str) -> int | None:
    # The counts are those of all mistakes, whatever else is chosen: Streamlit knows an option by its words, so they must stay the same.
    chosen = st.selectbox(
        title,
        options=[None, *(label for label, count in enumerate(counts) if count)],
        format_func=lambda label: "Any class" if label is None else f"{scored.class_names[label]} ({format_count(counts[label])})",
        key="/".join(("mistakes", title, *scored.key)),
        help=help,
        persist_state="session",
    )
    return None if chosen is None else int(chosen)


def _render_tiles(scored: ScoredImages, rows: Rows, given: Mapping[int, Vote], view: str) -> int:
    """One page of the mistakes. Returns the row of the chosen one: the one that was clicked last, or else the first."""
    before = state.image_behind(view)
    shown, first = _page_of(rows, before, view)
    place = int(np.flatnonzero(shown == before)[0]) if before in shown else 0
    lines = [answer_lines(one, scored.class_names, given.get(one.position)) for one in scored.answers(shown)]
    clicked = tiles.show_tiles(
        scored.images(shown),
        ["\n".join(words) for words in lines],
        key="mistakes_tiles",
        label=f"{len(shown)} {scored.kind} images that were read wrong. Choose one to find out why.",
        max_value=scored.image_set.max_value,
        selected=place,
        size=_TILE,
        columns=_COLUMNS,
        on_click=partial(_choose, view, shown),
    )
    if clicked is not None:
        tiles.scroll_to(_PLACE)
    fitting = "1 mistake that fits" if len(rows) == 1 else f"{format_count(len(rows))} mistakes that fit"
    which = f"numbers {format_count(first + 1)} to {format_count(first + len(shown))} of " if len(shown) < len(rows) else ""
    st.caption(
        f"Shown: {which}{fitting}. Below each are its true class, the answer and the runner-up with their "
        "probabilities. Look for mistakes that you would make too. Choose one with a click, or with the arrow keys and Enter."
    )
    _offer(scored, rows, shown, lines, given)
    return int(shown[place])


def _page_of(rows: Rows, chosen: int | None, view: str) -> tuple[Rows, int]:
    """The rows on the page that is turned to, and the place of the first of them. It begins at the page of the chosen one."""
    pages = -(-len(rows) // _AT_ONCE)
    begin = int(np.flatnonzero(rows == chosen)[0]) // _AT_ONCE + 1 if chosen in rows else 1
    page = st.pagination(pages, default=begin, key=state.pagination_key(f"{view}/{pages}")) if pages > 1 else 1
    first = (page - 1) * _AT_ONCE
    return rows[first : first + _AT_ONCE], first


def _offer(scored: ScoredImages, rows: Rows, shown: Rows, lines: Sequence[tuple[str, ...]], given: Mapping[int, Vote]) -> None:
    """All mistakes that fit as a table, and the page shown as a figure."""
    labels, largest = [GridLabel(words, Mark.WRONG) for words in lines], scored.image_set.max_value

    def draw() -> Figure:
        info = build_sample_grid(scored.images(shown), labels, columns=_COLUMNS, max_value=largest)
        return draw_sample_grid(info, frame.figure_theme())

    saving.offer_files(
        name=f"{scored.image_set.name}-{scored.kind}-mistakes",
        table=lambda: verdict_table(scored, rows, given),
        figure=draw,
    )


def _render_chosen(record: RunRecord, scored: ScoredImages, rows: Rows, chosen: int, given: Mapping[int, Vote], view: str) -> None:
    """One mistake: the image, the answer, a vote, why, and what the network learned that is like it."""
    [mistake] = scored.answers(np.array([chosen]))
    image, names = scored.images(np.array([chosen]))[0], scored.class_names
    read, label = names[mistake.predicted], names[mistake.label]
    with st.container(key=_PLACE):
        st.subheader(plain(f"{scored.kind.capitalize()} image {mistake.position}: {label}, read as {read}"), anchor=False)
        _render_steps(rows, chosen, view)
        with st.container(horizontal=True, gap="large"):
            with st.container(width=_CHOSEN):
                _render_picture(scored, image, mistake)
            with st.container(width=400):
                remark = f"Its label, {plain(label)}, got {format_percent(mistake.label_probability)}."
                name = f"{scored.run_id}-{scored.kind}-{mistake.position}-probabilities"
                answers.show_answer(scored.scores.probabilities[chosen], names, key="mistake_answer", remark=remark, name=name)
        votes.render_vote(scored, mistake.position, given.get(mistake.position))
    st.subheader(plain(f"Why {read} and not {label}"), anchor=False)
    with frame.errors_shown():
        show_evidence(
            record.id,
            image,
            max_value=scored.image_set.max_value,
            class_names=names,
            predicted=mistake.predicted,
            other=mistake.label,
            key=f"mistake_{mistake.position}",
        )
    st.subheader("What it learned that is like it", anchor=False)
    with frame.errors_shown():
        nearest.show_nearest(record, image, (mistake.label, mistake.predicted), key="mistake")


def _render_picture(scored: ScoredImages, image: Images, mistake: Answer) -> None:
    name = f"{scored.kind.capitalize()} image {mistake.position}"
    label = scored.class_names[mistake.label]
    gallery.show_pixels(image, scored.image_set.max_value, alt=f"{name} of {scored.image_set.title}, labelled {label}.")
    st.caption(plain(f"Its label says {label}"))
    st.page_link(
        "pages/predict/one_image.py",
        label="Look inside",
        icon=":material/image_search:",
        help="What each layer made of this image.",
        query_params=state.image_address(scored.run_id, scored.split, mistake.position),
    )


def _render_steps(rows: Rows, chosen: int, view: str) -> None:
    """To the mistake before and after this one, turning the page with them."""
    place = int(np.flatnonzero(rows == chosen)[0])
    steps = (("Previous", ":material/arrow_back:", "P", place - 1), ("Next", ":material/arrow_forward:", "N", place + 1))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for name, icon, shortcut, target in steps:
            there = 0 <= target < len(rows)
            st.button(
                name,
                icon=icon,
                key=f"mistakes_{name}",
                shortcut=shortcut,
                disabled=not there,
                on_click=_step,
                args=(view, int(rows[target]) if there else chosen),
            )
        st.caption(f"Mistake {format_count(place + 1)} of {format_count(len(rows))}", width="content")


def _step(view: str, row: int) -> None:
    state.look_at_image_behind(view, row)
    state.turn_page()


def _choose(view: str, shown: Rows, place: int) -> None:
    # The arguments are those of the last script run, in which there may have been more images than now.
    if place < len(shown):
        state.look_at_image_behind(view, int(shown[place]))


def _view(scored: ScoredImages, wanted: MistakeFilter) -> str:
    """Names what is leafed through: another choice of mistakes begins at its first."""
    conditions = (wanted.label, wanted.predicted, wanted.above, wanted.positions is not None, wanted.order.value)
    return "/".join(("mistakes", *scored.key, *map(str, conditions)))
