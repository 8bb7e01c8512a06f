"""Which columns of a table are labels and which are pixels, told by their names and by what is in them."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.csv_lines import FALLBACK, MAX_LINE, Glance, marked_encoding
from core.datasets.importing.shapes import SAMPLED, PictureLayout, lay_out_rows, look_like_planes, square_shape
from core.errors import DatasetError
from core.settings import MAX_CLASSES

LABEL_NAMES = ("label", "labels", "class", "target", "y", "category", "class_name", "classname", "emotion", "digit", "character", "letter")
MAX_NUMBER = 40
"""Characters of a number. Programs write at most 25; what is longer takes ever longer to read."""

_ROW_NAMES = {"", "id", "index", "unnamed: 0", "imageid", "image_id", "row", "rowid", "row_id", "filename", "file", "image", "img_name"}
_SPLIT_NAMES = {"usage", "split", "set", "subset", "partition"}
_SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", "|": "bars", " ": "spaces"}
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)
_PAIR = re.compile(r"[0-9.,]+ +[0-9.,]+", re.ASCII)
_CHANNEL = re.compile(r"(?<![a-z])([rgb])(?:(?<=r)ed|(?<=g)reen|(?<=b)lue)?(?![a-z])")
_TEXT_SHARE, _FEWEST_IN_A_CELL = 0.1, 4
_FEW_PIXELS = 16
_MOST_COMPARED, _MOST_OFFERED = 4_000, 20
_SURE, _SURE_INSIDE = 1.2, 1.5
"""From this on a column looks like labels, see `_score`: the first or the last, and one among pixels."""

_FEW_LINES, _MOST_CLASSES_OF_LINES = 20, 0.5
"""A column is no label if more than this share of its values are different, in so many lines or more."""

_ONES = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}

# Python's own limit is less than the pixels of a picture, where they all stand in one cell.
csv.field_size_limit(MAX_LINE)


@dataclass(frozen=True)
class Columns:
    """How to read a line of the table.

    Attributes:
        separator: what stands between two cells; a space stands for any number of them.
        count: cells in a line.
        names: of the columns, or their numbers.
        label: the places of the labels among them, from 0: one or, where a one among zeros tells the class, several.
        pixels: the places of the pixels, or the one place where all of them are, if `are_in_one_cell`.
        split: the place that says which pictures are for testing, or None.
        layout: how the numbers of a line become a picture, `(side, side)` or `(side, side, 3)`.
        skipped: lines before the first picture.
        candidates: the columns that may be chosen for the label.
        notes: sentences on what was found out and what was guessed.
        classes: what each of several labels stands for.
    """

    separator: str
    has_decimal_commas: bool
    count: int
    names: tuple[str, ...]
    label: tuple[int, ...]
    pixels: tuple[int, ...]
    are_in_one_cell: bool
    split: int | None
    layout: PictureLayout
    skipped: int
    candidates: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def read_line(self, line: str) -> tuple[str, str, str, str]:
        """The label, the split, the pixels with commas between them, and why the line can't be used, empty if it can."""
        if self._is_plain and '"' not in line:
            # Nearly all files are like this, and need not be cut into thousands of cells.
            found = line.count(self.separator) + 1
            first, _, rest = line.partition(self.separator) if self.label == (0,) else line.rpartition(self.separator)
            label, pixels, split = (first, rest, "") if self.label == (0,) else (rest, first, "")
        else:
            cells = split_cells(line, self.separator)
            found = len(cells)
            if found == self.count:
                label, split = self._label(cells), cells[self.split].strip() if self.split is not None else ""
                pixels = self.separator.join([cells[place] for place in self.pixels])
        if found != self.count:
            return "", "", "", f"It has {found:,} cells; expected {self.count:,}."
        if self.has_decimal_commas:
            label, pixels = label.replace(",", ".") if is_number(label.replace(",", ".")) else label, pixels.replace(",", ".")
        if self.are_in_one_cell:
            pixels = ",".join(_cut_list(pixels))
        elif self.separator != ",":
            pixels = pixels.replace(self.separator, ",")
        return label.strip(), split, pixels, "" if label.strip() else "Its label is missing."

    @cached_property
    def _is_plain(self) -> bool:
        is_all = len(self.pixels) == self.count - 1 and len(self.label) == 1 and self.separator != " "
        return is_all and not self.are_in_one_cell and self.label[0] in (0, self.count - 1)

    def _label(self, cells: Sequence[str]) -> str:
        if len(self.label) == 1:
            return cells[self.label[0]]
        ones = [name for name, place in zip(self.classes, self.label, strict=True) if _is_one(cells[place])]
        return ones[0] if len(ones) == 1 else ""


def _is_one(cell: str) -> bool:
    return cell.strip().lower() == "true" or cell.strip().rstrip("0").rstrip(".") == "1"


def looks_like_table(start: bytes) -> bool:
    """Whether a file that begins with these bytes is text with something between cells."""
    encoding = marked_encoding(start)
    if encoding is None and b"\0" in start:
        return False
    # What letters beyond ASCII mean does not matter for that.
    lines = [line for line in start.decode(encoding or FALLBACK, "ignore").splitlines() if line and not line.isspace()]
    if lines and (lines[0].lower().startswith("@relation") or (lines[0].startswith("%") and len(lines) > 1)):
        return True
    first = next((line for line in lines if not line.startswith("#")), "")
    separator = find_separator(first)
    return separator is not None and (separator != " " or _share_of_numbers(first.split()) > 0.5)


def find_separator(line: str) -> str | None:
    """What stands between the cells of a line, outside of quotes; None if it has only one."""
    bare = re.sub(r'"[^"]*"', "", line).strip()
    best = max(_SEPARATORS, key=lambda separator: (separator != " ", bare.count(separator)))
    return best if best in bare else " " if " " in bare else None


def split_cells(line: str, separator: str) -> list[str]:
    """The cells of a line, of which some may be in quotes."""
    if '"' not in line:
        return line.split() if separator == " " else line.split(separator)
    try:
        return next(csv.reader([line.strip()], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []


def is_number(text: str) -> bool:
    """Whether a cell is a number as programs write them."""
    return len(text) <= MAX_NUMBER and _NUMBER.fullmatch(text.strip()) is not None


def find_columns(seen: Glance, name: str, labels: str | None = None) -> Columns:
    """Find out what the columns hold.

    `labels` is the name of the column that is the label, or its number from 1; without it the likeliest is taken.

    Raises `DatasetError`, naming the file, if they can't be labels and pixels.
    """
    separator, count = _choose_separator(seen.lines)
    if separator is None or count < 2:
        raise DatasetError(
            f"{name}: its first line has one cell, {''.join(seen.lines[:1])[:60]!r}; expected a label and pixels with commas, semicolons,"
            " tabs or spaces between."
        )
    return _Finder(seen, separator, count, name).find(labels)


def _choose_separator(lines: Sequence[str]) -> tuple[str | None, int]:
    """What cuts nearly all lines into the same number of cells, and that number."""
    best: tuple[float, str | None, int] = (0.0, None, 0)
    for separator in _SEPARATORS:
        counts = Counter(len(split_cells(line, separator)) for line in lines[:50])
        usual = max((count for count in counts if count > 1), key=counts.__getitem__, default=0)
        share = round(counts[usual] / max(1, len(lines[:50])), 1)
        # Decimal commas cut numbers with spaces between into pairs; only all pixels together can be a cell of their own.
        share -= 0.5 * (sum(_PAIR.fullmatch(cell.strip()) is not None for cell in split_cells(lines[-1], separator)) > 1)
        if usual > 1 and share > best[0]:
            best = (share, separator, usual)
    return best[1:]


def _share_of_numbers(cells: Sequence[str]) -> float:
    return sum(map(is_number, cells)) / max(1, len(cells))


class _Finder:
    """Looks at the lines of a glance and tells what each column is for."""

    def __init__(self, seen: Glance, separator: str, count: int, name: str) -> None:
        self._separator, self._count, self._name = separator, count, name
        first = [cell.strip() for cell in split_cells(seen.lines[0], separator)]
        self._has_commas = separator != "," and any("," in line for line in seen.lines[1:])
        rows = [cells for line in seen.lines[1:] if len(cells := split_cells(line, separator)) == count]
        numbers = np.array([self._to_numbers(cells) for cells in rows]).reshape(-1, count)
        is_text = np.isnan(numbers).sum(axis=0) > _TEXT_SHARE * len(rows)
        names = seen.names or (first if self._is_header(first, is_text) else ())
        if names and seen.count <= 1 + seen.skipped:
            raise DatasetError(f"{name} holds a line with the names of columns and nothing else; expected a picture in each line after it.")
        self._skipped = seen.skipped + (bool(names) and not seen.names)
        if not names:
            rows = [first, *rows] if len(first) == count else rows
            numbers = np.array([self._to_numbers(cells) for cells in rows]).reshape(-1, count)
        self._numbers = numbers
        # R leaves out the name of the column of row names.
        self._titles = ("", *names) if len(names) == count - 1 else tuple(names) if len(names) == count else ()
        self._names = self._titles or tuple(str(number) for number in range(1, count + 1))
        self._texts = {place: [cells[place].strip() for cells in rows] for place in np.flatnonzero(is_text).tolist()}
        self._lists = [place for place in self._texts if self._holds_lists(place)]
        self._split = next((place for place in self._texts if self._is_split(place)), None)

    def find(self, wanted: str | None) -> Columns:
        rows = {place for place, title in enumerate(self._titles) if title.lower() in _ROW_NAMES}
        label, pixels, note = self._choose(rows, wanted)
        width = len(pixels)
        if self._lists:
            counts = Counter(len(_cut_list(cell)) for cell in self._texts[pixels[0]])
            width = counts.most_common(1)[0][0]
        shape = square_shape(width)
        if shape is None:
            raise DatasetError(
                f"{self._name} has {self._count:,} columns with {_SEPARATORS[self._separator]} between them, a label and {width:,} pixels;"
                " expected a square number of pixels, such as 784 for 28 x 28, or three times that for colour. Are they pixels at all,"
                " and not measurements?"
            )
        notes = [note] if note else []
        unused = [self._show(place) for place in sorted(set(range(self._count)) - {*label, *pixels, self._split})]
        notes += [f"Columns that are not used: {', '.join(unused[:10])}."] if unused else []
        if self._split is not None:
            notes.append(f"Which pictures are for testing is told by the column {self._show(self._split)}.")
        if width <= _FEW_PIXELS:
            notes.append(f"There are only {width} numbers in a line. They are shown as pixels, but may be measurements.")
        return Columns(
            separator=self._separator,
            has_decimal_commas=self._has_commas,
            count=self._count,
            names=self._names,
            label=label,
            pixels=pixels,
            are_in_one_cell=bool(self._lists),
            split=self._split,
            layout=lay_out_rows(shape, are_planes=len(shape) == 3 and self._are_planes(pixels)),
            skipped=self._skipped,
            candidates=self._candidates(label, pixels, rows),
            notes=tuple(notes),
            classes=self._name_classes(label) if len(label) > 1 else (),
        )

    def _are_planes(self, pixels: Sequence[int]) -> bool:
        """Whether the colours come one after the other: by the columns' names or, if these say nothing, by what is in them."""
        channels = "".join(_CHANNEL.findall(" ".join(self._titles[place].lower() for place in pixels))) if self._titles else ""
        if len(channels) == len(pixels) and not self._lists:
            return channels == "".join(sorted(channels, key="rgb".index))
        if not self._lists:
            return look_like_planes(self._numbers[:SAMPLED, pixels])
        rows = [self._to_numbers(_cut_list(cell)) for cell in self._texts[pixels[0]][:SAMPLED]]
        return look_like_planes(np.array([row for row in rows if len(row) == len(rows[0])]))

    def _to_numbers(self, cells: Sequence[str]) -> list[float]:
        if self._has_commas:
            cells = [cell.replace(",", ".") for cell in cells]
        # All at once takes a tenth of the time; a number of thousands of digits must not get that far.
        if max(map(len, cells)) <= MAX_NUMBER:
            with suppress(ValueError):
                numbers: list[float] = np.fromstring(",".join(cells), dtype=np.float64, sep=",").tolist()
                if len(numbers) == len(cells):
                    return numbers
        return [float(cell.strip()) if is_number(cell) else np.nan for cell in cells]

    def _is_header(self, first: Sequence[str], is_text: NDArray[np.bool_]) -> bool:
        """Whether the first line names the columns: it has words where numbers are, or a name that labels have, or counts up."""
        if len(first) == self._count - 1 or any(cell.lower() in LABEL_NAMES for cell in first):
            return True
        numbers = [cell for cell, text in zip(first, is_text, strict=False) if not text]
        words = [not is_number(cell.replace(",", ".") if self._has_commas else cell) for cell in numbers]
        if sum(words) > len(words) / 2 or (not words and any(cell.lower() in _SPLIT_NAMES | _ROW_NAMES for cell in first)):
            return True
        counted = first if is_number(first[0]) else first[1:]
        return len(counted) > 3 and any(list(counted) == list(map(str, range(start, start + len(counted)))) for start in (0, 1))

    def _holds_lists(self, place: int) -> bool:
        cells = [_cut_list(cell[: 50 * MAX_NUMBER]) for cell in self._texts[place][:20]]
        return sum(len(cell) >= _FEWEST_IN_A_CELL and _share_of_numbers(cell[:20]) > 0.9 for cell in cells) > 0.9 * len(cells)

    def _is_split(self, place: int) -> bool:
        words = [read_split(cell) for cell in self._texts[place]]
        return len(words) > 0 and words.count(None) <= len(words) * _TEXT_SHARE and "test" in words + ["test"] * ("val" in words)

    def _choose(self, rows: set[int], wanted: str | None) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """The label's places, the pixels' and a sentence on how the label was found, empty if it is called so."""
        usable = [place for place in range(self._count) if place not in self._texts]
        if wanted is not None:
            label = self._find_named(wanted)
            return (label,), self._find_pixels(usable, {label}, rows), ""
        ones = self._find_named_ones(usable, rows)
        for known in LABEL_NAMES:
            for place, title in enumerate(self._titles):
                if title.lower() == known and place not in (*self._lists, *ones):
                    return (place,), self._find_pixels(usable, {place}, rows), ""
        if ones:
            return ones, self._find_pixels(usable, set(ones), rows), self._tell_ones(ones)
        odd = self._odd_named(usable) - rows
        texts = [place for place in self._texts if place not in (*self._lists, self._split) and place not in rows]
        narrow = [place for place in usable if place not in rows] if self._lists else sorted(odd)
        ranked = sorted((place for place in (*texts, *narrow) if self._score(place) > 0), key=self._score, reverse=True)
        if not ranked:
            ranked = (texts or narrow)[:1]
        if ranked:
            self._check_guess(ranked[0])
            return (ranked[0],), self._find_pixels(usable, {ranked[0]}, rows), self._tell(ranked[0])
        return self._guess([place for place in usable if place not in rows])

    def _guess(self, usable: list[int]) -> tuple[tuple[int, ...], tuple[int, ...], str]:
        """The label by what is in the first and last columns alone."""
        # A column that counts the lines may stand before all others.
        for left in (usable, usable[1:]) if len(usable) > 2 and self._counts_up(usable[0]) else (usable,):
            if ones := self._find_ones_at_ends(left):
                return ones, tuple(place for place in left if place not in ones), self._tell_ones(ones)
            if square_shape(len(left) - 1) is not None:
                ends = sorted((left[-1], left[0]), key=self._score)
                if self._score(ends[1]) >= _SURE or square_shape(len(left)) is None:
                    # Where nothing speaks for either, the first is the usual one.
                    label = ends[1] if self._score(ends[1]) > 0 else left[0]
                    label = self._find_inside(left[1:-1], label)
                    self._check_guess(label)
                    return (label,), tuple(place for place in left if place != label), self._tell(label)
        if square_shape(len(usable)) is not None or len(usable) < 2:
            raise no_label(self._count, self._name)
        label = max((usable[-1], usable[0]), key=self._score)
        return (label,), tuple(place for place in usable if place != label), self._tell(label)

    def _find_inside(self, places: Sequence[int], guess: int) -> int:
        """The label among the pixels, where the one guessed has but one value, or so many that it is no label; else that."""
        if self._score(guess) >= _SURE or not (self._is_single(guess) or self._is_too_fine(guess)) or len(places) > _MOST_COMPARED:
            return guess
        best = max(places, key=self._score, default=guess)
        return best if self._score(best) >= _SURE_INSIDE else guess

    def _is_single(self, place: int) -> bool:
        return len(self._different(place)) < 2

    def _is_too_fine(self, place: int) -> bool:
        """Whether a column has about as many values as there are lines: no class would have enough pictures."""
        count = len(self._numbers)
        return count >= _FEW_LINES and len(self._different(place)) > _MOST_CLASSES_OF_LINES * count

    def _different(self, place: int) -> NDArray[np.generic]:
        if place in self._texts:
            return np.unique(self._texts[place])
        column = self._numbers[:, place]
        found: NDArray[np.generic] = np.unique(column[~np.isnan(column)])
        return found

    def _check_guess(self, place: int) -> None:
        """Raises `DatasetError` if the column that looks most like labels has about as many values as there are lines."""
        if self._is_too_fine(place):
            raise DatasetError(
                f"{self._name}: it can't be told which of its {self._count:,} columns is the label. Column {self._show(place)} is the"
                f" likeliest, but has {len(self._different(place)):,} different values in {len(self._numbers):,} lines; expected a few,"
                " each of them often. Call the column 'label' in the first line, or give its number (--labels)."
            )

    def _find_ones_at_ends(self, left: Sequence[int]) -> tuple[int, ...]:
        """The first or last columns if they hold a one among zeros, and the others are as many as pixels; else none."""
        for size in range(2, min(MAX_CLASSES, len(left))):
            if square_shape(len(left) - size) is not None:
                for ones in (left[-size:], left[:size]):
                    if self._is_one_hot(ones):
                        return tuple(ones)
        return ()

    def _find_named_ones(self, usable: Sequence[int], rows: set[int]) -> tuple[int, ...]:
        """The columns that hold a one among zeros, told from pixels by their names, wherever they stand; none if there are none."""
        if not self._titles:
            return ()
        words = [place for place in self._texts if place not in rows and set(map(str.lower, self._texts[place])) <= {"false", "true"}]
        free = [place for place in usable if place not in rows]
        odd = free if self._lists else sorted(self._odd_named(free))
        # There may be more classes than pixels.
        others = [] if self._lists else [place for place in free if place not in odd]
        for group in ([*odd, *words], others):
            if len(group) > MAX_CLASSES:
                continue
            ones = tuple(sorted(place for place in group if np.isin(self._to_ones(place), (0, 1)).all()))
            if len(ones) > 1 and self._is_one_hot(ones) and (group is not others or len(ones) == len(others)):
                pixels = self._find_pixels(usable, set(ones), rows)
                if self._lists or square_shape(len(pixels)) is not None:
                    return ones
        return ()

    def _to_ones(self, place: int) -> NDArray[np.float64]:
        """The numbers of a column, where it says true and false 1 and 0."""
        if place not in self._texts:
            column: NDArray[np.float64] = self._numbers[:, place]
            return column
        return np.array([_ONES.get(cell.lower(), np.nan) for cell in self._texts[place]])

    def _name_classes(self, ones: Sequence[int]) -> tuple[str, ...]:
        """What the columns are called, without what all their names begin with, such as `label_`; their numbers if they have no names."""
        names = [self._titles[place] for place in ones] if self._titles else []
        # What the first and the last of the alphabet share, all between them share.
        pairs = zip(min(names, default=""), max(names, default=""), strict=False)
        shared = "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
        # Of cat and cow the c is no prefix, of class1 and class2 the word is.
        word, stem = re.sub(r"[^\W_]+$", "", shared), shared.rstrip("0123456789")
        prefix = stem if all(name.removeprefix(stem).isdecimal() for name in names) else word
        names = [name.removeprefix(prefix).strip() for name in names]
        is_sound = len(set(names)) == len(ones) and all(names)
        return tuple(names) if is_sound else tuple(map(str, range(len(ones))))

    def _tell_ones(self, ones: Sequence[int]) -> str:
        return f"The class is told by the one among the zeros of the columns {self._show(ones[0])} to {self._show(ones[-1])}."

    def _find_pixels(self, usable: Sequence[int], label: set[int], rows: set[int]) -> tuple[int, ...]:
        """The columns of pixels: those that make a square picture if odd ones are left out, or otherwise all but the label."""
        if self._lists:
            return (self._lists[0],)
        rest = [place for place in usable if place not in label and place != self._split]
        for left_out in (rows, rows | self._odd_named(rest), set(), set(rest[:1]) if rest and self._counts_up(rest[0]) else set()):
            pixels = tuple(place for place in rest if place not in left_out)
            if square_shape(len(pixels)) is not None:
                return pixels
        return tuple(place for place in rest if place not in rows)

    def _odd_named(self, places: Iterable[int]) -> set[int]:
        """Those whose names are not those of pixels, which differ in nothing but a number."""
        patterns = {place: re.sub("[0-9]+", "", self._titles[place].lower()) for place in places if self._titles}
        usual = Counter(patterns.values()).most_common(1)
        return {place for place, pattern in patterns.items() if pattern != usual[0][0]} if usual and usual[0][1] > 1 else set()

    def _find_named(self, wanted: str) -> int:
        names = [name.lower() for name in self._names]
        if wanted.lower() in names:
            return names.index(wanted.lower())
        if wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 and 1 <= int(wanted) <= self._count:
            return int(wanted) - 1
        raise DatasetError(f"{self._name} has no column {wanted[:40]!r}; expected its name, or its number from 1 to {self._count:,}.")

    def _score(self, place: int) -> float:
        """How much a column looks like labels, from 0 to 2: few different values, all of them often, numbers whole and without gaps."""
        values: Sequence[str] | NDArray[np.float64] = self._texts[place] if place in self._texts else self._numbers[:, place]
        different, counts = np.unique(values, return_counts=True)
        if not 2 <= len(different) <= min(MAX_CLASSES, len(values) - 1):
            return 0.0
        shares = counts / counts.sum()
        evenness = float(-(shares * np.log(shares)).sum() / np.log(len(different)))
        has_gaps = False
        if place not in self._texts:
            if (different != np.rint(different)).any():
                return 0.0
            has_gaps = different[-1] - different[0] + 1 != len(different)
        return evenness + (0 if has_gaps else 1) - min(1, len(different) / 256) - len(different) / len(values) / 2

    def _counts_up(self, place: int) -> bool:
        steps = np.diff(self._numbers[:, place])
        return len(steps) > 2 and bool((steps > 0).all()) and bool((steps == np.rint(steps)).all())

    def _is_one_hot(self, places: Sequence[int]) -> bool:
        found = np.stack([self._to_ones(place) for place in places], axis=1)
        return bool(((found == 0) | (found == 1)).all() and (found.sum(axis=1) == 1).all() and (found.sum(axis=0) > 0).sum() > 1)

    def _show(self, place: int) -> str:
        return repr(self._titles[place][:40]) if self._titles and self._titles[place] else f"{place + 1:,}"

    def _tell(self, place: int) -> str:
        values = np.unique(self._texts[place] if place in self._texts else self._numbers[:, place]).tolist()[:12]
        few = ", ".join(value[:20] if isinstance(value, str) else f"{value:g}" for value in values)
        reason = "No column is called label" if self._titles else "The columns have no names"
        return f"{reason}, so column {self._show(place)} of {self._count:,} is taken for the label: it holds {few}."

    def _candidates(self, label: tuple[int, ...], pixels: tuple[int, ...], rows: set[int]) -> tuple[str, ...]:
        """The label and other columns that could be it, the likeliest first: of pixels too, where no name tells them apart."""
        if len(label) > 1:
            return ()
        is_named = self._names[label[0]].lower() in LABEL_NAMES
        beside = set(range(self._count)) - {*(pixels if is_named else ()), *self._lists, *rows, *label, self._split}
        if len(beside) > _MOST_COMPARED:
            beside &= {0, self._count - 1}
        ranked = sorted((place for place in beside if self._score(place) > 0), key=lambda place: (-self._score(place), place))
        return tuple(self._names[place] for place in (*label, *ranked[:_MOST_OFFERED]))


def read_split(word: str) -> str | None:
    """`train`, `val` or `test` for a word that says which of them a picture is for; None for any other."""
    word = word.lower()
    known = {"train": "train", "test": "test", "eval": "test", "val": "val", "dev": "val"}
    return next((split for part, split in known.items() if part in word), None) if len(word) <= 20 else None


def no_label(columns: int, name: str) -> DatasetError:
    return DatasetError(
        f"{name} has no column of labels among its {columns:,}: they look like pixels alone. Expected a label first or last, or a column"
        f" called {', '.join(LABEL_NAMES[:5])}. Without labels nothing can be learned or tested; the test file of a competition usually"
        " has none: then bring the training file alone, and a part of it is kept apart for testing."
    )


def _cut_list(cell: str) -> list[str]:
    return cell.strip(" []()").replace(",", " ").split()
