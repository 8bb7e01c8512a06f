"""What pictures show, where no folder says it: a table of file names and labels, or the names of the files themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.datasets.importing.csv_columns import LABEL_NAMES, find_separator, split_cells
from core.datasets.importing.csv_lines import glance, read_blocks
from core.datasets.importing.labels import is_class_name
from core.datasets.importing.roles import Role, read_name
from core.datasets.streams import ByteStream
from core.settings import MAX_CLASSES, MAX_IMAGES

MAX_COLUMNS = 100
"""Cells in a line of a table of labels: with more it is a table of pixels."""

_MOST_CELLS = 20 * MAX_IMAGES
_COVERED = 0.5
"""The part of the pictures that a table has to name, so that it is about them."""

_LONGEST_NAME = 200
"""Characters of a file's name that are looked at: what a pattern takes grows with the square of it."""

_CERTAIN = "-!-"
"""Between class and number in a project of Google's Teachable Machine (.tm)."""


@dataclass(frozen=True)
class LabelTable:
    """A table beside the pictures: `columns` are their names, or numbers from 1, `rows` all its lines, each as long as `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class FileLabels:
    """The class of each picture by one of the ways to tell it, None where it tells nothing. `is_certain`: nobody need confirm it."""

    key: str
    title: str
    names: Sequence[str | None]
    is_certain: bool = False
    table: LabelTable | None = None


def find_labels(paths: Sequence[tuple[str, ...]], tables: Iterable[LabelTable] = ()) -> list[FileLabels]:
    """The ways to tell what pictures show, the likeliest first: each tells two classes or more, of two pictures or more on average."""
    if not paths:
        return []
    certain = [find_certain(path[-1]) for path in paths]
    if all(certain):
        return [FileLabels("names", "the beginning of each file's name, as Teachable Machine writes it", certain, is_certain=True)]
    stems = [(path[-1].rpartition(".")[0] or path[-1])[:_LONGEST_NAME] for path in paths]
    found = [way for table in tables for way in _look_up(paths, table)]
    for key, title, part in _PARTS:
        names = [_sound(part(stem)) for stem in stems]
        if key != "names" and found and all(name is None or name.isdecimal() for name in names):
            continue  # They are counted, and not named.
        if (
            len(list(filter(None, names))) >= _COVERED * len(names)
            and _is_plausible(names)
            and all(way.table or list(way.names) != names for way in found)
        ):
            example = next(f"{name!r} of {path[-1]}" for name, path in zip(names, paths, strict=True) if name)
            found.append(FileLabels(key, f"{title}, such as {example}", names))
    return found


def find_certain(file_name: str) -> str | None:
    """The class that a picture of a Teachable Machine project has in its name: `cat` for `cat-!-3.jpg`; None for any other picture."""
    name, mark, _ = file_name[:_LONGEST_NAME].partition(_CERTAIN)
    return _sound(name) if mark else None


def read_label_table(stream: ByteStream, on_block: Callable[[], None] = lambda: None) -> LabelTable | None:
    """All of a small table; None if it is none, or one of pixels. `on_block` is called every now and then.

    Raises `DatasetError` for a file that can't be read.
    """
    rows: list[tuple[str, ...]] = []
    separator: str | None = None
    for block in read_blocks(stream, glance(stream, on_block).encoding):
        on_block()
        for line in block.lines:
            separator = find_separator(line) if not rows else separator
            cells = tuple(cell.strip() for cell in split_cells(line, separator)) if separator else (line.strip(),)
            if not 2 <= len(cells) <= MAX_COLUMNS or len(rows) * len(cells) > _MOST_CELLS:
                return None
            rows.append(cells)
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    rows = [row for row in rows if len(row) == width]
    is_header = len(rows) > 1 and all(cell not in {row[place] for row in rows[1:]} for place, cell in enumerate(rows[0]))
    columns = rows[0] if is_header else tuple(str(number) for number in range(1, width + 1))
    return LabelTable(stream.file_name, columns, tuple(rows[is_header:])) if width else None


def _look_up(paths: Sequence[tuple[str, ...]], table: LabelTable) -> list[FileLabels]:
    """What the columns of a table say of the pictures, if one of the others holds their names."""
    wanted = [
        {"/".join(path[-depth:]).lower() for depth in range(first, len(path) + 1)}
        for path, first in zip(paths, _fewest_parts(paths, table), strict=True)
    ]
    wanted = [keys | {key.rpartition(".")[0] or key for key in keys} for keys in wanted]
    everything = set().union(*wanted)
    best: tuple[int, int] = (0, 0)
    for place in range(len(table.columns)):
        hits = len({row[place].lower().replace("\\", "/").removeprefix("./") for row in table.rows} & everything)
        best = max(best, (hits, -place))
    hits, place = best[0], -best[1]
    if hits < _COVERED * len(paths) and hits < len(table.rows):
        return []
    line = {row[place].lower().replace("\\", "/").removeprefix("./"): row for row in table.rows}
    rows = [next((line[key] for key in sorted(keys, key=len, reverse=True) if key in line), None) for keys in wanted]
    ways = []
    for column, title in enumerate(table.columns):
        names = [_sound(row[column]) if row else None for row in rows]
        if column != place and _is_plausible(names):
            words = f"column {title} of {table.name}" if not title.isdecimal() else f"column {column + 1} of {table.name}"
            ways.append(FileLabels(f"{table.name}:{title}", words, names, table=table))
    ways.sort(key=lambda way: way.key.rpartition(":")[2].lower() not in LABEL_NAMES)
    return [*_read_one_hot(rows, place, table), *ways]


def _fewest_parts(paths: Sequence[tuple[str, ...]], table: LabelTable) -> list[int]:
    """With how many of its folders a picture has to be named: by its name alone only if that can't mean one of another half.

    In many competitions `1.png` is in `train` and in `test`, and the table is of the training pictures.
    """
    meant = read_name(table.name)[0]
    often = Counter(path[-1].lower() for path in paths)
    roles = [next((role for part in path[-2::-1] if (role := read_name(part)[0])), None) for path in paths]
    if meant is None and Role.TRAINING in roles and max(often.values()) > 1:
        meant = Role.TRAINING
    return [2 if meant and role not in (None, meant) else 1 for role in roles]


def _read_one_hot(rows: Sequence[tuple[str, ...] | None], place: int, table: LabelTable) -> list[FileLabels]:
    """A one in the column of the class, and zeros in those of the others."""
    columns = [column for column in range(len(table.columns)) if {row[column] for row in rows if row} <= {"0", "1", "0.0", "1.0"}]
    ones = [[column for column in columns if row[column].startswith("1")] if row else [] for row in rows]
    if len(columns) < 2 or place in columns or not all(len(found) == 1 for found, row in zip(ones, rows, strict=True) if row):
        return []
    names = [table.columns[found[0]] if found else None for found in ones]
    way = FileLabels(f"{table.name}:one-hot", f"the column of {table.name} that holds a one", names, table=table)
    return [way] if _is_plausible(names) else []


def _is_plausible(names: Sequence[str | None]) -> bool:
    known = [name for name in names if name]
    return 2 <= len(set(known)) <= min(MAX_CLASSES, len(known) / 2)


def _sound(name: str | None) -> str | None:
    name = (name or "").strip(" _-.")
    return name if is_class_name(name) else None


def _before_number(stem: str) -> str | None:
    """`cat` of cat.12, cat_12, cat (12) and cat12; `3` of 3_0123; `img001` of img001-2-17."""
    match = re.fullmatch(r"(.+?)([\s._-]+\(?\d+\)?)+", stem) or re.fullmatch(r"(.*?\D)\d+", stem)
    return match[1] if match else None


def _first_part(stem: str) -> str | None:
    parts = re.split(r"[\s._-]+", stem)
    return parts[0] if len(parts) > 1 else None


def _last_part(stem: str) -> str | None:
    parts = re.split(r"[\s._-]+", stem)
    return parts[-1] if len(parts) > 1 else None


_PARTS: tuple[tuple[str, str, Callable[[str], str | None]], ...] = (
    ("names", "the name of each file without its number", _before_number),
    ("name-starts", "the first part of each file's name", _first_part),
    ("name-ends", "the last part of each file's name", _last_part),
)
