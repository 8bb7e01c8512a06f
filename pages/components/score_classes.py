"""Predict > Score > Classes: precision, recall, F1 and support of each class, and the images behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from core.figures.class_scores import (
    CLICKED,
    TITLES,
    ClassMeasure,
    build_class_scores,
    build_class_scores_chart,
    class_scores_table,
    describe_class_scores,
    draw_class_scores,
)
from core.figures.extremes import describe_extremes
from core.figures.numbers import format_count
from core.predictions.class_scores import ClassScore, score_classes
from core.predictions.scored import Rows, ScoredImages
from core.predictions.scores import Scores
from core.runs.record import RunRecord
from pages.components import behind, choices, clicks, frame, saving, state, statistics
from pages.components.words import plain

_CHART = "class_scores"

_MEANINGS = {
    ClassMeasure.RECALL: "Recall: of all images of a class, the part that is read as it.",
    ClassMeasure.PRECISION: "Precision: of all images read as a class, the part that really is one.",
    ClassMeasure.F1: "F1: precision and recall in one number, their harmonic mean; it is only high if both are.",
}


@st.fragment
@frame.guarded
def render_classes(record: RunRecord, scored: ScoredImages) -> None:
    """The whole part. A fragment, so that a click redraws nothing else."""
    classes, names = _score_classes(scored.key, scored.scores), scored.class_names
    measure, label = _pick(classes, names, _class_key(scored))
    chart, images = st.columns(2, gap="large")
    with chart:
        _render_bars(record, scored, classes, measure, label)
    with images:
        behind.show_images(
            scored, _images(scored, label, measure), key="classes", at_once=behind.BESIDE, title=_title(names[label], measure)
        )
    with st.expander("All classes as a table"):
        statistics.show_table(class_scores_table(classes, names))
        st.caption("Support is the number of images of a class, answers that of the images read as it.")


def _render_bars(record: RunRecord, scored: ScoredImages, classes: Sequence[ClassScore], measure: ClassMeasure, label: int) -> None:
    names = scored.class_names
    info = build_class_scores(classes, names, measure)
    sentence = describe_class_scores(info)
    chart = build_class_scores_chart(info, frame.figure_theme(), label)
    choose = partial(_choose, _class_key(scored), len(names))
    clicks.show_clickable(chart, key=_CHART, alt=sentence, selection=CLICKED, on_click=choose)
    interval = "" if measure == ClassMeasure.F1 else " Thin lines are 95 % intervals: long where there are few images."
    ends = describe_extremes(info.class_count, highest=f"the highest {TITLES[measure].lower()}", lowest="the lowest")
    st.caption(
        f"{plain(sentence)} {_MEANINGS[measure]} Of {format_count(len(scored))} {scored.kind} images.{interval} "
        f"Look for bars shorter than the rest, and click one to see its images. {ends}"
    )
    saving.offer_files(
        name=f"{record.id}-{scored.kind}-classes-{measure}",
        table=lambda: class_scores_table(classes, names),
        figure=lambda: draw_class_scores(info, frame.figure_theme()),
    )


def _pick(classes: Sequence[ClassScore], names: Sequence[str], key: str) -> tuple[ClassMeasure, int]:
    """What to measure, and whose images to show: at first those of the class that is found least often."""
    worst = min(classes, key=lambda one: 2 if one.recall is None else one.recall)
    state.set_default(key, worst.label)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = choices.choose(
            "Measure",
            ClassMeasure,
            default=ClassMeasure.RECALL,
            format_func=TITLES.__getitem__,
            key="score_class_measure",
            help=" ".join(_MEANINGS.values()),
        )
        label = st.selectbox(
            "Class",
            range(len(names)),
            format_func=names.__getitem__,
            key=key,
            width=240,
            help="Whose images are shown. A click on a bar chooses it too.",
            on_change=state.forget_clicks,
            args=(_CHART,),
            persist_state="session",
        )
    return measure, int(label)


def _class_key(scored: ScoredImages) -> str:
    return f"score_class_{scored.image_set.name}"


def _choose(key: str, count: int, mark: Mapping[str, Any]) -> None:
    if mark.get("label") in range(count):
        state.put(key, int(mark["label"]))


def _images(scored: ScoredImages, label: int, measure: ClassMeasure) -> Rows:
    of_class, read_so = scored.scores.labels == label, scored.scores.predicted == label
    chosen = {ClassMeasure.RECALL: of_class, ClassMeasure.PRECISION: read_so}.get(measure, of_class | read_so)
    return np.flatnonzero(chosen)


def _title(name: str, measure: ClassMeasure) -> str:
    titles = {ClassMeasure.RECALL: f"Images of {name}", ClassMeasure.PRECISION: f"Images read as {name}"}
    return titles.get(measure, f"Images of {name} or read as {name}")


@st.cache_data(show_spinner="Counting right answers.", max_entries=20)
def _score_classes(key: tuple[str, str], _scores: Scores) -> tuple[ClassScore, ...]:
    return score_classes(_scores)
