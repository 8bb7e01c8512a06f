"""Somebody's own drawings, and how a network reads them: in words, as tables, and as a sheet of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.drawings.kept import KeptDrawing
from core.figures.conclusion import describe_conclusion
from core.figures.numbers import format_count, format_moment
from core.figures.samples import MAX_GRID, GridLabel, Mark, SampleGridInfo, build_sample_grid
from core.predictions.conclusions import compare
from core.predictions.scored import Graded
from core.predictions.scores import Scores, score
from core.rates import format_percent, format_range

SHEET = MAX_GRID * MAX_GRID
"""Drawings on one sheet of pictures at most."""


@dataclass(frozen=True, eq=False)
class ReadDrawings:
    """Drawings and what a network takes them for.

    Attributes:
        drawings: `n` of them, all with labels that the network knows.
        images: as the network gets them, `uint8 (n, *image_shape)`, values 0..`max_value`.
        scores: its answers to these.
        class_names: the network's.
        is_taught: `bool (n,)`, which of them the network has learned from: those say nothing of how it reads a hand.
        strange: drawings left out, because the network knows no class of their name.
    """

    drawings: tuple[KeptDrawing, ...]
    images: Images
    max_value: int
    scores: Scores
    class_names: tuple[str, ...]
    is_taught: NDArray[np.bool_]
    strange: int = 0

    def __len__(self) -> int:
        return len(self.drawings)

    @property
    def graded(self) -> Graded:
        """Which of the drawings that the network was not taught are read right, by their ids."""
        ids = np.array([drawing.id for drawing in self.drawings], np.int32)
        return Graded(ids[~self.is_taught], (self.scores.predicted == self.scores.labels)[~self.is_taught])

    def read_as(self, row: int) -> str:
        """The class that a drawing is taken for."""
        return self.class_names[int(self.scores.predicted[row])]

    def is_wrong(self, row: int) -> bool:
        return bool(self.scores.predicted[row] != self.scores.labels[row])

    def worst_first(self, label: str | None = None) -> list[int]:
        """The rows of the drawings of this class, or of all: those read wrong first, the surest mistakes before the others."""
        scores = self.scores
        wrong = scores.predicted != scores.labels
        order = np.lexsort((-np.where(wrong, scores.confidence, -scores.confidence), ~wrong))
        return [int(row) for row in order if label is None or self.drawings[row].label == label]


def score_fairly(read: ReadDrawings, *, taught: bool = False) -> Scores | None:
    """The answers to the drawings that the network was not taught, or to those that it was; None if there are none such."""
    rows = read.is_taught if taught else ~read.is_taught
    return score(read.scores.probabilities[rows], read.scores.labels[rows]) if rows.any() else None


def describe_score(read: ReadDrawings) -> str:
    """Such as "46 of 50 drawings read right, 92.0 % (81.2 to 96.8 %)"; those that it was taught are told apart."""
    fair, taught = score_fairly(read), score_fairly(read, taught=True)
    if taught is None and fair is not None:
        return _describe(fair)
    known = f"Of {describe_count(len(taught.labels))} that it was taught it reads {taught.correct_count} right" if taught else ""
    if fair is None:
        return f"{known}: nothing is left to tell how it reads your hand. Draw some more"
    return f"{_describe(fair)}, of those that it was not taught. {known}"


def describe_readers(first: ReadDrawings, second: ReadDrawings, titles: Sequence[str]) -> str:
    """Which of two networks reads the hand better, by the drawings that neither was taught; empty if there are none such."""
    shared = np.isin(first.graded.positions, second.graded.positions)
    if not shared.any():
        return ""
    return describe_conclusion(compare(first.graded, second.graded), titles[0], titles[1], "drawings")


def _describe(scores: Scores) -> str:
    count = len(scores.labels)
    return (
        f"{format_count(scores.correct_count)} of {describe_count(count)} read right, {format_percent(scores.accuracy)}"
        f" ({format_range(*scores.accuracy_interval)})"
    )


def describe_count(count: int) -> str:
    """How many drawings: "1 drawing", "12 drawings"."""
    return f"{format_count(count)} drawing{'s' * (count != 1)}"


def caption_drawing(read: ReadDrawings, row: int) -> str:
    """What is written below a drawing: its label, and what it is taken for where that is something else."""
    drawing = read.drawings[row]
    return f"{drawing.label}, read as {read.read_as(row)}" if read.is_wrong(row) else drawing.label


def describe_drawing(read: ReadDrawings, row: int) -> str:
    """One drawing in a sentence or two."""
    drawing, kept = read.drawings[row], read.drawings[row].answer
    verdict = "wrong" if read.is_wrong(row) else "right"
    words = (
        f"You drew {drawing.label} on {format_moment(drawing.kept)}. This network takes it for {read.read_as(row)}"
        f" ({format_percent(float(read.scores.confidence[row]))}), which is {verdict}."
    )
    if kept is None:
        return words
    return f"{words} When it was kept, {kept.title} took it for {kept.read_as} ({format_percent(kept.probability)})."


def drawings_table(drawings: Sequence[KeptDrawing], read: ReadDrawings | None) -> pd.DataFrame:
    """One row for each drawing with plain values, for a file; `read` adds the answers of the network that is chosen now."""
    answers = {read.drawings[row].id: row for row in range(len(read))} if read is not None else {}
    return pd.DataFrame(
        [
            {
                "drawing": drawing.id,
                "label": drawing.label,
                "kept": format_moment(drawing.kept),
                "asked_then": drawing.answer.title if drawing.answer else "",
                "read_as_then": drawing.answer.read_as if drawing.answer else "",
                "probability_then": round(drawing.answer.probability, 4) if drawing.answer else None,
                "read_as_now": read.read_as(answers[drawing.id]) if read is not None and drawing.id in answers else "",
                "probability_now": round(float(read.scores.confidence[answers[drawing.id]]), 4)
                if read is not None and drawing.id in answers
                else None,
            }
            for drawing in drawings
        ]
    )


def build_sheet(read: ReadDrawings, rows: Sequence[int]) -> SampleGridInfo:
    """The drawings of these rows, up to `SHEET`, as one picture: what each is, and what a wrong one is taken for."""
    rows = list(rows)[:SHEET]
    labels = [
        GridLabel((read.drawings[row].label, f"read as {read.read_as(row)}" if read.is_wrong(row) else "right"), _mark(read, row))
        for row in rows
    ]
    return build_sample_grid(read.images[rows], labels, columns=min(MAX_GRID, len(rows)), max_value=read.max_value)


def _mark(read: ReadDrawings, row: int) -> Mark:
    return Mark.WRONG if read.is_wrong(row) else Mark.RIGHT
