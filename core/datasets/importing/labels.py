"""From labels as people write them, numbers or words, to classes numbered from 0 without gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import Labels
from core.errors import DatasetError
from core.printable import is_printable
from core.settings import MAX_CLASSES, MIN_CLASSES

MAX_CLASS_NAME = 80
_LISTED = 12
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.0*)?|[+-]?[0-9]\.?[0-9]{0,20}[eE][+-]?[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, eq=False)
class NumberedClasses:
    """Labels, `(n,)`, from 0 to one less than there are names, and sentences on what was unusual about them."""

    labels: Labels
    class_names: tuple[str, ...]
    notes: tuple[str, ...]


def number_classes(values: Sequence[str], codes: NDArray[np.integer[Any]], source_name: str, *, are_names: bool = False) -> NumberedClasses:
    """Number the classes in the order of their names or, if these are whole numbers, in the order of those.

    `values` are the different labels as text, and `codes`, `(n,)`, says which of them each image has. With `are_names` they are kept
    as they are written, 007 and all, and one class alone is accepted: others may be brought later.

    Raises `DatasetError`, naming the source, if there are too few classes or too many, or one has a name that can't be shown.
    """
    _check(values, source_name, 1 if are_names else MIN_CLASSES)
    numbers = [number for value in values if (number := _whole_number(value)) is not None]
    keys: Sequence[Any] = numbers if len(numbers) == len(values) and not are_names else values
    ordered = sorted(set(keys))
    if are_names and len(numbers) == len(values):
        ordered.sort(key=lambda value: (float(value), value))
    elif len(ordered) < MIN_CLASSES and not are_names:
        raise _wrong_count(len(ordered), source_name)
    position = {key: label for label, key in enumerate(ordered)}
    labels = np.array([position[key] for key in keys], dtype=np.int32)[codes]
    return NumberedClasses(labels, tuple(str(key) for key in ordered), tuple(_notes(ordered)))


def _whole_number(text: str) -> int | None:
    """3 for "3", "3.0" and "3.000e+00", as programs write it; None for what is no whole number, or has more digits than NumPy's, 20."""
    if not _WHOLE_NUMBER.fullmatch(text):
        return None
    if "e" not in text.lower():
        return int(text.split(".")[0])
    return int(float(text)) if abs(float(text)) < 1e15 and float(text).is_integer() else None


def is_class_name(text: str) -> bool:
    """Whether a class may be called this."""
    return 1 <= len(text) <= MAX_CLASS_NAME and is_printable(text) and not text.isspace()


def list_names(names: Sequence[str]) -> str:
    """Some names for a sentence, and how many more there are."""
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _check(values: Sequence[str], source_name: str, fewest: int) -> None:
    if not fewest <= len(values) <= MAX_CLASSES:
        raise _wrong_count(len(values), source_name)
    for value in values:
        if not is_class_name(value):
            raise DatasetError(f"{source_name}: {value[:100]!r} can't name a class; expected 1 to {MAX_CLASS_NAME} printable characters.")


def _wrong_count(count: int, source_name: str) -> DatasetError:
    found = "only one class" if count == 1 else f"{count:,} classes"
    return DatasetError(
        f"{source_name} holds {found}; expected {MIN_CLASSES} to {MAX_CLASSES:,}: a network needs two to tell apart,"
        " and labels are the names or numbers of classes."
    )


def _notes(ordered: Sequence[Any]) -> list[str]:
    if isinstance(ordered[0], int):
        if ordered == list(range(len(ordered))):
            return []
        return [
            f"The labels are {len(ordered):,} different numbers from {ordered[0]} to {ordered[-1]}. Inside the set they are counted from 0"
            " without gaps, and each class is called by its own number."
        ]
    folded: dict[str, str] = {}
    twins = [f"{folded[name.casefold()]!r} and {name!r}" for name in ordered if folded.setdefault(name.casefold(), name) != name]
    return [f"Classes that differ only in capital letters are kept apart: {', '.join(twins[:5])}."] if twins else []
