"""The parts of Explore > Statistics that measure the whole set: classes, pixel values, mean and spread, ink.

Numbers are kept by the hash of the set, so that they are worked out once for all visitors; each is small, whatever the set.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from core.datasets.balance import measure_balance
from core.datasets.image_set import ImageSet
from core.datasets.ink_measures import InkSummary, Measure, summarise_ink
from core.datasets.samples import class_counts
from core.datasets.statistics import ClassImages, average_class, count_values
from core.figures.class_counts import build_class_count_chart, build_class_counts, class_counts_table, describe_balance
from core.figures.class_means import (
    AT_ONCE,
    build_class_grid,
    build_difference,
    closest_pair,
    describe_difference,
    difference_table,
    draw_difference,
)
from core.figures.extremes import describe_extremes
from core.figures.ink_measures import (
    build_centre_chart,
    build_centres,
    build_measure,
    build_measure_chart,
    describe_measure,
    describe_paper,
    ink_table,
)
from core.figures.numbers import format_count
from core.figures.pixel_values import build_pixel_value_chart, build_pixel_values, describe_pixel_values, pixel_values_table
from core.figures.samples import draw_sample_grid
from core.networks.optimisers import OPTIMISERS
from core.networks.scaling import SCALINGS
from core.networks.spec import TrainingSpec
from pages.components import choices, frame, gallery, tables
from pages.components.words import plain

_SCALING_TITLE, _OPTIMISER_TITLE = (TrainingSpec.model_fields[field].title for field in ("scaling", "optimiser"))
_SHORT, _LONG = 12, 200
"""Rows up to which a table is shown in full, and up to which it is a plain one, which appears faster than one that draws what it needs."""


def render_classes(image_set: ImageSet) -> None:
    """Images of each class in both halves."""
    balance = measure_balance(image_set)
    sentence = describe_balance(balance, image_set.class_names)
    st.markdown(plain(sentence))
    info = build_class_counts(balance, image_set.class_names)
    gallery.show_chart(build_class_count_chart(info, frame.figure_theme()), key="class_counts", alt=sentence)
    st.caption(
        f"{format_count(len(image_set.y_train))} training images (filled), {format_count(len(image_set.y_test))} test images (outlined). "
        "Look for classes much longer or shorter than the rest: a network sees the rare ones seldom and learns them last. "
        + describe_extremes(info.class_count, highest="most training images", lowest="fewest")
    )
    show_table(class_counts_table(balance, image_set.class_names))


def render_values(image_set: ImageSet) -> None:
    """All pixel values before and after scaling."""
    info = build_pixel_values(_value_counts(image_set.sha256, image_set))
    sentence = describe_pixel_values(info)
    for column, scaled in zip(st.columns(2, gap="large"), (False, True), strict=True):
        with column:
            st.subheader("After scaling" if scaled else "Before scaling", anchor=False)
            chart = build_pixel_value_chart(info, frame.figure_theme(), scaled=scaled)
            gallery.show_chart(chart, key=f"pixel_values_{scaled}", alt=sentence)
    st.caption(
        f"{format_count(image_set.x_train.size)} pixel values of all {format_count(len(image_set.x_train))} training images. {sentence} "
        "Look at both charts: the shape is the same, only the numbers below it change."
    )
    show_table(pixel_values_table(info))
    st.markdown(
        f"**Why everyone scales.** Training usually divides each value by {info.max_value}, the largest there can be. Nothing is lost. "
        "But a network starts with small random weights and learns in small steps, both made for inputs of about 1. "
        f"With inputs up to {info.max_value} the first sums come out {info.max_value} times as large, and so do the slopes of the loss: "
        "with plain SGD the steps are then far too long, so that the loss jumps about or learning stands still. "
        "Adam measures its steps by the slopes and is disturbed less. "
        f"Try it on Train > Build and train: choose *{SCALINGS['none'].title}* as *{_SCALING_TITLE}*, *{OPTIMISERS['sgd'].title}* as "
        f"*{_OPTIMISER_TITLE}* and a learning rate of 0.1, and then the same with pixels scaled."
    )


def render_means(image_set: ImageSet) -> None:
    """Mean and spread of each class, and the difference of two."""
    present = _present(image_set)
    pages = -(-len(present) // AT_ONCE)
    page = st.pagination(pages, key=f"means_page_{image_set.name}") if pages > 1 else 1
    shown = present[(page - 1) * AT_ONCE : page * AT_ONCE]
    classes = {label: _class_images(image_set.sha256, label, image_set) for label in shown}
    info = build_class_grid(classes, image_set.class_names, image_set.max_value)
    gallery.show_figure(
        lambda: draw_sample_grid(info, frame.figure_theme()),
        ("class means", image_set.sha256, page),
        name=f"{image_set.name}-means-{page}",
        alt=f"Mean image and spread of {len(shown)} classes of {image_set.title}.",
    )
    count = sum(images.count for images in classes.values())
    colour = "" if image_set.is_grey else " For colour images it is that of the three colours together, in grey."
    st.caption(
        f"Above, the mean of all training images of a class; below, their standard deviation; of {format_count(count)} images. "
        f"The spread is bright where images of one class differ from each other, white at {image_set.max_value / 2:g}.{colour} "
        "Look for classes that stay sharp: their images are alike. Blurred ones vary."
    )
    _render_difference(image_set, present, closest_pair(classes) if len(classes) > 1 else (present[0], present[1]))


def _render_difference(image_set: ImageSet, present: list[int], usual: tuple[int, int]) -> None:
    st.subheader("Where two classes differ", anchor=False)
    with st.grid(2, min_column_width=150):
        first, second = (
            st.selectbox(
                title,
                options=present,
                index=present.index(label),
                format_func=lambda label: image_set.class_names[label],
                key=f"difference_{position}_{image_set.name}",
                help="One of the two classes whose mean images are compared. At first they are the two that are most alike.",
                persist_state="session",
            )
            for position, (title, label) in enumerate(zip(("First class", "Second class"), usual, strict=True))
        )
    if first == second:
        st.info("Both are the same class, and it does not differ from itself. Choose two.", icon=":material/info:")
        return
    pair = [(image_set.class_names[label], _class_images(image_set.sha256, label, image_set)) for label in (first, second)]
    info = build_difference(*pair)
    sentence = describe_difference(info)
    picture, numbers = st.columns([3, 2], gap="large")
    with picture:
        gallery.show_figure(
            lambda: draw_difference(info, frame.figure_theme()),
            ("difference", image_set.sha256, first, second),
            name=f"{image_set.name}-{first}-{second}",
            alt=sentence,
        )
    with numbers:
        st.markdown(plain(sentence))
        show_table(difference_table(info))
        colour = "" if image_set.is_grey else " Of colour images, the mean of red, green and blue is compared."
        counts = " and ".join(f"{format_count(images.count)} of {plain(name)}" for name, images in pair)
        st.caption(
            f"The most different pixels, of the mean of {counts} (training images).{colour} "
            "Look for parts that only one of them has: a network without hidden layers has nothing else to go by."
        )


def render_ink(image_set: ImageSet) -> None:
    """Ink, size and centre of mass of each class."""
    if not image_set.is_grey:
        st.info(
            f"{plain(image_set.title)} holds colour images. A photo has no ink on paper, so its amount, size and place mean nothing here. "
            "Choose a grey set, such as the digits, to see them.",
            icon=":material/info:",
        )
        return
    summary = _ink(image_set.sha256, image_set)
    if not summary.classes:
        st.info("No training image differs from its paper, so there is no ink to measure.", icon=":material/info:")
        return
    sizes, places = st.columns([3, 2], gap="large")
    with sizes:
        _render_measure(image_set, summary)
    with places:
        _render_centres(image_set, summary)
    st.caption(describe_paper(summary))
    show_table(ink_table(summary, image_set.class_names))
    st.caption("Medians over the training images and, in brackets, where the middle half of the images lies.")


def _render_measure(image_set: ImageSet, summary: InkSummary) -> None:
    names = dict(zip(Measure, ("Ink", "Height", "Width", "Row", "Column"), strict=True))
    measure = choices.choose(
        "Measure",
        names,
        default=Measure.INK,
        format_func=lambda measure: names[measure],
        key="ink_measure",
        help="Ink is the mean over all pixels, height and width those of the smallest box around it, row and column where it balances.",
    )
    info = build_measure(summary, measure, image_set.class_names)
    sentence = describe_measure(info)
    gallery.show_chart(build_measure_chart(info, frame.figure_theme()), key="ink_chart", alt=sentence)
    st.caption(
        f"{plain(sentence)} The dot is the median of a class, the bar holds the middle half of its images; "
        f"{format_count(sum(one.images for one in summary.classes))} training images. "
        "Look for bars that do not overlap: this one number already tells such classes apart. "
        + describe_extremes(info.class_count, highest="the highest medians", lowest="the lowest")
    )


def _render_centres(image_set: ImageSet, summary: InkSummary) -> None:
    st.markdown("**Centre of mass**")
    info = build_centres(summary, image_set.class_names, image_set.image_shape)
    chart = build_centre_chart(info, frame.figure_theme())
    count = format_count(sum(one.images for one in summary.classes))
    gallery.show_chart(
        chart, key="centre_chart", alt="Median centre of mass of each class, in image coordinates; the table has the numbers."
    )
    st.caption(
        f"Where the ink of the same {count} images balances, in image coordinates, enlarged; the plus is the middle of the image. "
        "Each name or dot stands at its class's median, the lines hold the middle half. "
        "Look for classes away from the others. If all lie on one spot, the images "
        "were centred when the set was made; choose Row or Column to see the classes apart. "
        + describe_extremes(len(summary.classes), highest="the lowest centres", lowest="the highest")
    )


def show_table(table: pd.DataFrame) -> None:
    """A table without row numbers; a long one scrolls."""
    if len(table) > _LONG:
        st.dataframe(table, height=400, hide_index=True)
    else:
        # Markdown is read in a table's cells as well.
        names = {"Class": table["Class"].map(plain)} if "Class" in table else {}
        tables.show_table(table.assign(**names), hide_index=True, border="horizontal", height="content" if len(table) <= _SHORT else 400)


def _present(image_set: ImageSet) -> list[int]:
    """The classes that have training images; at least two, or the set would not have loaded."""
    return [label for label, count in enumerate(class_counts(image_set.y_train, image_set.class_count)) if count]


@st.cache_data(show_spinner="Counting pixel values.", max_entries=20)
def _value_counts(sha256: str, _image_set: ImageSet) -> NDArray[np.int64]:
    return count_values(_image_set.x_train, _image_set.max_value)


# At most some 100 MB for images of 256 x 256 in colour; 0.4 MB for MNIST's.
@st.cache_data(show_spinner="Averaging images.", max_entries=64)
def _class_images(sha256: str, label: int, _image_set: ImageSet) -> ClassImages:
    return average_class(_image_set.x_train, _image_set.y_train, label)


@st.cache_data(show_spinner="Measuring ink.", max_entries=20)
def _ink(sha256: str, _image_set: ImageSet) -> InkSummary:
    return summarise_ink(_image_set.x_train, _image_set.y_train, _image_set.max_value)
