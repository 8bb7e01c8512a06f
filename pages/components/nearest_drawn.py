"""What a drawing comes nearest to among the images that a network learned from, and how far from them it is."""

from __future__ import annotations

import streamlit as st

from core.datasets.image_set import ImageSet
from core.drawing.reader import Reader
from core.errors import DatasetError
from core.figures.novelty import (
    NoveltyInfo,
    build_novelty,
    build_novelty_chart,
    describe_compared,
    describe_limit,
    describe_novelty,
    describe_weight,
    draw_novelty,
    novelty_table,
)
from core.figures.samples import build_sample_grid, draw_sample_grid
from core.predictions.reading import Reading
from core.shipped.card import SHIPPED, load_card
from core.training.splitting import split_images
from pages.components import frame, gallery, reading, saving, services, tables
from pages.components.words import plain

_WIDTH = 330


def show_nearest(reader: Reader, found: Reading) -> None:
    """The three nearest training images, and how novel the drawing is on a scale."""
    if found.novelty is None:
        st.caption("Inkling is still finding out what this network has seen.")
        return
    info = build_novelty(found.novelty, 0, reader.class_names)
    with st.grid(2, min_column_width=_WIDTH):
        with st.container():
            _show_images(reader, info)
        with st.container():
            _show_scale(reader, info)


def _show_images(reader: Reader, info: NoveltyInfo) -> None:
    st.markdown("**The nearest training images**")
    image_set = _find_images(reader)
    if not info.in_set:
        st.caption("It is nearest to printed digits, which were drawn from fonts and are in no set, so there are no pictures to show.")
    elif image_set is not None:
        lines = [f"{name}: {distance:.3f}" for _, name, distance in info.in_set]
        images = image_set.x_train[[position for position, _, _ in info.in_set]]
        grid = build_sample_grid(images, lines, columns=len(lines), max_value=reader.max_value)
        gallery.show_picture(draw_sample_grid(grid, frame.figure_theme()), alt=f"The nearest training images: {', '.join(lines)}.")
    else:
        st.info(f"Their pictures appear here once {plain(reader.dataset.upper())} is on this computer.", icon=":material/image:")
        st.page_link("pages/explore/samples.py", label="Get it on Samples", icon=":material/download:")
    table = novelty_table(info)
    shown = {"Class": table["Class"].map(plain), "Distance": table["Distance"].map("{:.3f}".format)}
    tables.show_table(table.assign(**shown), hide_index=True)
    st.caption(
        f"{describe_compared(info, _count_learned(reader, image_set, info))}, by what the last hidden layer "
        "makes of each, scaled to length 1. "
        "Look whether they resemble it: if not, the network sees something else in it than you do."
    )


def _show_scale(reader: Reader, info: NoveltyInfo) -> None:
    words = describe_novelty(info, reading.name_things(reader))
    st.markdown("**How far from them it is**")
    gallery.show_chart(build_novelty_chart(info, frame.figure_theme()), key="novelty_scale", alt=words)
    limit = f" {describe_limit(is_unseen=info.is_unseen)} A bar that is longer than the limit means that it has seen nothing like it."
    st.caption(words + (limit if info.is_judged else ""))
    st.caption(describe_weight(info))
    saving.offer_files(
        name="nearest-to-drawing", table=lambda: novelty_table(info), figure=lambda: draw_novelty(info, frame.figure_theme())
    )


def _count_learned(reader: Reader, image_set: ImageSet | None, info: NoveltyInfo) -> int:
    """How many images the network learned from; without its set, as many as are compared with, the only ones still known."""
    if reader.id == SHIPPED:
        return load_card().training_images
    if image_set is None:
        return info.compared
    return len(split_images(services.store().load(reader.id).spec, image_set.y_train).training)


def _find_images(reader: Reader) -> ImageSet | None:
    """The images that the network learned from, if they are on this machine."""
    try:
        image_set = services.catalog().load(reader.dataset)
    except DatasetError:
        return None
    return image_set if image_set.sha256 == reader.dataset_sha256 else None
