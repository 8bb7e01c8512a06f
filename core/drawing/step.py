"""One step of the preparation: the picture it leaves, and the rule it follows."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from core.drawing.ink import Ink, InkBox

Skipped = Set[str]
"""Keys of the rules that are not followed."""


@dataclass(frozen=True)
class Rule:
    """What is done to a drawing, so that it looks like the images that a network learned from.

    Attributes:
        key: names it among the skipped ones; the same for all styles that do the same.
        title: what is done.
        why: one sentence, with its source.
        without: one sentence, what becomes of the drawing if it is left out; empty for what can't be.
    """

    key: str
    title: str
    why: str
    without: str = ""

    @property
    def can_be_skipped(self) -> bool:
        return bool(self.without)


@dataclass(frozen=True, eq=False)
class Step:
    """One stage of the preparation: a `uint8` image `(height, width)`, or `(height, width, 3)` of a photo, with values 0..`max_value`.

    If the rule is skipped, it is the picture that is gone on with instead. `box` is to be shown on top of it.
    """

    rule: Rule
    image: Ink
    max_value: int
    box: InkBox | None = None


@dataclass(frozen=True, eq=False)
class Cut:
    """What is scaled: `ink`, which lay at `place` on a canvas of `canvas` (height, width) pixels."""

    ink: Ink
    place: InkBox
    canvas: tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """What becomes of it: an image of `shape` (height, width), values 0..`max_value`, its ink filling `box_share` of the side."""

    shape: tuple[int, int]
    max_value: int
    box_share: float
