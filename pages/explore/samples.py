"""Look at the images: a grid of samples, and one of them pixel by pixel."""

import streamlit as st

from core.datasets.image_set import ImageSet
from core.datasets.samples import choose_samples
from core.figures.numbers import format_count
from core.figures.samples import ImageInfo, build_sample_grid, draw_image, draw_sample_grid, pixel_table
from pages.components import datasets, frame, gallery, services


def render_facts(image_set: ImageSet) -> None:
    """Shape, range and counts, as read from the arrays themselves."""
    facts = services.facts(image_set)
    cells = [
        ("Training images", format_count(facts.training_images)),
        ("Test images", format_count(facts.test_images)),
        ("Shape of an image", " x ".join(map(str, facts.image_shape))),
        ("Pixel values", f"{facts.lowest} to {facts.highest}"),
        ("Stored as", facts.dtype),
        ("Classes", format_count(image_set.class_count)),
    ]
    gallery.show_metrics(cells)
    st.caption(f"{image_set.origin} Classes: {', '.join(image_set.class_names)}.")


def render_grid(image_set: ImageSet) -> None:
    """The grid and its controls."""
    st.subheader("A grid of samples", anchor=False)
    choice = gallery.pick_samples(image_set)
    labels = image_set.labels(choice.split)
    indices = choose_samples(labels, choice.rows * choice.columns, label=choice.label, seed=choice.seed)
    info = build_sample_grid(
        image_set.images(choice.split)[indices],
        [image_set.class_names[label] for label in labels[indices]],
        columns=choice.columns,
        max_value=image_set.max_value,
        colour_map=choice.colour_map,
    )
    gallery.show_figure(
        lambda: draw_sample_grid(info, frame.figure_theme()),
        ("samples", image_set.sha256, choice),
        name=f"{image_set.name}-samples",
        alt=f"{len(indices)} {choice.split} images of {image_set.title}, each with its label.",
    )
    st.caption(
        f"{len(indices)} of {format_count(len(labels))} {choice.split} images, each with its label. "
        "Look for images that you would not read right yourself."
    )


def render_one(image_set: ImageSet) -> None:
    """One image large, and its numbers."""
    st.subheader("One image, pixel by pixel", anchor=False)
    split, index, colour_map = gallery.pick_image(image_set)
    image, label = image_set.images(split)[index], image_set.class_names[image_set.labels(split)[index]]
    info = ImageInfo(image, f"{split.capitalize()} image {index}: {label}", image_set.max_value, colour_map)
    picture, numbers = st.columns([2, 3], gap="large")
    with picture:
        gallery.show_figure(
            lambda: draw_image(info, frame.figure_theme()),
            ("image", image_set.sha256, split, index, colour_map),
            name=f"{image_set.name}-{split}-{index}",
            alt=f"{split.capitalize()} image {index} of {image_set.title}, labelled {label}.",
        )
    with numbers:
        st.dataframe(pixel_table(image, gallery.pick_channel(image_set)), height=420)
        st.caption(
            "The same image as the network gets it: one number for each pixel. "
            f"0 is the darkest, {image_set.max_value} the brightest. Find the strokes in the numbers."
        )


frame.page_header("Samples", "Look at the images before you train on them: a network can only learn what is in there.")
image_set = datasets.load_or_offer(datasets.pick_dataset())
if image_set is not None:
    render_facts(image_set)
    render_grid(image_set)
    render_one(image_set)
