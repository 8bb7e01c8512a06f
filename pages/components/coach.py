"""What the curves of a run say, as cards, each with an experiment that fills the form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from core.compute.teacher import find_taught
from core.errors import DatasetError, SpecError
from core.networks.relevance import has_effect
from core.networks.spec import TrainingSpec, read_spec, renew
from core.runs.record import RunRecord
from core.training.coach import Advice, Case, Experiment, build_case, coach, is_break
from pages.components import frame, services, state
from pages.components.words import plain


def render_coach(record: RunRecord) -> None:
    """Advice on a run that has ended; nothing for one that is under way, or ended before it began."""
    if record.state.is_final and find_taught(services.store(), record.id):
        st.subheader("What the curves say", anchor=False)
        st.caption(
            "These curves begin where another network's ended: it went on learning, drawings among other images. The coach knows only "
            "networks that begin anew. How well it reads your hand now, and what it forgot, is told on My handwriting."
        )
        return
    try:
        case = _read_case(record)
    except DatasetError as error:
        st.caption(f"What the curves say can't be told without the images. {plain(str(error))}")
        return
    if case is None:
        return
    said = coach(case)
    st.subheader("What the curves say", anchor=False)
    st.markdown(plain(said.summary))
    for name, advice in said.advice.items():
        _render_card(record.id, name, advice)
    if said.next is not None:
        _render_experiment(record.id, "next", said.next)


def _read_case(record: RunRecord) -> Case | None:
    if not record.state.is_final:
        return None
    history = services.store().history(record.id)
    if history.started is None:
        return None
    glimpse = services.store().glimpse(record.id)
    return build_case(
        record.spec,
        services.catalog().load(record.spec.dataset),
        history.started,
        steps=history.steps,
        epochs=history.epochs,
        marks=history.marks,
        layers=glimpse.layers if glimpse else (),
        broke_off=is_break(record.error),
    )


def _render_card(run_id: str, name: str, advice: Advice) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(advice.title)}**")
        st.markdown(plain(advice.finding))
        st.caption(plain(advice.explanation))
        _render_experiment(run_id, name, advice.experiment)


def _render_experiment(run_id: str, name: str, experiment: Experiment) -> None:
    st.button(
        f"Try {plain(experiment.label)}",
        icon=":material/science:",
        key=f"try_{run_id}_{name}",
        on_click=_take,
        args=(experiment.spec.model_dump_json(),),
        help="Fills the form with this run's settings and this one change. Nothing is trained until you press Train.",
    )
    if _is_filled_in(experiment.spec):
        st.success(f"Filled in on the form: {plain(experiment.label)}. Press Train to see what it does.", icon=":material/check:")


def _take(spec: str) -> None:
    with frame.errors_shown():
        state.load_draft(read_spec(spec))


def _is_filled_in(spec: TrainingSpec) -> bool:
    """Whether the form holds just these settings."""
    with suppress(SpecError):
        return _effective(read_spec(state.draft())) == _effective(spec)
    return False


def _effective(spec: TrainingSpec) -> Mapping[str, Any]:
    """The settings without those that do nothing beside the others, which the form leaves at their defaults."""
    values = renew(spec).model_dump(exclude={"version", "recipe"})
    return {field: value for field, value in values.items() if has_effect(field, values)}
