"""Plain arrays in a ZIP archive, as `numpy.savez` writes them: never unpickled, and never unpacked before their size is known."""

from __future__ import annotations

import math
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.streams import check_ratio
from core.errors import DatasetError
from core.settings import MAX_SET_BYTES

_CHUNK = 1 << 20
_MOST_TURNED = MAX_SET_BYTES // 4
_MAX_HEADER = 1 << 12

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
class ArrayHeader:
    """What an array says of itself. `bytes` is the length of this header in the file, `data_bytes` that of the values."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    bytes: int

    @property
    def data_bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)


@contextmanager
def opened_archive(path: Path, name: str, expected: str) -> Iterator[zipfile.ZipFile]:
    """The archive, with everything that a damaged one can raise turned into a `DatasetError`, which calls the file `name`.

    `expected` says which arrays it should hold.
    """
    if not path.is_file():
        raise DatasetError(f"{name} is not there, or is not a file; expected an .npz file with {expected}.")
    try:
        if path.stat().st_size > MAX_SET_BYTES:
            raise DatasetError(f"{name} is larger than {MAX_SET_BYTES:,} bytes, the most a set may take. Keep a part of the images.")
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise DatasetError(f"{name} can't be read: {error.strerror or error}. Expected an .npz file that Inkling may read.") from error
    except _DAMAGE as error:
        raise DatasetError(
            f"{name} is damaged or is not an .npz file ({error}); expected one as numpy.savez writes it,"
            f" with {expected}. Fetch or save it again."
        ) from error


def read_header(archive: zipfile.ZipFile, key: str, name: str) -> ArrayHeader:
    """What `key` says of itself, checked against what it takes in the archive. Raises `DatasetError`, calling the file `name`."""
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DatasetError(f"{name}: {key} is packed by method {member.compress_type}; expected what numpy.savez_compressed writes.")
    with archive.open(member) as file:
        return parse_header(file, member.file_size, key, name)


def parse_header(file: IO[bytes], size: int, key: str, name: str) -> ArrayHeader:
    """Read the header of an array that takes `size` bytes in all: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

    Raises `DatasetError`, calling the file `name` and the array `key`.
    """
    start = file.read(8)
    if start[:6] != b"\x93NUMPY" or start[6:7] not in (b"\x01", b"\x02"):
        raise DatasetError(f"{name}: {key} does not begin as a NumPy array; expected one as numpy.savez writes it.")
    length_bytes = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(length_bytes), "little")
    match = _HEADER.fullmatch(file.read(length)) if length <= _MAX_HEADER else None
    descr = match["descr"].decode("latin-1") if match else "a structure or something unknown"
    if match is None or not _DTYPE.fullmatch(descr):
        kind = "Python objects (pickled), which can run code when they are read" if descr.startswith("|O") else descr
        raise DatasetError(f"{name}: {key} holds {kind}; expected a plain array of whole numbers, which Inkling can read safely.")
    shape = tuple(int(size) for size in match["shape"].decode().split(",") if size.strip())
    header = ArrayHeader(np.dtype(descr), shape, match["fortran"] == b"True", 8 + length_bytes + length)
    if header.bytes + header.data_bytes != size:
        raise DatasetError(
            f"{name}: {key} should take {header.bytes + header.data_bytes:,} bytes by its header, but takes {size:,}."
            " The file is damaged; fetch or save it again."
        )
    return header


def read_array(archive: zipfile.ZipFile, key: str, header: ArrayHeader, name: str) -> NDArray[Any]:
    """Unpack one array, never more of it than its header says. Raises `DatasetError`, calling the file `name`."""
    check_ratio(archive.getinfo(f"{key}.npy"), f"{name}: {key}")
    with archive.open(f"{key}.npy") as file:
        return _read_whole(file, key, header, name)


def read_rows(archive: zipfile.ZipFile, key: str, header: ArrayHeader, name: str, rows: int) -> Iterator[NDArray[Any]]:
    """Unpack one array, at most `rows` along its first axis at a time. Raises `DatasetError`, calling the file `name`."""
    check_ratio(archive.getinfo(f"{key}.npy"), f"{name}: {key}")
    with archive.open(f"{key}.npy") as file:
        yield from rows_of(file, key, header, name, rows)


def rows_of(file: IO[bytes], key: str, header: ArrayHeader, name: str, rows: int) -> Iterator[NDArray[Any]]:
    """The same for an open file."""
    count = header.shape[0]
    if header.fortran_order:
        # Its first row is spread over all of the file, so that all of it has to be in memory beside the set.
        if header.data_bytes > _MOST_TURNED:
            raise DatasetError(
                f"{name}: {key} is saved column by column (Fortran order) and takes {header.data_bytes:,} bytes; expected at most"
                f" {_MOST_TURNED:,} in that order. Save numpy.ascontiguousarray of it."
            )
        whole = _read_whole(file, key, header, name)
        yield from (whole[first : first + rows] for first in range(0, count, rows))
        return
    row_bytes = header.data_bytes // max(1, count)
    file.read(header.bytes)
    for first in range(0, count, rows):
        wanted = min(rows, count - first)
        data = file.read(wanted * row_bytes)
        if len(data) != wanted * row_bytes:
            raise _cut_short(name, key, first * row_bytes + len(data), header.data_bytes)
        yield _check_text(np.frombuffer(data, dtype=header.dtype).reshape(wanted, *header.shape[1:]), key, name)
    # The archive's checksum is compared only where the end is reached.
    file.read(1)


def _read_whole(file: IO[bytes], key: str, header: ArrayHeader, name: str) -> NDArray[Any]:
    data = np.empty(header.data_bytes, dtype=np.uint8)
    filled = 0
    file.read(header.bytes)
    while chunk := file.read(_CHUNK):
        if filled + len(chunk) > len(data):
            break
        data[filled : filled + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
        filled += len(chunk)
    if filled != len(data):
        raise _cut_short(name, key, filled, len(data))
    array = data.view(header.dtype).reshape(header.shape, order="F" if header.fortran_order else "C")
    return _check_text(array, key, name)


def _check_text(array: NDArray[Any], key: str, name: str) -> NDArray[Any]:
    """NumPy keeps text as 32-bit numbers and does not look at them; Python can't even show one that is no character."""
    if array.dtype.kind == "U" and array.size:
        points = np.ascontiguousarray(array).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
        if points.max() > sys.maxunicode:
            raise DatasetError(f"{name}: {key} holds texts with numbers that stand for no character. The file is damaged; save it again.")
    return array


def _cut_short(name: str, key: str, found: int, expected: int) -> DatasetError:
    return DatasetError(f"{name}: {key} ends after {found:,} of {expected:,} bytes. The file is damaged; fetch or save it again.")
