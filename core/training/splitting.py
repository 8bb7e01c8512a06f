"""Which training images are held back for validation, and in which order the others are used. Pure, and seeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from core.errors import Problem, SpecError
from core.networks.advice import held_back
from core.networks.spec import TrainingSpec

Positions = NDArray[np.int32]


@dataclass(frozen=True)
class ValidationSplit:
    """Positions in the training half of an image set, `int32 (n,)`. No position is in both."""

    training: Positions
    validation: Positions


def split_images(spec: TrainingSpec, labels: NDArray[np.int32]) -> ValidationSplit:
    """Which images of the training half, `labels` being theirs, a spec trains on and which it holds back.

    With `shuffle`, they are drawn with the `split_seed`, the same share of each class: the next place goes to the class with the
    least (taken + 1/2) / size (Sainte-Laguë's method, 1910). No class gives its last image, since a network can't learn what it never
    sees. A larger share holds back those of a smaller one and more, and how many images are trained on changes nothing about them.

    Without, the last images of the file are held back, as `keras.Model.fit(validation_split=share)` does.
    """
    if spec.version == 1:
        split = split_validation(labels, spec.validation_split, shuffle=spec.shuffle, seed=spec.split_seed)
        return ValidationSplit(choose_stratified(split.training, labels, spec.training_images, spec.split_seed), split.validation)
    everything = np.arange(len(labels), dtype=np.int32)
    wanted = held_back(len(labels), spec.validation_split)
    drawn, parts = _draw_in_turn(labels, spec.split_seed)
    # The last of a class has the largest part, 1, and stays.
    validation = np.sort(drawn[parts < 1][:wanted]) if spec.shuffle else everything[len(labels) - wanted :]
    training = np.setdiff1d(everything, validation)
    if spec.training_images is None or spec.training_images >= len(training):
        return ValidationSplit(training, validation)
    # From the other end, where the last image of each class comes first.
    left = drawn[::-1][np.isin(drawn[::-1], training)]
    return ValidationSplit(np.sort(left[: spec.training_images]), validation)


def check_split(spec: TrainingSpec, labels: NDArray[np.int32]) -> None:
    """Refuse validation images that can't tell how the network does, or that take a class away from it.

    Raises `SpecError`. Settings of an earlier version are not checked: their runs are there.
    """
    split = split_images(spec, labels)
    if spec.version == 1 or not spec.validation_split:
        return
    held, count = len(split.validation), len(labels)
    where = f"{held:,}" if spec.shuffle else f"the last {held:,} of the {count:,} training images in the file, as Shuffle is off,"
    if not held:
        _refuse("Every class has a single training image, which it needs to be learned. Set the share to 0, or bring more images.")
    classes, lost = np.unique(labels), np.setdiff1d(labels, np.delete(labels, split.validation))
    if len(lost):
        _refuse(
            f"The validation images are {where} and take all training images of {_counted(len(lost), 'class', 'classes')}, which could"
            " not be learned then. Switch Shuffle on, or set the share to 0."
        )
    if len(classes) > 1 and len(np.unique(labels[split.validation])) == 1:
        more = "Hold back more" if spec.shuffle else "Switch Shuffle on"
        _refuse(
            f"The validation images are {where} and all of one class: how a network does on them says nothing about the others."
            f" {more}, or set the share to 0."
        )


def describe_split(spec: TrainingSpec, labels: NDArray[np.int32]) -> tuple[Problem, ...]:
    """What somebody should know of a split that can be used: that it goes by the order of the file, and which classes it leaves out."""
    split, notes = split_images(spec, labels), []
    classes = len(np.unique(labels))
    unseen = classes - len(np.unique(labels[split.training]))
    if unseen:
        words = f"{_counted(unseen, 'class has', 'classes have')} no image among those that are trained on, and can't be learned."
        notes.append(Problem("training_images", f"{words} Use more training images, or all."))
    held = len(split.validation)
    if held and not spec.shuffle:
        words = f"Shuffle is off, so the last {held:,} training images of the file are the validation images."
        notes.append(Problem("shuffle", f"{words} If the file has an order, they are unlike those that are trained on."))
    unchecked = classes - len(np.unique(labels[split.validation]))
    if held and unchecked:
        words = f"{_counted(unchecked, 'class has', 'classes have')} no validation image, so nothing tells how the network does on them."
        notes.append(Problem("validation_split", f"{words} Hold back more to know."))
    return tuple(notes)


def split_validation(labels: NDArray[np.int32], share: float, *, shuffle: bool, seed: int) -> ValidationSplit:
    """What settings of version 1 hold back: their runs keep the images they had.

    With `shuffle`, each class gives the same share, unless there are fewer places than classes: then the draw ignores the classes.
    Without, the last images of the file are held back.

    Args:
        labels: `(n,)`, one for each training image.
        share: from 0 to 0.5 of the images; 0 holds none back.
    """
    everything = np.arange(len(labels), dtype=np.int32)
    # By Keras' own formula, so that both ways of splitting hold back the same number.
    kept = len(labels) - held_back(len(labels), share)
    if kept == len(labels) or not shuffle:
        return ValidationSplit(everything[:kept], everything[kept:])
    validation = np.sort(_draw(everything, labels, len(labels) - kept, seed))
    return ValidationSplit(np.setdiff1d(everything, validation), validation)


def choose_stratified(positions: Positions, labels: NDArray[np.int32], count: int | None, seed: int) -> Positions:
    """Keep `count` of the positions, the same share of each class, drawn with `seed` and in the order they were in.

    Kept are all if `count` is None or more than there are. An only image of its class is kept.

    Args:
        labels: of the whole half, which the positions count.
    """
    if count is None or count >= len(positions):
        return positions
    left_out = _draw(np.arange(len(positions), dtype=np.int32), labels[positions], len(positions) - count, seed)
    return np.delete(positions, left_out)


def order_epoch(training: Positions, *, shuffle: bool, seed: int, epoch: int) -> Positions:
    """The training positions in the order in which this epoch uses them: a new one each epoch, the same for the same seed."""
    return np.random.default_rng([seed, epoch]).permutation(training) if shuffle else training


def choose_sample(validation: Positions, size: int, seed: int) -> Positions:
    """Up to `size` validation positions, drawn with `seed`: the file may be sorted by class, so its first ones would not do."""
    if len(validation) <= size:
        return validation
    return np.random.default_rng([seed, 0]).choice(validation, size, replace=False)


def choose_examples(positions: Positions, labels: NDArray[np.int32], count: int, seed: int) -> Positions:
    """Up to `count` positions to show, as evenly over the classes as they allow, drawn with `seed` and sorted by class."""
    shuffled = np.random.default_rng([seed, 0, 1]).permutation(positions)
    found = labels[shuffled]
    turn = np.zeros(len(shuffled), np.int64)
    for label in np.unique(found):
        of_class = found == label
        turn[of_class] = np.arange(of_class.sum())
    # Everyone's first turn before anyone's second.
    chosen = shuffled[np.argsort(turn, kind="stable")[:count]]
    return chosen[np.argsort(labels[chosen], kind="stable")]


def _draw_in_turn(labels: NDArray[np.int32], seed: int) -> tuple[Positions, NDArray[np.float64]]:
    """All positions in an order of which every beginning holds about the same share of each class, and no class's last image.

    Returns the positions, and for each the part of its class that has been drawn before it and half of itself; 1 for the last of a class.
    """
    shuffled = np.random.default_rng([seed, 0, 2]).permutation(len(labels)).astype(np.int32)
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    sizes = np.bincount(labels)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    size = np.repeat(sizes, sizes)
    part = np.empty(len(labels))
    part[by_class] = np.where(place == size - 1, 1.0, (place + 0.5) / size)
    # Classes of the same size take turns in an order drawn by chance.
    drawn = shuffled[np.argsort(part[shuffled], kind="stable")]
    return drawn, part[drawn]


def _refuse(reason: str) -> NoReturn:
    raise SpecError((Problem("validation_split", f"Validation share: {reason}"),))


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


def _draw(positions: Positions, labels: NDArray[np.int32], count: int, seed: int) -> Positions:
    from sklearn.model_selection import train_test_split

    class_sizes = np.bincount(labels)
    plentiful = positions[class_sizes[labels] > 1]
    classes = np.unique(labels[plentiful]).size
    if count < classes or len(plentiful) - count < classes:
        return np.random.default_rng(seed).choice(positions, count, replace=False)
    _, drawn = train_test_split(plentiful, test_size=count, stratify=labels[plentiful], random_state=seed)
    return np.asarray(drawn, dtype=np.int32)
