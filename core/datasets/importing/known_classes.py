"""Files that are to become a set known by name take over that set's class names and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.datasets.importing.labels import NumberedClasses, list_names
from core.datasets.known_sets import KNOWN_SETS
from core.errors import DatasetError


def name_classes(classes: NumberedClasses, set_name: str, source_name: str) -> NumberedClasses:
    """The classes of a set of this name: as they are or, for a known set, those. Raises `DatasetError` if they are others."""
    if set_name not in KNOWN_SETS:
        return classes
    known, labels = KNOWN_SETS[set_name].class_names, known_labels(classes.class_names, set_name)
    if labels is None:
        raise DatasetError(
            f"{source_name} can't become {set_name!r}: its classes are {list_names(classes.class_names)}; expected one for each of"
            f" {', '.join(known)}. Choose another name for a set of your own."
        )
    return NumberedClasses(np.array(labels, dtype=np.int32)[classes.labels], known, classes.notes)


def known_labels(class_names: Sequence[str], set_name: str) -> list[int] | None:
    """The known set's label for each class name; None if they are neither its classes nor their numbers."""
    labels = {_plain(class_name): label for label, class_name in enumerate(KNOWN_SETS[set_name].class_names)}
    if list(class_names) == [str(label) for label in range(len(labels))]:
        return list(range(len(labels)))
    if len(class_names) != len(labels) or {_plain(class_name) for class_name in class_names} != set(labels):
        return None
    return [labels[_plain(class_name)] for class_name in class_names]


def _plain(class_name: str) -> str:
    """Letters and digits alone: a folder can't be called `T-shirt/top`, but `T-shirt_top` will do."""
    return re.sub(r"[\W_]", "", class_name).lower()
