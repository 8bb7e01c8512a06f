"""What simple rules reach, beside a network's accuracy: worked out once for each set, by itself, while the page can be used."""

from __future__ import annotations

import streamlit as st

from core.compute.baselines import baselines_key, work_out_baselines
from core.compute.jobs import Arrays, JobProgress
from core.datasets.image_set import ImageSet, Split
from core.errors import DatasetError
from core.figures.baselines import (
    BaselinesInfo,
    baselines_table,
    build_baselines,
    build_baselines_chart,
    describe_baselines,
    draw_baselines,
)
from core.figures.numbers import format_count
from core.predictions.baselines import BASELINES, score_baselines
from core.predictions.scores import Scores
from core.runs.record import RunRecord
from pages.components import frame, gallery, jobs, saving, services
from pages.components.words import plain

_HEADING = "Beside simple rules"


def render_baselines(record: RunRecord) -> None:
    """Baselines on held-back training images beside a run's validation accuracy; nothing for a run that has none, or is under way."""
    started = services.store().history(record.id).started
    if not record.state.is_final or started is None or record.validation_accuracy is None:
        return
    st.subheader(_HEADING, anchor=False)
    try:
        image_set = services.catalog().load(record.spec.dataset)
    except DatasetError as error:
        st.caption(f"There is nothing to compare with. {plain(str(error))}")
        return
    if image_set.sha256 != record.dataset_sha256:
        st.caption("There is nothing to compare with: the data set has been changed since this run.")
        return
    answers = _find_answers(image_set)
    if answers is None:
        return
    asked = started.validation_images
    scores = score_baselines(answers, image_set, Split.TRAINING)
    info = build_baselines(scores, correct=round(record.validation_accuracy * asked), asked=asked, learned_from=started.training_images)
    _render_comparison(info, key=f"baselines_{record.id}")
    st.caption(
        f"The simple rules learned from up to {_count(info.most_learned_from)} and were asked about {_count(info.best.asked)} held back "
        f"from the training half, the same for every run; the network learned from {_count(info.network.learned_from)} and was asked about "
        f"its own {_count(asked)} for validation. Thin lines are 95 % intervals. Look at how far the network is ahead of the best rule: "
        "that is what its layers are worth."
    )


def render_test_baselines(record: RunRecord, image_set: ImageSet, scores: Scores) -> None:
    """Baselines on the test images beside the test accuracy of a run's network."""
    started = services.store().history(record.id).started
    if started is None:
        return
    st.subheader(_HEADING, anchor=False)
    answers = _find_answers(image_set)
    if answers is None:
        return
    baselines = score_baselines(answers, image_set, Split.TEST)
    info = build_baselines(baselines, correct=scores.correct_count, asked=len(scores.labels), learned_from=started.training_images)
    _render_comparison(info, key="baselines_test")
    st.caption(
        f"The simple rules learned from up to {_count(info.most_learned_from)} and were asked about {_count(info.best.asked)} of the test "
        "half. Thin lines are 95 % intervals. Look at how far the network is ahead of the best rule."
    )


def _render_comparison(info: BaselinesInfo, *, key: str) -> None:
    sentence = describe_baselines(info)
    st.markdown(plain(sentence))
    theme = frame.figure_theme()
    gallery.show_chart(build_baselines_chart(info, theme), key=key, alt=sentence)
    with st.expander("As a table, and what the rules are", key=f"{key}_table"):
        st.table(baselines_table(info), hide_index=True)
        saving.offer_files(name=key, table=lambda: baselines_table(info), figure=lambda: draw_baselines(info, theme))
        st.markdown("\n".join(f"- **{plain(one.title)}**: {plain(one.about)}" for one in BASELINES.values()))


def _find_answers(image_set: ImageSet) -> Arrays | None:
    """What the baselines answered; until that is known, how far they are, or what went wrong, and None."""
    key = baselines_key(image_set)

    def start() -> JobProgress:
        return services.compute().start_job(key, work_out_baselines, image_set, keep=True)

    answers = jobs.await_job(key, start, seconds=0)
    if answers is None:
        st.caption(f"Simple rules are tried on {plain(image_set.title)}, once and for all runs. You can go on meanwhile.")
    return answers


def _count(images: int) -> str:
    return f"{format_count(images)} images"
