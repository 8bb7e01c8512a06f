"""The way of a drawing from the canvas to the network: a picture of each step, and what the network answers without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images
from core.drawing.ink import InkBox
from core.drawing.pipeline import PreparedDrawing
from core.drawing.step import Rule, Skipped, Step
from core.figures.numbers import format_count
from core.figures.samples import DPI
from core.figures.theme import DARK, FigureTheme
from core.rates import format_percent

TILE = 168
"""Pixels on a side of the square that each picture gets: six for each of MNIST's 28."""

_ACROSS = 4
"""Pictures in a row of a saved figure."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One step as it is shown.

    Attributes:
        rule: what was done, or left out.
        is_on: whether it was done.
        height, width: of the image at this step, in pixels.
        strongest: its largest value, as a share of the most there can be.
        picture: the image, `(height, width)` or `(height, width, 3)`, 0 to 255, brought to at most `TILE` pixels a side.
        frame: the box around the ink in pixels of the picture; None where there is nothing to frame.
    """

    rule: Rule
    is_on: bool
    height: int
    width: int
    strongest: float
    picture: Images
    frame: InkBox | None

    @property
    def size(self) -> str:
        return f"{self.height} x {self.width}"


@dataclass(frozen=True)
class Without:
    """What becomes of a drawing without some steps.

    Attributes:
        changed, pixels: of the image that the network gets, how many differ, and how many there are.
        answer, sure: the class it answers and its probability, from 0 to 1.
        usual, usual_sure: the same with all steps.
    """

    changed: int
    pixels: int
    answer: str
    sure: float
    usual: str
    usual_sure: float


def build_way(drawing: PreparedDrawing, skipped: Skipped) -> tuple[Stage, ...]:
    """The stages of a drawing that was prepared without the `skipped` steps, from the canvas to the network."""
    return tuple(_build_stage(step, step.rule.key not in skipped) for step in drawing.steps)


def build_without(images: NDArray[np.uint8], answers: NDArray[np.floating], class_names: Sequence[str]) -> tuple[Without, ...]:
    """Compare images, `(n, height, width[, 3])`, and their answers, `(n, classes)`, with the first, which had all steps: n - 1 of them."""
    usual = int(answers[0].argmax())
    found = []
    for image, probabilities in zip(images[1:], answers[1:], strict=True):
        changed = image != images[0]
        pixels = changed if changed.ndim == 2 else changed.any(axis=2)
        best = int(probabilities.argmax())
        sure, usual_sure = float(probabilities[best]), float(answers[0][usual])
        found.append(Without(int(pixels.sum()), pixels.size, class_names[best], sure, class_names[usual], usual_sure))
    return tuple(found)


def describe_one(without: Without) -> str:
    """What leaving out this step alone does, in a few words: "Without it: 1 (54.0 %) instead of 7."."""
    if not without.changed:
        return "Without it: the very same image."
    answer = f"{without.answer} ({format_percent(without.sure)})"
    return f"Without it: still {answer}." if without.answer == without.usual else f"Without it: {answer} instead of {without.usual}."


def describe_without(titles: Sequence[str], without: Without) -> str:
    """What is off, what the network gets, and what it answers, in a sentence."""
    steps = " and ".join(f"“{title}”" for title in titles) if len(titles) < 3 else f"{len(titles)} steps"
    if not without.changed:
        return f"With {steps} off the network gets the very same image: this drawing does not need it."
    differ = f"{format_count(without.changed)} of {format_count(without.pixels)} pixels"
    gets = f"With {steps} off the network gets an image that differs in {differ}"
    sure, usual = format_percent(without.sure), format_percent(without.usual_sure)
    if without.answer == without.usual:
        return f"{gets} and still answers {without.answer}, at {sure} instead of {usual}."
    return f"{gets} and answers {without.answer} ({sure}) instead of {without.usual} ({usual})."


def way_table(stages: Sequence[Stage], alone: Mapping[str, Without]) -> pd.DataFrame:
    """One row for each step; `alone` are the answers without each that can be left out, by its key."""
    answers = [f"{one.answer} ({format_percent(one.sure)})" if one else "" for one in (alone.get(stage.rule.key) for stage in stages)]
    return pd.DataFrame(
        {
            "Step": [stage.rule.title for stage in stages],
            "Done": ["yes" if stage.is_on else "no" for stage in stages],
            "Size": [stage.size for stage in stages],
            "Strongest ink": [format_percent(stage.strongest, 0) for stage in stages],
            "Answer without it": answers,
        }
    )


def paint_stage(stage: Stage, theme: FigureTheme) -> NDArray[np.uint8]:
    """The picture in a thin frame in the middle of its square: RGBA `(TILE, TILE, 4)`, transparent where there is nothing."""
    tile = np.zeros((TILE, TILE, 4), dtype=np.uint8)
    height, width = stage.picture.shape[:2]
    top, left = (TILE - height) // 2, (TILE - width) // 2
    cell = tile[top : top + height, left : left + width]
    cell[..., :3], cell[..., 3] = stage.picture if stage.picture.ndim == 3 else stage.picture[..., np.newaxis], 255
    _outline(cell, InkBox(0, 0, height, width), theme.line, 1)
    if stage.frame is not None:
        # On the black canvas, whatever the page's theme is.
        _outline(cell, stage.frame, DARK.second, 2)
    return tile


def draw_way(stages: Sequence[Stage], theme: FigureTheme) -> Figure:
    """All stages in order, for a file."""
    rows = -(-len(stages) // _ACROSS)
    figure = Figure(figsize=(2.2 * _ACROSS, 2.6 * rows), dpi=DPI, facecolor="none", layout="constrained")
    for number, stage in enumerate(stages, start=1):
        axes = figure.add_subplot(rows, _ACROSS, number)
        axes.imshow(paint_stage(stage, theme), interpolation="nearest")
        axes.axis("off")
        off = "" if stage.is_on else ", left out"
        axes.set_title(f"{number}. {stage.rule.title}\n{stage.size}{off}", color=theme.foreground, fontsize=9)
    return figure


def _build_stage(step: Step, is_on: bool) -> Stage:
    height, width = step.image.shape[:2]
    levels = np.rint(step.image * (255 / step.max_value)).astype(np.uint8)
    picture = _fill_tile(levels)
    factor = picture.shape[0] / height
    frame = InkBox(*(round(edge * factor) for edge in step.box)) if step.box is not None else None
    return Stage(step.rule, is_on, height, width, int(step.image.max()) / step.max_value, picture, frame)


def _fill_tile(image: Images) -> Images:
    """Small images grow by a whole factor, so that each of their pixels can be seen; large ones shrink to the tile."""
    longest = max(image.shape[:2])
    if longest <= TILE:
        factor = TILE // longest
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    height, width = (max(1, round(side * TILE / longest)) for side in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))


def _outline(picture: NDArray[np.uint8], box: InkBox, colour: str, thick: int) -> None:
    """Draw the edges of a box, inside it."""
    inside = picture[box.top : box.bottom, box.left : box.right]
    rgba = (*(round(part * 255) for part in to_rgb(colour)), 255)
    inside[:thick], inside[-thick:], inside[:, :thick], inside[:, -thick:] = rgba, rgba, rgba, rgba
