"""IDX, the format that MNIST is published in (https://yann.lecun.com/exdb/mnist/, "File formats").

Two zero bytes, the type of the values, the number of axes, each axis' length in four bytes, then the values, most significant byte first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.streams import ByteStream
from core.errors import DatasetError
from core.settings import MAX_SET_BYTES

_TYPES = {kind: np.dtype(code) for kind, code in ((8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8"))}
_MAX_AXES = 4


@dataclass(frozen=True)
class IdxHeader:
    """What a file says of its values."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def looks_like_idx(start: bytes) -> bool:
    """Whether a file that begins with these bytes, at least four, can be IDX of any kind."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _TYPES and 1 <= start[3] <= _MAX_AXES


def read_header(file: IO[bytes], name: str) -> IdxHeader:
    """Read the header. Raises `DatasetError`, calling the file `name`, if it is none, or promises more than a set may take."""
    start = file.read(4)
    if not looks_like_idx(start):
        raise DatasetError(
            f"{name} is not an IDX file: it begins with {', '.join(str(byte) for byte in start) or 'nothing'};"
            f" expected 0, 0, the type of the values, such as 8 for bytes, and the number of axes, at most {_MAX_AXES}."
        )
    lengths = file.read(4 * start[3])
    if len(lengths) != 4 * start[3]:
        raise DatasetError(f"{name} ends within its header; expected the lengths of {start[3]} axes. Fetch it again.")
    shape = tuple(int(length) for length in np.frombuffer(lengths, dtype=">u4"))
    if 0 in shape:
        raise DatasetError(f"{name} holds nothing: its header states the shape {shape}. Fetch it again.")
    dtype = _TYPES[start[2]]
    if dtype.itemsize * math.prod(shape) > MAX_SET_BYTES:
        raise DatasetError(f"{name} holds {math.prod(shape):,} values by its header; expected at most {MAX_SET_BYTES // dtype.itemsize:,}.")
    return IdxHeader(dtype, shape)


def read_rows(file: IO[bytes], header: IdxHeader, name: str, rows: int) -> Iterator[NDArray[Any]]:
    """Read the values that follow the header, at most `rows` along the first axis at a time.

    Raises `DatasetError`, calling the file `name`, if there are fewer or more than the header says.
    """
    shape, size = header.shape, header.dtype.itemsize
    row_bytes = size * math.prod(shape[1:])
    for first in range(0, shape[0], rows):
        wanted = min(rows, shape[0] - first)
        data = file.read(wanted * row_bytes)
        if len(data) != wanted * row_bytes:
            raise DatasetError(
                f"{name} ends after {(first * row_bytes + len(data)) // size:,} of {math.prod(shape):,} values; expected all of the shape"
                f" {shape} that its header states. Fetch it again."
            )
        yield np.frombuffer(data, dtype=header.dtype).reshape(wanted, *shape[1:])
    if file.read(1):
        raise DatasetError(f"{name} goes on after the {math.prod(shape):,} values, shape {shape}, that its header states. Fetch it again.")


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read a whole IDX file of unsigned bytes, gzipped or not. Raises `DatasetError` for anything else."""
    with ByteStream(path.name, path).open() as file:
        header = read_header(file, path.name)
        if header.dtype != np.uint8:
            raise DatasetError(f"{path.name} is an IDX file of {header.dtype} values; expected unsigned bytes. Fetch it again.")
        (values,) = read_rows(file, header, path.name, rows=header.shape[0])
    return values
