"""The form's third part: the rule of learning, how long, how fast, and when to stop."""

from __future__ import annotations

import streamlit as st

from core.figures.schedules import build_schedule, build_schedule_chart, describe_schedule
from core.networks.optimisers import OPTIMISERS
from core.networks.relevance import NEED_VALIDATION, SCHEDULE_OPTIONS, has_effect
from core.networks.schedules import SCHEDULES
from core.networks.spec import OPTIMISER_OPTIONS, TrainingSpec
from pages.components import forms, frame, gallery, state


def render_learning() -> None:
    """What is changed most is seen at once; the rest is folded away, and what would have no effect is left out."""
    st.subheader("Learning", anchor=False)
    # Not in the field's callback, as with the recipe.
    if not state.is_optimiser_settled():
        _take_usual_settings()
    forms.render_setting("optimiser")
    forms.explain("optimiser")
    _render_side_by_side("learning_rate", "batch_size", "epochs", "validation_split")
    with forms.folded(f"More of {OPTIMISERS[state.draft_value('optimiser')].title}", *OPTIMISER_OPTIONS, "weight_decay", "clip_norm"):
        _render_optimiser()
    with st.expander(f"Schedule: {SCHEDULES[state.draft_value('schedule')].title.lower()}", key="schedule_part"):
        _render_schedule()
    with forms.folded("Loss", "loss", "label_smoothing"):
        forms.render_setting("loss")
        forms.explain("loss")
        _render_side_by_side("label_smoothing")
    with forms.folded("Stop early, keep the best", *NEED_VALIDATION):
        _render_stopping()
    with forms.folded("Order and chance", "shuffle", "seed", "split_seed"):
        _render_side_by_side("shuffle", "seed", "split_seed")


def _render_side_by_side(*fields: str) -> None:
    """Those of these settings that have an effect beside the others."""
    values = {field: state.draft_value(field) for field in TrainingSpec.model_fields}
    shown = [field for field in fields if has_effect(field, values)]
    if shown:
        with st.grid(2, min_column_width=110):
            for field in shown:
                forms.render_setting(field)


def _take_usual_settings() -> None:
    """Each optimiser has its own scale of rates and memories: 0.1 is usual for SGD and ruins Adam."""
    state.set_draft_value("learning_rate", OPTIMISERS[state.draft_value("optimiser")].default_rate)
    for field in OPTIMISER_OPTIONS:
        state.set_draft_value(field, None)
    state.settle_optimiser()


def _render_optimiser() -> None:
    """An empty box stands for what is usual, which it names."""
    optimiser = OPTIMISERS[state.draft_value("optimiser")]
    usual = {"weight_decay": "None", "clip_norm": "None"} | {field: f"{value:g}" for field, value in optimiser.options.items()}
    with st.grid(2, min_column_width=110):
        for field, value in usual.items():
            forms.render_setting(field, placeholder=value)
    st.caption("An empty box stands for the grey value in it.")


def _render_schedule() -> None:
    forms.render_setting("schedule")
    forms.explain("schedule")
    _render_side_by_side("warmup_epochs", *SCHEDULE_OPTIONS)
    spec = forms.checked_draft()
    if spec is None:
        st.caption("The curve comes back once all settings are right.")
        return
    info = build_schedule(spec)
    gallery.show_chart(build_schedule_chart(info, frame.figure_theme()), key="schedule_curve", alt=describe_schedule(info))
    st.caption(f"{describe_schedule(info)} Look how long it stays high: large steps find the way, small ones settle.")


def _render_stopping() -> None:
    if not state.draft_value("validation_split"):
        st.caption("This goes by the validation images, and the validation share is 0.")
        return
    with st.grid(2, min_column_width=110):
        forms.render_setting("patience", placeholder="Never")
        forms.render_setting("target_accuracy", placeholder="Never")
    forms.render_setting("keep_best")
