"""IDX files, as MNIST comes: images and labels, with or without a test set, brought together."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.idx_files import read_rows, read_shape
from core.datasets.image_set import Images
from core.datasets.importing.arrays import ArraySource
from core.datasets.importing.contents import Contents, Keeper, Watch, check_count, check_image_shape
from core.datasets.importing.labels import number_classes
from core.datasets.importing.source import SourceKind
from core.datasets.streams import ByteStream
from core.errors import DatasetError

_EXPECTED = "expected the images and the labels of a training set, and if there is one those of a test set: two or four IDX files"
TEST_WORDS = ("t10k", "test")


@dataclass(frozen=True)
class _Idx:
    stream: ByteStream
    shape: tuple[int, ...]

    @property
    def holds_labels(self) -> bool:
        return len(self.shape) == 1

    @property
    def is_called_test(self) -> bool:
        name = self.stream.file_name.lower()
        return any(word in name for word in TEST_WORDS)

    @property
    def image_shape(self) -> tuple[int, ...]:
        return self.shape[1:3] if self.shape[3:] in ((), (1,)) else self.shape[1:]


@dataclass(frozen=True)
class _Pair:
    images: _Idx
    labels: _Idx


class IdxFiles(ArraySource):
    """Two or four IDX files, gzipped or not. Which is which is told by their contents, which are for testing by their names."""

    kind = SourceKind.IDX

    def __init__(self, streams: Sequence[ByteStream], file_name: str | None = None) -> None:
        """`file_name` is what the set's name is made from; without it that is what the names of such files do not share."""
        more = f" and {len(streams) - 1} more" if len(streams) > 1 else ""
        super().__init__(f"{streams[0].name}{more}", file_name or _own_name(streams[0].name))
        self._streams = tuple(streams)
        self._pairs: tuple[_Pair, ...] = ()

    def scan(self, watch: Watch) -> Contents:
        self._pairs = _pair([_open(stream) for stream in self._streams])
        images = [pair.images for pair in self._pairs]
        count = sum(idx.shape[0] for idx in images)
        check_count(count, self.source_name)
        for idx in images:
            check_image_shape(idx.image_shape, count, idx.stream.name)
        if len({idx.image_shape for idx in images}) > 1:
            raise DatasetError(
                f"{images[0].stream.name} holds pictures of shape {images[0].image_shape}, {images[1].stream.name} of"
                f" {images[1].image_shape}; expected the same in both."
            )
        numbers = np.concatenate([_read_labels(pair.labels) for pair in self._pairs])
        values, codes = np.unique(numbers, return_inverse=True)
        classes = number_classes([str(value) for value in values.tolist()], codes, self.source_name)
        is_test = np.repeat([False, True], [idx.shape[0] for idx in images]) if len(images) > 1 else None
        keeper = self._look_at_all(numbers, watch)
        return Contents(classes, is_test, images[0].image_shape, tuple(keeper.pictures), keeper.extents)

    def chunks(self) -> Generator[Images, None, None]:
        for pair in self._pairs:
            yield from self._read(pair.images)

    def _look_at_all(self, numbers: NDArray[np.uint8], watch: Watch) -> Keeper:
        """Read everything, which shows whether the files are whole."""
        keeper, row = Keeper(), 0
        for pair in self._pairs:
            for chunk in self._read(pair.images):
                keeper.offer(numbers[row : row + len(chunk)], chunk)
                row += len(chunk)
                watch.advance(len(chunk), total=len(numbers))
        return keeper

    def _read(self, images: _Idx) -> Generator[Images, None, None]:
        with images.stream.open() as file:
            shape = read_shape(file, images.stream.name)
            row_bytes = int(np.prod(shape[1:]))
            for chunk in read_rows(file, shape, images.stream.name, self.rows_at_once(row_bytes)):
                yield chunk.reshape(len(chunk), *images.image_shape)


def _open(stream: ByteStream) -> _Idx:
    with stream.open() as file:
        shape = read_shape(file, stream.name)
    if len(shape) not in (1, 3, 4) or (len(shape) == 4 and shape[3] not in (1, 3)):
        raise DatasetError(
            f"{stream.name} holds an array of shape {shape}; expected labels, (n,), or images, (n, height, width) or (n, height, width, 3)."
        )
    return _Idx(stream, shape)


def _pair(files: Sequence[_Idx]) -> tuple[_Pair, ...]:
    """The training pair and, of four files, the test pair."""
    images = [idx for idx in files if not idx.holds_labels]
    labels = [idx for idx in files if idx.holds_labels]
    if len(files) not in (2, 4) or len(images) != len(labels):
        found = ", ".join(f"{idx.stream.name} with {'labels' if idx.holds_labels else 'images'}" for idx in files)
        raise DatasetError(f"These IDX files do not make a set: {found}; {_EXPECTED}. Bring them together, in one go.")
    pairs = [_Pair(images[0], labels[0])] if len(files) == 2 else [_Pair(_one(images, test), _one(labels, test)) for test in (False, True)]
    for pair in pairs:
        if pair.images.shape[0] != pair.labels.shape[0]:
            raise DatasetError(
                f"{pair.images.stream.name} holds {pair.images.shape[0]:,} images, but {pair.labels.stream.name} {pair.labels.shape[0]:,}"
                " labels; expected as many of both. Bring the files that belong together."
            )
    return tuple(pairs)


def _one(files: Sequence[_Idx], is_test: bool) -> _Idx:
    """The file that is, by its name, the one for testing or the one for training."""
    found = [idx for idx in files if idx.is_called_test == is_test]
    if len(found) != 1:
        names = " and ".join(idx.stream.name for idx in files)
        raise DatasetError(
            f"It can't be told which of {names} is for testing; expected 't10k' or 'test' in the name of one of them. Rename the files."
        )
    return found[0]


def _read_labels(labels: _Idx) -> NDArray[np.uint8]:
    with labels.stream.open() as file:
        shape = read_shape(file, labels.stream.name)
        (values,) = read_rows(file, shape, labels.stream.name, rows=shape[0])
    return values


def _own_name(name: str) -> str:
    """What is left of `emnist-letters-train-images-idx3-ubyte.gz` without the part that all such files share."""
    left = re.sub(r"[-_.]?(train|t10k|test)?[-_.]?(images|labels)[-_.]?idx.*$", "", name, flags=re.IGNORECASE)
    return left or "idx_images"
