"""Which column of a table is the label and which are pixels, found out from its first line."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.datasets.importing.shapes import square_shape
from core.errors import DatasetError

LABEL_NAMES = ("label", "labels", "class", "target", "y", "category", "class_name", "classname")
_ROW_NAMES = {"", "id", "index", "unnamed: 0", "imageid", "image_id", "row"}
_SEPARATORS = ",;\t"
_SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}
_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)


@dataclass(frozen=True)
class Columns:
    """How to read a line of the table.

    Attributes:
        separator: what stands between two cells.
        count: cells in a line.
        label: the place of the label among them, from 0.
        unused: the places of row numbers, which are neither label nor pixel.
        image_shape: `(side, side)` or `(side, side, 3)`.
        has_header: whether the first line names the columns.
        note: a sentence on what was guessed, or None.
    """

    separator: str
    count: int
    label: int
    unused: tuple[int, ...]
    image_shape: tuple[int, ...]
    has_header: bool
    note: str | None

    def split(self, line: str) -> tuple[str, str, str]:
        """The label, the pixels with commas between them, and a sentence on why the line can't be used, empty if it can."""
        if '"' not in line and self.label == 0 and not self.unused:
            # Nearly all files are like this, and need not be cut into thousands of cells.
            found = line.count(self.separator) + 1
            label, _, pixels = line.partition(self.separator)
            pixels = pixels if self.separator == "," else pixels.replace(self.separator, ",")
        else:
            cells = split_cells(line, self.separator)
            found = len(cells)
            label = cells[self.label] if found > self.label else ""
            pixels = ",".join(cell for place, cell in enumerate(cells) if place != self.label and place not in self.unused)
        return label.strip(), pixels, "" if found == self.count else f"It has {found:,} cells; expected {self.count:,}."


def split_cells(line: str, separator: str) -> list[str]:
    """The cells of a line, of which some may be in quotes."""
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def find_columns(line: str, name: str) -> Columns:
    """Read the first line of a table. Raises `DatasetError`, naming the file, if its columns can't be labels and pixels."""
    separator = find_separator(line)
    cells = [cell.strip() for cell in split_cells(line, separator)] if separator else []
    if separator is None or len(cells) < 2:
        raise DatasetError(
            f"{name}: its first line has one cell, {line[:60]!r}; expected a label and pixels with commas, semicolons or tabs between."
        )
    has_header = _is_header(cells)
    label, note = _find_named_label(cells) if has_header else (_find_bare_label(cells), None)
    is_all_pixels = square_shape(len(cells)) is not None and square_shape(len(cells) - 1) is None
    if label is None or (is_all_pixels and not has_header):
        raise _no_label(len(cells), name)
    unused = _find_row_numbers(cells, label) if has_header else ()
    pixels = len(cells) - 1 - len(unused)
    shape = square_shape(pixels)
    if shape is None:
        raise DatasetError(
            f"{name} has {len(cells):,} columns with {_SEPARATOR_NAMES[separator]} between them, a label and {pixels:,} pixels; expected a"
            " square number of pixels, such as 784 for 28 x 28, or three times that for colour."
        )
    return Columns(separator, len(cells), label, unused, shape, has_header, note)


def find_separator(line: str) -> str | None:
    """What stands between the cells of a line, outside of quotes; None if it has only one."""
    bare = re.sub(r'"[^"]*"', "", line)
    best = max(_SEPARATORS, key=bare.count)
    return best if best in bare else None


def is_number(text: str) -> bool:
    """Whether a cell is a number as programs write them."""
    return _NUMBER.fullmatch(text) is not None


def _is_header(cells: Sequence[str]) -> bool:
    words = sum(not is_number(cell) for cell in cells)
    return words > len(cells) / 2 or any(cell.lower() in LABEL_NAMES for cell in cells)


def _find_named_label(cells: Sequence[str]) -> tuple[int | None, str | None]:
    """Where the label is by the names of the columns, and a sentence if it is a guess."""
    names = [cell.lower() for cell in cells]
    for wanted in LABEL_NAMES:
        if wanted in names:
            return names.index(wanted), None
    first, second = (re.sub("[0-9]+", "", name) for name in names[:2])
    if first == second or square_shape(len(cells) - 1) is None:
        return None, None
    return 0, f"No column is called label, so the first one, {cells[0][:40]!r}, is taken as the label."


def _find_bare_label(cells: Sequence[str]) -> int:
    words = [place for place, cell in enumerate(cells) if not is_number(cell)]
    return words[0] if len(words) == 1 else 0


def _find_row_numbers(cells: Sequence[str], label: int) -> tuple[int, ...]:
    if square_shape(len(cells) - 1) is not None:
        return ()
    return tuple(place for place, cell in enumerate(cells) if place != label and cell.lower() in _ROW_NAMES)


def _no_label(columns: int, name: str) -> DatasetError:
    return DatasetError(
        f"{name} has no column of labels among its {columns:,}: they look like pixels alone. Expected a label first, or a column called"
        f" {', '.join(LABEL_NAMES[:5])}. Without labels nothing can be learned or tested; the test file of a competition usually has none:"
        " then bring the training file alone, and a part of it is kept apart for testing."
    )
