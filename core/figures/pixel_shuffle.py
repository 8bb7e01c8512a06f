"""What a fixed shuffle of the pixels does to an image, and what it cost a network."""

from __future__ import annotations

import numpy as np

from core.datasets.image_set import Images
from core.figures.comparison import RunResult
from core.figures.numbers import format_percent
from core.figures.samples import SampleGridInfo, build_sample_grid
from core.networks.shuffling import Order, shuffle_pixels


def build_shuffle_grid(images: Images, order: Order, max_value: int) -> SampleGridInfo:
    """Two rows for `draw_sample_grid`: images as they are, and below each the same with its pixels in that order."""
    labels = ["in place"] * len(images) + ["shuffled"] * len(images)
    return build_sample_grid(np.concatenate([images, shuffle_pixels(images, order)]), labels, columns=len(images), max_value=max_value)


def describe_shuffle(in_place: RunResult, shuffled: RunResult) -> str:
    """What two runs say that differ in the shuffle alone; empty where one has no validation accuracy."""
    if in_place.accuracy is None or shuffled.accuracy is None or in_place.interval is None or shuffled.interval is None:
        return ""
    numbers = f"{format_percent(in_place.accuracy)} with the pixels in place, {format_percent(shuffled.accuracy)} with them shuffled"
    if shuffled.interval[1] < in_place.interval[0]:
        return f"{numbers}: the intervals do not touch. This network makes use of which pixels are next to each other."
    if in_place.interval[1] < shuffled.interval[0]:
        return f"{numbers}: the intervals do not touch, and the shuffled one is ahead."
    return f"{numbers}: the intervals overlap. It learns as well without neighbours, so it never knew that it was a picture."
