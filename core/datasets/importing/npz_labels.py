"""Labels as arrays hold them: whole numbers, names, or a one in the column of the class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.labels import MAX_CLASS_NAME, NumberedClasses, number_classes
from core.datasets.npy_members import ArrayHeader
from core.errors import DatasetError
from core.settings import MIN_CLASSES

_EXPECTED = "expected a whole number or a name for each image, (n,), or a one in the column of its class, (n, classes)"
_ONE_HOT = "The labels have a column for each class (one-hot): the column with the one is the class."


def check_label_header(header: ArrayHeader, images: int, key: str, source_name: str) -> None:
    """Raises `DatasetError` if an array with this header can't hold the labels of so many images."""
    if header.dtype.kind not in "iubfU":
        raise DatasetError(f"{source_name}: {key} holds {header.dtype} values; {_EXPECTED}.")
    if header.dtype.kind == "U" and header.dtype.itemsize > 4 * MAX_CLASS_NAME:
        raise DatasetError(f"{source_name}: {key} holds long texts; expected names of at most {MAX_CLASS_NAME} characters.")
    if len(header.shape) not in (1, 2) or header.shape[0] != images or 0 in header.shape:
        raise DatasetError(f"{source_name}: {key} has the shape {header.shape} for {images:,} images; {_EXPECTED}.")


def number_labels(parts: Iterable[tuple[str, NDArray[Any]]], class_names: tuple[str, ...] | None, source_name: str) -> NumberedClasses:
    """The classes of all images. `parts` are the labels as they lie in the arrays, each with the array's name; `class_names` are those
    that the file itself has, one for each label from 0.

    Raises `DatasetError`, naming the source, for labels that can't be understood.
    """
    flat, is_one_hot = [], False
    for key, values in parts:
        flat.append(_flatten(values, key, source_name))
        is_one_hot |= values.shape[1:] not in ((), (1,))
    if len({part.dtype.kind == "U" for part in flat}) > 1:
        raise DatasetError(f"{source_name}: some labels are numbers and some are names; {_EXPECTED}.")
    # NumPy has no numbers that hold all signed and all unsigned ones; Python has.
    labels = np.concatenate([part.astype(object) for part in flat] if any(part.dtype.kind == "u" for part in flat) else flat)
    notes = (_ONE_HOT,) if is_one_hot else ()
    if class_names is not None and labels.dtype.kind != "U":
        return NumberedClasses(_check_named(labels, class_names, source_name), class_names, notes)
    values, codes = np.unique(labels, return_inverse=True)
    found = number_classes([str(value).strip() for value in values.tolist()], codes, source_name)
    return NumberedClasses(found.labels, found.class_names, (*notes, *found.notes))


def _flatten(values: NDArray[Any], key: str, source_name: str) -> NDArray[Any]:
    """One label for each image, `(n,)`, text or `int64`; `uint64` where only that can hold them, as a hash of names."""
    if values.ndim == 2 and values.shape[1] > 1:
        return _read_one_hot(values, key, source_name)
    values = values.reshape(-1)
    if values.dtype.kind == "U":
        return values
    if values.dtype.kind == "f" and not (np.abs(values.astype(np.float64)) < 1e15).all():
        raise DatasetError(f"{source_name}: {key} holds labels that are infinite, missing (nan) or huge; {_EXPECTED}.")
    if values.dtype.kind == "u" and values.max() > np.iinfo(np.int64).max:
        return values
    whole = values.astype(np.int64)
    if not (whole == values).all():
        raise DatasetError(f"{source_name}: {key} holds fractions; {_EXPECTED}.")
    return whole


def _read_one_hot(values: NDArray[Any], key: str, source_name: str) -> NDArray[np.int64]:
    is_one_hot = values.dtype.kind != "U" and ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all()
    if not is_one_hot:
        raise DatasetError(f"{source_name}: {key} has {values.shape[1]:,} columns that are not a single one among zeros; {_EXPECTED}.")
    classes: NDArray[np.int64] = np.argmax(values, axis=1).astype(np.int64)
    return classes


def _check_named(labels: NDArray[Any], class_names: tuple[str, ...], source_name: str) -> NDArray[np.int32]:
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= len(class_names):
        raise DatasetError(
            f"{source_name}: labels run from {lowest} to {highest}, but there are {len(class_names)} class names;"
            f" expected labels from 0 to {len(class_names) - 1}."
        )
    if len(np.unique(labels)) < MIN_CLASSES:
        raise DatasetError(f"{source_name} holds only one class; expected at least {MIN_CLASSES}: a network needs two to tell apart.")
    return labels.astype(np.int32)
