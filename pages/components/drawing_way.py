"""The way of a drawing: each step a picture, with a switch that leaves it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core.drawing.pipeline import RULE_KEYS, rules_of
from core.drawing.reader import Reader
from core.drawing.sketch import Sketch
from core.drawing.step import Rule, Skipped
from core.figures.drawing_way import (
    Stage,
    Without,
    build_way,
    build_without,
    describe_one,
    describe_without,
    draw_way,
    paint_stage,
    way_table,
)
from pages.components import drawing_profile, frame, gallery, saving, services, state, tables
from pages.components.words import plain


def skipped_steps(reader: Reader) -> frozenset[str]:
    """The steps of this reader's way that are turned off; to be read before a drawing is prepared."""
    return state.drawing_steps_off(rule.key for rule in rules_of(reader.style))


def show_way(reader: Reader, sketch: Sketch, skipped: Skipped) -> None:
    """Every step from the canvas to the network, what the network answers without it, and where the drawing lies among those learned."""
    drawing = reader.prepare(sketch, skipped)
    # A colour photo goes a way of its own, of which nothing can be left out.
    rules = [step.rule for step in drawing.steps if step.rule.can_be_skipped]
    stages, alone = build_way(drawing, skipped), {}
    st.caption(
        "A network reads only what looks like the images it learned from, so a drawing or a picture goes the way that they went. "
        "Turn a step off, and see in the answer above what it is good for. All numbers here are of this one drawing."
    )
    if rules:
        st.button(
            "All steps on",
            icon=":material/restart_alt:",
            disabled=not skipped,
            on_click=state.turn_on_drawing_steps,
            args=(RULE_KEYS,),
            help="Prepares drawings again as the training images were prepared.",
        )
        now, alone = _ask_without(reader, sketch, skipped, rules)
        if skipped:
            st.markdown(f"**{plain(describe_without([rule.title for rule in rules if rule.key in skipped], now))}**")
    with st.grid(4, min_column_width=150):
        for stage in stages:
            with st.container(gap="small"):
                _show_stage(stage, alone.get(stage.rule.key))
    _offer_way(stages, alone)
    drawing_profile.show_profile(reader, drawing.image)


def _ask_without(reader: Reader, sketch: Sketch, skipped: Skipped, rules: Sequence[Rule]) -> tuple[Without, dict[str, Without]]:
    """What becomes of the drawing without the skipped steps, and without each one alone, by its key; asked all at once."""
    prepared = [reader.prepare(sketch, steps) for steps in (frozenset(), skipped, *({rule.key} for rule in rules))]
    images = np.stack([one.image for one in prepared])
    now, *alone = build_without(images, services.compute().predict(reader.id, images), reader.class_names)
    return now, {rule.key: one for rule, one in zip(rules, alone, strict=True)}


def _show_stage(stage: Stage, without: Without | None) -> None:
    """One step; what can't be left out has no switch."""
    rule, off = stage.rule, "" if stage.is_on else ", left out"
    picture = paint_stage(stage, frame.figure_theme())
    gallery.show_painted(picture, alt=f"{rule.title}{off}: {stage.size} pixels.", width="content")
    if without is None:
        st.markdown(f"**{rule.title}**")
        st.caption(f"{rule.why} {stage.size} pixels.")
        return
    key = state.drawing_step_key(rule.key)
    state.set_default(key, True)
    st.toggle(rule.title, key=key, help=rule.without, persist_state="session")
    st.caption(f"{'' if stage.is_on else '**Left out.** '}{rule.why} {stage.size} pixels.\n\n**{plain(describe_one(without))}**")


def _offer_way(stages: Sequence[Stage], alone: Mapping[str, Without]) -> None:
    with st.expander("As a table"):
        table, theme = way_table(stages, alone), frame.figure_theme()
        column = "Answer without it"
        tables.show_table(table.assign(**{column: table[column].map(plain)}), hide_index=True)
        saving.offer_files(name="drawing_way", table=lambda: table, figure=lambda: draw_way(stages, theme))
