"""Image sets as `.npz` files: NumPy's zip archive of arrays, never unpickled and never unpacked before its size is known.

A file holds `x_train`, `y_train`, `x_test` and `y_test` as `build_image_set` describes them, the layout of Keras' own `mnist.npz`.
It may also hold `class_names` (text, one for each class), `max_value` (the largest value a pixel can take),
and `title` and `origin` (one text each).
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet, build_image_set, check_labels, check_layout
from core.datasets.npy_members import ArrayHeader, opened_archive, read_array, read_header
from core.errors import Cancelled, DatasetError
from core.files import make_folder, replacing
from core.printable import is_printable
from core.settings import MAX_CLASSES

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
OPTIONAL_ARRAYS = ("class_names", "max_value", "title", "origin")

MAX_TEXT = 1_000
"""Characters in a title, an origin or a class name. Checked before anything is unpacked."""

# zlib's third level packs a set nearly as small as its default, the sixth, in two thirds of the time.
_COMPRESSION_LEVEL = 3
_EXPECTED = ", ".join(ARRAYS)


@dataclass(frozen=True)
class NpzSummary:
    """What a file holds, found out without its images being read.

    `image_shape` is `(height, width)`, or `(height, width, channels)` with 1 or 3 channels. `title` is None where the file has none.
    """

    image_shape: tuple[int, ...]
    training_images: int
    test_images: int
    title: str | None

    @property
    def is_grey(self) -> bool:
        return self.image_shape[2:] != (3,)


def load_npz(
    path: Path,
    *,
    name: str,
    title: str | None = None,
    class_names: tuple[str, ...] | None = None,
    max_value: int = 255,
    origin: str | None = None,
) -> ImageSet:
    """Read an image set, to be called `name`. The other arguments hold where the file itself says nothing.

    Raises `DatasetError`, naming the file and what was expected, if it is missing, damaged, pickled, or not an image set within the limits.
    """
    with opened_archive(path, str(path), _EXPECTED) as archive:
        headers = _read_headers(archive, path)
        texts = read_texts(archive, headers, str(path))
        arrays = {key: read_array(archive, key, headers[key], str(path)) for key in ARRAYS}
        limit = read_max_value(archive, headers, str(path)) if "max_value" in headers else max_value
    image_set = build_image_set(
        name=str(path),  # So that its messages name the file.
        title=_first(texts.get("title")) or title or name,
        class_names=texts.get("class_names", class_names),
        max_value=limit,
        origin=_first(texts.get("origin")) or origin or f"Read from {path.name}; nothing else is known of it.",
        **arrays,
    )
    return replace(image_set, name=name)


def read_summary(path: Path, *, class_names: tuple[str, ...] | None = None) -> NpzSummary:
    """Check a file by its headers and labels, which takes a few milliseconds however large its images are.

    `class_names` as for `load_npz`. Raises `DatasetError` as that does, except for what only the images themselves can show.
    """
    with opened_archive(path, str(path), _EXPECTED) as archive:
        headers = _read_headers(archive, path)
        texts = read_texts(archive, headers, str(path))
        y_train, y_test = (read_array(archive, key, headers[key], str(path)) for key in ("y_train", "y_test"))
    check_labels(str(path), y_train, y_test, texts.get("class_names", class_names))
    shape = headers["x_train"].shape
    return NpzSummary(shape[1:], shape[0], headers["x_test"].shape[0], _first(texts.get("title")))


def save_npz(path: Path, image_set: ImageSet, *, if_new: bool = False, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Write an image set to `path`, all of it or nothing, so that `load_npz` gives it back with every name it carries.

    Raises `StorageError` if the disk is full or the folder can't be written to, `Cancelled` soon after `should_stop()` becomes true,
    and with `if_new` `FileExistsError` if `path` is taken.
    """
    make_folder(path.parent)
    with replacing(path, if_new=if_new) as file:
        write_npz(file, image_set, should_stop)


def write_npz(file: BinaryIO, image_set: ImageSet, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Write an image set to an open file as `save_npz` does. Raises `OSError` if the file can't be written to, and `Cancelled`."""
    arrays: dict[str, NDArray[Any]] = {
        "x_train": image_set.x_train,
        "y_train": image_set.y_train,
        "x_test": image_set.x_test,
        "y_test": image_set.y_test,
        "class_names": np.array(image_set.class_names),
        "max_value": np.array(image_set.max_value),
        "title": np.array(image_set.title),
        "origin": np.array(image_set.origin),
    }
    # Measured: grey sets shrink to a quarter, colour photographs by a tenth, which is not worth loading them three times slower.
    method = zipfile.ZIP_DEFLATED if image_set.is_grey else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method, compresslevel=_COMPRESSION_LEVEL) as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(_Stoppable(member, should_stop), array, allow_pickle=False)


@dataclass(frozen=True)
class _Stoppable:
    """A file to write to until it is called off. NumPy writes 16 MB at a time, of which a part of a second is spent on packing."""

    file: IO[bytes]
    should_stop: Callable[[], bool]

    def write(self, data: bytes) -> int:
        if self.should_stop():
            raise Cancelled("Saving was called off. Nothing of it was kept.")
        return self.file.write(data)


def _read_headers(archive: zipfile.ZipFile, path: Path) -> dict[str, ArrayHeader]:
    present = set(archive.namelist())
    missing = [key for key in ARRAYS if f"{key}.npy" not in present]
    if missing:
        found = ", ".join(sorted(item.removesuffix(".npy") for item in present)[:10]) or "nothing"
        raise DatasetError(f"{path} has no {' and no '.join(missing)}; expected {', '.join(ARRAYS)}, found {found}.")
    wanted = ARRAYS + tuple(key for key in OPTIONAL_ARRAYS if f"{key}.npy" in present)
    headers = {key: read_header(archive, key, str(path)) for key in wanted}
    check_layout(str(path), {key: (headers[key].dtype, headers[key].shape) for key in ARRAYS})
    return headers


def read_texts(archive: zipfile.ZipFile, headers: dict[str, ArrayHeader], name: str) -> dict[str, tuple[str, ...]]:
    """The optional texts that the file holds: `class_names` as it is, `title` and `origin` as tuples of one.

    Raises `DatasetError`, calling the file `name`, for what is no text or can't be shown.
    """
    return {key: _read_text(archive, key, headers[key], name) for key in ("class_names", "title", "origin") if key in headers}


def _read_text(archive: zipfile.ZipFile, key: str, header: ArrayHeader, name: str) -> tuple[str, ...]:
    axes, most, expected = (1, MAX_CLASSES, "a list of different texts") if key == "class_names" else (0, 1, "one text")
    problem = DatasetError(
        f"{name}: {key} holds {header.dtype} values of shape {header.shape}; expected {expected} of 1 to {MAX_TEXT:,} printable"
        " characters. Leave it out, or write it with numpy.array."
    )
    if header.dtype.kind != "U" or header.dtype.itemsize > 4 * MAX_TEXT or len(header.shape) != axes or math.prod(header.shape) > most:
        raise problem
    texts = tuple(str(text) for text in read_array(archive, key, header, name).reshape(-1))
    if not all(map(is_sound_text, texts)) or len(set(texts)) < len(texts):
        raise problem
    return texts


def is_sound_text(text: str) -> bool:
    """Whether a title, an origin or a class name can be stored and shown."""
    return bool(text.strip()) and len(text) <= MAX_TEXT and is_printable(text)


def read_max_value(archive: zipfile.ZipFile, headers: dict[str, ArrayHeader], name: str) -> int:
    """The largest value a pixel can take. Raises `DatasetError`, calling the file `name`, if it is senseless."""
    header = headers["max_value"]
    if header.dtype.kind in "iu" and header.shape == ():
        value = int(read_array(archive, "max_value", header, name))
        if 1 <= value <= 255:
            return value
    raise DatasetError(
        f"{name}: max_value is not a whole number from 1 to 255, the largest value a pixel can take. Correct it or leave it out."
    )


def _first(texts: tuple[str, ...] | None) -> str | None:
    return texts[0] if texts else None
