"""Rules on how well a network that learned fits: memorising, too small, not done, done."""

from __future__ import annotations

from core.training.coaching import experiments
from core.training.coaching.case import Case, counted, gap_of, percent, points
from core.training.coaching.failures import GOOD
from core.training.coaching.rule import Advice

WORTH_MENTIONING = 0.0075
"""A gap of three quarters of a point: smaller ones are real on large sets, but nobody should change a network for them."""

WIDE_GAP = 0.05
"""From there on memorising is the main thing to say about a run."""

RISE = 1.05
"""By how much the validation loss has to be above its lowest: on 6,000 images it jumps by 2 to 3 % from epoch to epoch."""

PROGRESS = 0.97
"""What is left of the loss of before, if a network is still improving: 3 %, which is above that jumping as well."""

RECENT = 0.25
"""The last part of the epochs, by which it is judged whether a network still improves."""

SEVERAL = 6
"""Epochs from which on it can be told that curves have levelled off."""


def find_overfitting(case: Case) -> Advice | None:
    """Training is ahead of validation, by more than luck, or the validation loss rises while the training loss falls."""
    if case.validation_accuracy is None:
        return None
    has_gap = case.steady_gap > max(case.gap_margin, WORTH_MENTIONING)
    lowest = min(case.epochs, key=lambda epoch: epoch.validation_loss or 0.0)
    is_rising = (
        lowest.epoch + 2 <= case.last.epoch
        and (case.last.validation_loss or 0.0) > RISE * (lowest.validation_loss or 0.0)
        and case.last.loss < lowest.loss
        and case.gap > case.gap_margin
    )
    if not (has_gap or is_rising):
        return None
    finding = (
        f"Training accuracy {percent(case.last.accuracy)}, validation {percent(case.validation_accuracy)}: a gap of {points(case.gap)}, "
        f"where up to {points(case.gap_margin)} can be luck. "
    )
    if is_rising:
        finding += (
            f"The validation loss was lowest after epoch {lowest.epoch} ({lowest.validation_loss:.3g}) and has risen to "
            f"{case.last.validation_loss:.3g} since, while the training loss fell on."
        )
    else:
        finding += f"It has been there since epoch {_gap_opened(case)}."
    return Advice(
        "It memorises its training images" if is_rising or case.gap >= WIDE_GAP else "It begins to memorise its training images",
        finding,
        "It has room enough to learn single images by heart, which lowers the training loss and is of no use for new images.",
        experiments.against_memorising(case),
    )


def _gap_opened(case: Case) -> int:
    """The epoch from which on the gap was always there."""
    least = max(case.gap_margin, WORTH_MENTIONING)
    for epoch in reversed(case.epochs):
        if gap_of(epoch) <= least:
            return min(epoch.epoch + 1, case.last.epoch)
    return case.epochs[0].epoch


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
        f"Over the last {_last(recent)} of {len(case.epochs)} the {case.watched} fell by another {percent(fall)}, "
        f"to {case.losses[-1]:.3g}.",
        "The curve has not levelled off, so the network was stopped before it had learned what it can.",
        experiments.train_longer(case),
    )


def find_underfitting(case: Case) -> Advice | None:
    """The network does not even get its own training images right, and no longer improves."""
    if case.best_accuracy >= GOOD or len(case.epochs) < 2 or case.steady_gap > max(case.gap_margin, WORTH_MENTIONING):
        return None
    if case.validation_accuracy is None:
        beside = ""
    else:
        beside = f", validation {percent(case.validation_accuracy)}, give or take {points(case.validation_margin)}"
    return Advice(
        "The network is too small for this",
        f"Training accuracy {percent(case.last.accuracy)}{beside}: it is wrong about {percent(1 - case.last.accuracy)} of the very images "
        "it learned from, and new images are no harder for it.",
        "Where both are equally low, nothing is memorised: the network lacks the units, or the kind of layer, to tell the classes apart.",
        experiments.enlarge(case),
    )


def find_plateau(case: Case) -> Advice | None:
    """Nothing got better for the last part of the run."""
    before, recent = _split_recent(case)
    if len(case.epochs) < SEVERAL or min(recent) < PROGRESS * min(before):
        return None
    reached = case.epochs[before.index(min(before))].epoch
    return Advice(
        "It has levelled off",
        f"Over the last {_last(recent)} of {len(case.epochs)} the {case.watched} came down to {min(recent):.3g} at best, and after epoch "
        f"{reached} it had been {min(before):.3g} already.",
        "More epochs of the same would bring little: steps of this length jump to and fro around a low point instead of settling in it."
        if case.spec.schedule == "constant"
        else "More epochs of the same would bring little: what this network can learn from these images, it has learned.",
        experiments.settle(case),
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
            "Nothing is wrong: dropout switches units off while the network trains and all of them on when it is validated, so only the"
            " training accuracy suffers from it.",
            experiments.less_dropout(case),
        )
    if case.spec.augmentation.is_on:
        return (
            "Nothing is wrong: the training images are moved and spoiled, and the validation images are not, so they are easier to read.",
            experiments.without_augmentation(case),
        )
    return (
        "Nothing is wrong: training accuracy is the mean over the whole epoch, its beginning included, and validation is measured at its"
        " end, when the network has learned more.",
        experiments.train_longer(case),
    )


def _split_recent(case: Case) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The losses before the last part of the epochs, and those of it; at least one epoch is in it."""
    recent = max(1, round(RECENT * len(case.losses)))
    return case.losses[:-recent], case.losses[-recent:]


def _last(losses: tuple[float, ...]) -> str:
    """So many epochs, to follow "the last"."""
    return "epoch" if len(losses) == 1 else counted(len(losses), "epoch")
