"""The images behind a number: as tiles, the most confidently wrong first, and one of them larger with all its probabilities."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.figures.numbers import format_count
from core.figures.samples import SampleGridInfo, draw_sample_grid
from core.figures.verdicts import answer_lines, build_verdict_grid, verdict_table
from core.predictions.scored import Rows, ScoredImages
from pages.components import answers, frame, gallery, saving, state, tiles
from pages.components.words import plain

_AT_ONCE = 24
"""Tiles on one page where they have the whole width: four rows on a usual screen, packed in a few milliseconds."""

BESIDE = 12
"""Tiles on one page where they stand beside a chart."""

_TILE = 108
_CHOSEN = 220
"""Pixels: the width of a tile, and of the image that was chosen."""

_IN_ROW = 6
"""Images in a row of the picture to save."""


def show_images(scored: ScoredImages, rows: Rows, *, key: str, title: str, at_once: int = _AT_ONCE) -> None:
    """The images at `rows`, mistakes first and the surest of them before all others, in pages. A click shows one of them larger.

    Args:
        scored: where the images and the answers are from.
        rows: places in `scored`, in any order.
        key: what the widgets are called; another for each place on a page.
        title: the heading, such as "9 read as 4"; shown as it is, whatever characters it has.
        at_once: images on one page.
    """
    st.markdown(f"**{plain(title)}**")
    if not len(rows):
        st.caption(f"No {scored.kind} image is behind this number.")
        return
    ordered = scored.worst_first(rows)
    subject = "/".join((key, *scored.key, title))
    shown, first = _page_of(ordered, subject, at_once)
    chosen = state.image_behind(subject)
    if chosen is not None and chosen in ordered:
        _show_chosen(scored, chosen, key)
    clicked = _show_tiles(scored, shown, key, title, subject, chosen)
    _describe(scored, len(ordered), first, len(shown))
    saving.offer_files(
        name=f"{scored.run_id}-{scored.kind}-{key}-images",
        table=lambda: verdict_table(scored, ordered),
        figure=lambda: draw_sample_grid(_grid(scored, shown), frame.figure_theme()),
    )
    if clicked is not None:
        # The tiles may fill the screen: show what the click did.
        tiles.scroll_to(f"behind_chosen_{key}")


def _page_of(ordered: Rows, subject: str, at_once: int) -> tuple[Rows, int]:
    """The rows on the page that is turned to, and the number of the first of them."""
    pages = -(-len(ordered) // at_once)
    page = st.pagination(pages, key=f"behind_page_{subject}_{at_once}") if pages > 1 else 1
    first = (page - 1) * at_once
    return ordered[first : first + at_once], first + 1


def _show_tiles(scored: ScoredImages, shown: Rows, key: str, title: str, subject: str, chosen: int | None) -> int | None:
    places = np.flatnonzero(shown == chosen) if chosen is not None else []
    return tiles.show_tiles(
        scored.images(shown),
        ["\n".join(answer_lines(answer, scored.class_names)) for answer in scored.answers(shown)],
        key=f"behind_tiles_{key}",
        label=f"{len(shown)} {scored.kind} images: {title}. Choose one to see it larger.",
        max_value=scored.image_set.max_value,
        wrong=(scored.scores.predicted[shown] != scored.scores.labels[shown]).tolist(),
        selected=int(places[0]) if len(places) else None,
        size=_TILE,
        on_click=partial(_choose, subject, shown),
    )


def _choose(subject: str, shown: Rows, place: int) -> None:
    # The arguments are those of the last script run, in which there may have been more images than now.
    if place < len(shown):
        state.look_at_image_behind(subject, int(shown[place]))


def _describe(scored: ScoredImages, total: int, first: int, shown: int) -> None:
    count = "1 image" if total == 1 else f"{format_count(total)} images"
    which = f"Numbers {format_count(first)} to {format_count(first + shown - 1)} of {count}" if shown < total else count
    st.caption(
        f"{which} of {format_count(len(scored))} {scored.kind} images: mistakes first, the surest of them before all "
        "others, then right answers from the least sure on. Below each are its class, the answer and the runner-up with their "
        "probabilities; a cross marks a mistake. Click an image to see all its probabilities."
    )


def _grid(scored: ScoredImages, shown: Rows) -> SampleGridInfo:
    predicted, labels = scored.scores.predicted[shown], scored.scores.labels[shown]
    return build_verdict_grid(
        scored.images(shown), predicted, labels, scored.class_names, columns=_IN_ROW, max_value=scored.image_set.max_value
    )


def _show_chosen(scored: ScoredImages, row: int, key: str) -> None:
    """The image larger beside its probabilities, and the way to the page that takes it apart."""
    image_set, position = scored.image_set, int(scored.positions[row])
    label = image_set.class_names[scored.scores.labels[row]]
    with st.container(horizontal=True, gap="large", border=True, key=f"behind_chosen_{key}"):
        with st.container(width=_CHOSEN):
            name = f"{scored.kind.capitalize()} image {position}"
            [image] = scored.images(np.array([row]))
            gallery.show_pixels(image, image_set.max_value, alt=f"{name} of {image_set.title}, labelled {label}.")
            st.caption(plain(f"{name}: {label}"))
            if st.button(
                "Look inside",
                icon=":material/image_search:",
                key=f"behind_inside_{key}",
                help="What each layer made of this image, and why.",
            ):
                st.switch_page("pages/predict/one_image.py", query_params=state.image_address(scored.run_id, scored.split, position))
        with st.container(width=380):
            answers.show_answer(
                scored.scores.probabilities[row],
                scored.class_names,
                key=f"behind_answer_{key}",
                remark=f"Its label says {plain(label)}.",
                name=f"{scored.run_id}-{scored.kind}-{position}-{key}",
            )
