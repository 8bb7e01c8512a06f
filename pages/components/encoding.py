"""The parts of Explore > Statistics that show what a network is given: a label as a vector, an image as a row of numbers."""

from __future__ import annotations

import streamlit as st

from core.datasets.flattening import CHANNELS, Flattening, Place
from core.datasets.image_set import ImageSet
from core.figures.encoding import build_one_hot, build_one_hot_chart, describe_loss, describe_one_hot, one_hot_table
from core.figures.flattening import FlatteningInfo, chosen_table, describe_index, describe_place, draw_chosen_pixels, draw_strip
from core.figures.numbers import format_count
from pages.components import choices, frame, gallery
from pages.components.statistics import show_table
from pages.components.words import plain

_ROW, _PIXEL, _INDEX = "A row of the picture", "A pixel", "A place in the long row"


def render_one_hot(image_set: ImageSet) -> None:
    """A label as a vector, and the loss against an answer."""
    with st.grid(2, min_column_width=200):
        label = st.selectbox(
            "Label",
            options=range(image_set.class_count),
            format_func=lambda label: f"{label}: {image_set.class_names[label]}",
            key=f"one_hot_label_{image_set.name}",
            help="The class whose label is turned into a vector.",
            persist_state="session",
        )
        percent = st.slider(
            "Probability that an answer gives to this class (%)",
            1,
            100,
            70,
            key="one_hot_percent",
            help="A made-up answer of a network. What is left is shared evenly among the other classes.",
            persist_state="session",
        )
    info = build_one_hot(int(label), image_set.class_names, percent / 100)
    sentence = describe_one_hot(info)
    st.markdown(plain(sentence))
    gallery.show_chart(build_one_hot_chart(info, frame.figure_theme()), key="one_hot", alt=sentence)
    st.caption(
        "Above, what is right; below, what a network might answer, one probability for each class. "
        "The classes of the training and the test images. "
        "Look at the framed column: it is the only one whose number above is not 0."
    )
    st.markdown(
        f"**What the network is compared with.** {describe_loss(info)} Move the probability and watch it.\n\n"
        "Inkling hands the label over as the plain number and picks the answer's number at that place (*sparse* cross-entropy): "
        "the same number, without writing all the zeros. The classes have no order in either: class 3 is no closer to 4 than to 9."
    )
    with st.expander("As a table"):
        show_table(one_hot_table(info))


def render_flattening(image_set: ImageSet) -> None:
    """An image and its numbers in a row, with the same part marked in both."""
    order = Flattening(image_set.image_shape)
    with st.grid(2, min_column_width=200):
        index = gallery.pick_index(len(image_set.x_train), key=f"flatten_image_{image_set.name}")
        by = choices.choose(
            "Choose",
            [_ROW, _PIXEL, _INDEX],
            default=_ROW,
            key="flatten_by",
            help="What you point at. It is outlined in the picture and in the long row.",
        )
    chosen, sentence = _pick_numbers(order, by, image_set.name)
    info = FlatteningInfo(image_set.x_train[index], chosen, image_set.max_value)
    key = (image_set.sha256, index, chosen.start, chosen.stop)
    what = f"Training image {index} ({image_set.class_names[image_set.y_train[index]]})"
    picture, row = st.columns([1, 2], gap="medium")
    with picture:
        gallery.show_figure(
            lambda: draw_chosen_pixels(info, frame.figure_theme()),
            ("flatten picture", *key),
            name=f"{image_set.name}-chosen",
            alt=f"{what} with the chosen pixels outlined. {sentence}",
        )
    with row:
        gallery.show_figure(
            lambda: draw_strip(info, frame.figure_theme()),
            ("flatten row", *key),
            name=f"{image_set.name}-row",
            alt=f"All numbers of {what} in a row, folded into lines of 100. {sentence}",
        )
        st.markdown(sentence)
        show_table(chosen_table(info))
    st.caption(
        f"{plain(what)}, and its {format_count(order.length)} numbers in the order in which the network gets them,"
        f" {_order_in_words(order)}. "
        "The row is folded every 100 numbers to fit the page; the number before a line is the index it begins with. "
        + (f"Of its lines, {len(info.lines)} around the chosen part are drawn. " if len(info.lines) * 100 < order.length else "")
        + "Look where neighbours in the picture end up: side by side they stay together, one below the other they move apart."
    )
    st.markdown(
        "**What flattening loses.** No number, but all that made it a picture: a dense layer does not know which inputs are neighbours. "
        "Inkling's *Flatten* layer, which is Keras' own, keeps this very order."
    )


def _pick_numbers(order: Flattening, by: str, name: str) -> tuple[range, str]:
    """The chosen indices of the row, and how they are reckoned."""
    height, width = order.shape[:2]
    if by == _ROW:
        chosen = order.row(_number("Row", height, f"flatten_row_{name}", slider=True))
        return (
            chosen,
            f"These are the indices {chosen.start} to {chosen.stop - 1}. The first: {describe_place(order, order.place(chosen.start))}.",
        )
    if by == _PIXEL:
        with st.grid(2, min_column_width=200):
            row = _number("Row", height, f"flatten_pixel_row_{name}", slider=True)
            column = _number("Column", width, f"flatten_pixel_column_{name}", slider=True)
        lines = [describe_place(order, Place(row, column, channel)) for channel in range(order.channels)]
        return order.pixel(row, column), "; ".join(lines) + "."
    index = _number("Index in the long row", order.length, f"flatten_place_{name}", slider=False)
    return range(index, index + 1), describe_index(order, index)


def _number(label: str, count: int, key: str, *, slider: bool) -> int:
    """A whole number from 0 to `count - 1`, half-way at first. A slider needs two values to choose from."""
    about = f"From 0 to {count - 1}, counted from the top left."
    pick = st.slider if slider and count > 1 else st.number_input
    return int(pick(label, 0, count - 1, count // 2, key=key, help=about, persist_state="session"))


def _order_in_words(order: Flattening) -> str:
    if order.channels == 1:
        return "row by row from the top, each from left to right"
    return f"row by row from the top, each pixel from left to right as {', '.join(CHANNELS[:-1])} and {CHANNELS[-1]}"
