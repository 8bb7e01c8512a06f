"""Widgets made from the fields of a spec: label, help and choices are written once, beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from core.errors import SpecError
from core.networks.activations import ACTIVATIONS
from core.networks.augmentation import Augmentation
from core.networks.initialisers import INITIALISERS
from core.networks.recipes import RECIPES
from core.networks.spec import REGISTRIES, TrainingSpec, read_spec
from pages.components import state

NOTHING = "nothing"
"""The choice beside the recipes: a network without hidden layers."""

_CHANGED = "**Changed since**: the settings below are no longer those of the recipe. Reset brings them back."

CHOICES: dict[str, Mapping[str, Any]] = {**REGISTRIES, "activation": ACTIVATIONS, "initialiser": INITIALISERS}
"""Fields of a spec and of its layers with a name from a registry, whose entries have a title and a help."""

_STEPS = {
    "beta_1": 0.01,
    "beta_2": 0.001,
    "clip_norm": 1.0,
    "l2": 0.0001,
    "learning_rate": 0.001,
    "rotation": 5.0,
    "target_accuracy": 0.01,
    "training_images": 1000,
    "warmup_epochs": 0.5,
    "weight_decay": 0.001,
}
"""By how much a press on + or - changes a number, where it is not 1 or 0.05."""


def render_setting(field: str, *, placeholder: str | None = None) -> None:
    """The widget of one setting of the draft, or of its augmentation, as `augmentation.shift`."""
    group, _, name = field.rpartition(".")
    model = Augmentation if group else TrainingSpec
    render_field(model, name, state.draft_key(field), placeholder=placeholder)


def explain(field: str) -> None:
    """One sentence on the chosen entry of a registry, such as the optimiser."""
    st.caption(CHOICES[field][state.draft_value(field)].help)


def render_field(
    model: type[BaseModel],
    name: str,
    key: str,
    *,
    placeholder: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> None:
    """The widget that goes with a field's type. `placeholder` is what an empty number means."""
    info = model.model_fields[name]
    common: dict[str, Any] = {"label": info.title or name, "help": info.description, "label_visibility": label_visibility}
    common |= {"key": key, "persist_state": "session"}
    if name in CHOICES:
        st.selectbox(options=list(CHOICES[name]), format_func=lambda choice: CHOICES[name][choice].title, **common)
    elif get_origin(info.annotation) is Literal:
        st.selectbox(options=get_args(info.annotation), **common)
    elif info.annotation is bool:
        st.toggle(**common)
    else:
        st.number_input(placeholder=placeholder, **_number_format(name, info), **common)


def _number_format(name: str, info: FieldInfo) -> dict[str, Any]:
    """Step, format, and whether it can be empty. No bounds: the browser would silently refuse a value, the core explains all wrong ones."""
    types = get_args(info.annotation) or (info.annotation,)
    return {
        "step": _STEPS.get(name, 0.05 if float in types else 1),
        "format": "%g" if float in types else None,
        "value": None if type(None) in types else "min",
    }


def folded(title: str, *fields: str) -> DeltaGenerator:
    """A part of the form that is closed at first, and says so where something in it is not at its default."""
    draft, usual = state.draft(), TrainingSpec().model_dump()
    is_changed = any(draft[field] != usual[field] for field in fields)
    # The key keeps it open while its title changes.
    return st.expander(f"{title} (changed)" if is_changed else title, key=f"{fields[0]}_part")


def checked_draft() -> TrainingSpec | None:
    """The draft for a preview; None while something in it is wrong."""
    with suppress(SpecError):
        return read_spec(state.draft())
    return None


def render_recipes() -> None:
    """Ready-made settings to start from, or nothing, and the reasons for them. Choosing one fills the form.

    The form is filled here, and not in a callback: a field's change that a fragment's look takes along is broken off by the page's own
    run wherever it is, and does not come again (`pages.components.presses`).
    """
    if not state.is_recipe_settled():
        _take_recipe()
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        name = st.selectbox(
            "Recipe",
            options=[*RECIPES, NOTHING],
            # An empty choice can be shown, but not made.
            index=None if state.recipe_choice() is None else 0,
            format_func=lambda name: RECIPES[name].title if name in RECIPES else "Start from nothing",
            key=state.recipe_key(),
            placeholder="Settings of your own",
            help="Settings that are known to work. Take one, then change one thing at a time.",
            persist_state="session",
        )
        st.button(
            "Reset",
            key="reset_recipe",
            on_click=_take_recipe,
            disabled=name is None,
            help="Fills the form with this recipe again.",
        )
    if name in RECIPES:
        # In one element: one more above the form would move it, and what is being typed into it would be lost.
        st.caption(RECIPES[name].summary if state.draft()["recipe"] else f"{RECIPES[name].summary} {_CHANGED}")
        with st.expander("Why these settings"):
            st.markdown("\n".join(f"- {reason}" for reason in RECIPES[name].reasons))
    elif name == NOTHING:
        st.caption("No hidden layer: the smallest network there is. Add to it.")


def _take_recipe() -> None:
    name = state.recipe_choice()
    if name is None:
        state.settle_recipe()
    else:
        state.load_draft(RECIPES[name].spec if name in RECIPES else TrainingSpec(dataset=state.dataset(), hidden=()), choice=name)
