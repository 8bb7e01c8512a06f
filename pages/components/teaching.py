"""Teaching a copy of a network one's handwriting: what will be done, the job, and what came of it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.compute.teacher import Kept, Lesson
from core.compute.teaching import DRAWN_SHARE
from core.datasets.image_set import ImageSet
from core.drawing.reader import Reader
from core.errors import DatasetError, InklingError
from core.figures.conclusion import HOW
from core.figures.handwriting import ReadDrawings, describe_count
from core.figures.numbers import format_count
from core.figures.teaching import (
    TeachingInfo,
    build_teaching,
    build_teaching_chart,
    describe_teaching,
    describe_too_few,
    draw_teaching,
    teaching_table,
)
from core.rates import format_percent
from core.shipped.card import SHIPPED, load_card
from pages.components import frame, gallery, handwriting, jobs, saving, services, state, tables
from pages.components.words import plain

_LEAST = 4
"""Drawings without which there is nothing to teach: with two taught and two to check by, little enough is told."""

_PATIENCE = 10.0
"""Seconds for which the page waits for the copy to be stored, which takes a blink."""


def render_teaching(reader: Reader) -> None:
    """The plan and the button; once a copy was taught, what it has learned and what it has forgotten."""
    read = handwriting.read_with(reader)
    if read is None or len(read) < _LEAST:
        count = 0 if read is None else len(read)
        st.info(
            f"To teach a network your hand, keep at least {_LEAST} drawings of classes that it knows; there are {count}. "
            "Ten of each class are a good beginning.",
            icon=":material/school:",
        )
        return
    image_set = _find_images(reader)
    if image_set is None:
        return
    lesson = _plan(reader, read, image_set)
    _describe(lesson, read)
    key = services.teacher().key(lesson)
    result = jobs.offer_job(
        key,
        partial(services.teacher().start, lesson),
        button="Teach a copy",
        help="The network itself stays as it is. The copy becomes a run of its own. Takes from a few seconds to a few minutes.",
    )
    if result is not None:
        _show(build_teaching(result), services.teacher().wait(key, _PATIENCE))


def _find_images(reader: Reader) -> ImageSet | None:
    """The images that the network learned from; None, after saying where to get them, if they are not here."""
    try:
        image_set = services.catalog().load(reader.dataset)
        if image_set.sha256 == reader.dataset_sha256:
            return image_set
        problem = f"The data set {reader.dataset} on this machine is not the one that this network learned from."
    except DatasetError as error:
        problem = str(error)
    st.info(
        f"Teaching mixes your drawings with images that the network has learned from before, or it would forget them. {plain(problem)}",
        icon=":material/download:",
    )
    if st.button("Go to Samples, where they can be fetched", icon=":material/grid_view:"):
        state.choose_dataset(reader.dataset)
        st.switch_page("pages/explore/samples.py")
    return None


def _plan(reader: Reader, read: ReadDrawings, image_set: ImageSet) -> Lesson:
    names = tuple(drawing.fingerprint for drawing in read.drawings)
    labels = read.scores.labels.astype(np.int32)
    spec = load_card().spec if reader.id == SHIPPED else services.store().load(reader.id).spec
    return Lesson(reader.id, reader.title, spec, image_set, read.images, labels, names, read.is_taught)


def _describe(lesson: Lesson, read: ReadDrawings) -> None:
    taught, checked = (len(half) for half in lesson.halves)
    kept_apart = (
        f"{describe_count(checked)}, every second one of each class, are not taught: only by these can be told whether it reads your "
        "hand better."
        if checked
        else "All of them are taught, so that none is left to tell whether it reads your hand better. Keep at least two of a class first."
    )
    st.markdown(
        f"A copy of **{plain(lesson.title)}** goes on learning for a while in small steps: from {describe_count(taught)}, "
        f"repeated until they are {format_percent(DRAWN_SHARE, 0)} of all, and from {format_count(lesson.rehearsed)} of the images "
        f"that it has learned from before, so that it does not forget them. {kept_apart}"
    )
    too_few = describe_too_few([drawing.label for drawing in read.drawings])
    openings = (
        f"Both networks then answer the {format_count(len(lesson.image_set.y_test))} test images, to see what was forgotten: "
        "that opens the test set for them, and Inkling counts it."
    )
    st.caption(f"{plain(too_few)} {openings}")


def _show(info: TeachingInfo, kept: Kept | None) -> None:
    sentence = describe_teaching(info)
    st.markdown(f"**{plain(sentence)}**")
    _show_run(kept)
    gallery.show_chart(build_teaching_chart(info, frame.figure_theme()), key="teaching_chart", alt=sentence)
    st.caption(
        "Circles are the network before, diamonds its copy after; lines are 95 % intervals. Look at the drawings that were not taught: "
        f"those that were, it may simply know by heart. In brackets is the number of images. {HOW}"
    )
    table = teaching_table(info)
    tables.show_table(table, hide_index=True)
    theme = frame.figure_theme()
    saving.offer_files(name="my-handwriting-taught", table=lambda: table, figure=lambda: draw_teaching(info, theme))


def _show_run(kept: Kept | None) -> None:
    """The way to the copy, which is a run like any other."""
    if kept is None or kept.run_id is None:
        problem = kept.problem if kept else "It is not stored yet. Reload the page in a moment."
        st.warning(f"The copy is not among your runs. {plain(problem)}", icon=":material/warning:")
        return
    try:
        title = services.store().load(kept.run_id).title
    except InklingError:
        st.info("The copy was deleted since. Keep another drawing, and a new one can be taught.", icon=":material/info:")
        return
    st.markdown(f"The copy is a run now: **{plain(title)}**. Choose it above to have it read your drawings.")
    with st.container(horizontal=True):
        address = {state.RUN_PARAMETER: kept.run_id}
        st.page_link("pages/predict/draw.py", label="Draw for it", icon=":material/draw:", query_params=address)
        st.page_link("pages/predict/score.py", label="Score it", icon=":material/fact_check:", query_params=address)
