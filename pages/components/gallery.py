"""Choosing images and showing pictures of them, with a way to save each picture."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images, ImageSet, Split
from core.figures.chart import Chart
from core.figures.samples import COLOUR_MAPS, figure_bytes, paint_image
from pages.components import choices, state
from pages.components.frame import figure_theme

_MAX_SIDE = 10
"""Rows and columns of the grid, at most: past a hundred nobody looks at each."""


@dataclass(frozen=True)
class SampleChoice:
    """Which images the grid shows. `label` None means all classes; `seed` None means the order of the file."""

    split: Split
    rows: int
    columns: int
    label: int | None
    seed: int | None
    colour_map: str


def show_metrics(cells: Sequence[tuple[str, str]], *, width: int = 95) -> None:
    """Figures with their names, side by side where there is room for `width` pixels each."""
    with st.grid(len(cells), min_column_width=width):
        for label, value in cells:
            st.metric(label, value)


def show_picture(figure: Figure, *, alt: str) -> None:
    """A picture as wide as its place, described in words."""
    st.image(figure_bytes(figure, "png"), width="stretch", alt=alt)


def show_pixels(image: Images, max_value: int, *, alt: str) -> None:
    """One image, `uint8 (height, width)` or `(height, width, 3)`, pixel by pixel, as wide as its place and described in words."""
    show_painted(paint_image(image, max_value, figure_theme()), alt=alt)


def show_painted(picture: NDArray[np.uint8], *, alt: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """RGB or RGBA pixels, as wide as their place, or as they are, and described in words.

    As a `data:` address: the picture comes with the page, instead of being asked for by itself at every stroke.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_level=1)
    st.image("data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii"), width=width, alt=alt)


def show_figure(draw: Callable[[], Figure], key: tuple[Hashable, ...], *, name: str, alt: str) -> None:
    """A picture with buttons to save it, drawn only if none with this key was drawn lately.

    Args:
        draw: makes the figure.
        key: all that the figure depends on, but for the theme.
        name: what a saved file is called.
        alt: the picture in words.
    """
    st.image(_drawn((*key, figure_theme().name), "png", draw), width="stretch", alt=alt)
    offer_figure(draw, name=name)


def offer_figure(draw: Callable[[], Figure], *, name: str) -> None:
    """Buttons to save a picture, drawn when one of them is pressed. `name` is what the file is called."""
    with st.container(horizontal=True):
        for kind, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
            st.download_button(
                f"Save as {kind.upper()}",
                # Made when asked for: most pictures are never saved.
                data=lambda kind=kind: figure_bytes(draw(), kind),
                file_name=f"{name}.{kind}",
                mime=mime,
                icon=":material/download:",
                type="tertiary",
                key=f"save_{name}_{kind}",
                on_click="ignore",
            )


@st.cache_data(show_spinner=False, max_entries=100)
def _drawn(key: tuple[Hashable, ...], kind: Literal["png", "svg"], _draw: Callable[[], Figure]) -> bytes:
    return figure_bytes(_draw(), kind)


def show_chart(chart: Chart, *, key: str, alt: str) -> None:
    """A chart as wide as its place, described in words. Its colours are its own, so Streamlit's theme stays out."""
    st.vega_lite_chart(chart.data, chart.spec, theme=None, key=key, alt=alt)


def pick_samples(image_set: ImageSet) -> SampleChoice:
    """The controls above the grid."""
    with st.grid(4, min_column_width=150):
        split = _pick_split("grid_split")
        label = _pick_class(image_set)
        rows = st.slider("Rows", 1, _MAX_SIDE, 5, key="grid_rows", help="Rows of images in the grid.", persist_state="session")
        columns = st.slider("Columns", 1, _MAX_SIDE, 10, key="grid_columns", help="Images in each row.", persist_state="session")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at_random = st.toggle("At random", value=True, key="grid_random", help="Off: the first ones in the file.", persist_state="session")
        st.button("Reshuffle", icon=":material/shuffle:", on_click=state.reshuffle, disabled=not at_random, help="Draws other images.")
        seed = st.number_input(
            "Seed",
            min_value=0,
            step=1,
            key=state.GRID_SEED,
            disabled=not at_random,
            width=130,
            help="The same seed shows the same images again.",
            persist_state="session",
        )
        colour_map = _pick_colour_map(image_set, "grid_colours")
    return SampleChoice(split, rows, columns, label, int(seed) if at_random else None, colour_map)


def pick_image(image_set: ImageSet) -> tuple[Split, int, str]:
    """One image by its index. Returns the half it is in, the index and the colour map."""
    with st.grid(3, min_column_width=150):
        split = _pick_split(state.IMAGE_SPLIT)
        index = pick_index(len(image_set.labels(split)), key=state.image_index_key(image_set.name, split))
        colour_map = _pick_colour_map(image_set, "image_colours")
    return split, index, colour_map


def pick_index(count: int, key: str) -> int:
    """An index from 0 to `count - 1`."""
    return int(
        st.number_input(
            "Index",
            min_value=0,
            max_value=count - 1,
            step=1,
            key=key,
            help=f"The image's place in the file, from 0 to {count - 1}.",
            persist_state="session",
        )
    )


def pick_channel(image_set: ImageSet) -> int | None:
    """Which colour's numbers to show; None for a grey image, which has only one table."""
    if image_set.is_grey:
        return None
    names = ["Red", "Green", "Blue"]
    chosen = choices.choose(
        "Colour", names, default="Red", key="image_channel", help="A colour image is three tables of numbers, one a colour."
    )
    return names.index(chosen)


def _pick_split(key: str) -> Split:
    return choices.choose(
        "Split",
        Split,
        default=Split.TRAINING,
        format_func=str.capitalize,
        key=key,
        help="Networks learn from the training images; the test images are only for finding out how well they do.",
    )


def _pick_class(image_set: ImageSet) -> int | None:
    chosen = st.selectbox(
        "Class",
        options=[None, *range(image_set.class_count)],
        format_func=lambda label: "All classes" if label is None else image_set.class_names[label],
        key=f"grid_class_{image_set.name}",
        help="Show one kind of image only.",
        persist_state="session",
    )
    return None if chosen is None else int(chosen)


def _pick_colour_map(image_set: ImageSet, key: str) -> str:
    """The colours for grey values; colour images are shown as they are."""
    if not image_set.is_grey:
        return next(iter(COLOUR_MAPS))
    return str(
        st.selectbox(
            "Colours",
            options=list(COLOUR_MAPS),
            format_func=lambda name: COLOUR_MAPS[name],
            key=key,
            width=200,
            help="How grey values are painted. It changes the picture, not the numbers.",
            persist_state="session",
        )
    )
