"""Which training images are held back for validation, and in which order the others are used. Pure, and seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks.advice import held_back
from core.networks.spec import TrainingSpec

Positions = NDArray[np.int32]


@dataclass(frozen=True)
class ValidationSplit:
    """Positions in the training half of an image set, `int32 (n,)`. No position is in both."""

    training: Positions
    validation: Positions


def split_images(spec: TrainingSpec, labels: NDArray[np.int32]) -> ValidationSplit:
    """Which images of the training half, `labels` being theirs, a spec trains on and which it holds back."""
    split = split_validation(labels, spec.validation_split, shuffle=spec.shuffle, seed=spec.seed)
    return ValidationSplit(choose_stratified(split.training, labels, spec.training_images, spec.seed), split.validation)


def split_validation(labels: NDArray[np.int32], share: float, *, shuffle: bool, seed: int) -> ValidationSplit:
    """Hold back a share of the images; at least one is left to train on.

    With `shuffle`, each class gives the same share, drawn with `seed`: a class with a single image stays in training,
    since a network can't learn what it never sees. If there are fewer places than classes, the draw ignores the classes.
    Without, the last images of the file are held back, as `keras.Model.fit(validation_split=share)` does.

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

    Of training images it is taken after `split_validation`, so that runs on different numbers of them are checked on the same ones
    and can be compared. Kept are all if `count` is None or more than there are. An only image of its class is kept.

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


def _draw(positions: Positions, labels: NDArray[np.int32], count: int, seed: int) -> Positions:
    from sklearn.model_selection import train_test_split

    class_sizes = np.bincount(labels)
    plentiful = positions[class_sizes[labels] > 1]
    classes = np.unique(labels[plentiful]).size
    if count < classes or len(plentiful) - count < classes:
        return np.random.default_rng(seed).choice(positions, count, replace=False)
    _, drawn = train_test_split(plentiful, test_size=count, stratify=labels[plentiful], random_state=seed)
    return np.asarray(drawn, dtype=np.int32)
