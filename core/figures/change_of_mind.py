"""What to erase and what to add to change a network's mind: the drawing with its marks, before and after, and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.datasets.image_set import Images
from core.figures.evidence import REGIONS
from core.figures.samples import GridLabel, build_sample_grid, colour_image, draw_sample_grid
from core.figures.theme import LIGHT, FigureTheme
from core.predictions.change_of_mind import Way
from core.predictions.patches import Change
from core.rates import format_percent

TITLES = {Way.EITHER: "Erase and add", Way.ERASING: "Only erase", Way.ADDING: "Only add"}

_SIDE = 250
"""Pixels across an enlarged image, about: the marks are smooth enough, and it is drawn anew at each stroke."""

_LINE, _SIGN = 1 / 70, 0.55
"""Thickness of the marks, as a share of the width; length of a plus or minus, as a share of a dab."""


_COLOURS = {Change.ERASED: LIGHT.second, Change.ADDED: LIGHT.first}
"""In both themes, for the images are as black and white in either."""


@dataclass(frozen=True)
class Touch:
    """One dab: its middle in pixels of the image, what it does, and the part of the image where it lies."""

    row: int
    column: int
    change: Change
    region: str


@dataclass(frozen=True, eq=False)
class WayInfo:
    """What was found for one way to change the drawing.

    Attributes:
        touches: the dabs in the order in which they were found.
        after: the image with them, `uint8 (*image_shape)`.
        label: the answer to it, by name, with its `probability`, 0 to 1.
        is_reached: whether that is what was wanted.
    """

    way: Way
    touches: tuple[Touch, ...]
    after: Images
    label: str
    probability: float
    is_reached: bool


@dataclass(frozen=True, eq=False)
class ChangeOfMindInfo:
    """A drawing, and how to make a network take it for something else.

    Attributes:
        image: `uint8 (*image_shape)`, 0 to `max_value`.
        label: the answer to it, by name, with its `probability`.
        wanted: what the answer should become.
        width: of a dab, in pixels of the image.
        ways: one for each `Way`.
    """

    image: Images
    max_value: int
    label: str
    probability: float
    wanted: str
    width: float
    ways: tuple[WayInfo, ...]


def build_change_of_mind(
    image: Images, max_value: int, second: int, answer: Mapping[str, NDArray[Any]], class_names: Sequence[str]
) -> ChangeOfMindInfo:
    """From what `core.predictions.change_of_mind.change_mind` gave for class `second`."""
    before = answer["before"]
    ways = tuple(_read_way(way, second, answer, class_names) for way in Way)
    label = class_names[int(before.argmax())]
    return ChangeOfMindInfo(image, max_value, label, float(before.max()), class_names[second], float(answer["width"]), ways)


def draw_way(info: ChangeOfMindInfo, way: WayInfo, theme: FigureTheme) -> Figure:
    """The drawing with its marks beside what it becomes, with the answers below."""
    return _draw_grid(info, [way], theme)


def draw_change_of_mind(info: ChangeOfMindInfo, theme: FigureTheme) -> Figure:
    """The same of all ways, one below the other, for a file."""
    return _draw_grid(info, info.ways, theme)


def describe_way(info: ChangeOfMindInfo, way: WayInfo) -> str:
    """Such as "Erase at the upper left (2 dabs) and add at the centre (1 dab), and it reads 1 (62.0 %).", or that it can't be done."""
    action = TITLES[way.way].lower()
    if not way.touches:
        return f"To {action} does not make it {info.wanted}: no dab of ink brings it any closer."
    change, answer = _describe_touches(way.touches), f"{way.label} ({format_percent(way.probability)})"
    if way.is_reached:
        return f"{change}, and it reads {answer}."
    still = "still " if way.label == info.label else ""
    return f"To {action} does not make it {info.wanted}: after {_count_dabs(len(way.touches))} it {still}reads {answer}."


def change_table(info: ChangeOfMindInfo) -> pd.DataFrame:
    """One row for each way."""
    return pd.DataFrame(
        {
            "Way": [TITLES[way.way] for way in info.ways],
            "Dabs": [len(way.touches) for way in info.ways],
            "Read before": [f"{info.label} ({format_percent(info.probability)})"] * len(info.ways),
            "Read after": [f"{way.label} ({format_percent(way.probability)})" for way in info.ways],
            f"Becomes {info.wanted}": ["yes" if way.is_reached else "no" for way in info.ways],
        }
    )


def touch_table(info: ChangeOfMindInfo) -> pd.DataFrame:
    """One row for each dab of each way, in the order in which they were found: rows and columns count from 0."""
    rows = [
        (TITLES[way.way], number, touch.change.name.lower(), touch.row, touch.column, touch.region, way.label, way.probability)
        for way in info.ways
        for number, touch in enumerate(way.touches, start=1)
    ]
    return pd.DataFrame(rows, columns=["way", "dab", "change", "row", "column", "where", "read after all", "probability"])


def mark_touches(image: Images, max_value: int, touches: Sequence[Touch], width: float) -> Images:
    """The image enlarged, `uint8 (height, width, 3)`, with a ring around each dab: a minus in it for erased, a plus for added."""
    picture = Image.fromarray(_enlarge(image, max_value))
    pen, factor = ImageDraw.Draw(picture), picture.width // image.shape[1]
    thick = max(2, round(picture.width * _LINE))
    # Over a wide white line, which makes them stand out from the ink and from the paper.
    for touch in touches:
        _mark(pen, touch, width, factor, "#ffffff", 2 * thick)
        _mark(pen, touch, width, factor, _COLOURS[touch.change], thick)
    return np.asarray(picture)


def _read_way(way: Way, second: int, answer: Mapping[str, NDArray[Any]], class_names: Sequence[str]) -> WayInfo:
    shape, probabilities = answer["images"].shape[1:3], answer["probabilities"][way]
    numbers = zip(*(answer[name][way, : int(answer["count"][way])].tolist() for name in ("rows", "columns", "changes")), strict=True)
    touches = tuple(Touch(row, column, Change(change), _region(row, column, shape)) for row, column, change in numbers)
    best = int(probabilities.argmax())
    return WayInfo(way, touches, answer["images"][way], class_names[best], float(probabilities.max()), best == second)


def _region(row: int, column: int, shape: tuple[int, ...]) -> str:
    return REGIONS[row * len(REGIONS) // shape[0]][column * len(REGIONS) // shape[1]]


def _describe_touches(touches: Sequence[Touch]) -> str:
    """Such as "Erase at the left (2 dabs) and the centre (1 dab), and add at the upper left (1 dab)"."""
    parts = []
    for change, verb in ((Change.ERASED, "erase"), (Change.ADDED, "add")):
        regions = [touch.region for touch in touches if touch.change == change]
        places = [f"{region} ({_count_dabs(regions.count(region))})" for region in dict.fromkeys(regions)]
        if places:
            parts.append(f"{verb} at {' and '.join([', '.join(places[:-1]), places[-1]] if places[1:] else places)}")
    sentence = ", and ".join(parts)
    return sentence[:1].upper() + sentence[1:]


def _count_dabs(count: int) -> str:
    return "1 dab" if count == 1 else f"{count} dabs"


def _draw_grid(info: ChangeOfMindInfo, ways: Sequence[WayInfo], theme: FigureTheme) -> Figure:
    before = GridLabel((f"before: read as {info.label}", format_percent(info.probability)))
    images, labels = [], []
    for way in ways:
        images += [mark_touches(info.image, info.max_value, way.touches, info.width), _enlarge(way.after, info.max_value)]
        labels += [before, GridLabel((f"after: read as {way.label}", format_percent(way.probability)))]
    return draw_sample_grid(build_sample_grid(np.stack(images), labels, columns=2), theme)


def _enlarge(image: Images, max_value: int) -> Images:
    factor = max(1, round(_SIDE / image.shape[1]))
    coloured = image if image.ndim == 3 else colour_image(image, max_value, "gray")
    return coloured.repeat(factor, axis=0).repeat(factor, axis=1)


def _mark(pen: ImageDraw.ImageDraw, touch: Touch, width: float, factor: int, colour: str, thick: int) -> None:
    x, y = (touch.column + 0.5) * factor, (touch.row + 0.5) * factor
    radius, arm = width * factor / 2, _SIGN * width * factor / 2
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=thick)
    pen.line((x - arm, y, x + arm, y), fill=colour, width=thick)
    if touch.change == Change.ADDED:
        pen.line((x, y - arm, x, y + arm), fill=colour, width=thick)
