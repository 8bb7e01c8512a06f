"""What a network says of a drawing: the picture it gets, its answer, and whether it has ever seen anything like it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.compute.jobs import Arrays, JobProgress, JobState
from core.compute.reading import familiar_key, learn_familiar, read_images
from core.datasets.image_set import Images
from core.drawing.pipeline import PreparedDrawing
from core.drawing.reader import Reader
from core.figures.novelty import NoveltyInfo, build_novelty, describe_novelty
from core.predictions.reading import Reading
from core.shipped.card import SHIPPED
from pages.components import answers, frame, gallery, jobs, services

PICTURE_WIDTH, CHART_WIDTH = 170, 290
"""Pixels. The answer stands beside the canvas where there is room for it, else below."""

WIDTH = PICTURE_WIDTH + CHART_WIDTH + 32


def get_ready(reader: Reader) -> None:
    """Let the engine find out what this network has seen, in the background: the first drawing then need not wait for it."""
    if reader.id == SHIPPED:
        return
    key = familiar_key(services.compute().model_key(reader.id))
    if services.compute().job(key) is None:
        _start(key, reader)


def ask(reader: Reader, images: Images) -> Reading:
    """The network's answers to images made as its own were, `uint8 (n, *image_shape)`, with their novelty if that is known."""
    model_key = services.compute().model_key(reader.id)
    question = partial(services.compute().consult, reader.id, read_images, model_key, images)
    with frame.waiting_told():
        found = Reading.from_arrays(question())
    if found.novelty is None and (learned := _find_learned(model_key)) is not None:
        found = Reading.from_arrays(question(learned))
    return found


def show_waiting(reader: Reader, invitation: str, *, key: str) -> None:
    """What stands where `show_reading` will be while there is nothing to read: the same places, and what to do."""
    with st.container(horizontal=True, gap="medium"):
        picture, chart = st.container(width=PICTURE_WIDTH), st.container(width=CHART_WIDTH)
    with chart:
        st.caption("What it takes it for")
        answers.show_waiting(reader.class_names, key=f"{key}_probabilities")
        st.info(invitation, icon=":material/draw:")
    with picture:
        st.caption("What the network gets")


def show_reading(reader: Reader, drawing: PreparedDrawing, reading: Reading, *, key: str) -> None:
    """The image that the network gets, beside its answer. `key` names the place on the page."""
    novelty = build_novelty(reading.novelty, 0, reader.class_names) if reading.novelty is not None else None
    with st.container(horizontal=True, gap="medium"):
        picture, chart = st.container(width=PICTURE_WIDTH), st.container(width=CHART_WIDTH)
    with chart:
        is_novel = novelty is not None and novelty.is_novel
        st.caption("What it would say if it had to" if is_novel else "What it takes it for")
        answers.show_answer(reading.probabilities[0], reader.class_names, key=f"{key}_probabilities", verdict=_describe(reader, novelty))
        if novelty is None:
            _show_learning(reader)
    with picture:
        st.caption("What the network gets")
        size = " x ".join(map(str, reader.image_shape[:2]))
        gallery.show_pixels(drawing.image, reader.max_value, alt=f"The drawing as the network gets it, {size} pixels.")
        st.caption(f"{size} pixels")


def name_things(reader: Reader) -> str:
    """What the network learned from, in a word."""
    return "digits" if reader.class_names == tuple("0123456789") else "images"


def _describe(reader: Reader, novelty: NoveltyInfo | None) -> answers.Verdict:
    """The answer in words: a guess at something unknown is never given as an answer."""
    if novelty is None:
        return answers.Verdict()
    words = describe_novelty(novelty, name_things(reader))
    if novelty.is_novel:
        return answers.Verdict(f"Unlike anything it has seen. {words}", is_guess=True)
    return answers.Verdict(words)


def _find_learned(model_key: str) -> Arrays | None:
    progress = services.compute().job(familiar_key(model_key))
    return progress.result if progress is not None and progress.state == JobState.FINISHED else None


def _show_learning(reader: Reader) -> None:
    """Why there is no verdict yet on whether it has seen anything like it."""
    st.caption("Inkling is finding out what this network has seen; after that it can tell when a drawing is unlike anything it knows.")
    key = familiar_key(services.compute().model_key(reader.id))
    jobs.await_job(key, partial(_start, key, reader), seconds=0.0)


def _start(key: str, reader: Reader) -> JobProgress:
    image_set = services.catalog().load(reader.dataset)
    wanted = (*services.compute().model_source(reader.id), image_set)
    return services.compute().start_job(key, learn_familiar, *wanted, keep=True)
