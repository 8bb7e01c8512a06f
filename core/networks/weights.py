"""Weights as bytes and back: an npz archive of plain arrays, never a pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError

Weights = Sequence[NDArray[np.float32]]

_LARGEST_HALF = float(np.finfo(np.float16).max)


def pack_weights(weights: Weights, *, is_compact: bool = False) -> bytes:
    """The arrays, in their order, as an uncompressed npz: trained weights hardly get smaller, and compressing takes time.

    If `is_compact`, with 16 bits for each number, which halves the bytes. Three digits are enough to predict with: 0 to 2 of
    10,000 answers become others. It is not enough to go on training as if nothing had happened. An array with larger numbers
    than 16 bits can hold keeps its 32.
    """
    exact = {f"w{number:04d}": np.asarray(array, np.float32) for number, array in enumerate(weights)}
    return pack_arrays({name: _halve(array) for name, array in exact.items()} if is_compact else exact)


def unpack_weights(data: bytes) -> list[NDArray[np.float32]]:
    """The inverse of `pack_weights`: `float32`, also if they were packed compactly.

    Raises `InklingError` if the bytes are damaged or hold anything but numbers of 32 or 16 bits.
    """
    arrays = unpack_arrays(data)
    weights = [arrays[name] for name in sorted(arrays)]
    if any(array.dtype not in (np.float32, np.float16) for array in weights):
        raise InklingError("The weights hold something other than 32-bit numbers; expected a file written by Inkling. Train the run again.")
    return [array.astype(np.float32, copy=False) for array in weights]


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Named arrays of numbers as an uncompressed npz. The same arrays give the same bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The inverse of `pack_arrays`. Raises `InklingError` if the bytes are damaged or hold anything but arrays of numbers."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, TypeError, AttributeError, NotImplementedError, zipfile.BadZipFile) as error:
        # NumPy's own reason may advise to open the file unsafely.
        raise InklingError(
            "The weights can't be read: their file is damaged, or was not written by Inkling. Train the run again."
        ) from error


def _halve(array: NDArray[np.float32]) -> NDArray[np.float32] | NDArray[np.float16]:
    return array.astype(np.float16) if np.abs(array).max(initial=0) <= _LARGEST_HALF else array
