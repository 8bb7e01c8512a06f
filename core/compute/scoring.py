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
from core.networks.spec import TrainingSpec, read_spec
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
    report: Report, should_stop: Callable[[], bool], key: str, source: ModelSource, image_set: ImageSet, split: Split
) -> dict[str, NDArray[Any]]:
    """The answers to the images of `choose_scored`: `positions`, `int32 (n,)`, and `probabilities`, `float32 (n, class_count)`.

    Raises `Cancelled`.
    """
    predictor, positions = find_predictor(key, source), choose_scored(read_spec(source.spec), image_set, split)
    images, answers = image_set.images(split), [np.empty((0, image_set.class_count), np.float32)]
    for first in range(0, len(positions), _AT_ONCE):
        if should_stop():
            raise Cancelled("Scoring was called off.")
        report(first / len(positions), f"{first:,} of {len(positions):,} images.")
        answers.append(predictor.probabilities(images[positions[first : first + _AT_ONCE]]))
    return {"positions": positions, "probabilities": np.concatenate(answers)}
