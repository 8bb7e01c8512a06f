"""Kept drawings as an `.npz` file, to take home and to bring back.

| array | what is in it |
| --- | --- |
| `images` | `uint8 (n, 28, 28)`: the drawings prepared as MNIST's digits were, light on dark |
| `labels` | text `(n,)`: what they are |
| `title`, `origin` | one text each |
| `ink` | `uint8`: the ink of all drawings as it was drawn, row by row, one drawing after the other |
| `ink_shapes` | whole numbers `(n, 2)`: height and width of each drawing |
| `kept` | numbers `(n,)`: when each was kept, in seconds since 1970 |
| `reader_ids`, `reader_titles`, `read_as` | texts `(n,)`: the network that was asked and its answer; empty where there was none |
| `probability` | numbers `(n,)`: that it gave its answer; 0 where there was none |

The first four are what Explore > Your data reads, so that the file is a data set as well; the others bring the drawings back here.
Nothing is ever unpickled, and drawings are unpacked one by one, so that a file takes no more memory than its largest drawing.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.labels import MAX_CLASS_NAME
from core.datasets.npy_members import ArrayHeader, opened_archive, read_array, read_header, read_rows
from core.drawing.ink import Ink
from core.drawing.pipeline import prepare_drawing
from core.drawing.style import MNIST_SHARE, DrawingStyle
from core.drawings.kept import MAX_DRAWINGS, MAX_SIDE, Answer, KeptDrawing, NewDrawing
from core.drawings.store import DrawingStore
from core.errors import DrawingError
from core.printable import is_printable

MAX_FILE_BYTES = 200 * 1024**2
"""Of a file that is brought back: packed, a full collection of canvases takes a twentieth of it."""

_TITLE = "My handwriting"
_ORIGIN = "Drawn by hand in Inkling and kept on My handwriting."
_MNIST = DrawingStyle("mnist", MNIST_SHARE)
_MNIST_SHAPE = (28, 28)

_TEXTS = {"labels": MAX_CLASS_NAME, "reader_ids": 80, "reader_titles": 200, "read_as": 1_000}
"""Arrays of text, and the characters that each text may have at most."""

_NUMBERS = {"kept": "f", "probability": "f"}
_ARRAYS = (*_TEXTS, *_NUMBERS, "ink", "ink_shapes")
_EXPECTED = "drawings as My handwriting saves them"
_BLOCK = 1 << 20


def write_drawings(file: BinaryIO, store: DrawingStore, drawings: Sequence[KeptDrawing]) -> None:
    """Write these drawings, at least one, to an open file. Raises `OSError` if it can't be written to, and what `inks` raises."""
    ids, answers = [drawing.id for drawing in drawings], [drawing.answer for drawing in drawings]
    small: dict[str, NDArray[Any]] = {
        "images": np.stack([prepare_drawing(ink, _MNIST, _MNIST_SHAPE, 255).image for ink in store.inks(ids)]),
        "labels": np.array([drawing.label for drawing in drawings]),
        "title": np.array(_TITLE),
        "origin": np.array(_ORIGIN),
        "ink_shapes": np.array([(drawing.height, drawing.width) for drawing in drawings], np.int32),
        "kept": np.array([drawing.kept for drawing in drawings]),
        "reader_ids": np.array([answer.reader if answer else "" for answer in answers]),
        "reader_titles": np.array([answer.title if answer else "" for answer in answers]),
        "read_as": np.array([answer.read_as if answer else "" for answer in answers]),
        "probability": np.array([answer.probability if answer else 0.0 for answer in answers]),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in small.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        _write_ink(archive, sum(drawing.height * drawing.width for drawing in drawings), store.inks(ids))


def read_drawings(store: DrawingStore, data: bytes, name: str) -> tuple[int, int]:
    """Keep all drawings of a file that was made by `write_drawings`, or, if anything is wrong with it, none.

    Args:
        data: the file's content.
        name: what to call it in messages.

    Returns how many were new and how many there are in the file. Raises `DrawingError` or `DatasetError` with what is wrong with the
    file, `DrawingError` if the collection would be too large, `StorageError`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DrawingError(f"{name} has {len(data):,} bytes; expected at most {MAX_FILE_BYTES:,}. Bring fewer drawings at a time.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawings.npz"
        path.write_bytes(data)
        with opened_archive(path, name, _EXPECTED) as archive:
            headers = _read_headers(archive, name)
            return store.add_all(_read_all(archive, headers, name)), headers["labels"].shape[0]


def _write_ink(archive: zipfile.ZipFile, size: int, inks: Iterator[Ink]) -> None:
    """All ink as one long array, without ever having it all in memory."""
    with archive.open("ink.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
        for ink in inks:
            member.write(ink.tobytes())


def _read_headers(archive: zipfile.ZipFile, name: str) -> dict[str, ArrayHeader]:
    """What the arrays say of themselves, checked against one another."""
    missing = [key for key in _ARRAYS if f"{key}.npy" not in archive.namelist()]
    if missing:
        raise DrawingError(
            f"{name} has no {' and no '.join(missing)}; expected {_EXPECTED}. Other images can be brought on Explore > Your data."
        )
    headers = {key: read_header(archive, key, name) for key in _ARRAYS}
    count = headers["labels"].shape[0] if headers["labels"].shape else 0
    if not 1 <= count <= MAX_DRAWINGS:
        raise DrawingError(f"{name} holds {count:,} drawings; expected 1 to {MAX_DRAWINGS:,}.")
    for key, header in headers.items():
        shape = header.shape if key == "ink" else (count, 2) if key == "ink_shapes" else (count,)
        if header.shape != shape or len(shape) < 1 or not _has_kind(key, header):
            raise DrawingError(f"{name}: {key} holds {header.dtype} values of shape {header.shape}; expected {_EXPECTED}.")
    return headers


def _has_kind(key: str, header: ArrayHeader) -> bool:
    if key in _TEXTS:
        return header.dtype.kind == "U" and header.dtype.itemsize <= 4 * _TEXTS[key]
    if key == "ink":
        return header.dtype == np.uint8 and len(header.shape) == 1
    return header.dtype.kind == _NUMBERS.get(key, "i")


def _read_all(archive: zipfile.ZipFile, headers: dict[str, ArrayHeader], name: str) -> Iterator[NewDrawing]:
    columns = {key: read_array(archive, key, headers[key], name) for key in _ARRAYS if key != "ink"}
    _check_numbers(columns, headers["ink"].shape[0], name)
    rows = zip(*(columns[key].tolist() for key in ("labels", "kept", "reader_ids", "reader_titles", "read_as", "probability")), strict=True)
    inks = _cut(read_rows(archive, "ink", headers["ink"], name, _BLOCK), columns["ink_shapes"])
    for (label, kept, *answer), ink in zip(rows, inks, strict=True):
        yield NewDrawing(label, ink, kept, Answer(*answer) if answer[0] else None)


def _check_numbers(columns: dict[str, NDArray[Any]], ink: int, name: str) -> None:
    """Raises `DrawingError` for what no drawing can be: without these, nothing would be wrong but what is shown."""
    shapes, kept, probability = (columns[key] for key in ("ink_shapes", "kept", "probability"))
    if shapes.min() < 1 or shapes.max() > MAX_SIDE or int(shapes.astype(np.int64).prod(axis=1).sum()) != ink:
        raise DrawingError(f"{name}: the sizes of the drawings do not fit their ink; expected 1 to {MAX_SIDE:,} pixels a side.")
    if not (np.isfinite(kept).all() and (kept >= 0).all() and (kept < 1e11).all()):
        raise DrawingError(f"{name}: kept holds moments that never were; expected seconds since 1970.")
    if not ((probability >= 0) & (probability <= 1)).all():
        raise DrawingError(f"{name}: probability holds something that is none; expected numbers from 0 to 1.")
    if not all(is_printable(text) for key in _TEXTS for text in columns[key].tolist()):
        raise DrawingError(f"{name} holds texts with characters that can't be printed; expected {_EXPECTED}.")


def _cut(blocks: Iterator[NDArray[Any]], shapes: NDArray[Any]) -> Iterator[Ink]:
    """One long array, block by block, as drawings of these shapes. It is known to be exactly as long as they are together."""
    waiting = bytearray()
    for height, width in shapes.tolist():
        while len(waiting) < height * width:
            waiting += next(blocks).tobytes()
        yield np.frombuffer(bytes(waiting[: height * width]), np.uint8).reshape(height, width)
        del waiting[: height * width]
