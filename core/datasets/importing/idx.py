"""IDX files, as MNIST comes: images and labels, with or without a test set, brought together."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.idx_files import read_rows, read_shape
from core.datasets.image_set import Images
from core.datasets.importing.arrays import ArraySource, Numbers
from core.datasets.importing.contents import Keeper, Watch, check_count, check_image_shape
from core.datasets.importing.labels import number_classes
from core.datasets.importing.roles import Role
from core.datasets.importing.source import SourceKind
from core.datasets.streams import ByteStream
from core.errors import DatasetError

_EXPECTED = "expected the images and the labels of a training set, and if there is one those of a test set: two or four IDX files"


@dataclass(frozen=True)
class _Pair:
    """Images, `(n, height, width)` or `(n, height, width, 3)`, and labels, `(n,)`."""

    images: ByteStream
    labels: ByteStream
    shape: tuple[int, ...]

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.shape[1:3] if self.shape[3:] in ((), (1,)) else self.shape[1:]


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
        shapes = {pair.image_shape for pair in self._pairs}
        if len(shapes) > 1:
            first, other = self._pairs[0], next(pair for pair in self._pairs if pair.image_shape != self._pairs[0].image_shape)
            raise DatasetError(
                f"{first.images.name} holds pictures of shape {first.image_shape}, {other.images.name} of {other.image_shape};"
                " expected the same in all."
            )

    def scan_numbers(self, watch: Watch) -> Numbers:
        counts = [pair.shape[0] for pair in self._pairs]
        shape = self._pairs[0].image_shape
        check_count(sum(counts), self.source_name)
        check_image_shape(shape, sum(counts), self.source_name)
        numbers = np.concatenate([_read_labels(pair.labels) for pair in self._pairs])
        values, codes = np.unique(numbers, return_inverse=True)
        classes = number_classes([str(value) for value in values.tolist()], codes, self.source_name)
        is_test = [role == self._roles[-1] and len(self._roles) > 1 for role in self._roles]
        keeper, row = Keeper(), 0
        for chunk in self.chunks():
            keeper.offer(numbers[row : row + len(chunk)], chunk)
            row += len(chunk)
            watch.advance(len(chunk), total=len(numbers))
        return Numbers(classes, np.repeat(is_test, counts) if any(is_test) else None, shape, tuple(keeper.pictures), keeper.extents)

    def chunks(self) -> Generator[Images, None, None]:
        for pair in self._pairs:
            with pair.images.open() as file:
                shape = read_shape(file, pair.images.name)
                for chunk in read_rows(file, shape, pair.images.name, self.rows_at_once(int(np.prod(shape[1:])))):
                    yield chunk.reshape(len(chunk), *pair.image_shape)


def holds_labels(stream: ByteStream) -> bool:
    """Whether an IDX file holds labels and not images. Raises `DatasetError` if it holds neither."""
    return len(_read_shape(stream)) == 1


def _read_shape(stream: ByteStream) -> tuple[int, ...]:
    with stream.open() as file:
        shape = read_shape(file, stream.name)
    if len(shape) not in (1, 3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise DatasetError(
            f"{stream.name} holds an array of shape {shape}; expected labels, (n,), or images, (n, height, width) or (n, height, width, 3)."
        )
    return shape


def _pair(images: ByteStream, labels: ByteStream) -> _Pair:
    shape, (count,) = _read_shape(images), _read_shape(labels)
    if shape[0] != count:
        raise DatasetError(
            f"{images.name} holds {shape[0]:,} images, but {labels.name} {count:,} labels; expected as many of both."
            " Bring the files that belong together."
        )
    return _Pair(images, labels, shape)


def _read_labels(stream: ByteStream) -> NDArray[np.uint8]:
    with stream.open() as file:
        shape = read_shape(file, stream.name)
        (values,) = read_rows(file, shape, stream.name, rows=shape[0])
    return values
