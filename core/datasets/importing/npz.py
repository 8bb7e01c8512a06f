"""An `.npz` file of images and labels, under the names and in the types that people save them in."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.arrays import ArraySource
from core.datasets.importing.contents import Contents, Keeper, Watch, check_image_shape
from core.datasets.importing.labels import NumberedClasses
from core.datasets.importing.npz_labels import check_label_header, read_classes
from core.datasets.importing.npz_layout import NpzLayout, find_pairs
from core.datasets.importing.shapes import PictureLayout, find_layout
from core.datasets.importing.source import SourceFile, SourceKind
from core.datasets.npy_members import ArrayHeader, opened_archive, read_header, read_rows
from core.datasets.npz_files import OPTIONAL_ARRAYS, read_max_value, read_texts
from core.errors import DatasetError
from core.settings import MAX_SET_BYTES

_EXPECTED = "images and labels"


@dataclass(frozen=True)
class _Plan:
    """What the headers say, checked, and how the arrays of images are laid out."""

    layout: NpzLayout
    headers: dict[str, ArrayHeader]
    pictures: PictureLayout


class NpzFile(ArraySource):
    """One `.npz` file. Never unpickled; sizes are checked before anything is unpacked."""

    kind = SourceKind.NPZ

    def __init__(self, file: SourceFile) -> None:
        super().__init__(file.name, file.name)
        self._path = file.path
        self._found: _Plan | None = None

    def scan(self, watch: Watch) -> Contents:
        with opened_archive(self._path, self.source_name, _EXPECTED) as archive:
            plan = self._found = _plan(archive, self.source_name)
            headers = plan.headers
            texts = read_texts(archive, headers, self.source_name)
            max_value = read_max_value(archive, headers, self.source_name) if "max_value" in headers else None
            classes = read_classes(archive, plan.layout.pairs, headers, texts.get("class_names"), self.source_name)
            keeper = self._look_at_all(archive, plan, classes, watch)
        return Contents(
            classes=classes,
            is_test=_find_test(plan),
            image_shape=plan.pictures.image_shape,
            kept=tuple(keeper.pictures),
            extents=keeper.extents,
            notes=tuple(filter(None, (plan.pictures.note, *_describe_layout(plan.layout)))),
            ignored=len(plan.layout.unused),
            max_value=max_value,
            title=texts.get("title", (None,))[0],
            origin=texts.get("origin", (None,))[0],
        )

    def chunks(self) -> Generator[NDArray[Any], None, None]:
        if self._found is None:
            raise RuntimeError("The file has not been looked at yet.")
        with opened_archive(self._path, self.source_name, _EXPECTED) as archive:
            yield from self._rows(archive, self._found)

    def _look_at_all(self, archive: zipfile.ZipFile, plan: _Plan, classes: NumberedClasses, watch: Watch) -> Keeper:
        keeper, row = Keeper(), 0
        for numbers in self._rows(archive, plan):
            keeper.offer(classes.labels[row : row + len(numbers)], numbers)
            row += len(numbers)
            watch.advance(len(numbers), total=len(classes.labels))
        return keeper

    def _rows(self, archive: zipfile.ZipFile, plan: _Plan) -> Generator[NDArray[Any], None, None]:
        for pair in plan.layout.pairs:
            header = plan.headers[pair.images]
            at_once = self.rows_at_once(header.data_bytes // header.shape[0])
            for rows in read_rows(archive, pair.images, header, self.source_name, at_once):
                yield plan.pictures.arrange(rows)


def _plan(archive: zipfile.ZipFile, source_name: str) -> _Plan:
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    layout = find_pairs(dict.fromkeys(names), source_name)
    wanted = [name for pair in layout.pairs for name in (pair.images, pair.labels)]
    headers = {name: read_header(archive, name, source_name) for name in (*wanted, *(key for key in OPTIONAL_ARRAYS if key in names))}
    for pair in layout.pairs:
        _check_images(headers[pair.images], pair.images, source_name)
        check_label_header(headers[pair.labels], headers[pair.images].shape[0], pair.labels, source_name)
    _check_alike(layout, headers, source_name)
    _check_sizes(headers, source_name)
    first = layout.pairs[0].images
    pictures = find_layout(headers[first].shape)
    if pictures is None:
        raise DatasetError(
            f"{source_name}: {first} has the shape {headers[first].shape}; expected images, (n, height, width) or (n, height, width, 3),"
            " or rows of pixels of square images."
        )
    count = sum(headers[pair.images].shape[0] for pair in layout.pairs)
    check_image_shape(pictures.image_shape, count, source_name)
    return _Plan(layout, headers, pictures)


def _check_images(header: ArrayHeader, key: str, source_name: str) -> None:
    if header.dtype.kind not in "iubf":
        raise DatasetError(f"{source_name}: {key} holds {header.dtype} values; expected the pixels of images, numbers from 0 to 255.")
    if 0 in header.shape or not header.shape:
        raise DatasetError(f"{source_name}: {key} has the shape {header.shape}, which holds no images; expected at least one.")


def _check_alike(layout: NpzLayout, headers: dict[str, ArrayHeader], source_name: str) -> None:
    first, *others = (pair.images for pair in layout.pairs)
    for other in others:
        if headers[other].shape[1:] != headers[first].shape[1:]:
            raise DatasetError(
                f"{source_name}: {first} holds pictures of shape {headers[first].shape[1:]}, {other} of {headers[other].shape[1:]};"
                " expected the same in both."
            )


def _check_sizes(headers: dict[str, ArrayHeader], source_name: str) -> None:
    for key, header in headers.items():
        if header.data_bytes > MAX_SET_BYTES:
            raise DatasetError(f"{source_name}: {key} takes {header.data_bytes:,} bytes; expected at most {MAX_SET_BYTES:,}. Keep a part.")


def _find_test(plan: _Plan) -> NDArray[np.bool_] | None:
    """`(n,)`, which images are for testing; None if the file does not say."""
    splits = [pair.split for pair in plan.layout.pairs]
    if "test" not in splits:
        return None
    return np.repeat([split == "test" for split in splits], [plan.headers[pair.images].shape[0] for pair in plan.layout.pairs])


def _describe_layout(layout: NpzLayout) -> Iterator[str]:
    splits = {pair.split: pair.images for pair in layout.pairs}
    if "val" in splits:
        yield f"The validation images, {splits['val']}, are counted among the training images: each run takes its own out of those."
    if "train" in splits and "test" not in splits:
        yield "There are training images, but none to test with: a part of them is kept apart for that."
    if layout.unused:
        yield f"Not used: {', '.join(name[:40] for name in layout.unused[:10])}."
