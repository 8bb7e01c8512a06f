"""Image sets as `.npz` files: NumPy's zip archive of arrays, never unpickled and never unpacked before its size is known.

A file holds `x_train`, `y_train`, `x_test` and `y_test` as `build_image_set` describes them, the layout of Keras' own `mnist.npz`.
It may also hold `class_names` (text, one for each class), `max_value` (the largest value a pixel can take),
and `title` and `origin` (one text each).
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.image_set import ImageSet, build_image_set, check_labels, check_layout
from core.errors import DatasetError
from core.files import make_folder, replacing
from core.settings import MAX_CLASSES, MAX_SET_BYTES

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
OPTIONAL_ARRAYS = ("class_names", "max_value", "title", "origin")

MAX_TEXT = 1_000
"""Characters in a title, an origin or a class name. Checked before anything is unpacked."""

_CHUNK = 1 << 20
_MAX_HEADER = 1 << 12
# zlib's third level packs a set nearly as small as its default, the sixth, in two thirds of the time.
_COMPRESSION_LEVEL = 3

# The header of a plain array, as NumPy's format description gives it. A pattern rather than NumPy's own parser,
# which evaluates a literal and accepts far more than a plain array.
_HEADER = re.compile(
    rb"\s*\{\s*'descr'\s*:\s*'(?P<descr>[^']{1,20})'\s*,"
    rb"\s*'fortran_order'\s*:\s*(?P<fortran>True|False)\s*,"
    rb"\s*'shape'\s*:\s*\((?P<shape>(?:[0-9]{1,12}(?:, ?[0-9]{1,12}){0,4},?)?)\)\s*,?\s*\}\s*"
)
_DTYPE = re.compile(r"[<>|=]([iu][1248]|f[248]|b1|U[1-9][0-9]{0,4})")
# What the zip reader and the conversions below raise for damaged, encrypted or exotic archives.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)


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


@dataclass(frozen=True)
class _Header:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    bytes: int

    @property
    def data_bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)


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
    with _opened(path) as archive:
        headers = _read_headers(archive, path)
        texts = _read_texts(archive, headers, path)
        arrays = {key: _read_array(archive, key, headers[key], path) for key in ARRAYS}
        limit = _read_max_value(archive, headers, path) if "max_value" in headers else max_value
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
    with _opened(path) as archive:
        headers = _read_headers(archive, path)
        texts = _read_texts(archive, headers, path)
        y_train, y_test = (_read_array(archive, key, headers[key], path) for key in ("y_train", "y_test"))
    check_labels(str(path), y_train, y_test, texts.get("class_names", class_names))
    shape = headers["x_train"].shape
    return NpzSummary(shape[1:], shape[0], headers["x_test"].shape[0], _first(texts.get("title")))


def save_npz(path: Path, image_set: ImageSet) -> None:
    """Write an image set to `path`, all of it or nothing, so that `load_npz` gives it back with every name it carries.

    Raises `StorageError` if the disk is full or the folder can't be written to.
    """
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
    make_folder(path.parent)
    with replacing(path) as file, zipfile.ZipFile(file, "w", method, compresslevel=_COMPRESSION_LEVEL) as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, with everything that a damaged one can raise turned into a `DatasetError`."""
    if not path.is_file():
        raise DatasetError(f"{path} is not there, or is not a file; expected an .npz file with {', '.join(ARRAYS)}.")
    try:
        if path.stat().st_size > MAX_SET_BYTES:
            raise DatasetError(f"{path} is larger than {MAX_SET_BYTES:,} bytes, the most a set may take. Keep a part of the images.")
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror or error}. Expected an .npz file that Inkling may read.") from error
    except _DAMAGE as error:
        raise DatasetError(
            f"{path} is damaged or is not an .npz file ({error}); expected one as numpy.savez writes it,"
            f" with {', '.join(ARRAYS)}. Fetch or save it again."
        ) from error


def _read_headers(archive: zipfile.ZipFile, path: Path) -> dict[str, _Header]:
    present = set(archive.namelist())
    missing = [key for key in ARRAYS if f"{key}.npy" not in present]
    if missing:
        found = ", ".join(sorted(item.removesuffix(".npy") for item in present)[:10]) or "nothing"
        raise DatasetError(f"{path} has no {' and no '.join(missing)}; expected {', '.join(ARRAYS)}, found {found}.")
    wanted = ARRAYS + tuple(key for key in OPTIONAL_ARRAYS if f"{key}.npy" in present)
    headers = {key: _read_header(archive, key, path) for key in wanted}
    check_layout(str(path), {key: (headers[key].dtype, headers[key].shape) for key in ARRAYS})
    return headers


def _read_header(archive: zipfile.ZipFile, key: str, path: Path) -> _Header:
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DatasetError(f"{path}: {key} is packed by method {member.compress_type}; expected what numpy.savez_compressed writes.")
    with archive.open(member) as file:
        header = _parse_header(file, key, path)
    if header.bytes + header.data_bytes != member.file_size:
        raise DatasetError(
            f"{path}: {key} should take {header.bytes + header.data_bytes:,} bytes by its header, but takes {member.file_size:,}."
            " The file is damaged; fetch or save it again."
        )
    return header


def _parse_header(file: IO[bytes], key: str, path: Path) -> _Header:
    """Read an array's header: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"""
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or start[6:7] not in (b"\x01", b"\x02"):
        raise DatasetError(f"{path}: {key} does not begin as a NumPy array; expected one as numpy.savez writes it.")
    length_bytes = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(length_bytes), "little")
    match = _HEADER.fullmatch(file.read(length)) if length <= _MAX_HEADER else None
    descr = match["descr"].decode("latin-1") if match else "a structure or something unknown"
    if match is None or not _DTYPE.fullmatch(descr):
        kind = "Python objects (pickled), which can run code when they are read" if descr.startswith("|O") else descr
        raise DatasetError(f"{path}: {key} holds {kind}; expected a plain array of whole numbers, which Inkling can read safely.")
    shape = tuple(int(size) for size in match["shape"].decode().split(",") if size.strip())
    return _Header(np.dtype(descr), shape, match["fortran"] == b"True", 8 + length_bytes + length)


def _read_array(archive: zipfile.ZipFile, key: str, header: _Header, path: Path) -> NDArray[Any]:
    """Unpack one array, never more of it than its header says."""
    data = np.empty(header.data_bytes, dtype=np.uint8)
    filled = 0
    with archive.open(f"{key}.npy") as file:
        file.read(header.bytes)
        while chunk := file.read(_CHUNK):
            if filled + len(chunk) > len(data):
                break
            data[filled : filled + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
            filled += len(chunk)
    if filled != len(data):
        raise DatasetError(f"{path}: {key} ends after {filled:,} of {len(data):,} bytes. The file is damaged; fetch or save it again.")
    return data.view(header.dtype).reshape(header.shape, order="F" if header.fortran_order else "C")


def _read_texts(archive: zipfile.ZipFile, headers: dict[str, _Header], path: Path) -> dict[str, tuple[str, ...]]:
    """The optional texts that the file holds: `class_names` as it is, `title` and `origin` as tuples of one."""
    return {key: _read_text(archive, key, headers[key], path) for key in ("class_names", "title", "origin") if key in headers}


def _read_text(archive: zipfile.ZipFile, key: str, header: _Header, path: Path) -> tuple[str, ...]:
    axes, most, expected = (1, MAX_CLASSES, "a list of different texts") if key == "class_names" else (0, 1, "one text")
    problem = DatasetError(
        f"{path}: {key} holds {header.dtype} values of shape {header.shape}; expected {expected} of 1 to {MAX_TEXT:,} printable"
        " characters. Leave it out, or write it with numpy.array."
    )
    if header.dtype.kind != "U" or header.dtype.itemsize > 4 * MAX_TEXT or len(header.shape) != axes or math.prod(header.shape) > most:
        raise problem
    texts = tuple(str(text) for text in _read_array(archive, key, header, path).reshape(-1))
    if not all(text.strip() and text.isprintable() for text in texts) or len(set(texts)) < len(texts):
        raise problem
    return texts


def _read_max_value(archive: zipfile.ZipFile, headers: dict[str, _Header], path: Path) -> int:
    header = headers["max_value"]
    if header.dtype.kind in "iu" and header.shape == ():
        value = int(_read_array(archive, "max_value", header, path))
        if 1 <= value <= 255:
            return value
    raise DatasetError(
        f"{path}: max_value is not a whole number from 1 to 255, the largest value a pixel can take. Correct it or leave it out."
    )


def _first(texts: tuple[str, ...] | None) -> str | None:
    return texts[0] if texts else None
