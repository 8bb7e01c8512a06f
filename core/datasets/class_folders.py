"""Which pictures a ZIP of class folders holds, found out from its directory alone, before anything is unpacked."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from core.datasets.known_sets import KNOWN_SETS
from core.errors import DatasetError
from core.settings import MAX_CLASSES, MAX_IMAGES, MAX_SET_BYTES, MIN_CLASSES

LAYOUT = "expected a ZIP of [train/]<class>/<picture>.png or .jpg, and test/<class>/<picture> beside train"
TEST_SHARE = 0.2
SPLIT_SEED = 1

_SUFFIXES = {".png", ".jpg", ".jpeg"}
_MAX_CLASS_NAME = 80
# Pictures are packed already, so a ZIP hardly shrinks them: real ones stay below 2 to 1, a zip bomb reaches 1,000 to 1.
_MAX_RATIO = 100
_RATIO_MATTERS_ABOVE = 1 << 20
_MAX_PICTURE_BYTES = 32 * 1024**2


@dataclass(frozen=True)
class ArchiveImage:
    """One picture in the archive and the number of its class."""

    info: zipfile.ZipInfo
    label: int


@dataclass(frozen=True)
class Listing:
    """The pictures of both splits, in class order.

    `is_own_split` tells that the archive had no training and test folders of its own, `ignored` counts pictures outside them.
    """

    class_names: tuple[str, ...]
    training: tuple[ArchiveImage, ...]
    test: tuple[ArchiveImage, ...]
    is_own_split: bool
    ignored: int


@dataclass(frozen=True)
class _Found:
    info: zipfile.ZipInfo
    split: str | None
    class_name: str


def list_images(archive: zipfile.ZipFile, archive_name: str, set_name: str) -> Listing:
    """Find the pictures and their classes, numbered in order of their names, or as the known set called `set_name` numbers them.

    Raises `DatasetError` for an archive that is empty, hostile, over the limits, or laid out otherwise.
    """
    found = sorted(_find(archive, archive_name), key=lambda item: (item.class_name, item.info.filename))
    splits = {item.split for item in found}
    is_own_split = not {"train", "test"} <= splits
    ignored = 0 if is_own_split else sum(item.split is None for item in found)
    if not is_own_split:
        found = [item for item in found if item.split]
    folders = sorted({item.class_name for item in found})
    _check_counts(len(found), folders, archive_name)
    class_names, labels = _number_classes(folders, archive_name, set_name)
    images = [ArchiveImage(item.info, labels[item.class_name]) for item in found]
    if is_own_split:
        training, test = _split(images)
    else:
        training = [image for image, item in zip(images, found, strict=True) if item.split == "train"]
        test = [image for image, item in zip(images, found, strict=True) if item.split == "test"]
    _check_every_class_can_be_learned(class_names, training, archive_name)
    return Listing(class_names, tuple(training), tuple(test), is_own_split, ignored)


def _find(archive: zipfile.ZipFile, archive_name: str) -> Iterator[_Found]:
    """The pictures that lie in a class folder. What is no picture, such as a note or a thumbnail index, does not matter here."""
    unpacked = 0
    for info in archive.infolist():
        parts = _safe_parts(info.filename, archive_name)
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if info.is_dir() or is_link or any(part.startswith(".") or part == "__MACOSX" for part in parts):
            continue
        if len(parts) < 2 or PurePosixPath(parts[-1]).suffix.lower() not in _SUFFIXES:
            continue
        unpacked += info.file_size
        _check_size(info, unpacked, archive_name)
        split = parts[-3].lower() if len(parts) > 2 else None
        yield _Found(info, split if split in ("train", "test") else None, parts[-2])


def _safe_parts(entry: str, archive_name: str) -> tuple[str, ...]:
    # Nothing here ever becomes a path, but an archive with such a name was made to do harm, and is not worth reading on.
    if entry.startswith("/") or "\\" in entry or ":" in entry.split("/")[0] or ".." in entry.split("/"):
        raise DatasetError(f"{archive_name}: the entry {entry!r} points outside the archive; {LAYOUT}.")
    return tuple(part for part in entry.split("/") if part)


def _check_size(info: zipfile.ZipInfo, unpacked: int, archive_name: str) -> None:
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DatasetError(f"{archive_name}: {info.filename!r} is encrypted or packed in a rare way; expected an ordinary ZIP.")
    is_bomb = info.file_size > _RATIO_MATTERS_ABOVE and info.file_size > _MAX_RATIO * info.compress_size
    if is_bomb or info.file_size > _MAX_PICTURE_BYTES:
        raise DatasetError(
            f"{archive_name}: {info.filename!r} would unpack from {info.compress_size:,} to {info.file_size:,} bytes;"
            f" expected pictures of at most {_MAX_PICTURE_BYTES:,} bytes."
        )
    if unpacked > MAX_SET_BYTES:
        raise DatasetError(f"{archive_name}: the pictures unpack to more than {MAX_SET_BYTES:,} bytes. Keep a part of them.")


def _check_counts(images: int, folders: Sequence[str], archive_name: str) -> None:
    if images == 0:
        raise DatasetError(f"{archive_name} holds no pictures in class folders; {LAYOUT}.")
    if images > MAX_IMAGES:
        raise DatasetError(f"{archive_name} holds {images:,} pictures; expected at most {MAX_IMAGES:,}. Keep a part of them.")
    if not MIN_CLASSES <= len(folders) <= MAX_CLASSES:
        found = f"one class folder, {folders[0]!r}" if len(folders) == 1 else f"{len(folders):,} class folders"
        raise DatasetError(f"{archive_name} holds {found}; expected {MIN_CLASSES} to {MAX_CLASSES:,}: a network needs two to tell apart.")
    for folder in folders:
        if len(folder) > _MAX_CLASS_NAME or not folder.isprintable() or not folder.strip():
            raise DatasetError(f"{archive_name}: {folder!r} can't name a class; expected 1 to {_MAX_CLASS_NAME} printable characters.")


def _number_classes(folders: Sequence[str], archive_name: str, set_name: str) -> tuple[tuple[str, ...], dict[str, int]]:
    known = KNOWN_SETS.get(set_name)
    if known is None:
        return tuple(folders), {folder: label for label, folder in enumerate(folders)}
    labels = {_plain(class_name): label for label, class_name in enumerate(known.class_names)}
    strangers = [folder for folder in folders if _plain(folder) not in labels]
    if strangers or len(folders) != len(labels):
        raise DatasetError(
            f"{archive_name} can't become {set_name!r}: its folders are {', '.join(folders[:12])}; expected one for each of"
            f" {', '.join(known.class_names)}. Choose another name for a set of your own."
        )
    return known.class_names, {folder: labels[_plain(folder)] for folder in folders}


def _plain(class_name: str) -> str:
    """Letters and digits alone: a folder can't be called `T-shirt/top`, but `T-shirt_top` will do."""
    return re.sub(r"[\W_]", "", class_name).lower()


def _split(images: Sequence[ArchiveImage]) -> tuple[list[ArchiveImage], list[ArchiveImage]]:
    """Draw a fifth of each class for the test set; of a class with two to four pictures, one."""
    labels = np.array([image.label for image in images])
    is_test = np.zeros(len(images), dtype=bool)
    generator = np.random.default_rng(SPLIT_SEED)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        share = max(1, round(TEST_SHARE * len(members))) if len(members) > 1 else 0
        is_test[members[:share]] = True
    training = [image for image, held_back in zip(images, is_test, strict=True) if not held_back]
    return training, [image for image, held_back in zip(images, is_test, strict=True) if held_back]


def _check_every_class_can_be_learned(class_names: Sequence[str], training: Sequence[ArchiveImage], archive_name: str) -> None:
    learned = {image.label for image in training}
    missing = [class_name for label, class_name in enumerate(class_names) if label not in learned]
    if missing:
        raise DatasetError(
            f"{archive_name} has no training pictures of {', '.join(missing[:12])}; expected some in train/<class> for every class."
        )
