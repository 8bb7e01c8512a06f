"""How a drawing lies within the images that a network learned from."""

from __future__ import annotations

import streamlit as st

from core.datasets.image_set import Images, ImageSet
from core.drawing.profile import Profile, build_profile, place_in
from core.drawing.reader import Reader
from core.errors import DatasetError
from core.figures.drawing_profile import build_places, build_places_chart, describe_places, draw_places, places_table
from core.networks.spec import TrainingSpec
from core.shipped import card
from core.training.splitting import split_images
from pages.components import frame, gallery, saving, services, tables


def show_profile(reader: Reader, image: Images) -> None:
    """In words first, then as a chart and a table. `image` is the drawing as the reader gets it."""
    st.subheader("Beside the images it learned from", anchor=False)
    if not reader.is_grey:
        st.caption("It learned from colour images, which have no ink on even paper: there is nothing to compare a drawing's ink with.")
        return
    profile = find_profile(reader)
    if profile is None:
        st.caption("The images that it learned from are not on this machine any more, or hold no ink, so there is nothing to compare with.")
        return
    places = place_in(profile, image)
    if not places:
        st.caption("What the network gets has no ink left.")
        return
    info, theme = build_places(profile, places), frame.figure_theme()
    sentence = describe_places(info)
    st.markdown(f"**{sentence}**")
    gallery.show_chart(build_places_chart(info, theme), key="drawing_profile", alt=sentence)
    st.caption(
        f"How many of the {info.images:,} images that it learned from have less of each than your drawing has now, after all steps "
        "above. The band holds "
        "nine of ten of them; look for a diamond, pointed at, outside it. A line reaches over images that have the very same value."
    )
    with st.expander("As a table"):
        tables.show_table(places_table(info), hide_index=True)
        saving.offer_files(name="drawing_profile", table=lambda: places_table(info), figure=lambda: draw_places(info, theme))


def find_profile(reader: Reader) -> Profile | None:
    """Of the images that this reader learned from; None for colour, or if they are not on this machine or hold no ink."""
    if reader.id == card.SHIPPED:
        return card.load_profile()
    try:
        image_set = services.catalog().load(reader.dataset)
        if not image_set.is_grey or image_set.sha256 != reader.dataset_sha256:
            return None
        spec = services.store().load(reader.id).spec
        return _profile(image_set.sha256, spec.model_dump_json(), spec, image_set)
    except DatasetError:
        return None


@st.cache_data(show_spinner="Measuring the images it learned from", max_entries=20)
def _profile(sha256: str, spec: str, _spec: TrainingSpec, _image_set: ImageSet) -> Profile:
    learned = split_images(_spec, _image_set.y_train).training
    return build_profile(_image_set.x_train[learned], _image_set.max_value)
