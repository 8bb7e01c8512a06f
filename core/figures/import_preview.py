"""What an import would make of the files: tables and sentences for the preview, before anything is stored."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.datasets.importing.options import ImportOptions
from core.datasets.importing.source import Survey
from core.datasets.importing.splitting import draw_test_set
from core.figures.numbers import format_count
from core.rates import format_percent

MAX_LISTED = 300
"""Unreadable files in the table: past that, nobody reads on."""


def count_after_split(survey: Survey, options: ImportOptions) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Training and test images of each class, as they will be: the source's own split, or the share of each class."""
    if survey.has_split:
        return survey.training_counts, survey.test_counts
    # How many are drawn depends on the size of a class alone, so each size is asked for once.
    drawn = {
        count: int(draw_test_set(np.zeros(count, dtype=np.int32), options.test_share, options.seed).sum())
        for count in set(survey.training_counts)
    }
    test = tuple(drawn[count] for count in survey.training_counts)
    return tuple(count - kept for count, kept in zip(survey.training_counts, test, strict=True)), test


def class_table(survey: Survey, options: ImportOptions) -> pd.DataFrame:
    """One row for each class, in the order of the labels, with its images in training and test."""
    training, test = count_after_split(survey, options)
    return pd.DataFrame({"Class": survey.class_names, "Training": training, "Test": test})


def describe_split(survey: Survey, options: ImportOptions) -> str:
    """Where the test images come from, and how many there will be."""
    training, test = (sum(counts) for counts in count_after_split(survey, options))
    totals = f"{format_count(training)} images to learn from and {format_count(test)} to test with"
    if survey.has_split:
        return f"{totals}, as the files themselves divide them."
    return (
        f"{totals}. The files do not say which are for testing, so {format_percent(options.test_share, 0)} of each class,"
        f" rounded to whole images and at least one, are kept apart, drawn by chance with seed {options.seed}."
    )


def describe_sizes(survey: Survey) -> str:
    """How large the pictures are, the usual size and the extremes. Sizes are width x height in pixels."""
    (usual, often), *others = survey.sizes
    if not others:
        return f"All pictures are {format_size(usual)} pixels."
    by_area = sorted((size for size, _ in survey.sizes), key=lambda size: (size[0] * size[1], size))
    smallest, largest = format_size(by_area[0]), format_size(by_area[-1])
    return (
        f"The pictures come in {format_count(len(survey.sizes))} sizes, from {smallest} to {largest} pixels;"
        f" {format_count(often)} of {format_count(survey.pictures)} are {format_size(usual)}."
    )


def format_size(size: tuple[int, int]) -> str:
    """Width and height as "640 x 480"."""
    return f"{size[0]:,} x {size[1]:,}"


def unreadable_table(survey: Survey) -> pd.DataFrame:
    """The first `MAX_LISTED` pictures that can't be used, each with the reason."""
    listed = survey.unreadable[:MAX_LISTED]
    return pd.DataFrame({"File": [item.name for item in listed], "Why it is left out": [item.reason for item in listed]})


def left_out_table(survey: Survey) -> pd.DataFrame:
    """Everything else that is not imported, the first `MAX_LISTED` kinds of it: what, how many, and why."""
    listed = survey.left_out[:MAX_LISTED]
    return pd.DataFrame(
        {
            "What": [item.what for item in listed],
            "Files": [format_count(item.count) for item in listed],
            "Why it is left out": [item.reason for item in listed],
        }
    )


def shape_changes(survey: Survey, size: int | None) -> bool:
    """Whether any picture changes its shape on the way to a square of `size` pixels: only then does it matter how."""
    return size is not None and any(width != height for (width, height), _ in survey.sizes)
