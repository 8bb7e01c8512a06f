"""What is known of pictures that come as numbers, after they were read once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.labels import NumberedClasses
from core.datasets.importing.pixel_range import AS_BYTES, Extents, PixelRange, join, measure
from core.datasets.importing.source import Choice, LeftOut, OnProgress, ShouldStop, Unreadable
from core.errors import Cancelled, DatasetError
from core.printable import is_printable
from core.settings import MAX_IMAGES

MAX_SOURCE_SIDE = 2_048
"""Pixels on one side of a picture that is still to be made smaller."""

_KEPT_PICTURES = 64
_KEPT_OF_A_CLASS = 4
_KEPT_BYTES = 64 * 1024**2


@dataclass(frozen=True, eq=False)
class KeptPicture:
    """A picture to show before and after: its row in the file, from 0, and its pixels as they came."""

    row: int
    pixels: NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Contents:
    """What is in the files.

    Attributes:
        classes: labels `(n,)` of all pictures in the order they are read, and the classes' names.
        is_test: `(n,)`, whether a picture is in the test set; None where the files do not say.
        sizes: each (width, height) that occurs and how often, the most frequent first.
        grey: pictures without colour.
        kept: a few pictures, as they came, of those that come as numbers.
        pixel_range: which numbers are black and white.
        is_in_order: whether the set is to keep the order of the files.
        choices, choice, must_choose: the ways to tell the classes, the one taken, and why only the user can say which is right.
        notes, unreadable, left_out: as in `Survey`.
        max_value: the largest value of whole numbers that are pixels as they are, where the file states it.
        title, origin: what the file says of itself.
    """

    classes: NumberedClasses
    is_test: NDArray[np.bool_] | None
    sizes: tuple[tuple[tuple[int, int], int], ...]
    grey: int
    kept: tuple[KeptPicture, ...] = ()
    pixel_range: PixelRange = AS_BYTES
    is_in_order: bool = False
    choices: tuple[Choice, ...] = ()
    choice: str | None = None
    must_choose: str = ""
    notes: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    max_value: int | None = None
    title: str | None = None
    origin: str | None = None

    @property
    def count(self) -> int:
        return len(self.classes.labels)

    @property
    def side(self) -> int | None:
        """Width and height of every picture, if they are squares of one size."""
        (width, height), _ = self.sizes[0]
        return width if len(self.sizes) == 1 and width == height else None


class Watch:
    """Tells how far the work is, and ends it when somebody called it off."""

    def __init__(self, source_name: str, total: int, on_progress: OnProgress, should_stop: ShouldStop) -> None:
        self._source_name = source_name
        self._total = total
        self._done = 0
        self._on_progress = on_progress
        self.should_stop = should_stop

    def advance(self, pictures: int, total: int | None = None) -> None:
        """That many more are done. Raises `Cancelled` if the work was called off."""
        if self.should_stop():
            raise Cancelled(f"The import of {self._source_name} was called off. Nothing of it was kept.")
        self._total = self._total if total is None else total
        self._done += pictures
        self._on_progress(self._done, self._total)


class Keeper:
    """Keeps the extents of all pictures, and the first few of as many classes as there is room for."""

    def __init__(self) -> None:
        self.pictures: list[KeptPicture] = []
        self._extents: list[Extents] = []
        self._rows = 0
        self._of_class: dict[int, int] = {}
        self._bytes = 0

    @property
    def extents(self) -> Extents:
        return join(self._extents)

    def offer(self, codes: NDArray[np.integer], pictures: NDArray[np.generic]) -> None:
        """The next chunk of pictures, `(k, ...)`, with a number, `(k,)`, for each one's class."""
        first_row, self._rows = self._rows, self._rows + len(pictures)
        if len(pictures):
            self._extents.append(measure(pictures))
        for code in np.unique(codes).tolist():
            for index in np.flatnonzero(codes == code)[:_KEPT_OF_A_CLASS].tolist():
                picture = pictures[index]
                is_full = len(self.pictures) >= _KEPT_PICTURES or self._bytes + picture.nbytes > _KEPT_BYTES
                if is_full or self._of_class.get(code, 0) >= _KEPT_OF_A_CLASS:
                    break
                self.pictures.append(KeptPicture(first_row + index, picture.copy()))
                self._of_class[code] = self._of_class.get(code, 0) + 1
                self._bytes += picture.nbytes


def printable(name: str) -> str:
    """A file's name as it can be shown and stored: without control characters, and not endless."""
    shown = "".join(character if is_printable(character) else "?" for character in name)
    return shown if len(shown) <= 100 else f"{shown[:80]}...{shown[-15:]}"


def check_image_shape(shape: tuple[int, ...], count: int, source_name: str) -> None:
    """Check the size of pictures, `(height, width)` or `(height, width, 3)`, and how many there are. Raises `DatasetError`."""
    if not all(1 <= side <= MAX_SOURCE_SIDE for side in shape[:2]):
        raise DatasetError(
            f"{source_name} holds pictures of {shape[1]:,} x {shape[0]:,} pixels; expected 1 to {MAX_SOURCE_SIDE:,} a side."
            " Make them smaller first."
        )
    check_count(count, source_name)


def check_count(count: int, source_name: str) -> None:
    """Raises `DatasetError` if there are more pictures than a set may hold."""
    if count > MAX_IMAGES:
        raise DatasetError(f"{source_name} holds {count:,} pictures; expected at most {MAX_IMAGES:,}. Keep a part of them.")
