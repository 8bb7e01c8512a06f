"""What was brought: which of the files make a set, told by their contents, and why the others are left out."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.datasets.idx_files import looks_like_idx
from core.datasets.importing.csv_columns import looks_like_table
from core.datasets.importing.csv_table import CsvTable, check_table
from core.datasets.importing.idx import IdxFiles, holds_labels
from core.datasets.importing.inventory import Entry, list_files, read_start
from core.datasets.importing.kinds import ASIDE, tell_kind
from core.datasets.importing.naming import shared_name
from core.datasets.importing.npz import ArrayFiles, find_complete
from core.datasets.importing.options import ImportOptions
from core.datasets.importing.picture_files import PictureFiles
from core.datasets.importing.pictures import SUFFIXES
from core.datasets.importing.roles import Role, read_name
from core.datasets.importing.set_source import SetSource
from core.datasets.importing.source import Choice, Example, ImportResult, ImportSource, LeftOut, OnProgress, ShouldStop, SourceFile, Survey
from core.datasets.streams import ByteStream
from core.errors import DatasetError
from core.settings import MAX_IMAGES

EXPECTED = (
    "Inkling can read pictures in a folder for each class, in a ZIP or not, an .npz file, the two or four IDX files of the MNIST format,"
    " or a CSV table of labels and pixels"
)
_START = 4_096
_LOOKED_AT = 1 << 22
"""Bytes of a table that are looked at to find out whether it is one of pictures."""

_MOST_OF_LABELS = 1 << 24
"""Bytes of a table that may be one of labels."""

_MOST_LABEL_TABLES = 20

_MOST_LOOKED_INTO = 100
"""Files that are no pictures by their name and are looked into. Others, such as a note on each picture, are only counted."""

_TABLES = frozenset({".csv", ".tsv", ".txt", ".data", ".dat", ".tra", ".tes", ".train", ".test", ".csv.gz", ".tsv.gz", ".txt.gz"})
_FORMAT_WORDS = frozenset(
    ("idx", "ubyte", "gz", "csv", "tsv", "txt", "npz", "npy", "arr", "label", "labels", "lbl", "lbls", "target", "targets", "x", "y")
)
_SEVERAL = "They are another set, or the same one in another form; one is imported at a time. Choose it under Part."


@dataclass
class _Found:
    """The files by what they are, and what is left out, each with the reason."""

    pictures: list[Entry] = field(default_factory=list)
    idx: list[Entry] = field(default_factory=list)
    tables: list[Entry] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    arrays: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    refused: list[DatasetError] = field(default_factory=list)
    file_name: str = ""


@dataclass(frozen=True)
class _Set:
    """Files that make a set. `key` is for the command line."""

    key: str
    title: str
    count: int
    source: SetSource


def open_source(files: Sequence[SourceFile], scratch: Path | None = None) -> ImportSource:
    """What reads these files. Only their beginnings and a ZIP's directory are looked at.

    If they hold several sets, or one in several forms, the first is read unless another is asked for, and the others are told.
    `scratch` is an empty folder for archives that lie in archives, removed by whoever made it; without one they go to a temporary folder.

    Raises `DatasetError` if no set is among the files, with what they are instead, and `StorageError`.
    """
    if not 1 <= len(files) <= MAX_IMAGES:
        raise DatasetError(f"{len(files):,} files were brought; expected 1 to {MAX_IMAGES:,}. {EXPECTED}.")
    folder = scratch or Path(tempfile.mkdtemp(prefix="inkling-"))
    try:
        source = _open(files, folder)
    except BaseException:
        if scratch is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if scratch is None:
        weakref.finalize(source, shutil.rmtree, folder, ignore_errors=True)
    return source


class Brought(ImportSource):
    """All that was brought, as one `ImportSource`: the set that was chosen, and word of what is left out."""

    def __init__(self, sets: Sequence[_Set], left_out: Sequence[LeftOut]) -> None:
        self._sets = tuple(sets)
        self._left_out = tuple(left_out)

    def survey(self, on_progress: OnProgress, should_stop: ShouldStop, *, part: str | None = None, labels: str | None = None) -> Survey:
        chosen = self._choose(part)
        survey = chosen.source.survey(on_progress, should_stop, labels=labels)
        others = tuple(LeftOut(other.title, other.count, _SEVERAL) for other in self._sets if other is not chosen)
        parts = tuple(Choice(one.key, one.title) for one in self._sets) if others else ()
        unused = [item for item in self._left_out if item.what.rpartition("/")[2] not in chosen.source.used_tables]
        return replace(
            survey,
            left_out=(*others, *unused, *survey.left_out),
            parts=parts,
            suggestion=survey.suggestion.model_copy(update={"part": chosen.key if others else None}),
        )

    def examples(self, survey: Survey, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        return self._choose(options.part).source.examples(survey, options, count)

    def read(self, survey: Survey, options: ImportOptions, on_progress: OnProgress, should_stop: ShouldStop) -> ImportResult:
        return self._choose(options.part).source.read(survey, options, on_progress, should_stop)

    def _choose(self, part: str | None) -> _Set:
        chosen = next((one for one in self._sets if part in (None, one.key)), None)
        if chosen is None:
            raise DatasetError(f"There is no part {part!r} in these files; expected one of {', '.join(one.key for one in self._sets)}.")
        return chosen


def _open(files: Sequence[SourceFile], scratch: Path) -> ImportSource:
    inventory = list_files(files, scratch)
    found = _sort(inventory.entries)
    found.file_name = shared_name([file.name for file in files])
    sets = [
        *_picture_sets(found, inventory.source_name),
        *_idx_sets(found),
        *_table_sets(found, len(inventory.entries) > 1),
        *_array_sets(found),
    ]
    if not sets and inventory.refused:
        raise next(iter(inventory.refused.values()))
    if not sets:
        raise _nothing(inventory.entries, found, inventory.source_name)
    for one in sets if len(files) == 1 else ():
        # What was brought has one name, whatever lies in it.
        one.source.source_name = inventory.source_name
    # Pictures that no folder divides into classes are the last resort: more often they only illustrate what lies beside them.
    loose = [one for one in sets if len(sets) > 1 and isinstance(one.source, PictureFiles) and not one.source.is_classed()]
    return Brought([*(one for one in sets if one not in loose), *loose], [*found.left_out, *inventory.left_out])


def _sort(entries: Sequence[Entry]) -> _Found:
    """Tell the files apart: pictures by their names, others by how they begin."""
    found = _Found()
    others: Counter[tuple[str, str]] = Counter()
    looked_into = 0
    for entry in entries:
        if entry.suffix in SUFFIXES:
            found.pictures.append(entry)
            continue
        looked_into += 1
        try:
            start = read_start(entry, _START) if looked_into <= _MOST_LOOKED_INTO else None
        except DatasetError as error:
            _refuse(found, [entry], error)
            continue
        kind = tell_kind(entry, start or b"")
        of_kind = f"{entry.suffix} files" if entry.suffix else "Files without a suffix"
        if start == b"":
            others[entry.name, "It is empty."] += 1
        elif kind and not (kind[0] in ASIDE and len(entries) > 1):
            others[of_kind if len(entries) > 1 else entry.name, f"It is {kind[0]}, which Inkling does not read: {kind[1]}."] += 1
        elif start is None:
            others[of_kind, _NO_SET] += 1
        elif start.startswith(_PICTURES):
            found.pictures.append(entry)
        elif looks_like_idx(start):
            found.idx.append(entry)
        elif "idx" in entry.path[-1].lower() and b"\0" in start[:16]:
            _refuse(found, [entry], _no_idx(entry, start))
        elif start.startswith((b"\x93NUMPY", b"PK")):
            found.arrays.append(entry)
        elif looks_like_table(start) and (entry.info is None or entry.suffix in _TABLES):
            found.tables.append(entry)
        else:
            others[entry.name, _NO_SET] += 1
            # It may still say what the pictures beside it show.
            found.notes += [entry] if entry.suffix in _TABLES and b"\0" not in start else []
    found.left_out += [LeftOut(what, count, reason) for (what, reason), count in others.items()]
    return found


def _no_idx(entry: Entry, start: bytes) -> DatasetError:
    return DatasetError(
        f"{entry.stream().name} is not an IDX file, though it is called one: it begins with {', '.join(map(str, start[:4]))}; expected"
        " 0, 0, the type of the values and the number of axes. Fetch it again."
    )


_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")
"""How pictures begin, whatever their names say."""

_NO_SET = "It is neither a picture nor a set of images."


def _picture_sets(found: _Found, source_name: str) -> Iterator[_Set]:
    if found.pictures:
        small = [entry.stream() for entry in (*found.tables, *found.notes) if entry.size <= _MOST_OF_LABELS][:_MOST_LABEL_TABLES]
        source = PictureFiles(found.pictures, source_name, found.file_name, small)
        yield _Set("pictures", "The pictures", len(found.pictures), source)


def _groups(entries: Sequence[Entry]) -> Iterator[tuple[str, list[tuple[Role | None, Entry]]]]:
    """Files whose names differ only in what each is for, with that: `a-train.csv` and `a-test.csv`, `b.csv`. Shorter paths first."""
    words = {}
    for entry in entries:
        names = [read_name(name) for name in entry.path]
        role = next((role for role, _ in reversed(names) if role), None)
        words[entry.path] = role, frozenset().union(*(rest for _, rest in names)) - _FORMAT_WORDS
    shared = frozenset.intersection(*(rest for _, rest in words.values())) if words else frozenset()
    groups: dict[frozenset[str], list[tuple[Role | None, Entry]]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: (len(entry.path), entry.path)):
        role, rest = words[entry.path]
        groups[rest - shared].append((role, entry))
    for rest, members in sorted(groups.items(), key=lambda group: sorted(group[0])):
        yield "-".join(sorted(rest)), members


def _take(found: _Found, members: Sequence[tuple[Role | None, Entry]]) -> dict[Role, Entry]:
    """One file for each role, the training file first; what is there again is left out."""
    taken: dict[Role, Entry] = {}
    for role, entry in members:
        place = role or Role.TRAINING
        if place in taken:
            found.left_out.append(LeftOut(entry.name, 1, f"{taken[place].name} is for the same, and is imported."))
        else:
            taken[place] = entry
    return dict(sorted(taken.items(), key=lambda item: list(Role).index(item[0])))


def _idx_sets(found: _Found) -> Iterator[_Set]:
    labelled: dict[tuple[str, ...], bool] = {}
    for entry in found.idx:
        try:
            labelled[entry.path] = holds_labels(entry.stream())
        except DatasetError as error:
            _refuse(found, [entry], error)
    groups = list(_groups([entry for entry in found.idx if entry.path in labelled]))
    if any(len({labelled[entry.path] for _, entry in members}) == 1 for _, members in groups):
        # The names of images and labels need have nothing in common.
        groups = [("", [member for _, members in groups for member in members])]
    for name, members in groups:
        images, labels = ([member for member in members if labelled[member[1].path] == wanted] for wanted in (False, True))
        try:
            _check_roles(images)
            source = IdxFiles(_streams(_take(found, images)), _streams(_take(found, labels)), _own_name(found, images or labels))
        except DatasetError as error:
            _refuse(found, [entry for _, entry in members], error)
        else:
            yield _Set(_key("idx", name), f"IDX files {name}".strip(), len(members), source)


def _check_roles(images: Sequence[tuple[Role | None, Entry]]) -> None:
    unclear = [entry for role, entry in images if role is None]
    if len(unclear) > 1 and len({entry.path[-1] for entry in unclear}) > 1:
        raise DatasetError(
            f"It can't be told which of {unclear[0].name} and {unclear[1].name} is for testing; expected 't10k' or 'test' in the name of"
            " one of them. Rename the files."
        )


def _streams(entries: Mapping[Role, Entry]) -> dict[Role, ByteStream]:
    return {role: entry.stream() for role, entry in entries.items()}


def _own_name(found: _Found, members: Sequence[tuple[Role | None, Entry]]) -> str:
    """What the set's name is made from: what all files share or else what is left of the first one's name."""
    return found.file_name or "-".join(itertools.takewhile(_says_something, re.split(r"[-_. ]+", members[0][1].path[-1])))


def _says_something(word: str) -> bool:
    role, rest = read_name(word)
    return role is None and bool(rest - _FORMAT_WORDS)


def _table_sets(found: _Found, is_one_of_several: bool) -> Iterator[_Set]:
    usable = []
    for entry in found.tables:
        try:
            # One that is alone is looked at in the survey, where that can be called off.
            if is_one_of_several:
                check_table(replace(entry.stream(), most=_LOOKED_AT))
        except DatasetError as error:
            _refuse(found, [entry], error)
        else:
            usable.append(entry)
    for name, members in _groups(usable):
        taken = _take(found, members)
        streams = [entry.stream() for entry in taken.values()][:2]
        source = CsvTable(*streams, file_name=found.file_name or streams[0].file_name)
        yield _Set(_key("table", name), f"The table {' and '.join(entry.name for entry in list(taken.values())[:2])}", len(streams), source)


def _array_sets(found: _Found) -> Iterator[_Set]:
    complete = [entry for entry in found.arrays if find_complete(entry)]
    for entry in complete:
        yield _Set(
            _key("npz", entry.path[-1]),
            f"The arrays of {entry.name}",
            1,
            ArrayFiles([entry], entry.path[-1] if len(complete) > 1 else found.file_name),
        )
    rest = [entry for entry in found.arrays if entry not in complete]
    if rest:
        try:
            yield _Set(
                "npz",
                f"The arrays of {rest[0].name} and {len(rest) - 1:,} more",
                len(rest),
                ArrayFiles(rest, _own_name(found, [(None, rest[0])])),
            )
        except DatasetError as error:
            _refuse(found, rest, error)


def _key(kind: str, name: str) -> str:
    return f"{kind}:{name}" if name else kind


def _refuse(found: _Found, entries: Sequence[Entry], error: DatasetError) -> None:
    found.refused.append(error)
    what = ", ".join(entry.name for entry in entries[:4])
    # A sentence about the file that is named beside it.
    reason = str(error).removeprefix(entries[0].stream().name)
    reason = f"It{reason}" if reason.startswith(" ") else reason.lstrip(": ")
    found.left_out.append(LeftOut(what, len(entries), reason))


def _nothing(entries: Sequence[Entry], found: _Found, source_name: str) -> DatasetError:
    """Why there is no set in these files."""
    kinds = [item for item in found.left_out if "which Inkling does not read" in item.reason]
    if found.refused and not kinds:
        return found.refused[0]
    if not entries:
        return DatasetError(f"{source_name} is empty, or holds nothing but a system's own files. {EXPECTED}.")
    if len(entries) == 1 and found.left_out:
        return DatasetError(f"{source_name} can't be read. {found.left_out[0].reason} {EXPECTED}.")
    what = " ".join(f"{item.what}: {item.reason}" for item in (kinds or found.left_out)[:3])
    return DatasetError(f"{source_name} holds no images that Inkling can read. {what} {EXPECTED}.")
