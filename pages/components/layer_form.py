"""The form's second part: the hidden layers, one row each, with ways to add, move and remove them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.networks.layers import LAYERS
from core.networks.spec import MAX_LAYERS, TrainingSpec
from pages.components import forms, presses, state

FURTHER = ("stride", "padding", "initialiser", "l2")
"""Settings that are rarely changed: behind a button, and named below the others where they are not as usual."""


def render_layers() -> None:
    """The layers of the draft in order, and how to add one."""
    st.subheader("Network", anchor=False, help=TrainingSpec.model_fields["hidden"].description)
    layers = state.layers()
    if not layers:
        st.caption("No hidden layer: the output layer looks at the pixels directly.")
    for place, layer in enumerate(layers):
        _render_layer(layer, place, len(layers))
    _render_adding(len(layers) >= MAX_LAYERS)


def _render_adding(is_full: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        kind = st.selectbox(
            "Another layer",
            options=list(LAYERS),
            format_func=lambda kind: LAYERS[kind].title,
            key=state.LAYER_KIND,
            help="It gets the settings of the last layer of its kind, and comes last: layers for images before the first Dense layer.",
            persist_state="session",
        )
        st.button(
            "Add",
            icon=":material/add:",
            on_click=presses.once(state.add_layer),
            disabled=is_full,
            help=f"At most {MAX_LAYERS} hidden layers.",
        )
    st.caption(LAYERS[str(kind)].about)


def _render_layer(layer: int, place: int, count: int) -> None:
    kind = LAYERS[state.layer_kind(layer)]
    # What is the layer's own comes before what it shares with others.
    own = sorted((field for field in kind.model_fields if field not in ("kind", *FURTHER)), key=lambda field: field == "activation")
    further = [field for field in FURTHER if field in kind.model_fields]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
            st.markdown(f"**{place + 1}. {kind.title}**", width="content", help=kind.about)
            with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
                if len(own) == 1:
                    with st.container(width=72):
                        forms.render_field(kind, own[0], state.layer_key(layer, own[0]), label_visibility="collapsed")
                with st.popover("More", type="tertiary", help="Further settings, move, remove", key=f"further_{layer}"):
                    _render_further(layer, own, further)
                    _render_buttons(layer, place, count)
        if len(own) > 1:
            with st.grid(len(own), min_column_width=90):
                for field in own:
                    forms.render_field(kind, field, state.layer_key(layer, field))
        _name_unusual(layer, further)


def _render_further(layer: int, own: list[str], further: list[str]) -> None:
    kind, values = LAYERS[state.layer_kind(layer)], state.layer_values(layer)
    if len(own) == 1:
        # Its box stands in the layer's line, where there is no room for a label.
        info = kind.model_fields[own[0]]
        st.caption(f"{info.title}: {info.description}")
    for field in (*own, *further):
        if field in further:
            forms.render_field(kind, field, state.layer_key(layer, field))
        if field in forms.CHOICES:
            chosen = forms.CHOICES[field][values[field]]
            st.caption(f"{chosen.title}: {chosen.help}")


def _render_buttons(layer: int, place: int, count: int) -> None:
    _button("Move towards the image", ":material/arrow_upward:", state.move_layer, (layer, -1), disabled=place == 0)
    _button("Move towards the output", ":material/arrow_downward:", state.move_layer, (layer, 1), disabled=place == count - 1)
    _button("Remove this layer", ":material/delete:", state.remove_layer, (layer,))


def _button(label: str, icon: str, action: Callable[..., None], arguments: tuple[int, ...], *, disabled: bool = False) -> None:
    key = f"{action.__name__}_{'_'.join(map(str, arguments))}"
    st.button(label, icon=icon, key=key, on_click=presses.once(action), args=arguments, disabled=disabled, type="tertiary")


def _name_unusual(layer: int, fields: list[str]) -> None:
    """Nothing that changes the network stays behind a button unseen."""
    kind, values = LAYERS[state.layer_kind(layer)], state.layer_values(layer)
    unusual = [field for field in fields if values[field] != kind.model_fields[field].default]
    if unusual:
        st.caption(", ".join(f"{kind.model_fields[field].title}: {_in_words(field, values[field])}" for field in unusual))


def _in_words(field: str, value: object) -> str:
    return str(forms.CHOICES[field][str(value)].title) if field in forms.CHOICES else str(value)
