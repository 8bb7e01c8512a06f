"""Widgets made from the fields of a spec: label, help and bounds are written once, beside the field."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import BaseModel

from core.networks.activations import ACTIVATIONS
from core.networks.layers import DenseLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.recipes import RECIPES
from core.networks.spec import MAX_LAYERS, TrainingSpec
from pages.components import state

NOTHING = "nothing"
"""The choice beside the recipes: a network without hidden layers."""


def _texts(model: type[BaseModel], field: str) -> dict[str, Any]:
    info = model.model_fields[field]
    return {"label": info.title or field, "help": info.description}


def _number(field: str, *, step: float, format: str | None = None) -> None:
    # No bounds here: the browser would silently refuse a value, the core explains all that are wrong at once.
    st.number_input(**_texts(TrainingSpec, field), key=state.draft_key(field), step=step, format=format, persist_state="session")


def _switch(field: str) -> None:
    st.toggle(**_texts(TrainingSpec, field), key=state.draft_key(field), persist_state="session")


def render_layers() -> None:
    """The hidden layers, one row each, with buttons to move, remove and add."""
    info = TrainingSpec.model_fields["hidden"]
    st.markdown(f"**{info.title}**", help=info.description)
    layers = state.layers()
    if not layers:
        st.caption("None: the output layer looks at the pixels directly.")
    for position, layer in enumerate(layers):
        _render_layer(layer, position, len(layers))
    st.button(
        "Add a layer",
        icon=":material/add:",
        on_click=state.add_layer,
        disabled=len(layers) >= MAX_LAYERS,
        help=f"Adds a copy of the last layer. At most {MAX_LAYERS} hidden layers.",
    )


def _render_layer(layer: int, position: int, count: int) -> None:
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"Dense {position + 1}", width="content")
            with st.container(horizontal=True, gap="small", width="content"):
                _layer_button("Move towards the image", ":material/arrow_upward:", layer, state.move_layer, (layer, -1), position == 0)
                _layer_button(
                    "Move towards the output", ":material/arrow_downward:", layer, state.move_layer, (layer, 1), position == count - 1
                )
                _layer_button("Remove this layer", ":material/delete:", layer, state.remove_layer, (layer,), False)
        with st.grid(2, min_column_width=110):
            st.number_input(**_texts(DenseLayer, "units"), key=state.layer_key(layer, "units"), step=1, persist_state="session")
            st.selectbox(
                **_texts(DenseLayer, "activation"),
                options=list(ACTIVATIONS),
                format_func=lambda name: ACTIVATIONS[name].title,
                key=state.layer_key(layer, "activation"),
                persist_state="session",
            )


def _layer_button(label: str, icon: str, layer: int, action: Any, arguments: tuple[int, ...], disabled: bool) -> None:
    st.button(
        label="",
        icon=icon,
        help=label,
        key=f"{action.__name__}_{'_'.join(map(str, arguments))}",
        on_click=action,
        args=arguments,
        disabled=disabled,
        type="tertiary",
    )


def render_learning() -> None:
    """Optimiser, rate, batch, epochs; and, folded away, what is rarely changed."""
    st.selectbox(
        **_texts(TrainingSpec, "optimiser"),
        options=list(OPTIMISERS),
        format_func=lambda name: OPTIMISERS[name].title,
        key=state.draft_key("optimiser"),
        persist_state="session",
        on_change=_take_default_rate,
    )
    st.caption(OPTIMISERS[state.draft_value("optimiser")].help)
    with st.grid(2, min_column_width=110):
        _number("learning_rate", step=0.001, format="%g")
        _number("batch_size", step=1)
        _number("epochs", step=1)
        _number("validation_split", step=0.05, format="%g")
    _switch("scale_inputs")
    with st.expander("Order and chance"):
        _switch("shuffle")
        _number("seed", step=1)


def _take_default_rate() -> None:
    """Each optimiser has its own scale of rates: 0.1 is usual for SGD and ruins Adam."""
    state.set_draft_value("learning_rate", OPTIMISERS[state.draft_value("optimiser")].default_rate)


def render_recipes() -> None:
    """Ready-made settings to start from, or nothing. Choosing one fills the form."""
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        name = st.selectbox(
            "Recipe",
            options=[*RECIPES, NOTHING],
            format_func=lambda name: RECIPES[name].title if name in RECIPES else "Start from nothing",
            key=state.RECIPE_CHOICE,
            on_change=_take_recipe,
            help="Settings that are known to work. Take one, then change one thing at a time.",
            persist_state="session",
        )
        st.button(
            "", icon=":material/restart_alt:", key="reset_recipe", on_click=_take_recipe, help="Fills the form with this recipe again."
        )
    st.caption(RECIPES[name].summary if name in RECIPES else "No hidden layer: the smallest network there is. Add to it.")


def _take_recipe() -> None:
    name = state.recipe_choice()
    state.load_draft(RECIPES[name].spec if name in RECIPES else TrainingSpec(dataset=state.dataset(), hidden=()))
