"""Look at the images: a grid of samples, one of them pixel by pixel, which are alike, and which occur twice."""

import streamlit as st

from core.datasets.image_set import ImageSet
from core.figures.numbers import format_count
from core.figures.samples import ImageInfo, draw_image, pixel_table
from pages.components import datasets, frame, gallery, samples, services
from pages.components.words import plain


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
    st.caption(plain(f"{image_set.origin} Classes: {', '.join(image_set.class_names)}."))


def render_one(image_set: ImageSet) -> None:
    """One image large, its numbers, and the training images nearest to it."""
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
            "The same image as it is stored: one number for each pixel, which a network gets scaled. "
            f"0 is the darkest, {image_set.max_value} the brightest. Find the strokes in the numbers."
        )
    samples.render_neighbours(image_set, split, index, colour_map)


def render(image_set: ImageSet) -> None:
    """The whole page for one set."""
    render_facts(image_set)
    st.subheader("A grid of samples", anchor=False)
    samples.render_grid(image_set)
    with st.container(key=samples.INSPECTED):
        st.subheader("One image, pixel by pixel", anchor=False)
        render_one(image_set)
    st.subheader("Images that look like another class", anchor=False)
    st.markdown("The images of one class that come nearest to any of another: the 7s that look like 1s. These are the ones to get wrong.")
    samples.render_lookalikes(image_set)
    st.subheader("Images that occur twice", anchor=False)
    st.markdown(
        "A test is fair only if its images are new. Where a test image has a twin among the training images, "
        "a network can know the answer by heart, and its accuracy flatters it."
    )
    samples.render_duplicates(image_set)


frame.page_header("Samples", "Look at the images before you train on them: a network can only learn what is in there.")
image_set = datasets.load_or_offer(datasets.pick_dataset())
if image_set is not None:
    render(image_set)
