"""A CSV table: a label and the pixels of one picture in each line."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.arrays import MOST_LISTED, ArraySource
from core.datasets.importing.contents import Contents, Keeper, Watch, check_count, check_image_shape
from core.datasets.importing.csv_columns import Columns, find_columns, is_number
from core.datasets.importing.csv_lines import FALLBACK, Block, find_encoding, read_blocks
from core.datasets.importing.labels import is_class_name, number_classes
from core.datasets.importing.shapes import describe_rows
from core.datasets.importing.source import SourceKind, Unreadable
from core.datasets.streams import ByteStream
from core.errors import DatasetError
from core.settings import MAX_CLASSES, MAX_SET_BYTES

MOST_UNREADABLE = 0.1
"""The share of lines that may be left out. With more of them the file is not what it is taken for."""

_FITTING = "expected a number"


@dataclass
class _Tally:
    """What is known of the lines so far."""

    codes: dict[str, int] = field(default_factory=dict)
    labels: list[NDArray[np.int32]] = field(default_factory=list)
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
        self.numbers.append(np.array(lines.numbers, dtype=np.int64))
        self.labels.append(codes)
        self.pictures += len(codes)
        listed = lines.refused[: MOST_LISTED - len(self.unreadable)]
        self.unreadable += [Unreadable(f"{name}, line {number:,}", reason) for number, reason in listed]
        self.unreadable_count += len(lines.refused)
        check_count(self.pictures, name)
        if self.pictures * int(np.prod(lines.pictures.shape[1:])) > MAX_SET_BYTES:
            raise DatasetError(f"{name}: its pictures take more than {MAX_SET_BYTES:,} bytes in memory. Keep a part of the lines.")


@dataclass(frozen=True, eq=False)
class _Lines:
    """What a block of lines holds: labels, line numbers and pictures of those that can be used, and of the others number and reason."""

    labels: list[str]
    numbers: list[int]
    pictures: NDArray[np.generic]
    refused: list[tuple[int, str]]


@dataclass(frozen=True)
class _Table:
    """A file whose columns and encoding are known."""

    stream: ByteStream
    encoding: str
    columns: Columns

    def read(self) -> Generator[_Lines, None, None]:
        is_first = True
        for block in read_blocks(self.stream, self.encoding):
            skipped = int(is_first and self.columns.has_header and bool(block.lines))
            is_first = is_first and not block.lines
            yield _read_lines(Block(block.numbers[skipped:], block.lines[skipped:]), self.columns)


class CsvTable(ArraySource):
    """One CSV file, or one for training and one for testing. Read line by line, at most a few thousand of them at a time."""

    kind = SourceKind.CSV

    def __init__(self, training: ByteStream, test: ByteStream | None = None, *, file_name: str | None = None) -> None:
        """`file_name` is what the set's name is made from; without it that is the name of the table."""
        super().__init__(training.name if test is None else f"{training.name} and {test.name}", file_name or training.name)
        self._streams = (training,) if test is None else (training, test)
        self._tables: tuple[_Table, ...] = ()
        self._lines = np.empty(0, dtype=np.int64)
        self._first_of_test = 0

    def name_picture(self, row: int) -> str:
        stream = self._streams[row >= self._first_of_test]
        return f"{stream.name}, line {self._lines[row]:,}"

    def scan(self, watch: Watch) -> Contents:
        tally = _Tally()
        counts: list[int] = []
        notes: list[str] = []
        tables: list[_Table] = []
        for stream in self._streams:
            table = self._look_at(stream, tally, watch)
            if table.encoding == FALLBACK:
                notes.append(f"{stream.name} is not UTF-8: it is read as Latin-1. Look at the names of the classes to see whether it fits.")
            notes += [table.columns.note] if table.columns.note else []
            tables.append(table)
            counts.append(tally.pictures - sum(counts))
        self._tables = tuple(tables)
        self._lines, self._first_of_test = np.concatenate(tally.numbers), counts[0] if len(counts) == 2 else tally.pictures
        shape = _check_alike(tables)
        check_image_shape(shape, tally.pictures, self.source_name)
        return Contents(
            classes=number_classes(list(tally.codes), np.concatenate(tally.labels), self.source_name),
            is_test=np.repeat([False, True], counts) if len(counts) == 2 else None,
            image_shape=shape,
            kept=tuple(tally.keeper.pictures),
            extents=tally.keeper.extents,
            notes=(*notes, *_describe(shape, tally)),
            unreadable=tuple(tally.unreadable),
        )

    def chunks(self) -> Generator[NDArray[np.generic], None, None]:
        for table in self._tables:
            for lines in table.read():
                if len(lines.pictures):
                    yield lines.pictures

    def _look_at(self, stream: ByteStream, tally: _Tally, watch: Watch) -> _Table:
        encoding = find_encoding(stream, lambda: watch.advance(0))
        table = _Table(stream, encoding, find_columns(_first_line(stream, encoding), stream.name))
        before, bad_before = tally.pictures, tally.unreadable_count
        for lines in table.read():
            tally.add(lines, stream.name)
            watch.advance(len(lines.labels))
        _check_readable(tally.pictures - before, tally.unreadable_count - bad_before, tally, stream.name)
        return table


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
    if first.columns.image_shape != last.columns.image_shape:
        raise DatasetError(
            f"{first.stream.name} holds pictures of shape {first.columns.image_shape}, {last.stream.name} of"
            f" {last.columns.image_shape}; expected the same in both."
        )
    return first.columns.image_shape


def _describe(shape: tuple[int, ...], tally: _Tally) -> Iterator[str]:
    if len(shape) == 3:
        yield describe_rows(shape)
    if tally.unreadable_count > MOST_LISTED:
        yield f"{tally.unreadable_count:,} lines can't be used and are left out; the first {MOST_LISTED} are listed."


def _first_line(stream: ByteStream, encoding: str) -> str:
    for block in read_blocks(stream, encoding):
        if block.lines:
            return block.lines[0]
    raise DatasetError(f"{stream.name} holds no lines; expected a label and the pixels of a picture in each.")


def _read_lines(block: Block, columns: Columns) -> _Lines:
    """Parse all lines at once, which is a hundred times as fast as one by one, and only if that fails one by one."""
    width = int(np.prod(columns.image_shape))
    labels, texts, numbers, refused = [], [], [], []
    for number, line in zip(block.numbers, block.lines, strict=True):
        label, pixels, reason = columns.split(line)
        if reason := reason or _refuse_label(label):
            refused.append((number, reason))
        else:
            labels.append(label)
            texts.append(pixels)
            numbers.append(number)
    parsed = _parse(",".join(texts), len(texts) * width)
    if parsed is None:
        rows = [_parse(text, width) for text in texts]
        refused += [(number, _explain(text)) for number, text, row in zip(numbers, texts, rows, strict=True) if row is None]
        labels = [label for label, row in zip(labels, rows, strict=True) if row is not None]
        numbers = [number for number, row in zip(numbers, rows, strict=True) if row is not None]
        parsed = np.concatenate([np.empty(0, dtype=np.int64), *(row for row in rows if row is not None)])
    return _Lines(labels, numbers, parsed.reshape(len(labels), *columns.image_shape), sorted(refused))


def _parse(text: str, count: int) -> NDArray[np.generic] | None:
    """That many numbers with commas between them; None if they are anything else."""
    for dtype in (np.int64, np.float64):
        try:
            values: NDArray[np.generic] = np.fromstring(text, dtype=dtype, sep=",")
        except ValueError:
            continue  # Whole numbers can also be written as 255.0 or 2e1.
        return values if len(values) == count else None
    return None


def _refuse_label(label: str) -> str:
    if not label:
        return "Its label is missing."
    return "" if is_class_name(label) else f"Its label, {label[:40]!r}, is no name that can be shown."


def _explain(pixels: str) -> str:
    """Why these can't be pixels."""
    for place, cell in enumerate(pixels.split(","), start=1):
        shown = cell.strip()[:20]
        if not shown:
            return f"Pixel {place:,} is missing; {_FITTING}."
        if not is_number(cell):
            return f"Pixel {place:,} is {shown!r}; {_FITTING}."
    return f"Its pixels can't be read; {_FITTING}."
