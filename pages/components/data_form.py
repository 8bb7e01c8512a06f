"""The form's first part: which images, and what is done to them before the network sees them."""

from __future__ import annotations

import streamlit as st

from core.datasets.image_set import ImageSet
from core.datasets.samples import choose_samples
from core.figures.augmentation import build_augmentation_grid
from core.figures.numbers import format_count
from core.figures.samples import SampleGridInfo, draw_sample_grid
from core.networks.augmentation import Augmentation
from core.networks.spec import TrainingSpec
from core.training.augmenting import augment_samples
from pages.components import datasets, forms, frame, gallery, state

PREVIEWED = 5
"""Images in the preview: as many as can be told apart on a phone."""


def render_data() -> ImageSet | None:
    """The images, how many of them, their scaling and their augmentation. None if they are not on this machine."""
    st.subheader("Data", anchor=False)
    image_set = datasets.load_or_offer(datasets.pick_dataset())
    with st.grid(2, min_column_width=130):
        forms.render_setting("training_images", placeholder=f"All {format_count(len(image_set.y_train))}" if image_set else "All")
        forms.render_setting("scaling")
    forms.explain("scaling")
    with forms.folded("Augmentation", "augmentation"):
        st.caption(TrainingSpec.model_fields["augmentation"].description or "")
        with st.grid(2, min_column_width=110):
            for field in ("shift", "rotation", "zoom", "noise"):
                forms.render_setting(f"augmentation.{field}")
        forms.render_setting("augmentation.flip")
        _render_preview(image_set, forms.checked_draft())
    forms.render_setting("shuffled_pixels")
    return image_set


def _render_preview(image_set: ImageSet | None, spec: TrainingSpec | None) -> None:
    if image_set is None or spec is None:
        st.caption("The preview needs images, and settings that can be trained.")
    elif not spec.augmentation.is_on:
        st.caption("Off, as every amount is 0. Choose one to see what becomes of real images.")
    else:
        _render_augmented(image_set, spec.augmentation, state.preview_seed())


def _render_augmented(image_set: ImageSet, augmentation: Augmentation, seed: int) -> None:
    def build() -> SampleGridInfo:
        before = image_set.x_train[choose_samples(image_set.y_train, PREVIEWED, seed=seed)]
        after = augment_samples(before, augmentation, image_set.max_value, seed)
        return build_augmentation_grid(before, after, image_set.max_value)

    gallery.show_figure(
        lambda: draw_sample_grid(build(), frame.figure_theme()),
        ("augmentation", image_set.sha256, augmentation, seed),
        name=f"{image_set.name}-augmented",
        alt=f"{PREVIEWED} training images of {image_set.title}, and below each the same image augmented.",
    )
    st.button("New seed", icon=":material/shuffle:", on_click=state.preview_others, help="Other images, and other amounts for each.")
    st.caption(f"{PREVIEWED} training images, changed as in one epoch. Look whether you could still tell what they are.")
