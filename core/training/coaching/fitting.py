"""Rules on how well a network that learned fits: memorising, too small, not done, done."""

from __future__ import annotations

import math

from core.networks.plan import Step
from core.training.coaching import experiments
from core.training.coaching.case import GOOD, Case, counted, interval, percent, points
from core.training.coaching.rule import Advice

WORTH_MENTIONING = 0.0075
"""A gap of three quarters of a point: smaller ones are real on large sets, but nobody should change a network for them."""

WIDE_GAP = 0.1
"""A gap that is worth a change though the validation loss has not risen: on ten thousand photos of clothes sound networks come to 0.08."""

RISE = 1.05
"""By how much the validation loss has to be above its lowest, twice: on 6,000 images it jumps by 2 to 3 % from epoch to epoch."""

SPREAD = 3
"""By how much the losses of single images differ, in means: few images make a rise by luck larger, as one over the root of their number."""

PROGRESS = 0.97
"""What is left of the loss of before, if a network is still improving: 3 %, which is above that jumping as well."""

RECENT = 0.25
"""The last part of the epochs, by which it is judged whether a network still improves."""

FEW_UNITS = 16
"""Values that have to get through to tell digits or clothes apart: with 16 or more, other things than the size hold a network back."""

SEVERAL = 6
"""Epochs from which on it can be told that curves have levelled off."""

FEW = 3
"""The same for a run with much left to learn, which is worth a change sooner."""


def find_overfitting(case: Case) -> Advice | None:
    """The validation loss rises while the training loss falls, or training is so far ahead that it must be by heart.

    A small gap alone is neither: it opens as soon as a network knows its images, and validation goes on getting better.
    """
    if case.validation_accuracy is None:
        return None
    lowest = min(case.epochs, key=lambda epoch: epoch.validation_loss or 0.0)
    is_rising = (
        lowest.epoch + 2 <= case.last.epoch
        and min(case.losses[-2:]) > (RISE + SPREAD / math.sqrt(case.validation_images)) * min(case.losses)
        and case.last.loss < lowest.loss
        and case.gap > max(case.gap_margin, WORTH_MENTIONING)
    )
    is_wide = case.steady_gap > max(WIDE_GAP, case.gap_margin)
    if not (is_rising or is_wide):
        return None
    finding = (
        f"Training accuracy {percent(case.last.accuracy)}, validation {percent(case.validation_accuracy)}: a gap of {points(case.gap)}, "
        f"where up to {points(case.gap_margin)} can be luck. "
    )
    if is_rising:
        finding += (
            f"The {case.name_loss('validation')} was lowest after epoch {lowest.epoch}, {lowest.validation_loss:.3g}, and has risen to "
            f"{case.last.validation_loss:.3g} since, while that of the training images fell on."
        )
    else:
        finding += f"The {case.name_loss('validation')} has not risen yet."
    return Advice(
        "It memorises its training images" if is_rising else "It does far better on images it has learned from",
        finding,
        "It has room enough to learn single images by heart, which lowers the loss on these and is of no use for new images.",
        experiments.against_memorising(case),
    )


def find_progress(case: Case) -> Advice | None:
    """The loss was still falling when the run ended."""
    before, recent = _split_recent(case)
    if not before or case.losses[-1] > PROGRESS * min(before) or case.losses[-1] > min(case.losses) / PROGRESS:
        return None
    if case.spec.epochs >= experiments.MOST_EPOCHS:
        return None
    fall = 1 - case.losses[-1] / min(before)
    return Advice(
        "It is still improving",
        f"Over the last {_last(recent)} of {len(case.epochs)} the {case.watched} fell by another {percent(fall)}{_of_what(case)}, "
        f"to {case.losses[-1] + case.floor:.3g}.",
        "The curve has not levelled off, so more epochs would probably bring it lower.",
        experiments.train_longer(case),
    )


def find_too_small(case: Case) -> Advice | None:
    """The network has not learned what there is to learn, and has hardly anything to learn it with."""
    values, narrowest = _find_narrowest(case)
    # Fewer values than classes are a fault also where training images got through them: by heart, one by one.
    reached = case.validation_accuracy if values < case.class_count else None
    if narrowest is None or (case.is_good if reached is None else case.mastery_of(reached) >= GOOD):
        return None
    beside = "" if case.validation_accuracy is None else f", validation {percent(case.validation_accuracy)}"
    return Advice(
        "The network is too small for this",
        f"Training accuracy {percent(case.last.accuracy)}{beside}: it is wrong about {percent(1 - case.last.accuracy)} of the very images "
        f"it learned from. {narrowest}",
        "All that tells the classes apart has to fit through the narrowest layer, and takes layers that can do more than weigh pixels.",
        experiments.enlarge(case),
    )


def find_majority(case: Case) -> Advice | None:
    """The accuracy can't be told from that of always naming the most common class, for no reason that another rule knows."""
    is_untold = bool(case.is_validation_like_majority)
    if not (is_untold or case.has_learned_nothing):
        return None
    accuracy, images = (case.validation_accuracy, case.validation_images) if is_untold else (case.last.accuracy, case.training_images)
    return Advice(
        "It can't be told from always naming one class",
        f"{'Validation' if is_untold else 'Training'} accuracy {percent(accuracy or 0.0)}, of {counted(images, 'image')}. The most common "
        f"class alone is {percent(case.majority)} of the images: a network that names it for everything is right as often.",
        "An accuracy is worth what it is above that of the simplest answer. Look at the accuracy by class before you trust it.",
        experiments.train_longer(case),
    )


def find_plateau(case: Case) -> Advice | None:
    """Nothing got better for the last part of the run."""
    before, recent = _split_recent(case)
    if len(case.epochs) < (SEVERAL if case.is_good else FEW) or min(recent) < PROGRESS * min(before):
        return None
    reached = case.epochs[before.index(min(before))].epoch
    return Advice(
        "It has levelled off",
        f"Over the last {_last(recent)} of {len(case.epochs)} the {case.watched} came down to {min(recent) + case.floor:.3g} at best, "
        f"and after epoch {reached} it had been {min(before) + case.floor:.3g} already{_least(case)}.",
        "With these settings more epochs would bring little. Smaller steps towards the end may let it settle a little lower."
        if case.is_good and case.spec.schedule == "constant"
        else "With these settings more epochs would bring little.",
        experiments.settle(case),
    )


def find_few_validation(case: Case) -> Advice | None:
    """So few images were held back that it stays undecided how it does on new ones."""
    if not case.has_few_validation_images or case.validation_accuracy is None:
        return None
    right, images = round(case.validation_accuracy * case.validation_images), case.validation_images
    low, high = interval(case.validation_accuracy, images)
    return Advice(
        "How it does on new images is undecided",
        f"Of {counted(images, 'validation image')} it got {right} right. Its accuracy on new images may be anything from {percent(low)} to "
        f"{percent(high)} (95 % interval).",
        "So few images say neither that it is good nor that it memorises, and the coach goes by none of them.",
        experiments.hold_back_more(case),
    )


def find_no_validation(case: Case) -> Advice | None:
    """Nothing was held back, so nobody can say how it does on new images."""
    if case.validation_images:
        return None
    return Advice(
        "Nobody knows how it does on new images",
        f"All {case.training_images:,} images were trained on, and the accuracy of {percent(case.last.accuracy)} is of those alone.",
        "A network can get images right because it has learned them by heart; only images it has not learned from can tell.",
        experiments.hold_back(case),
    )


def find_ahead(case: Case) -> Advice | None:
    """Validation is better than training, which puzzles everyone once."""
    lead = -case.gap
    if case.validation_accuracy is None or lead <= case.gap_margin:
        return None
    finding = (
        f"Validation accuracy {percent(case.validation_accuracy)}, training {percent(case.last.accuracy)}: {points(lead)} apart, more than "
        f"the {points(case.gap_margin)} that can be luck."
    )
    explanation, experiment = _explain_lead(case)
    return Advice("Why validation is ahead of training", finding, explanation, experiment)


def _explain_lead(case: Case) -> tuple[str, experiments.Experiment]:
    if any(layer.kind == "dropout" and layer.rate for layer in case.spec.hidden):
        return (
            "That alone is no fault: dropout switches units off while the network trains and all of them on when it is validated, so only"
            " the training accuracy suffers from it.",
            experiments.less_dropout(case),
        )
    if case.spec.augmentation.is_on:
        return (
            "That alone is no fault: the training images are moved and spoiled, and the validation images are not, so they are easier"
            " to read.",
            experiments.without_augmentation(case),
        )
    return (
        "That alone is no fault: training accuracy is the mean over the whole epoch, its beginning included, and validation is measured"
        " at its end, when the network has learned more.",
        experiments.train_longer(case),
    )


def _find_narrowest(case: Case) -> tuple[int, str | None]:
    """How many values get through where the network is narrowest, and a sentence on it; None for that if it is wide enough."""
    if not any(step.has_kernel and step.place is not None for step in case.plan):
        return case.class_count, "There is no hidden layer, so it can only weigh pixels."
    # A convolution hands on a picture for each filter, so what counts is how many values reach the next Dense layer.
    reading = [step for step in case.plan if step.kind in ("dense", "output")]
    step = min(reading, key=lambda step: math.prod(step.input_shape))
    values = math.prod(step.input_shape)
    if values >= max(FEW_UNITS, case.class_count):
        return values, None
    through = f"Only {counted(values, 'value')} {'gets' if values == 1 else 'get'} through to {_called(step)}"
    return values, f"{through}, and by them {case.class_count} classes have to be told apart."


def _called(step: Step) -> str:
    return "the output layer" if step.place is None else f"hidden layer {step.place + 1}"


def _split_recent(case: Case) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The losses before the last part of the epochs, and those of it; at least one epoch is in it."""
    recent = max(1, round(RECENT * len(case.losses)))
    return case.losses[:-recent], case.losses[-recent:]


def _of_what(case: Case) -> str:
    return f" of what is above the {case.floor:.2g} that it can't get below" if case.floor else ""


def _least(case: Case) -> str:
    return f"; label smoothing and penalties alone make it {case.floor:.2g}" if case.floor else ""


def _last(losses: tuple[float, ...]) -> str:
    """So many epochs, to follow "the last"."""
    return "epoch" if len(losses) == 1 else counted(len(losses), "epoch")
