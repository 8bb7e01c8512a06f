"""A look inside a network while it learns: what it takes a dozen images for, its first weights, and how its layers are."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.datasets.image_set import ImageSet
from core.errors import DatasetError
from core.figures.first_weights import (
    FirstWeightsInfo,
    build_first_weights,
    colour_weights,
    describe_first_weights,
    describe_unit,
    scale_colours,
)
from core.figures.glimpses import build_examples, describe_example, describe_examples, examples_table
from core.figures.layer_health import build_dead_chart, build_size_chart, describe_dead, describe_gradients, layers_table
from core.runs.record import RunHistory, RunRecord
from core.training.events import Glimpsed
from core.training.glimpses import BATCH
from pages.components import choices, frame, gallery, services, state, tables, tiles
from pages.components.words import plain

_PREDICTIONS, _WEIGHTS, _LAYERS = "Predictions", "First weights", "Layers"


def render_glimpse(record: RunRecord, history: RunHistory) -> None:
    """The part that was chosen, as of the last look. Nothing for a run that has ended without one."""
    glimpse = services.store().glimpse(record.id)
    if glimpse is None:
        if not record.state.is_final:
            st.caption("What the network makes of some images, its weights and its layers are shown from the first look on, in a moment.")
        return
    part = choices.choose(
        "Inside the network",
        [_PREDICTIONS, _WEIGHTS, _LAYERS],
        default=_PREDICTIONS,
        key="glimpse_part",
        help="What it takes some images for, what its first layer looks for, and whether learning reaches all its layers.",
    )
    with frame.errors_shown():
        if part == _PREDICTIONS:
            _render_examples(record, history, glimpse)
        elif part == _WEIGHTS:
            _render_first_weights(record, glimpse)
        else:
            _render_layers(history, glimpse)


def _render_examples(record: RunRecord, history: RunHistory, glimpse: Glimpsed) -> None:
    image_set = _find_images(record)
    if image_set is None:
        return
    info = build_examples(glimpse, image_set.y_train, image_set.class_names)
    sentence, subject = describe_examples(info), f"{record.id}/examples"
    chosen = state.glimpsed(subject)
    tiles.show_tiles(
        image_set.x_train[list(glimpse.examples)],
        [example.caption for example in info.examples],
        key="glimpse_examples",
        label=f"{sentence} Choose one to read more of its probabilities.",
        max_value=image_set.max_value,
        wrong=[not example.is_right for example in info.examples],
        selected=chosen,
        size=64,
        columns=6,
        on_click=partial(state.look_at_glimpsed, subject),
    )
    if chosen is not None and chosen < len(info.examples):
        st.markdown(plain(describe_example(info.examples[chosen])))
    kind = "validation images, which it never learns from" if _holds_back(history) else "training images, as none are held back"
    st.caption(
        f"{plain(sentence)} They are the same {len(info.examples)} {kind}, all along. Look for images that go to and fro: the network "
        "is least sure of those. Click one for more."
    )
    with st.expander("As a table", key="glimpse_table", on_change="rerun") as table:
        if table.open:
            tables.show_table(examples_table(info), hide_index=True)


def _find_images(record: RunRecord) -> ImageSet | None:
    """The images the run learns from; None, and said why, if they are not here any more."""
    try:
        image_set = services.catalog().load(record.spec.dataset)
    except DatasetError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return None
    if image_set.sha256 != record.dataset_sha256:
        name = plain(record.spec.dataset)
        st.info(
            f"The images called {name} have changed since this run, so it can't be shown what it took them for.", icon=":material/info:"
        )
        return None
    return image_set


def _holds_back(history: RunHistory) -> bool:
    return history.started is not None and history.started.validation_images > 0


def _render_first_weights(record: RunRecord, glimpse: Glimpsed) -> None:
    info = build_first_weights(glimpse)
    if info is None:
        st.info(
            f"The first layer with weights, {glimpse.layers[0].name}, does not see the image itself: a layer before it has summed up "
            "pixels. So its weights have no places in the image, and there is no picture of them.",
            icon=":material/info:",
        )
        return
    sentence, subject = describe_first_weights(info), f"{record.id}/weights"
    chosen = state.glimpsed(subject)
    tiles.show_tiles(
        colour_weights(info, frame.figure_theme()),
        [str(number + 1) for number in range(len(info.pictures))],
        key="glimpse_weights",
        label=f"{sentence} Choose one to read its largest weights.",
        selected=chosen,
        size=44,
        columns=min(len(info.pictures), 12),
        on_click=partial(state.look_at_glimpsed, subject),
    )
    _render_scale(info)
    if chosen is not None and chosen < len(info.pictures):
        st.markdown(describe_unit(info, chosen))
    look_for = (
        "Look for edges, bars and spots: each filter answers to one such pattern wherever it is in the image."
        if info.is_filter
        else "Look for noise that turns into strokes and shapes: that is what a unit answers to. Units that stay noise have learned little."
    )
    st.caption(f"{sentence} {look_for} Click one for its numbers.")


def _render_scale(info: FirstWeightsInfo) -> None:
    low, middle, high = scale_colours(info, frame.figure_theme())
    line, end = frame.figure_theme().line, f"{info.extent:g}"
    labels = (f"−{end} or less", "0, in red, green and blue" if info.has_colours else "0", f"+{end} or more")
    bar = f"height:0.7rem;border:1px solid {line};background:linear-gradient(to right,{low},{middle},{high})"
    row = "display:flex;justify-content:space-between;font-size:0.875rem"
    words = "".join(f"<span>{label}</span>" for label in labels)
    st.html(f'<div style="max-width:24rem"><div aria-hidden="true" style="{bar}"></div><div style="{row}">{words}</div></div>')


def _render_layers(history: RunHistory, glimpse: Glimpsed) -> None:
    images = min(BATCH, history.started.training_images) if history.started else BATCH
    gradients, dead = describe_gradients(glimpse.layers), describe_dead(glimpse.layers, images)
    theme = frame.figure_theme()
    with st.grid(2, min_column_width=300):
        gallery.show_chart(build_size_chart(glimpse.layers, theme), key="glimpse_sizes", alt=gradients)
        gallery.show_chart(build_dead_chart(glimpse.layers, theme), key="glimpse_dead", alt=dead)
    st.markdown(f"- {gradients}\n- {dead}")
    tables.show_table(layers_table(glimpse.layers), hide_index=True)
    st.caption(
        f"After step {glimpse.step:,}, for {images} training images, from the image (top) to the output. Sizes are root mean squares: "
        "of the slope of the loss along a layer's weights, of the weights, and of what the layer gives. Look for a gradient that gets "
        "smaller and smaller towards the image, and for layers with many dead units."
    )
