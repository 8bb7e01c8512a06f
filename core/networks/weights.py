"""Weights as bytes and back: an npz archive of plain arrays, never a pickle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import InklingError


def pack_weights(weights: Sequence[NDArray[np.float32]]) -> bytes:
    """The arrays, in their order, as an uncompressed npz: trained weights hardly get smaller, and compressing takes time."""
    buffer = io.BytesIO()
    named = {f"w{number:04d}": np.asarray(array, dtype=np.float32) for number, array in enumerate(weights)}
    np.savez(buffer, allow_pickle=False, **named)
    return buffer.getvalue()


def unpack_weights(data: bytes) -> list[NDArray[np.float32]]:
    """The inverse of `pack_weights`. Raises `InklingError` if the bytes are damaged or hold anything but float32 arrays."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            weights = [archive[name] for name in sorted(archive.files)]
    except (ValueError, OSError, EOFError, KeyError, TypeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise InklingError(f"The weights can't be read ({error}); expected a file written by Inkling. Train the run again.") from error
    if any(array.dtype != np.float32 for array in weights):
        raise InklingError("The weights hold something other than 32-bit numbers; expected a file written by Inkling. Train the run again.")
    return weights
