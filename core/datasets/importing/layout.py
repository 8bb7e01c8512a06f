"""Which class and which half of the set the folders of a picture stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.datasets.image_set import Split
from core.datasets.importing.archive import LAYOUT, Directory, Entry
from core.datasets.importing.labels import MAX_CLASS_NAME, is_class_name
from core.errors import DatasetError
from core.settings import MAX_CLASSES, MAX_IMAGES, MIN_CLASSES

_LISTED = 12


class _Folder(StrEnum):
    """What folders above the classes are for."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


_FOLDERS = {
    "train": _Folder.TRAINING,
    "training": _Folder.TRAINING,
    "val": _Folder.VALIDATION,
    "valid": _Folder.VALIDATION,
    "validation": _Folder.VALIDATION,
    "test": _Folder.TEST,
    "testing": _Folder.TEST,
}


@dataclass(frozen=True)
class Placed:
    """A picture, the number of its class, and its half of the set; without a split of its own, all are in training."""

    entry: Entry
    label: int
    split: Split


@dataclass(frozen=True)
class Listing:
    """The pictures in order of class and name, and what was found out about their folders.

    `ignored` counts files that are no pictures or lie outside the class folders, symbolic links among them; `notes` are sentences.
    """

    class_names: tuple[str, ...]
    pictures: tuple[Placed, ...]
    has_split: bool
    ignored: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    entry: Entry
    folder: _Folder | None
    class_name: str


def place_pictures(directory: Directory, source_name: str) -> Listing:
    """Find out classes and split.

    A picture belongs to the class whose folder comes right below `train`, `val` or `test`, or else to the folder it lies in.
    Classes are numbered in the order of their names, as numbers if they all are.

    Raises `DatasetError` if there are no pictures, or too many, or too few or too many classes, or unsuitable ones.
    """
    found = [_look_at(entry) for entry in directory.pictures]
    splits, notes = _assign_splits({item.folder for item in found})
    inside = [item for item in found if item.folder in splits]
    _check_counts(inside, directory, source_name)
    class_names = _sorted_classes({item.class_name for item in inside}, source_name)
    labels = {class_name: label for label, class_name in enumerate(class_names)}
    inside.sort(key=lambda item: (labels[item.class_name], item.entry.info.filename))
    outside = len(found) - len(inside)
    return Listing(
        class_names=class_names,
        pictures=tuple(Placed(item.entry, labels[item.class_name], splits[item.folder]) for item in inside),
        has_split=len(set(splits.values())) > 1,
        ignored=outside + directory.others.total() + directory.links,
        notes=(*notes, *_describe_ignored(outside, directory)),
    )


def _look_at(entry: Entry) -> _Found:
    # The innermost one, and never the class itself: there are sets with a class of trains.
    for index in reversed(range(len(entry.folders) - 1)):
        if folder := _FOLDERS.get(entry.folders[index].lower()):
            return _Found(entry, folder, entry.folders[index + 1])
    return _Found(entry, None, entry.folders[-1])


def _assign_splits(present: set[_Folder | None]) -> tuple[dict[_Folder | None, Split], list[str]]:
    """Which half of the set each sort of folder goes to, those left out that go to none, and sentences on what is not obvious."""
    if present <= {None}:
        return {None: Split.TRAINING}, []
    training, validation, test = _Folder.TRAINING, _Folder.VALIDATION, _Folder.TEST
    if present >= {training, test}:
        notes = ["The pictures of the validation folder count as training pictures."] if validation in present else []
        return {training: Split.TRAINING, validation: Split.TRAINING, test: Split.TEST}, notes
    if present >= {training, validation}:
        return {training: Split.TRAINING, validation: Split.TEST}, ["There is no test folder, so the validation folder is the test set."]
    if present >= {validation, test}:
        return {validation: Split.TRAINING, test: Split.TEST}, ["There is no training folder, so the validation folder stands in for it."]
    [only] = present - {None}
    return {only: Split.TRAINING}, []


def _describe_ignored(outside: int, directory: Directory) -> list[str]:
    notes = []
    if outside:
        notes.append(f"Pictures left out because they lie outside the training and test folders: {outside:,}.")
    if directory.others:
        notes.append(f"Files left out because they are no pictures in a class folder: {_list_suffixes(directory.others)}.")
    if directory.links:
        notes.append(f"Symbolic links, which only point to other files, left out: {directory.links:,}.")
    return notes


def _list_suffixes(others: Counter[str]) -> str:
    listed = [f"{count:,} {suffix if suffix.isprintable() and suffix else 'without a suffix'}" for suffix, count in others.most_common(5)]
    rest = others.total() - sum(count for _, count in others.most_common(5))
    return ", ".join([*listed, f"{rest:,} others"] if rest else listed)


def _check_counts(found: Sequence[_Found], directory: Directory, source_name: str) -> None:
    if not found:
        beside = f", only {_list_suffixes(directory.others)}" if directory.others else ""
        nested = " A ZIP within the ZIP is not opened: bring that one by itself." if ".zip" in directory.others else ""
        raise DatasetError(f"{source_name} holds no pictures in class folders{beside}; {LAYOUT}, as PNG, JPEG, GIF, BMP or WebP.{nested}")
    if len(found) > MAX_IMAGES:
        raise DatasetError(f"{source_name} holds {len(found):,} pictures; expected at most {MAX_IMAGES:,}. Keep a part of them.")


def _sorted_classes(folders: set[str], source_name: str) -> tuple[str, ...]:
    if not MIN_CLASSES <= len(folders) <= MAX_CLASSES:
        found = f"one class folder, {min(folders)!r}" if len(folders) == 1 else f"{len(folders):,} class folders"
        raise DatasetError(f"{source_name} holds {found}; expected {MIN_CLASSES} to {MAX_CLASSES:,}: a network needs two to tell apart.")
    _check_class_names(folders, source_name)
    if all(folder.isascii() and folder.isdecimal() for folder in folders):
        return tuple(sorted(folders, key=lambda folder: (int(folder), folder)))
    return tuple(sorted(folders))


def _check_class_names(folders: Iterable[str], source_name: str) -> None:
    seen: dict[str, str] = {}
    for folder in sorted(folders):
        if not is_class_name(folder):
            raise DatasetError(f"{source_name}: {folder[:100]!r} can't name a class; expected 1 to {MAX_CLASS_NAME} printable characters.")
        twin = seen.setdefault(folder.casefold(), folder)
        if twin != folder:
            # They may be one class, by mistake, or two, such as handwritten A and a: only their owner knows.
            raise DatasetError(
                f"{source_name}: the class folders {twin!r} and {folder!r} differ only in capital and small letters;"
                " expected names that can't be confused. Put the pictures into one folder, or rename one of the two."
            )


def list_names(names: Sequence[str]) -> str:
    """Some names for a sentence, and how many more there are."""
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
