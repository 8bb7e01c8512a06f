"""Why this class and not that one: an evidence map with its check, and the smallest patch that changes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from core.compute.lanes import Lane
from core.compute.patches import find_patch, patch_key
from core.datasets.image_set import Images, fingerprint
from core.figures.evidence import (
    EvidenceInfo,
    build_evidence,
    describe_agreement,
    describe_check,
    describe_difference,
    describe_evidence,
    describe_sum,
    draw_evidence,
    evidence_table,
)
from core.figures.patches import PatchInfo, build_patch, describe_no_patch, describe_patch, draw_patch, patch_table
from core.predictions.evidence import explain, occlude
from pages.components import frame, gallery, jobs, saving, services, tables
from pages.components.words import plain

_PATIENCE = 1.5
"""Seconds that the page waits for a patch, which small networks find in less, before it shows progress instead."""

_WIDTH = 340
"""Pixels below which the map and its check stand one below the other."""


@dataclass(frozen=True, eq=False)
class _Question:
    """Everything that the two maps depend on. `key` names it but for the names of the classes."""

    network: str
    image: Images
    max_value: int
    first: int
    second: int
    random_weights: bool

    @cached_property
    def key(self) -> tuple[str, str, int, int, bool]:
        model_key = services.compute().model_key(self.network)
        return (model_key, fingerprint(self.image), self.first, self.second, self.random_weights)


def show_evidence(network: str, image: Images, *, max_value: int, class_names: Sequence[str], predicted: int, other: int, key: str) -> None:
    """Which pixels of an image speak for `predicted` and which for another class, `other` until another is chosen.

    Args:
        network: the id of a run, or of the shipped network, which needs no data set for this.
        image: `uint8`, of the shape that the network's images have, 0 to `max_value`.
        predicted, other: class numbers, not the same.
        key: names this place on the page and the image, such as `mistakes_412`.
    """
    st.fragment(frame.guarded(_render_evidence))(network, image, max_value, tuple(class_names), predicted, other, key)


def show_patch(network: str, image: Images, *, max_value: int, class_names: Sequence[str], key: str) -> None:
    """The smallest square that changes the network's answer to an image. Arguments as for `show_evidence`."""
    st.fragment(frame.guarded(_render_patch))(network, image, max_value, tuple(class_names), key)


def _render_evidence(
    network: str, image: Images, max_value: int, class_names: tuple[str, ...], predicted: int, other: int, key: str
) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        against = _pick_against(predicted, other, class_names, key)
        random_weights = st.toggle(
            "With random weights",
            key=f"{key}_random",
            help="Asks a network of the same layers that has learned nothing. What looks the same then comes from the image alone.",
        )
    question = _Question(network, image, max_value, predicted, against, random_weights)
    answer = _explain(question.key, question)
    info = build_evidence(image, max_value, answer["evidence"], class_names[predicted], class_names[against])
    with st.grid(2, min_column_width=_WIDTH):
        with st.container():
            _render_map(question, info, answer, key)
        with st.container():
            _render_check(question, info, answer, key)
    _render_advice(random_weights)


def _pick_against(predicted: int, other: int, class_names: tuple[str, ...], key: str) -> int:
    others = [label for label in range(len(class_names)) if label != predicted]
    return int(
        st.selectbox(
            f"Why {plain(class_names[predicted])} and not",
            others,
            index=others.index(other),
            format_func=lambda label: class_names[label],
            key=f"{key}_against_{other}",
            width=220,
            help="Evidence is always for one class against another: choose the other one.",
        )
    )


def _render_map(question: _Question, info: EvidenceInfo, answer: dict[str, NDArray[Any]], key: str) -> None:
    title = "Evidence, random weights" if question.random_weights else "Evidence"
    sentence = describe_evidence(info)
    difference = describe_difference(float(answer["difference"]), info.first, info.second)
    gallery.show_figure(
        lambda: draw_evidence(info, frame.figure_theme(), title),
        ("evidence", *question.key, info.first, info.second),
        name=f"{key}-evidence",
        alt=f"{title}: {sentence}",
    )
    st.caption(
        f"{plain(difference)} {plain(sentence)} {plain(describe_sum(answer, info.first, info.second))} All of this is about one image."
    )
    with st.expander("As a table"):
        table = evidence_table(info)
        tables.show_table(table.rename(columns=plain), hide_index=True)
        saving.offer_files(name=f"{key}-evidence", table=lambda: table)


def _render_check(question: _Question, info: EvidenceInfo, answer: dict[str, NDArray[Any]], key: str) -> None:
    check = _occlude(question.key, question, answer["evidence"])
    lost = build_evidence(question.image, info.max_value, check["loss"], info.first, info.second, is_check=True)
    title = "Covering, random weights" if question.random_weights else "Covering"
    sentence = describe_check(lost)
    gallery.show_figure(
        lambda: draw_evidence(lost, frame.figure_theme(), title),
        ("occlusion", *question.key, info.first, info.second),
        name=f"{key}-covering",
        alt=f"{title}: {sentence}",
    )
    st.caption(
        "A check by trying: how much the network's preference shrinks when a patch is covered with the background. "
        f"{plain(sentence)} {describe_agreement(check)}"
    )
    with st.expander("As a table"):
        table = evidence_table(lost)
        tables.show_table(table.rename(columns=plain), hide_index=True)
        saving.offer_files(name=f"{key}-covering", table=lambda: table)


def _render_advice(random_weights: bool) -> None:
    if random_weights:
        st.caption(
            "This network has learned nothing, so its map explains nothing. Compare it with the map of the trained network: "
            "whatever shows up in both is a picture of the image, not of what was learned."
        )
        return
    st.caption(
        "Look for strokes that speak against each other, and for evidence where you would not look at all. "
        "The map says what this network added up for this one image. It does not say that the network is right, nor that a person "
        "would look there, nor what happens if several places change at once."
    )


def _render_patch(network: str, image: Images, max_value: int, class_names: tuple[str, ...], key: str) -> None:
    service = services.compute()
    job = patch_key(service.model_key(network), image)
    answer = jobs.await_job(
        job,
        lambda: service.start_job(job, find_patch, *service.model_source(network), image, max_value, lane=Lane.STUDY),
        seconds=_PATIENCE,
    )
    if answer is None:
        return
    info = build_patch(image, max_value, answer, class_names)
    if info is None:
        st.info(describe_no_patch(answer), icon=":material/shield:")
        return
    _render_found(info, job, key)


def _render_found(info: PatchInfo, job: str, key: str) -> None:
    sentence = describe_patch(info)
    with st.container(width=2 * _WIDTH):
        gallery.show_figure(
            lambda: draw_patch(info, frame.figure_theme()), ("patch", job, info.old, info.new), name=f"{key}-patch", alt=sentence
        )
        st.markdown(f"**{plain(sentence)}**")
        st.caption(
            "It is the smallest square that does so; rows and columns count from 0. Would you still read what it was? "
            "If so, the network goes by something else than you do. If it takes a large patch, the answer rests on many places."
        )
        with st.expander("As a table"):
            table = patch_table(info)
            tables.show_table(table.map(lambda value: plain(value) if isinstance(value, str) else value), hide_index=True)
            saving.offer_files(name=f"{key}-patch", table=lambda: table)


@st.cache_data(show_spinner=False, max_entries=200)
def _explain(key: tuple[str, str, int, int, bool], _question: _Question) -> dict[str, NDArray[Any]]:
    asked = _question.image, _question.first, _question.second, _question.random_weights
    return services.compute().consult(_question.network, explain, *asked)


@st.cache_data(show_spinner=False, max_entries=200)
def _occlude(key: tuple[str, str, int, int, bool], _question: _Question, _evidence: NDArray[Any]) -> dict[str, NDArray[Any]]:
    asked = _question.image, _evidence, _question.first, _question.second, _question.random_weights
    return services.compute().consult(_question.network, occlude, *asked, lane=Lane.STUDY)
