"""Which arrays of an `.npz` file are images and which labels, told by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.datasets.npz_files import OPTIONAL_ARRAYS
from core.errors import DatasetError

EXPECTED = (
    "expected x_train, y_train, x_test and y_test, or train_images, train_labels, test_images and test_labels, or one array of images"
    " (x, images or data) and one of labels (y, labels or target)"
)
_IMAGE_WORDS = {"x", "image", "images", "data", "pixels"}
_LABEL_WORDS = {"y", "label", "labels", "target", "targets", "class", "classes"}
_SPLIT_WORDS = {"train": "train", "training": "train", "test": "test", "testing": "test"} | dict.fromkeys(
    ("val", "valid", "validation", "dev"), "val"
)


@dataclass(frozen=True)
class NpzPair:
    """The names of an array of images and of its labels. `split` is train, val, test, or empty where the file has no split."""

    images: str
    labels: str
    split: str


@dataclass(frozen=True)
class NpzLayout:
    """The pairs in the order they are read, those for testing last, and the arrays that are not used."""

    pairs: tuple[NpzPair, ...]
    unused: tuple[str, ...]


def find_pairs(arrays: Iterable[str], source_name: str) -> NpzLayout:
    """Pair the arrays of these names. Raises `DatasetError` with what was found if they make no set, or more than one."""
    arrays = list(arrays)
    found: dict[tuple[str, str], str] = {}
    unused = []
    for name in arrays:
        part = _read_name(name)
        if part is None:
            unused.append(name)
        elif part in found:
            raise _unclear(source_name, f"both {found[part]} and {name} could hold the {part[0]}")
        else:
            found[part] = name
    splits = {split for _, split in found}
    _check_splits(splits, found, arrays, source_name)
    ordered = [split for split in ("", "train", "val", "test") if split in splits]
    pairs = tuple(NpzPair(found["images", split], found["labels", split], split) for split in ordered)
    return NpzLayout(pairs, tuple(name for name in unused if name not in OPTIONAL_ARRAYS))


def _read_name(name: str) -> tuple[str, str] | None:
    """What an array is and of which split: `("images", "train")` for `x_train`."""
    words = re.split(r"[_\-. ]+", name.lower())
    splits = [_SPLIT_WORDS[word] for word in words if word in _SPLIT_WORDS]
    rest = [word for word in words if word not in _SPLIT_WORDS]
    if len(rest) != 1 or len(splits) > 1:
        return None
    role = "images" if rest[0] in _IMAGE_WORDS else "labels" if rest[0] in _LABEL_WORDS else None
    return (role, splits[0] if splits else "") if role else None


def _check_splits(splits: set[str], found: dict[tuple[str, str], str], arrays: list[str], source_name: str) -> None:
    if not splits:
        names = ", ".join(name[:40] for name in arrays[:10]) or "nothing"
        raise DatasetError(f"{source_name} has no images and labels under a name that Inkling knows; {EXPECTED}, found {names}.")
    for split in splits:
        for role, other in (("images", "labels"), ("labels", "images")):
            if (role, split) not in found:
                raise DatasetError(f"{source_name} has {found[other, split]}, but no {role} that belong to it; {EXPECTED}.")
    if "" in splits and len(splits) > 1:
        raise _unclear(source_name, f"{found['images', '']} stands beside arrays that are split")
    if "train" not in splits and "" not in splits:
        raise DatasetError(f"{source_name} has no images to train with, only {', '.join(found.values())}; {EXPECTED}.")


def _unclear(source_name: str, what: str) -> DatasetError:
    return DatasetError(f"{source_name}: {what}; {EXPECTED}. Save it again with only the arrays that are meant.")
