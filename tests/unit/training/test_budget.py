"""What is proposed to somebody who has only so much time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec, read_spec
from core.training.budget import ENOUGH_EPOCHS, FEWEST_EPOCHS, FILLED, most_epochs, propose, smallest_seconds, wants_larger_batches
from core.training.estimate import Timing, count_images, estimate_seconds

SPEC = TrainingSpec(batch_size=32, epochs=10, validation_split=0.1)
IMAGES = 60_000
TIMING = Timing(first_start=2.0, start=0.5, image=1e-4, validation_image=3e-5, epoch=0.02)
"""An epoch takes 5.6 s: 54,000 images in 1,688 batches, and 6,000 for validation."""


def test_all_images_for_as_many_epochs_as_fit():
    proposal = propose(SPEC, TIMING, IMAGES, 60)
    assert (proposal.spec.training_images, proposal.spec.epochs, proposal.spec.batch_size) == (None, 8, 32)
    assert proposal.seconds == pytest.approx(2.0 + 8 * (0.02 + 5.4016 + 0.18))


def test_there_is_no_point_in_more_epochs_than_the_settings_or_twenty():
    assert propose(SPEC, TIMING, IMAGES, 3600).spec.epochs == 20
    assert propose(SPEC.model_copy(update={"epochs": 50}), TIMING, IMAGES, 3600).spec.epochs == 50
    assert most_epochs(SPEC.model_copy(update={"recipe": "digits-64"})) == RECIPES["digits-64"].spec.epochs


def test_a_number_of_images_chosen_before_is_lifted_where_all_fit():
    assert propose(SPEC.model_copy(update={"training_images": 500}), TIMING, IMAGES, 60).spec.training_images is None


def test_images_are_left_out_only_where_three_epochs_of_all_do_not_fit():
    just_enough = (2.0 + 3 * 5.61) / FILLED
    assert propose(SPEC, TIMING, IMAGES, just_enough).spec.epochs == FEWEST_EPOCHS
    proposal = propose(SPEC, TIMING, IMAGES, just_enough - 0.2)
    assert proposal.spec.epochs == ENOUGH_EPOCHS
    assert proposal.spec.training_images == 31_000


def test_where_even_a_few_images_are_too_many_for_five_epochs_there_are_three():
    slow = Timing(first_start=2.0, start=0.5, image=0.05, validation_image=0.0, epoch=0.0)
    proposal = propose(SPEC, slow, IMAGES, 25)
    assert (proposal.spec.epochs, proposal.spec.training_images) == (FEWEST_EPOCHS, 120)


def test_where_not_even_the_smallest_fits_there_is_no_proposal():
    slow = Timing(first_start=40.0, start=0.5, image=0.05, validation_image=0.0, epoch=0.0)
    assert propose(SPEC, slow, IMAGES, 30) is None
    assert smallest_seconds(SPEC, slow, IMAGES) == pytest.approx(40.0 + 3 * 128 * 0.05)


def test_larger_batches_are_looked_at_where_small_ones_take_too_long():
    small = SPEC.model_copy(update={"batch_size": 4})
    assert wants_larger_batches(small, TIMING, IMAGES, 30)
    assert not wants_larger_batches(small, TIMING, IMAGES, 60)
    assert not wants_larger_batches(SPEC, TIMING, IMAGES, 30)


@settings(max_examples=60, deadline=None)
@given(
    image=st.floats(1e-7, 0.05),
    share=st.floats(0, 0.5),
    start=st.floats(0, 20),
    batch=st.integers(1, 8192),
    images=st.integers(50, 200_000),
    seconds=st.sampled_from([30, 120, 600]),
)
def test_whatever_is_proposed_can_be_trained_and_fits(image, share, start, batch, images, seconds):
    timing = Timing(start, 0.1, image, image / 3, 0.01)
    spec = SPEC.model_copy(update={"batch_size": batch, "validation_split": share})
    proposal = propose(spec, timing, images, seconds)
    if proposal is None:
        assert smallest_seconds(spec, timing, images) > FILLED * seconds
        return
    assert read_spec(proposal.spec.model_dump()) == proposal.spec
    assert proposal.seconds == estimate_seconds(proposal.spec, timing, count_images(proposal.spec, images), is_ready=False)
    assert proposal.seconds <= FILLED * seconds + 1e-6
    assert proposal.spec.epochs >= FEWEST_EPOCHS
    assert proposal.spec.training_images is None or 100 <= proposal.spec.training_images <= images
