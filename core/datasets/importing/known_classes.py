"""Class folders that are to become a set known by name take over that set's class names and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.layout import list_names
from core.datasets.importing.source import Survey
from core.datasets.known_sets import KNOWN_SETS
from core.errors import DatasetError


def number_classes(survey: Survey, set_name: str) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The names to use, and for each label of the survey the one to use: those of the known set, if it is to become one."""
    if set_name not in KNOWN_SETS:
        return survey.class_names, np.arange(len(survey.class_names), dtype=np.int32)
    labels = known_labels(survey.class_names, set_name)
    if labels is None:
        raise DatasetError(
            f"{survey.source_name} can't become {set_name!r}: its folders are {list_names(survey.class_names)}; expected one for each of"
            f" {', '.join(KNOWN_SETS[set_name].class_names)}. Choose another name for a set of your own."
        )
    return KNOWN_SETS[set_name].class_names, np.array(labels, dtype=np.int32)


def known_labels(class_names: Sequence[str], set_name: str) -> list[int] | None:
    """The known set's label for each class name; None if they are not its classes."""
    labels = {_plain(class_name): label for label, class_name in enumerate(KNOWN_SETS[set_name].class_names)}
    if len(class_names) != len(labels) or {_plain(class_name) for class_name in class_names} != set(labels):
        return None
    return [labels[_plain(class_name)] for class_name in class_names]


def _plain(class_name: str) -> str:
    """Letters and digits alone: a folder can't be called `T-shirt/top`, but `T-shirt_top` will do."""
    return re.sub(r"[\W_]", "", class_name).lower()
