"""What each layer made of one image, from the image to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.figures.activation_pictures import MAX_MAPS, build_layer_chart, colour_maps, draw_layer, draw_map
from core.figures.activations import LayerInfo, build_layers, describe_colours, describe_layer, describe_map, layer_table, values_table
from core.figures.way import weighted_steps
from core.predictions.activations import activations
from pages.components import frame, gallery, saving, state, tables, tiles
from pages.components.one_image import Subject
from pages.components.words import plain

_TILE, _WIDE, _COLUMNS, _LARGE = 56, 120, 12, 340
"""Pixels across a map among many and among few, how many are in a row, and pixels across one that was chosen."""
_FEW = 20
"""Rows up to which a table is a plain one, which appears faster than one that draws what it needs."""


def find_layers(subject: Subject) -> tuple[LayerInfo, ...]:
    """The layers of the network with their numbers for this image."""
    return build_layers(subject.steps, subject.consult(activations), subject.image_set.class_names)


def render_layers(subject: Subject) -> None:
    """The layers that were chosen, one below the other."""
    layers = find_layers(subject)
    st.caption(
        "From the image to the answer, each layer makes new numbers of those of the one before. Look how maps still resemble the image and "
        "rows no longer do. One image, one network. Flatten and Dropout change no number of an answer, and are left out."
    )
    shown = _pick_layers(subject, layers)
    for info in layers:
        if info.name in shown:
            _render_layer(subject, info)


def _pick_layers(subject: Subject, layers: Sequence[LayerInfo]) -> list[str]:
    """At first those with weights: the others make maps smaller or even them out."""
    titles = {info.name: info.title for info in layers}
    weighted = [step.name for step in weighted_steps(subject.steps)]
    return list(
        st.pills(
            "Layers",
            list(titles),
            selection_mode="multi",
            default=weighted,
            format_func=lambda name: titles[name],
            key=f"layers_{subject.record.id}",
            help="Which layers are shown, in their order from the image to the answer.",
            persist_state="session",
        )
    )


def _render_layer(subject: Subject, info: LayerInfo) -> None:
    st.markdown(f"**{plain(info.title)}**")
    sentence = describe_layer(info)
    if info.has_maps:
        _render_maps(subject, info, sentence)
    else:
        gallery.show_chart(build_layer_chart(info, frame.figure_theme()), key=f"layer_{info.name}", alt=sentence)
    colours = "" if info.has_bars else f" {describe_colours(info)}"
    dots = " A dot marks an exact 0." if not info.has_maps and not info.has_bars and info.is_silent.any() else ""
    st.caption(f"{plain(sentence)}{colours}{dots}")
    with st.expander("As a table, and files", key=f"layer_{info.name}_table", on_change="rerun") as expander:
        if expander.open:
            _render_table(subject, info)


def _render_table(subject: Subject, info: LayerInfo) -> None:
    table = layer_table(info)
    if len(table) <= _FEW:
        heading = table.columns[0]
        tables.show_table(table.assign(**{heading: table[heading].map(plain)}).round(4), hide_index=True)
    else:
        st.dataframe(table, hide_index=True, height=280)
    saving.offer_files(
        name=f"{subject.chosen.name}-{info.name}",
        table=lambda: values_table(info),
        figure=lambda: draw_layer(info, frame.figure_theme()),
    )


def _render_maps(subject: Subject, info: LayerInfo, sentence: str) -> None:
    theme, looked_at = frame.figure_theme(), f"{subject.record.id}/{info.name}"
    chosen = state.glimpsed(looked_at)
    count = min(len(info.labels), MAX_MAPS)
    if count == 1:
        _show_large(info, 0)
        return
    # Of a few maps, no more than a line that is as long as they need.
    with st.container(width="stretch" if count > _COLUMNS // 2 else _WIDE * count):
        tiles.show_tiles(
            colour_maps(info, theme),
            [f"{label}: 0" if silent else label for label, silent in zip(info.labels[:count], info.is_silent, strict=False)],
            key=f"layer_maps_{info.name}",
            label=f"{info.title}: {sentence} Choose one to see it large.",
            selected=chosen,
            size=_TILE,
            columns=min(count, _COLUMNS),
            on_click=partial(state.look_at_glimpsed, looked_at),
        )
    if len(info.labels) > count:
        st.caption(f"The first {count} of {len(info.labels)} are shown; the table has all.")
    if chosen is not None and chosen < count:
        _show_large(info, chosen)


def _show_large(info: LayerInfo, place: int) -> None:
    described = describe_map(info, place)
    with st.container(width=_LARGE):
        gallery.show_picture(draw_map(info, place, frame.figure_theme()), alt=described)
    st.caption(plain(described))
