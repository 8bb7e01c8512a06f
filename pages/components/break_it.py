"""One image, spoilt by hand while the network answers."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.compute.break_it import move_along_slope
from core.datasets.image_set import Images
from core.figures.answer_change import change_table, describe_change
from core.figures.augmentation import build_augmentation_grid
from core.figures.numbers import format_count
from core.figures.samples import draw_sample_grid
from core.predictions.perturbations import FAST_GRADIENT, PERTURBATIONS, Conditions, Direction, Perturbation, perturb
from core.predictions.scored import ScoredImages
from core.runs.record import RunRecord
from pages.components import answers, frame, gallery, saving, services, state
from pages.components.words import plain

_PICTURE_WIDTH = 150


def render_one_image(record: RunRecord, scored: ScoredImages) -> None:
    """The image, a slider for each way to spoil it, and the answers before and after."""
    st.subheader("One image", anchor=False)
    # A fragment, so that moving a slider redraws nothing else.
    st.fragment(frame.guarded(_render))(record, scored)


def _render(record: RunRecord, scored: ScoredImages) -> None:
    row = _pick_row(scored)
    image, label = scored.images([row]), scored.scores.labels[[row]]
    strengths, conditions = _pick_strengths(scored.image_set.max_value)
    spoilt = perturb(image, strengths, conditions)
    if strengths[FAST_GRADIENT]:
        # Last, since it goes by what the network gets.
        asked = (spoilt, label, strengths[FAST_GRADIENT], conditions.max_value)
        spoilt = services.compute().consult(record.id, move_along_slope, *asked)["images"]
    _show_both(record, scored, row, spoilt)


def _pick_row(scored: ScoredImages) -> int:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=150):
            row = gallery.pick_index(len(scored), key=f"break_index_{scored.image_set.name}_{scored.split}")
        name = scored.class_names[scored.scores.labels[row]]
        st.caption(plain(f"Of {format_count(len(scored))} {scored.kind} images. This one is labelled {name}."))
    return row


def _pick_strengths(max_value: int) -> tuple[dict[str, float], Conditions]:
    """All sliders, and what goes with them."""
    with st.grid(3, min_column_width=165):
        strengths = {name: _pick_strength(name, one) for name, one in PERTURBATIONS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        direction = st.selectbox(
            "Shift towards",
            list(Direction),
            format_func=str.capitalize,
            key="break_direction",
            width=150,
            help="Where the shift moves the image.",
            persist_state="session",
        )
        seed = st.number_input(
            "Seed",
            min_value=0,
            value=1,
            step=1,
            key="break_seed",
            width=130,
            help="Another seed draws another pattern of noise and another place for the grey square.",
            persist_state="session",
        )
        st.button(
            "Reset", icon=":material/restart_alt:", on_click=state.reset_strengths, help="Puts all sliders where they change nothing."
        )
    return strengths, Conditions(max_value, int(seed), Direction(str(direction)))


def _pick_strength(name: str, perturbation: Perturbation) -> float:
    state.set_default(state.strength_key(name), float(perturbation.neutral))
    is_share = perturbation.unit == "share"
    return st.slider(
        perturbation.title if is_share else f"{perturbation.title} ({perturbation.unit})",
        min_value=float(perturbation.lowest),
        max_value=float(perturbation.highest),
        step=float(perturbation.step),
        format="percent" if is_share else "%g",
        key=state.strength_key(name),
        help=perturbation.help,
        persist_state="session",
    )


def _show_both(record: RunRecord, scored: ScoredImages, row: int, spoilt: Images) -> None:
    """Image and answer before and after, side by side, and whether the answer is another."""
    before, after = scored.scores.probabilities[row], services.compute().predict(record.id, spoilt)[0]
    image, names, max_value = scored.images([row]), scored.class_names, scored.image_set.max_value
    # Asked again for an image that was not touched, the answer may differ in its last digit, which nobody should be told of.
    after = before if (spoilt == image).all() else after
    sentence = describe_change(before, after, names)
    icon = ":material/published_with_changes:" if before.argmax() != after.argmax() else ":material/equal:"
    st.markdown(f"{icon} **{plain(sentence)}**")
    for place, (title, shown, probabilities) in zip(
        st.columns(2, gap="medium"), (("Before", image, before), ("After", spoilt, after)), strict=True
    ):
        with place:
            _show_one(title, shown, probabilities, scored)
    st.caption(
        "They are done in the order of the sliders, row by row: first what moves the picture, then its light, then what lies over it, "
        "and last the noise made to measure for this network. Look how little you need that you would hardly notice yourself."
    )
    saving.offer_files(
        name=f"{scored.image_set.name}-{scored.kind}-{row}-broken",
        table=lambda: change_table(before, after, names),
        figure=lambda: draw_sample_grid(build_augmentation_grid(image, spoilt, max_value), frame.figure_theme()),
    )


def _show_one(title: str, image: Images, probabilities: Mapping[int, float], scored: ScoredImages) -> None:
    st.caption(title)
    with st.container(width=_PICTURE_WIDTH):
        gallery.show_pixels(image[0], scored.image_set.max_value, alt=f"The image {title.lower()} it was spoilt.")
    answers.show_answer(probabilities, scored.class_names, key=f"break_{title.lower()}")
