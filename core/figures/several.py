"""Several figures in a row as a network reads them: the number, each figure with its answer, and what is doubtful about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.datasets.image_set import Images
from core.drawing.separate import Separated
from core.figures.novelty import MAY_PASS
from core.figures.numbers import format_count
from core.figures.probabilities import PROBABILITY
from core.figures.samples import MAX_GRID, GridLabel, Mark, SampleGridInfo, build_sample_grid
from core.predictions.novelty import describe_too_few
from core.predictions.reading import Reading
from core.rates import format_percent

UNREAD = "?"
"""What stands for a figure in the number where the network's answer is not to be trusted."""


@dataclass(frozen=True)
class RowFigure:
    """One figure and the network's answer to it.

    Attributes:
        guess: the most probable class.
        probability: of that class, 0 to 1.
        is_novel: whether it is unlike anything that the network learned from; None while that is not known, or can't be told.
        touches: whether it looks like several figures that touch.
    """

    guess: str
    probability: float
    is_novel: bool | None
    touches: bool

    @property
    def is_doubtful(self) -> bool:
        return bool(self.is_novel) or self.touches

    @property
    def shown(self) -> str:
        """What stands for it in the number."""
        return UNREAD if self.is_doubtful else self.guess


@dataclass(frozen=True, eq=False)
class RowInfo:
    """A row that was read.

    Attributes:
        figures: from left to right.
        images: each as the network got it, `uint8 (n, height, width)` or `(n, height, width, 3)`.
        max_value: the largest value a pixel can take.
        specks: small dots that were left out.
        measured: real images that set the limit above which a figure is novel; None while they are not known.
    """

    figures: tuple[RowFigure, ...]
    images: Images
    max_value: int
    specks: int
    measured: int | None = None

    @property
    def number(self) -> str:
        """What was read, such as "2026"; with spaces where a class has a longer name than one letter."""
        shown = [figure.shown for figure in self.figures]
        return ("" if all(len(one) == 1 for one in shown) else " ").join(shown)


def build_row(separated: Separated, images: Images, max_value: int, reading: Reading, class_names: Sequence[str]) -> RowInfo:
    """What was read of a row of n figures.

    Args:
        images: as the network got them, `uint8 (n, height, width[, 3])`.
        reading: its answers to these n images.
        class_names: one for each class that it tells apart.

    Raises `ValueError` if their numbers differ.
    """
    answers = reading.probabilities
    if not len(separated.figures) == len(images) == len(answers) or answers.shape[1] != len(class_names):
        raise ValueError(
            f"{len(separated.figures)} figures, {len(images)} images, answers of shape {answers.shape} for {len(class_names)} classes;"
            " expected one image and one answer for each figure, and a probability for each class"
        )
    novelty = reading.novelty
    figures = tuple(
        RowFigure(
            guess=class_names[int(answers[place].argmax())],
            probability=float(answers[place].max()),
            is_novel=bool(novelty.is_novel_in_row[place]) if novelty is not None and novelty.is_judged else None,
            touches=figure.touches,
        )
        for place, figure in enumerate(separated.figures)
    )
    return RowInfo(figures, images, max_value, separated.specks, None if novelty is None else int(novelty.measured))


def describe_row(info: RowInfo) -> str:
    """What was read, in a sentence: "4 figures, read from left to right as 20?6."."""
    count = len(info.figures)
    if count == 1:
        return f"One figure, read as {info.number}."
    return f"{count} figures, read from left to right as {info.number}."


def describe_doubts(info: RowInfo) -> tuple[str, ...]:
    """A sentence for each thing that is doubtful: figures that touch, figures that are novel with the guess, dots left out."""
    figures = (_describe_doubt(place, figure) for place, figure in enumerate(info.figures, start=1) if figure.is_doubtful)
    return (*figures, *_describe_specks(info.specks))


def describe_check(info: RowInfo, things: str) -> str:
    """What the check for novel figures could and could not find, in a sentence or two, or none. `things` are "digits" or "images"."""
    if info.measured is None:
        return "Whether it has seen anything like them is not known yet, so every one gets an answer: Inkling is still finding out."
    if any(figure.is_novel is None for figure in info.figures):
        return describe_too_few(info.measured, things)
    return "" if all(figure.is_doubtful for figure in info.figures) else f"In what has an answer nothing unusual was found. {MAY_PASS}"


def row_table(info: RowInfo) -> pd.DataFrame:
    """The figures from left to right, one a row."""
    return pd.DataFrame(
        {
            "Figure": range(1, len(info.figures) + 1),
            "Read as": [figure.shown for figure in info.figures],
            "Best guess": [figure.guess for figure in info.figures],
            PROBABILITY: [100 * figure.probability for figure in info.figures],
            "Unlike anything learned": [_NOVELTY[figure.is_novel] for figure in info.figures],
            "Seems to touch": ["yes" if figure.touches else "no" for figure in info.figures],
        }
    )


def build_row_grid(info: RowInfo) -> SampleGridInfo:
    """All figures as the network got them, with the answer under each, to be drawn by `draw_sample_grid`."""
    labels = [_label(figure) for figure in info.figures]
    return build_sample_grid(info.images, labels, columns=min(len(labels), MAX_GRID), max_value=info.max_value)


def _label(figure: RowFigure) -> GridLabel:
    chance = format_percent(figure.probability)
    if not figure.is_doubtful:
        return GridLabel((figure.guess, chance))
    why = "touching" if figure.touches else "unlike any"
    return GridLabel((UNREAD, why, f"guess: {figure.guess}", chance), Mark.WRONG)


def _describe_doubt(place: int, figure: RowFigure) -> str:
    guess = f"{figure.guess} ({format_percent(figure.probability)})"
    if figure.touches:
        return (
            f"Figure {place} seems to be several that touch: leave a gap between them. Taken for a single one it would be read as {guess}."
        )
    return f"Figure {place} is unlike anything that the network learned from. It would guess {guess}."


def _describe_specks(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    dots = "One dot was" if count == 1 else f"{format_count(count)} dots were"
    return (f"{dots} left out: anything so small is taken for dust or a slip of the pen.",)


_NOVELTY = {True: "yes", False: "nothing unusual found", None: "not known"}
