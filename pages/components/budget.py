""" "I have 30 seconds": settings that fit into the time there is, put into the form by one press."""

from __future__ import annotations

import streamlit as st

from core.datasets.image_set import ImageSet
from core.figures.numbers import format_count
from core.networks.spec import TrainingSpec
from core.training.budget import USUAL_BATCH, Proposal, propose, smallest_seconds, wants_larger_batches
from core.training.estimate import count_images
from pages.components import frame, state, time_estimate
from pages.components.time_estimate import Known, Phase

CHOICES = {30: "30 seconds", 120: "2 minutes", 600: "10 minutes"}


def render_budget(spec: TrainingSpec, image_set: ImageSet) -> None:
    """The question how much time there is, and what would fit."""
    seconds = st.segmented_control(
        "I have",
        options=list(CHOICES),
        format_func=CHOICES.__getitem__,
        key=state.BUDGET,
        help="Proposes how many images, epochs and which batches fit into that time on this machine. Nothing changes before you take it.",
    )
    if seconds is None:
        return
    batches, known = _suit_batches(spec, image_set, seconds)
    is_waiting = known is None and batches is not spec
    every = time_estimate.LOOK_EVERY if is_waiting else None
    st.fragment(frame.guarded(_render_proposal), run_every=every)(spec, image_set, seconds, is_waiting=is_waiting)


def _suit_batches(spec: TrainingSpec, image_set: ImageSet, seconds: int) -> tuple[TrainingSpec, Known | None]:
    """The settings with larger batches, if those should be looked at, and what is known of their speed."""
    known = time_estimate.find_timing(spec, image_set)
    if known is None or not wants_larger_batches(spec, known.timing, len(image_set.y_train), seconds):
        return spec, known
    larger = spec.model_copy(update={"batch_size": USUAL_BATCH})
    return larger, time_estimate.find_timing(larger, image_set)


def _render_proposal(spec: TrainingSpec, image_set: ImageSet, seconds: int, *, is_waiting: bool) -> None:
    """Drawn again by itself while the speed of larger batches is being measured."""
    batches, known = _suit_batches(spec, image_set, seconds)
    if known is None:
        st.caption(f":material/timer: {_describe_wait(spec, batches, image_set)}")
        return
    if is_waiting:
        st.rerun()
    images = len(image_set.y_train)
    proposal = propose(batches, known.timing, images, seconds)
    if proposal is None:
        least = time_estimate.describe_seconds(smallest_seconds(batches, known.timing, images))
        st.caption(f":material/timer_off: Not even a short training on a few images fits: it takes {least}. Make the network smaller.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(describe_proposal(proposal, images), width="stretch")
        if st.button("Use these settings", icon=":material/check:", on_click=_take, args=(proposal.spec,)):
            # A press in a fragment draws that alone again, and the form is elsewhere.
            st.rerun()


def _describe_wait(spec: TrainingSpec, batches: TrainingSpec, image_set: ImageSet) -> str:
    """Why there is no proposal yet. Larger batches are measured right away: somebody waits for them."""
    if batches is spec:
        return "A proposal comes as soon as the time is known."
    if time_estimate.advance(batches, image_set, looks=time_estimate.LOOKS_BEFORE) == Phase.FAILED:
        return f"The speed with batches of {USUAL_BATCH} could not be measured. Choose them above to see their time."
    return f"Looking how much faster batches of {USUAL_BATCH} are."


def describe_proposal(proposal: Proposal, images: int) -> str:
    """The proposal in one sentence. `images`: training images of the set."""
    spec, chosen = proposal.spec, count_images(proposal.spec, images).training
    many = f"{'all ' if spec.training_images is None else ''}{format_count(chosen)} images"
    epochs = "1 epoch" if spec.epochs == 1 else f"{spec.epochs} epochs"
    return f"{epochs} of {many}, in batches of {spec.batch_size}: {time_estimate.describe_seconds(proposal.seconds)}."


def _take(spec: TrainingSpec) -> None:
    # These alone: whatever else was changed a moment ago stays.
    for field in ("training_images", "epochs", "batch_size"):
        state.set_draft_value(field, getattr(spec, field))
    state.forget_budget()
