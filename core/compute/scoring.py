"""Scoring as a job: a network's answers to all test images, or to the images that its run held back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.datasets.image_set import ImageSet, Split
from core.errors import Cancelled
from core.networks.spec import TrainingSpec
from core.training.splitting import Positions, split_images

_AT_ONCE = 2_000
"""Images between two looks at whether anybody still wants the answers: 10 ms of a Dense network, half a second of a large one."""


def scoring_key(model_key: str, split: Split) -> str:
    """The key of a job of `score_images`: the weights and the half decide the answers. The set is the one the weights learned from."""
    return f"score-{model_key}-{split.value}"


def choose_scored(spec: TrainingSpec, image_set: ImageSet, split: Split) -> Positions:
    """Positions in a half, `int32 (n,)`, in ascending order: all test images, or the training images that a run of `spec` held back."""
    if split == Split.TEST:
        return np.arange(len(image_set.y_test), dtype=np.int32)
    return np.sort(split_images(spec, image_set.y_train).validation)


@with_plain_errors
def score_images(
    report: Report, should_stop: Callable[[], bool], key: str, source: ModelSource, image_set: ImageSet, split: Split, positions: Positions
) -> dict[str, NDArray[Any]]:
    """`probabilities`, `float32 (n, class_count)`, of the images at `positions` of that half. Raises `Cancelled`."""
    predictor = find_predictor(key, source)
    images, answers = image_set.images(split), []
    for first in range(0, len(positions), _AT_ONCE):
        if should_stop():
            raise Cancelled("Scoring was called off.")
        report(first / len(positions), f"{first:,} of {len(positions):,} images.")
        answers.append(predictor.probabilities(images[positions[first : first + _AT_ONCE]]))
    return {"probabilities": np.concatenate(answers)}
