"""The fixed shuffle of the pixels: what it does to images, and the same network trained once more on them."""

from __future__ import annotations

import streamlit as st

from core.datasets.image_set import ImageSet, Split
from core.datasets.samples import choose_samples
from core.figures.comparison import build_results, results_table
from core.figures.conclusion import ABOUT_THESE, HOW
from core.figures.pixel_shuffle import build_shuffle_grid, describe_shuffle
from core.figures.samples import draw_sample_grid
from core.networks.shuffling import pixel_order
from core.predictions.conclusions import compare
from core.runs.record import RunRecord
from core.runs.twins import find_twin, twin_spec
from pages.components import frame, gallery, saving, scoring, services, state, tables
from pages.components.words import plain

_SHOWN = 5

_WIDTH = 560
"""Pixels: on a wide page the words below the images would be larger than any others."""
_LISTED = 100
"""Runs among which the other one of the pair is looked for, the newest."""


def render_shuffle(record: RunRecord) -> None:
    """Images before and after, then the pair of runs, or the button that trains the other one.

    Raises `DatasetError` if the images are gone, or are others by now: a second run could not be compared.
    """
    st.subheader("Shuffle the pixels", anchor=False)
    st.markdown(
        "Move the pixels of all images to other places, the same ones for every image, and train again. To us nothing is left of the "
        "picture. A Dense layer weighs every pixel by itself, so to it nothing has changed; a convolution goes by neighbours."
    )
    image_set = services.catalog().load(record.spec.dataset)
    record.check_images(image_set)
    _show_images(record, image_set)
    twin = find_twin(record, services.store().list(limit=_LISTED))
    if twin is None:
        _offer_training(record)
    else:
        _show_pair(*sorted((record, twin), key=lambda one: one.spec.shuffled_pixels))


def _show_images(record: RunRecord, image_set: ImageSet) -> None:
    spec = record.spec if record.spec.shuffled_pixels else twin_spec(record.spec)
    order = pixel_order(spec, image_set.image_shape)
    if order is None:
        return
    images = image_set.x_train[choose_samples(image_set.y_train, _SHOWN, seed=0)]
    with st.container(width=_WIDTH):
        gallery.show_figure(
            lambda: draw_sample_grid(build_shuffle_grid(images, order, image_set.max_value), frame.figure_theme()),
            ("shuffled", image_set.sha256, spec.seed),
            name=f"{image_set.name}-shuffled",
            alt=f"{_SHOWN} training images of {image_set.title}, and below each the same image with its pixels shuffled.",
        )
    st.caption(f"{_SHOWN} training images, and what the network gets of each. Look for anything that tells you what it is.")


def _offer_training(record: RunRecord) -> None:
    is_shuffled = record.spec.shuffled_pixels
    if st.button(
        "Train again with the pixels in place" if is_shuffled else "Train again on shuffled pixels",
        icon=":material/shuffle:",
        type="primary",
        help="Starts a new run with the settings of this one and nothing else changed, and goes there to watch it.",
    ):
        run_id = services.compute().submit(twin_spec(record.spec))
        st.switch_page("pages/train/build.py", query_params={state.RUN_PARAMETER: run_id})


def _show_pair(in_place: RunRecord, shuffled: RunRecord) -> None:
    table = results_table(build_results([(one, services.store().history(one.id)) for one in (in_place, shuffled)]))
    scored = scoring.find_all_scored((in_place, shuffled), Split.TRAINING)
    if scored is not None:
        first, second = (one.graded for one in scored)
        st.markdown(f"**{plain(describe_shuffle(compare(first, second), in_place.spec))}**")
    tables.show_table(table.assign(Run=table["Run"].map(plain)), hide_index=True)
    st.caption(f"Two runs with the same settings but for the shuffle, on the validation images that each held back. {HOW} {ABOUT_THESE}")
    saving.offer_files(name="shuffled-pixels", table=lambda: table)
