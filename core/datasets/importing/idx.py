"""IDX files, as MNIST comes: images and labels, with or without a test set, brought together."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.idx_files import IdxHeader, read_header, read_rows
from core.datasets.importing.arrays import ArraySource, describe
from core.datasets.importing.contents import Contents, Keeper, Watch, check_count, check_image_shape
from core.datasets.importing.npz_labels import number_labels
from core.datasets.importing.pixel_range import Extents
from core.datasets.importing.roles import Role
from core.datasets.importing.shapes import SAMPLED, PictureLayout, find_layout
from core.datasets.importing.source import SourceKind
from core.datasets.streams import ByteStream
from core.errors import DatasetError

_EXPECTED = "expected the images and the labels of a training set, and if there is one those of a test set: two or four IDX files"


@dataclass(frozen=True)
class _Pair:
    """Images, as their header and `layout` say, and labels, `(n,)`."""

    images: ByteStream
    labels: ByteStream
    header: IdxHeader
    layout: PictureLayout


class IdxFiles(ArraySource):
    """Images and labels for each role, gzipped or not. Those for testing are the test set, all others are learned from."""

    kind = SourceKind.IDX

    def __init__(self, images: Mapping[Role, ByteStream], labels: Mapping[Role, ByteStream], file_name: str) -> None:
        """Raises `DatasetError` if they do not make a set."""
        files = [*images.values(), *labels.values()]
        if not images or set(images) != set(labels):
            found = ", ".join(
                f"{stream.name} with {what}" for what, some in (("images", images), ("labels", labels)) for stream in some.values()
            )
            raise DatasetError(f"These IDX files do not make a set: {found}; {_EXPECTED}. Bring them together, in one go.")
        super().__init__(f"{files[0].name} and {len(files) - 1} more", file_name)
        self._pairs = [_pair(images[role], labels[role]) for role in images]
        self._roles = list(images)
        first = self._pairs[0]
        for other in self._pairs:
            if other.layout.image_shape != first.layout.image_shape:
                raise DatasetError(
                    f"{first.images.name} holds pictures of shape {first.layout.image_shape}, {other.images.name} of"
                    f" {other.layout.image_shape}; expected the same in all."
                )

    def scan_numbers(self, watch: Watch) -> tuple[Contents, Extents]:
        counts, layout = [pair.header.shape[0] for pair in self._pairs], self._pairs[0].layout
        check_count(sum(counts), self.source_name)
        check_image_shape(layout.image_shape, sum(counts), self.source_name)
        classes = number_labels(((pair.labels.name, _read_labels(pair.labels)) for pair in self._pairs), None, self.source_name)
        is_test = [role == self._roles[-1] and len(self._roles) > 1 for role in self._roles]
        keeper, row = Keeper(), 0
        for chunk in self.chunks():
            keeper.offer(classes.labels[row : row + len(chunk)], chunk)
            row += len(chunk)
            watch.advance(len(chunk), total=sum(counts))
        notes = (layout.note,) if layout.note else ()
        return describe(classes, np.repeat(is_test, counts), layout.image_shape, keeper, notes=notes), keeper.extents

    def chunks(self) -> Generator[NDArray[Any], None, None]:
        for pair in self._pairs:
            with pair.images.open() as file:
                header = read_header(file, pair.images.name)
                row_bytes = header.dtype.itemsize * math.prod(header.shape[1:])
                for rows in read_rows(file, header, pair.images.name, self.rows_at_once(row_bytes)):
                    yield pair.layout.arrange(rows)


def holds_labels(stream: ByteStream) -> bool:
    """Whether an IDX file holds labels and not images. Raises `DatasetError` if it holds neither."""
    return len(_look(stream)[0].shape) == 1


def _look(stream: ByteStream) -> tuple[IdxHeader, PictureLayout | None]:
    """What a file holds, and how if that is images. Raises `DatasetError` if it is neither images nor labels."""
    with stream.open() as file:
        header = read_header(file, stream.name)
        # Of rows of numbers some are needed to tell how they hold colours.
        layout = find_layout(header.shape, lambda: next(read_rows(file, header, stream.name, SAMPLED)))
    if layout is None and len(header.shape) != 1:
        raise DatasetError(
            f"{stream.name} holds an array of shape {header.shape}; expected labels, (n,), or images, (n, height, width) or"
            " (n, height, width, 3)."
        )
    return header, layout


def _pair(images: ByteStream, labels: ByteStream) -> _Pair:
    (header, layout), (labelled, _) = _look(images), _look(labels)
    if layout is None or header.shape[0] != labelled.shape[0]:
        raise DatasetError(
            f"{images.name} holds {header.shape[0]:,} images, but {labels.name} {labelled.shape[0]:,} labels; expected as many of both."
            " Bring the files that belong together."
        )
    return _Pair(images, labels, header, layout)


def _read_labels(stream: ByteStream) -> NDArray[Any]:
    with stream.open() as file:
        header = read_header(file, stream.name)
        (values,) = read_rows(file, header, stream.name, rows=header.shape[0])
    return values
