"""What files that hold pixels as numbers have in common: pictures of one shape, one after the other, with a label each.

They are read in chunks, twice: once to find out everything about them, once to put them into the set.
So no more of them is in memory than the set itself and one chunk.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Images
from core.datasets.importing.contents import Contents, Keeper, KeptPicture, Watch
from core.datasets.importing.labels import NumberedClasses
from core.datasets.importing.pixel_range import MOST_UNFIT, Extents, PixelRange, find_unfit, propose_for
from core.datasets.importing.set_source import SetSource
from core.datasets.importing.shaping import Shaping
from core.datasets.importing.source import Example, ShouldStop, Unreadable
from core.errors import Cancelled, DatasetError
from core.settings import MAX_SIDE

MOST_LISTED = 100
"""Pictures that can't be used and are told one by one; more are only counted."""

_CHUNK_BYTES = 1 << 21


class ArraySource(SetSource):
    """Pictures that come as numbers and all have one shape."""

    largest_kept = MAX_SIDE

    def __init__(self, source_name: str, file_name: str) -> None:
        super().__init__(source_name, file_name)
        self._unfit = np.empty(0, dtype=np.bool_)

    @abstractmethod
    def scan_numbers(self, watch: Watch) -> tuple[Contents, Extents]:
        """Read everything once and tell what is there, before it is known which pictures can be used, and the extents of every picture.

        Raises `DatasetError` and `Cancelled`.
        """

    @abstractmethod
    def chunks(self) -> Generator[NDArray[np.generic], None, None]:
        """All pictures in the order in which `scan_numbers` found them, numbers `(k, *image_shape)`, a few megabytes at a time."""

    def name_picture(self, row: int) -> str:
        """What to call the picture of this row, from 0, in a list of those that are left out."""
        return f"image {row + 1:,}"

    def scan(self, watch: Watch) -> Contents:
        """Leave out the pictures whose numbers can't be pixels, and tell what those of the others mean."""
        found, extents = self.scan_numbers(watch)
        unfit = self._unfit = find_unfit(extents)
        if unfit.mean() > MOST_UNFIT:
            raise DatasetError(
                f"{self.source_name}: {unfit.sum():,} of {len(unfit):,} pictures hold numbers that are infinite or missing (nan);"
                f" expected at most one in {round(1 / MOST_UNFIT)}. Replace them, or leave those pictures out."
            )
        pixel_range = _stated_range(found.max_value, extents, unfit, self.source_name) or propose_for(extents)
        rows = np.flatnonzero(unfit)
        listed = [Unreadable(self.name_picture(row), extents.describe_unfit(row)) for row in rows[:MOST_LISTED].tolist()]
        more = f"Pictures left out for their numbers: {len(rows):,}; the first {MOST_LISTED} are listed." if len(rows) > MOST_LISTED else ""
        place = np.cumsum(~unfit) - 1
        return replace(
            found,
            classes=replace(found.classes, labels=found.classes.labels[~unfit]),
            is_test=None if found.is_test is None else found.is_test[~unfit],
            sizes=((found.sizes[0][0], len(unfit) - len(rows)),),
            grey=found.grey and len(unfit) - len(rows),
            kept=tuple(KeptPicture(int(place[kept.row]), kept.pixels) for kept in found.kept if not unfit[kept.row]),
            pixel_range=pixel_range,
            is_in_order=found.is_test is not None,
            notes=(*filter(None, [pixel_range.note]), *found.notes, *found.classes.notes, *filter(None, [more])),
            unreadable=(*found.unreadable, *listed),
        )

    def pictures(self, contents: Contents, shaping: Shaping, should_stop: ShouldStop) -> Generator[Images, None, None]:
        row = 0
        with closing(self.chunks()) as chunks:
            for chunk in chunks:
                if should_stop():
                    raise Cancelled(f"The import of {self.source_name} was called off. Nothing of it was kept.")
                fit = ~self._unfit[row : row + len(chunk)]
                row += len(chunk)
                # What the file has grown by since is for the caller to notice.
                usable = chunk if len(fit) < len(chunk) or fit.all() else chunk[fit]
                if len(usable):
                    yield shaping.many(usable)

    def look(self, contents: Contents, shaping: Shaping, count: int) -> Iterator[Example]:
        labels, names = contents.classes.labels, contents.classes.class_names
        seen: dict[int, int] = {}
        turns = []
        for picture in sorted(contents.kept, key=lambda kept: kept.row):
            label = int(labels[picture.row])
            turns.append((seen.get(label, 0), label, picture))
            seen[label] = seen.get(label, 0) + 1
        for _, label, picture in sorted(turns, key=lambda turn: turn[:2])[:count]:
            before = shaping.pixel_range.convert(picture.pixels)
            height, width = before.shape[:2]
            yield Example(f"image {picture.row + 1:,}", names[label], (width, height), before, shaping.one(before))

    def rows_at_once(self, row_bytes: int) -> int:
        """How many pictures of that many bytes make a chunk."""
        return max(1, _CHUNK_BYTES // max(1, row_bytes))


def describe(classes: NumberedClasses, is_test: NDArray[np.bool_], shape: tuple[int, ...], keeper: Keeper, **more: Any) -> Contents:
    """The contents of files whose pictures all have this shape. `is_test` says nothing if it says the same of all of them."""
    count, is_grey = len(classes.labels), len(shape) == 2
    return Contents(
        classes=classes,
        is_test=is_test if is_test.any() and not is_test.all() else None,
        sizes=(((shape[1], shape[0]), count),),
        grey=count if is_grey else 0,
        kept=tuple(keeper.pictures),
        **more,
    )


def _stated_range(max_value: int | None, extents: Extents, unfit: NDArray[np.bool_], source_name: str) -> PixelRange | None:
    """The range by the `max_value` that a file states; None if it states none, or its numbers are fractions."""
    if max_value is None or not extents.is_whole:
        return None
    if (highest := extents.highest[~unfit].max()) > max_value:
        raise DatasetError(f"{source_name}: a pixel is {highest:g}; expected at most {max_value}, the max_value that the file states.")
    note = f"Pixels run from 0 to {max_value}, as the file states, and stay so unless the size or colour is changed."
    return PixelRange(0, max_value, note if max_value != 255 else None)
