"""What simple rules reach, beside a network's accuracy: worked out once for the images of a run, by itself, while the page can be used."""

from __future__ import annotations

import streamlit as st

from core.compute.baselines import baselines_key, work_out_baselines
from core.compute.jobs import Arrays, JobProgress
from core.compute.teacher import find_taught
from core.datasets.image_set import ImageSet, Labels, Split
from core.errors import DatasetError
from core.figures.baselines import (
    baselines_table,
    build_baselines,
    build_baselines_chart,
    describe_baselines,
    describe_learned_from,
    draw_baselines,
)
from core.figures.conclusion import HOW
from core.figures.numbers import format_count
from core.networks.spec import TrainingSpec
from core.predictions.baselines import BASELINES, score_baselines
from core.predictions.scored import ScoredImages
from core.runs.record import RunRecord
from core.training.splitting import ValidationSplit, split_images
from pages.components import frame, gallery, jobs, saving, scoring, services, tables
from pages.components.words import plain

_HEADING = "Beside simple rules"


def render_baselines(record: RunRecord) -> None:
    """Baselines beside a run's validation accuracy; nothing for a run that has none, or is under way."""
    if not record.is_ready or record.validation_accuracy is None:
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
    answers = _find_answers(record, image_set)
    scored = scoring.find_scored(record, Split.TRAINING)
    if answers is not None and scored is not None:
        _render_comparison(record, answers, scored, key=f"baselines_{record.id}")


def render_test_baselines(record: RunRecord, scored: ScoredImages) -> None:
    """Baselines beside the test accuracy of a run's network."""
    st.subheader(_HEADING, anchor=False)
    answers = _find_answers(record, scored.image_set)
    if answers is not None:
        _render_comparison(record, answers, scored, key="baselines_test")


def _render_comparison(record: RunRecord, answers: Arrays, scored: ScoredImages, *, key: str) -> None:
    started = services.store().history(record.id).started
    learned_from = started.training_images if started else int(answers["fitted"])
    scores = score_baselines(answers, scored.image_set, scored.split)
    info = build_baselines(scores, scored.graded, learned_from=learned_from, kind=scored.kind)
    sentence = describe_baselines(info)
    st.markdown(plain(sentence))
    theme = frame.figure_theme()
    gallery.show_chart(build_baselines_chart(info, theme), key=key, alt=sentence)
    factor = int(answers["shrunk"])
    smaller = f" For the rules, each side of the images was made {factor} times smaller." if factor > 1 else ""
    st.caption(
        f"{describe_learned_from(info)}{_describe_drawings(record)}{smaller} Thin lines are 95 % intervals. {HOW} "
        "A network is worth its training where it does better than the best rule."
    )
    with st.expander("As a table, and what the rules are", key=f"{key}_table"):
        tables.show_table(baselines_table(info), hide_index=True)
        saving.offer_files(name=key, table=lambda: baselines_table(info), figure=lambda: draw_baselines(info, theme))
        st.markdown("\n".join(f"- **{plain(one.title)}**: {plain(one.about)}" for one in BASELINES.values()))


def _describe_drawings(record: RunRecord) -> str:
    """What a network that was taught had besides."""
    count = len(find_taught(services.store(), record.id))
    if not count:
        return ""
    drawings = "The drawing that the network was taught is" if count == 1 else f"The {format_count(count)} drawings it was taught are"
    return f" {drawings} not among them: the simple rules had none."


def _find_answers(record: RunRecord, image_set: ImageSet) -> Arrays | None:
    """What the baselines answered; until that is known, how far they are, or what went wrong, and None."""
    split = _split(record.id, record.spec, image_set.y_train)
    key = baselines_key(image_set, split)

    def start() -> JobProgress:
        return services.compute().start_job(key, work_out_baselines, image_set, split.training, split.validation, keep=True)

    answers = jobs.await_job(key, start, seconds=0)
    if answers is None:
        st.caption(
            f"Simple rules learn from the {format_count(len(split.training))} images of {plain(image_set.title)} that this run had, "
            "once for all runs on the same images: up to a minute or two. You can go on meanwhile."
        )
    return answers


@st.cache_resource(show_spinner=False, max_entries=8)
def _split(run_id: str, _spec: TrainingSpec, _labels: Labels) -> ValidationSplit:
    """Of 60,000 images it takes as long as the rest of the page. The arrays are shared and not to be changed."""
    return split_images(_spec, _labels)
