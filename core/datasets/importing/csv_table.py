"""A CSV table: a label and the pixels of one picture in each line."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.arrays import MOST_LISTED, ArraySource, describe
from core.datasets.importing.contents import Contents, Keeper, Watch, check_count, check_image_shape
from core.datasets.importing.csv_columns import MAX_NUMBER, Columns, find_columns, is_number, read_split
from core.datasets.importing.csv_lines import FALLBACK, Block, Glance, glance, read_blocks
from core.datasets.importing.labels import is_class_name, number_classes
from core.datasets.importing.pixel_range import Extents
from core.datasets.importing.shapes import PictureLayout
from core.datasets.importing.source import Choice, SourceKind, Unreadable
from core.datasets.streams import ByteStream
from core.errors import DatasetError
from core.settings import MAX_CLASSES, MAX_SET_BYTES

_FEWEST_PIXELS = 9
"""Among other files, a table of fewer numbers a line is one of labels, or a sample of what to hand in."""

MOST_UNREADABLE = 0.1
"""The share of lines that may be left out. With more of them the file is not what it is taken for."""

_LINES_AT_ONCE = 20_000
_EVIDENCE = 2_000
"""Lines after which it is clear that a file is none if hardly one of them can be used."""

_EXPECTED = "expected a number"


@dataclass
class _Tally:
    """What is known of the lines of all tables so far."""

    codes: dict[str, int] = field(default_factory=dict)
    labels: list[NDArray[np.int32]] = field(default_factory=list)
    splits: list[str | None] = field(default_factory=list)
    numbers: list[NDArray[np.int64]] = field(default_factory=list)
    pictures: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)
    unreadable_count: int = 0
    keeper: Keeper = field(default_factory=Keeper)

    def add(self, lines: _Lines, name: str) -> None:
        codes = np.array([self.codes.setdefault(label, len(self.codes)) for label in lines.labels], dtype=np.int32)
        if len(self.codes) > MAX_CLASSES:
            raise DatasetError(
                f"{name} has more than {MAX_CLASSES:,} different labels; expected the names or numbers of at most so many classes."
                " Is another column the label? Then call that one 'label'."
            )
        self.keeper.offer(codes, lines.pictures)
        self.labels.append(codes)
        self.splits += lines.splits
        self.numbers.append(np.array(lines.numbers, dtype=np.int64))
        self.pictures += len(codes)
        listed = lines.refused[: MOST_LISTED - len(self.unreadable)]
        self.unreadable += [Unreadable(f"{name}, line {number:,}", reason) for number, reason in listed]
        self.unreadable_count += len(lines.refused)
        check_count(self.pictures, name)
        if self.pictures * int(np.prod(lines.pictures.shape[1:])) > MAX_SET_BYTES:
            raise DatasetError(f"{name}: its pictures take more than {MAX_SET_BYTES:,} bytes in memory. Keep a part of the lines.")


@dataclass(frozen=True, eq=False)
class _Lines:
    """What a block of lines holds: label, split, line number and picture of those that can be used, and why the others can't."""

    labels: list[str]
    splits: list[str | None]
    numbers: list[int]
    pictures: NDArray[np.generic]
    refused: list[tuple[int, str]]


@dataclass(frozen=True)
class _Table:
    """A file whose columns and encoding are known."""

    stream: ByteStream
    seen: Glance
    columns: Columns

    def read(self) -> Generator[_Lines, None, None]:
        skipped = self.columns.skipped
        for block in read_blocks(self.stream, self.seen.encoding):
            numbers, lines = block.numbers[skipped:], block.lines[skipped:]
            skipped -= len(block.lines) - len(lines)
            # A block of short lines holds a million of them, and nobody is to wait for so many.
            for first in range(0, len(lines), _LINES_AT_ONCE):
                part = slice(first, first + _LINES_AT_ONCE)
                yield _read_lines(Block(numbers[part], lines[part]), self.columns)


class CsvTable(ArraySource):
    """One CSV file, or one for training and one for testing. Read line by line, at most a few thousand of them at a time.

    `labels` is the column to take the classes from, by its name or its number from 1; None takes the likeliest.
    """

    kind = SourceKind.CSV

    def __init__(self, training: ByteStream, test: ByteStream | None = None, *, file_name: str) -> None:
        super().__init__(training.name if test is None else f"{training.name} and {test.name}", file_name)
        self._streams = (training,) if test is None else (training, test)
        self._tables: tuple[_Table, ...] = ()
        self._lines = np.empty(0, dtype=np.int64)
        self._first_of_test = 0

    def name_picture(self, row: int) -> str:
        stream = self._streams[row >= self._first_of_test]
        return f"{stream.name}, line {self._lines[row]:,}"

    def scan_numbers(self, watch: Watch) -> tuple[Contents, Extents]:
        tally = _Tally()
        counts: list[int] = []
        notes: list[str] = []
        tables: list[_Table] = []
        for stream in self._streams:
            seen = glance(stream, lambda: watch.advance(0))
            table = _open(stream, seen, self.labels, tables)
            if seen.encoding == FALLBACK:
                notes.append(f"{stream.name} is not UTF-8: it is read as Latin-1. Look at the names of the classes to see whether it fits.")
            notes += [note for note in table.columns.notes if note not in notes]
            _look_at_all(table, tally, watch)
            tables.append(table)
            counts.append(tally.pictures - sum(counts))
        self._tables = tuple(tables)
        self._lines, self._first_of_test = np.concatenate(tally.numbers), counts[0] if len(counts) == 2 else tally.pictures
        shape = _check_alike(tables)
        check_image_shape(shape, tally.pictures, self.source_name)
        test = "test" if "test" in tally.splits else "val"
        is_test = np.repeat([False, True], counts) if len(counts) == 2 else np.array([split == test for split in tally.splits])
        columns = tables[0].columns
        if self.labels is not None:
            self.labels = columns.names[columns.label[0]]
        contents = describe(
            number_classes(list(tally.codes), np.concatenate(tally.labels), self.source_name),
            is_test,
            shape,
            tally.keeper,
            notes=(*_describe(columns.layout, tally), *notes),
            unreadable=tuple(tally.unreadable),
            choices=tuple(Choice(name, f"column {name}") for name in columns.candidates) if len(columns.candidates) > 1 else (),
            choice=self.labels if len(columns.candidates) < 2 else columns.candidates[0],
        )
        return contents, tally.keeper.extents

    def chunks(self) -> Generator[NDArray[np.generic], None, None]:
        for table in self._tables:
            for lines in table.read():
                if len(lines.pictures):
                    yield lines.pictures


def check_table(stream: ByteStream) -> None:
    """Look at the file. Raises `DatasetError` if it is no table of labels and pixels."""
    columns = _open(stream, glance(stream, is_brief=True), None, ()).columns
    if int(np.prod(columns.layout.image_shape)) < _FEWEST_PIXELS:
        raise DatasetError(f"{stream.name} has {columns.count} columns and no pixels; expected a label and a picture in each line.")


def _open(stream: ByteStream, seen: Glance, labels: str | None, before: Sequence[_Table]) -> _Table:
    if not seen.lines:
        raise DatasetError(f"{stream.name} holds no lines; expected a label and the pixels of a picture in each.")
    columns = find_columns(seen, stream.name, labels)
    # The label is where it is in the training table, and colours lie as they do there: a short one shows less.
    if before and before[0].columns.count == columns.count:
        known = before[0].columns
        if len(known.label) == 1:
            columns = find_columns(seen, stream.name, str(known.label[0] + 1))
        elif known.names == columns.names:
            # Of a few test pictures all may be of one class.
            columns = replace(
                columns, label=known.label, classes=known.classes, pixels=known.pixels, layout=known.layout, notes=known.notes
            )
    if before and before[0].columns.layout.image_shape == columns.layout.image_shape:
        columns = replace(columns, layout=before[0].columns.layout)
    return _Table(stream, seen, columns)


def _look_at_all(table: _Table, tally: _Tally, watch: Watch) -> None:
    good_before, bad_before = tally.pictures, tally.unreadable_count
    good = bad = 0
    for lines in table.read():
        tally.add(lines, table.stream.name)
        watch.advance(len(lines.labels))
        good, bad = tally.pictures - good_before, tally.unreadable_count - bad_before
        # What follows can't make up for it: no need to read on.
        if bad > max(MOST_UNREADABLE * table.seen.count, MOST_LISTED) or bad > (1 - MOST_UNREADABLE) * max(good + bad, _EVIDENCE):
            break
    _check_readable(good, bad, tally, table.stream.name)


def _check_readable(good: int, bad: int, tally: _Tally, name: str) -> None:
    if good + bad == 0:
        raise DatasetError(f"{name} holds a line with the names of columns and nothing else; expected a picture in each line after it.")
    if bad > MOST_UNREADABLE * (good + bad) or good == 0:
        found = " ".join(f"{line.name}: {line.reason}" for line in tally.unreadable if line.name.startswith(name))[:400]
        raise DatasetError(
            f"{name}: {bad:,} of {good + bad:,} lines can't be used; expected at most one in {round(1 / MOST_UNREADABLE)}. {found}".strip()
        )


def _check_alike(tables: Sequence[_Table]) -> tuple[int, ...]:
    """The shape of the pictures, which must be the same in all files."""
    first, last = tables[0], tables[-1]
    if first.columns.layout.image_shape != last.columns.layout.image_shape:
        raise DatasetError(
            f"{first.stream.name} holds pictures of shape {first.columns.layout.image_shape}, {last.stream.name} of"
            f" {last.columns.layout.image_shape}; expected the same in both."
        )
    return first.columns.layout.image_shape


def _describe(layout: PictureLayout, tally: _Tally) -> Iterator[str]:
    if len(layout.image_shape) == 3 and layout.note:
        yield layout.note
    if tally.unreadable_count > MOST_LISTED:
        yield f"{tally.unreadable_count:,} lines can't be used and are left out; the first {MOST_LISTED} are listed."


def _read_lines(block: Block, columns: Columns) -> _Lines:
    """Parse all lines at once, which is a hundred times as fast as one by one, and only if that fails one by one."""
    width = int(np.prod(columns.layout.image_shape))
    labels, splits, texts, numbers, refused = [], [], [], [], []
    for number, line in zip(block.numbers, block.lines, strict=True):
        label, split, pixels, reason = columns.read_line(line)
        if reason := reason or _refuse_label(label):
            refused.append((number, reason))
        else:
            labels.append(label)
            splits.append(read_split(split))
            texts.append(pixels)
            numbers.append(number)
    parsed = _parse(",".join(texts), len(texts) * width)
    if parsed is None:
        rows = [_parse(text, width) for text in texts]
        bad = [place for place, row in enumerate(rows) if row is None]
        refused += [(numbers[place], _explain(texts[place], width) if done < MOST_LISTED else "") for done, place in enumerate(bad)]
        labels = [label for label, row in zip(labels, rows, strict=True) if row is not None]
        splits = [split for split, row in zip(splits, rows, strict=True) if row is not None]
        numbers = [number for number, row in zip(numbers, rows, strict=True) if row is not None]
        parsed = np.concatenate([np.empty(0, dtype=np.int64), *(row for row in rows if row is not None)])
    return _Lines(labels, splits, numbers, columns.layout.arrange(parsed.reshape(len(labels), width)), sorted(refused))


def _parse(text: str, count: int) -> NDArray[np.generic] | None:
    """That many numbers with commas between them; None if they are anything else."""
    if _longest_cell(text) > MAX_NUMBER:
        return None
    for dtype in (np.int64, np.float64):
        try:
            values: NDArray[np.generic] = np.fromstring(text, dtype=dtype, sep=",")
        except ValueError:
            continue  # Whole numbers can also be written as 255.0 or 2e1.
        return values if len(values) == count else None
    return None


def _longest_cell(text: str) -> int:
    """Characters between two commas. A number of thousands of digits takes minutes to read, and is none."""
    data = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)
    commas = np.concatenate([[-1], np.flatnonzero(data == ord(",")), [len(data)]])
    return int(np.diff(commas).max()) - 1


def _refuse_label(label: str) -> str:
    return "" if is_class_name(label) else f"Its label, {label[:40]!r}, is no name that can be shown."


def _explain(pixels: str, width: int) -> str:
    """Why these can't be pixels."""
    cells = pixels.split(",")
    for place, cell in enumerate(cells, start=1):
        shown = cell.strip()[:20]
        if not shown:
            return f"Pixel {place:,} is missing; {_EXPECTED}."
        if not is_number(cell):
            return f"Pixel {place:,} is {shown!r}{f'... ({len(cell):,} characters)' if len(cell) > MAX_NUMBER else ''}; {_EXPECTED}."
    return f"It has {len(cells):,} pixels; expected {width:,}." if len(cells) != width else f"Its pixels can't be read; {_EXPECTED}."
