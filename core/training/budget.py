"""What to train with when there is only so much time: how many images, how many epochs, which batches."""

from __future__ import annotations

from dataclasses import dataclass

from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.training.estimate import Timing, count_images, estimate_epoch, estimate_seconds

FILLED = 0.85
"""The share of the time that is planned: an estimate can be too low."""

MANY_EPOCHS = 20
"""More epochs are proposed only if the settings asked for more: by then most networks here have learned what they will."""

ENOUGH_EPOCHS = 5
"""Epochs for which images are left out, and larger batches taken, rather than have fewer."""

FEWEST_EPOCHS = 3
"""Fewer than this are not proposed: after one or two the curves say nothing yet."""

FEWEST_IMAGES = 100
"""The least that a spec can ask for."""

USUAL_BATCH = 32
"""Smaller batches spend more time between their steps than in them."""


@dataclass(frozen=True)
class Proposal:
    """Settings that fit into the time, and the seconds that they will take."""

    spec: TrainingSpec
    seconds: float


def most_epochs(spec: TrainingSpec) -> int:
    """Epochs that are proposed at most: those of the recipe or of the settings, where they are more than `MANY_EPOCHS`."""
    recipe = RECIPES.get(spec.recipe or "")
    return max(MANY_EPOCHS, spec.epochs, recipe.spec.epochs if recipe else 0)


def wants_larger_batches(spec: TrainingSpec, timing: Timing, images: int, seconds: float) -> bool:
    """Whether batches of `USUAL_BATCH` should be looked at: those of the spec are smaller, and `ENOUGH_EPOCHS` of all images do not fit."""
    everything = _with(spec, None, ENOUGH_EPOCHS)
    needed = estimate_seconds(everything, timing, count_images(everything, images), is_ready=False)
    return spec.batch_size < USUAL_BATCH and needed > FILLED * seconds


def propose(spec: TrainingSpec, timing: Timing, images: int, seconds: float) -> Proposal | None:
    """The largest training that fits into `seconds` by this network with these batches; None if even the smallest takes longer.

    All images, as long as `FEWEST_EPOCHS` of them fit, and then as many epochs as do, up to `most_epochs`. Otherwise `ENOUGH_EPOCHS`
    of as many images as fit; where even `FEWEST_IMAGES` are too many for that, `FEWEST_EPOCHS` of those.

    Args:
        timing: of this network with the batches of `spec`.
        images: training images in the set, before some are chosen or held back.
    """
    room = FILLED * seconds - timing.first_start
    epochs = _fitting_epochs(_with(spec, None, 1), timing, images, room)
    if epochs >= FEWEST_EPOCHS:
        return _proposal(_with(spec, None, min(epochs, most_epochs(spec))), timing, images)
    for count in (ENOUGH_EPOCHS, FEWEST_EPOCHS):
        chosen = _fitting_images(_with(spec, None, count), timing, images, room / count)
        if chosen is not None:
            return _proposal(_with(spec, chosen, count), timing, images)
    return None


def smallest_seconds(spec: TrainingSpec, timing: Timing, images: int) -> float:
    """What the smallest training takes that is ever proposed."""
    fewest = FEWEST_IMAGES if images >= FEWEST_IMAGES else None
    smallest = _with(spec, fewest, FEWEST_EPOCHS)
    return estimate_seconds(smallest, timing, count_images(smallest, images), is_ready=False)


def _with(spec: TrainingSpec, training_images: int | None, epochs: int) -> TrainingSpec:
    return spec.model_copy(update={"training_images": training_images, "epochs": epochs})


def _proposal(spec: TrainingSpec, timing: Timing, images: int) -> Proposal:
    return Proposal(spec, estimate_seconds(spec, timing, count_images(spec, images), is_ready=False))


def _fitting_epochs(spec: TrainingSpec, timing: Timing, images: int, room: float) -> int:
    return max(int(room / estimate_epoch(spec, timing, count_images(spec, images))), 0)


def _fitting_images(spec: TrainingSpec, timing: Timing, images: int, room: float) -> int | None:
    """How many images fit into `room` seconds for an epoch, in round numbers; None if fewer than `FEWEST_IMAGES`."""
    counts = count_images(spec, images)
    left = room - timing.epoch - counts.validation * timing.validation_image
    fitting = int(left / timing.image)
    # Whole batches, because the last one counts in full.
    whole = fitting // spec.batch_size * spec.batch_size or fitting
    return _round_down(whole) if whole >= FEWEST_IMAGES else None


def _round_down(count: int) -> int:
    """To two digits: 5,423 becomes 5,400."""
    step = int(10 ** max(len(str(count)) - 2, 0))
    return count // step * step
