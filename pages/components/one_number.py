"""The way of one number: a unit that the visitor chooses, and all that its number is computed from."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.figures.activation_pictures import colour_values
from core.figures.activations import LayerInfo, format_value, name_step
from core.figures.way import SHOWN, WayInfo, build_way, describe_inputs, describe_way, explain_way, way_rows, way_table, weighted_steps
from core.figures.way_pictures import Part, build_contribution_chart, draw_contributions, draw_part, draw_way
from core.networks.plan import Step
from core.predictions.way import follow_number
from core.rates import format_percent
from pages.components import choices, frame, gallery, saving, state, tables, tiles
from pages.components.layers_part import find_layers
from pages.components.one_image import Subject
from pages.components.words import plain

_AT_ONCE = 128
"""Units offered on one page."""

_TILE, _MAP_TILE = 42, 56
_COLUMNS, _MAP_COLUMNS = 16, 12


def render_one_number(subject: Subject) -> None:
    """Choose a layer, a unit and, of a convolution, a place; then its sum."""
    step = _pick_layer(subject)
    layer = next(info for info in find_layers(subject) if info.name == step.name)
    key = f"{subject.record.id}_{step.name}"
    unit = _pick_unit(layer, key)
    row, column = _pick_place(layer, key, unit) if layer.has_maps else (0, 0)
    found = subject.consult(follow_number, step.name, unit, row, column)
    label = f"{layer.noun} {layer.labels[unit]}" + (f" at row {row}, column {column}," if layer.has_maps else "")
    _render_way(subject, build_way(subject.steps, step.name, label, found, subject.chosen.image), step)


def _pick_layer(subject: Subject) -> Step:
    steps = {step.name: step for step in weighted_steps(subject.steps)}
    chosen = choices.choose(
        "Layer",
        steps,
        default=next(iter(steps)),
        format_func=lambda name: name_step(steps[name]),
        key=f"number_layer_{subject.record.id}",
        help="Only layers with weights compute sums. The first one looks at the image itself.",
    )
    return steps[chosen]


def _pick_unit(layer: LayerInfo, key: str) -> int:
    """Buttons with the units' numbers, and the same as a field for the keyboard. Returns the unit's place, from 0."""
    state.set_default(state.number_key(key, "unit"), layer.strongest + 1)
    page = _pick_page(layer, key)
    first, last = page * _AT_ONCE, min((page + 1) * _AT_ONCE, len(layer.labels))
    unit = state.followed_number(key, "unit") - 1
    theme = frame.figure_theme()
    if layer.has_maps:
        pictures = colour_values(np.moveaxis(layer.values[..., first:last], -1, 0), layer.extent, theme)
        captions = list(layer.labels[first:last])
    else:
        # Far wider than high: there is nothing in them but a colour.
        pictures = colour_values(layer.values[first:last], layer.extent, theme)[:, None, None, :].repeat(3, axis=2)
        in_words = format_percent if layer.is_answer else format_value
        values = [in_words(float(value)) for value in layer.values[first:last]]
        captions = [f"{name}\n{value}" for name, value in zip(layer.labels[first:last], values, strict=True)]
    tiles.show_tiles(
        pictures,
        captions,
        key=f"number_units_{key}",
        label=f"{layer.title}: choose one to follow its number.",
        selected=unit - first if first <= unit < last else None,
        size=_MAP_TILE if layer.has_maps else _TILE,
        columns=min(last - first, _MAP_COLUMNS) if layer.has_maps else _COLUMNS,
        on_click=partial(_follow, layer, key, first),
    )
    chosen = st.number_input(
        "Number of the class, counted from 1" if layer.is_answer else layer.noun.capitalize(),
        min_value=1,
        max_value=len(layer.labels),
        step=1,
        key=state.number_key(key, "unit"),
        width=240,
        help=f"From 1 to {len(layer.labels)}. Or click one above.",
        on_change=_turn_to,
        args=(key,),
        persist_state="session",
    )
    return int(chosen) - 1


def _pick_page(layer: LayerInfo, key: str) -> int:
    pages = -(-len(layer.labels) // _AT_ONCE)
    if pages == 1:
        return 0
    state.set_default(state.number_key(key, "page"), _page_of(key))
    return st.pagination(pages, key=state.number_key(key, "page")) - 1


def _page_of(key: str) -> int:
    """The page with the unit that is followed, from 1."""
    return (state.followed_number(key, "unit") - 1) // _AT_ONCE + 1


def _turn_to(key: str) -> None:
    """Show the page with the unit that was typed in."""
    state.follow_number(key, page=_page_of(key))


def _follow(layer: LayerInfo, key: str, first: int, position: int) -> None:
    """A click on a unit; of a filter, go to where it answers most."""
    state.follow_number(key, unit=first + position + 1)
    if layer.has_maps:
        row, column = _strongest_place(layer, first + position)
        state.follow_number(key, row=row, column=column)


def _strongest_place(layer: LayerInfo, unit: int) -> tuple[int, int]:
    row, column = np.unravel_index(int(np.abs(layer.values[..., unit]).argmax()), layer.values.shape[:2])
    return int(row), int(column)


def _pick_place(layer: LayerInfo, key: str, unit: int) -> tuple[int, int]:
    """Where in the map."""
    strongest = _strongest_place(layer, unit)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for field, place, size in zip(("row", "column"), strongest, layer.values.shape, strict=False):
            state.set_default(state.number_key(key, field), place)
            st.number_input(
                field.capitalize(),
                min_value=0,
                max_value=size - 1,
                step=1,
                key=state.number_key(key, field),
                width=130,
                help=f"The {field} in the map of this filter, from 0 to {size - 1}.",
                persist_state="session",
            )
        st.button(
            "Strongest place",
            icon=":material/my_location:",
            help="Where this filter answers most.",
            on_click=_follow,
            args=(layer, key, 0, unit),
        )
    return state.followed_number(key, "row"), state.followed_number(key, "column")


def _render_way(subject: Subject, info: WayInfo, step: Step) -> None:
    st.markdown(f"#### {plain(describe_way(info))}")
    st.caption(f"The number of {plain(info.title)} for one image. {describe_inputs(info)} {explain_way(info)}")
    name = f"{subject.chosen.name}-{step.name}-number"
    heading = f"**The {min(SHOWN, info.inputs.size)} largest contributions, either way**"
    if info.sees_image or info.is_window:
        channel = _pick_channel(info, step)
        _render_pictures(info, channel)
        figure = partial(draw_way, info, channel, frame.figure_theme())
        st.markdown(heading)
    else:
        st.markdown(heading)
        gallery.show_chart(build_contribution_chart(info, frame.figure_theme()), key="contributions", alt=describe_way(info))
        figure = partial(draw_contributions, info, frame.figure_theme())
    tables.show_table(way_rows(info, SHOWN), hide_index=True)
    st.caption(
        "Input times weight is the product, and all products together are the sum. Rows and columns count from 0, units and maps from 1. "
        "Look whether a few of them decide, or many small ones together."
    )
    saving.offer_files(name=name, table=lambda: way_table(info), figure=figure)


def _pick_channel(info: WayInfo, step: Step) -> int:
    """One picture at a time can be shown of a colour image, or of many maps."""
    names = info.channel_names
    if len(names) == 1:
        return 0
    what = "Colour" if info.sees_image else "Map of the layer before"
    chosen = st.selectbox(
        what,
        range(len(names)),
        index=info.main_channel,
        format_func=lambda place: names[place].capitalize(),
        key=f"number_channel_{info.title}_{step.name}",
        width=240,
        help=f"All {len(names)} are summed; the pictures show one of them, at first that with the largest products.",
    )
    return int(chosen)


def _render_pictures(info: WayInfo, channel: int) -> None:
    words = {
        Part.INPUT: "What comes in.",
        Part.WEIGHT: "What the unit has learned to look for: blue counts for it, orange against it.",
        Part.PRODUCT: "Input times weight, place by place. All of it is added up.",
    }
    with st.grid(3, min_column_width=230):
        for part, sentence in words.items():
            with st.container():
                gallery.show_picture(draw_part(info, part, channel, frame.figure_theme()), alt=f"{part.value}: {sentence}")
                st.caption(sentence)
