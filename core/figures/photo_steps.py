"""How the ink of a picture was found: each stage as a picture, with a sentence."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from core.datasets.image_set import Images
from core.drawing.ink import INKED
from core.drawing.photo import PictureReading
from core.figures.samples import GridLabel, build_sample_grid, draw_sample_grid
from core.figures.theme import FigureTheme
from core.rates import format_percent

_LARGEST = 320
"""Pixels of a stage's longer side as it is shown: enough to see the ruling."""

_LINE = 16
"""Letters in a line below a picture."""


@dataclass(frozen=True, eq=False)
class PhotoStepsInfo:
    """The stages, in order.

    Attributes:
        pictures: `uint8 (n, height, width, 3)`, made smaller; the first is the picture itself.
        titles, sentences: what was done at each, in short and in full.
        is_clean: whether the picture was read as a clean one.
        inked: the part of the picture that is ink in the end, 0..1.
    """

    pictures: Images
    titles: tuple[str, ...]
    sentences: tuple[str, ...]
    is_clean: bool
    inked: float


def build_photo_steps(reading: PictureReading) -> PhotoStepsInfo:
    """What is to be shown of a picture's reading."""
    pictures = np.stack([_shrink(step.image) for step in reading.steps])
    titles = tuple(f"{number}. {step.rule.title}" for number, step in enumerate(reading.steps, start=1))
    inked = float((reading.steps[-1].image >= INKED).mean())
    return PhotoStepsInfo(pictures, titles, tuple(step.rule.why for step in reading.steps), reading.is_clean, inked)


def describe_photo_steps(info: PhotoStepsInfo) -> str:
    """Which way the picture went, and how much ink came out."""
    way = "It was read as a clean picture, such as a scan or a screenshot" if info.is_clean else "It was read as a photo of paper"
    if not info.inked:
        return f"{way}. No ink was found."
    return f"{way}. {format_percent(info.inked)} of it is ink."


def photo_steps_table(info: PhotoStepsInfo) -> pd.DataFrame:
    """The stages in words."""
    return pd.DataFrame({"Stage": info.titles, "What is done": info.sentences})


def draw_photo_steps(info: PhotoStepsInfo, theme: FigureTheme, columns: int = 2) -> Figure:
    """The stages as one picture, in rows of `columns`."""
    labels = [GridLabel(tuple(textwrap.wrap(title, _LINE))) for title in info.titles]
    return draw_sample_grid(build_sample_grid(info.pictures, labels, columns=columns), theme)


def _shrink(image: Images) -> Images:
    picture = Image.fromarray(image).convert("RGB")
    picture.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    return np.asarray(picture)
