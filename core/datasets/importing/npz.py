"""Arrays of images and labels as NumPy saves them, in one `.npz` file or in several, under the names that people give them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.datasets.importing.arrays import ArraySource, describe
from core.datasets.importing.contents import Contents, Keeper, Watch, check_image_shape
from core.datasets.importing.inventory import Entry
from core.datasets.importing.npz_labels import check_label_header, number_labels
from core.datasets.importing.npz_layout import ArrayLayout, find_pairs
from core.datasets.importing.pixel_range import Extents
from core.datasets.importing.roles import Role
from core.datasets.importing.shapes import SAMPLED, PictureLayout, find_layout
from core.datasets.importing.source import LeftOut, SourceKind
from core.datasets.npy_members import ArrayHeader, opened_archive, parse_header, rows_of
from core.datasets.npz_files import OPTIONAL_ARRAYS, read_max_value, read_texts
from core.datasets.streams import check_ratio
from core.errors import DatasetError
from core.settings import MAX_SET_BYTES

_EXPECTED = "images and labels"
_UNUSED = "By its name and shape it holds neither images nor labels."
_LABELS_AT_ONCE = 10_000


@dataclass(frozen=True)
class _Array:
    """One array: `key` is its name in sentences, `member` its name in the `.npz` file of the entry, None if the entry is an array."""

    key: str
    entry: Entry
    member: str | None

    @contextmanager
    def open(self) -> Iterator[tuple[IO[bytes], int]]:
        """Its bytes from the start of its header, and how many there are."""
        if self.member is not None:
            with opened_archive(self.entry.place, self.entry.stream().name, _EXPECTED) as archive:
                info = archive.getinfo(self.member)
                check_ratio(info, f"{self.entry.stream().name}: {self.key}")
                with archive.open(info) as file:
                    yield file, info.file_size
            return
        with self.entry.stream().open() as file:
            yield file, self.entry.info.file_size if self.entry.info else self.entry.place.stat().st_size


class ArrayFiles(ArraySource):
    """`.npz` and `.npy` files that make one set. Never unpickled; sizes are checked before anything is unpacked."""

    kind = SourceKind.NPZ

    def __init__(self, entries: Sequence[Entry], file_name: str | None = None) -> None:
        """Raises `DatasetError` if the arrays can't be told apart or do not make a set."""
        more = f" and {len(entries) - 1} more" if len(entries) > 1 else ""
        super().__init__(f"{entries[0].stream().name}{more}", entries[0].path[-1] if file_name is None else file_name)
        self._arrays = {array.key: array for entry in entries for array in _list_arrays(entry, is_alone=len(entries) == 1)}
        self._alone = entries[0] if len(entries) == 1 else None
        self._headers: dict[str, ArrayHeader] = {}
        self._layout: ArrayLayout = find_pairs(self._arrays, self._header, self.source_name)
        self._pictures = self._check()

    def scan_numbers(self, watch: Watch) -> tuple[Contents, Extents]:
        pairs = self._layout.pairs
        pictures = self._pictures = find_layout(self._header(pairs[0].images).shape, self._sample) or self._pictures
        texts, max_value = self._read_extras()
        classes = number_labels(self._labels(), texts.get("class_names"), self.source_name)
        keeper, row = Keeper(), 0
        for numbers in self.chunks():
            keeper.offer(classes.labels[row : row + len(numbers)], numbers)
            row += len(numbers)
            watch.advance(len(numbers), total=len(classes.labels))
        is_test = [pair.role == Role.TEST for pair in pairs]
        contents = describe(
            classes,
            np.repeat(is_test, [self._header(pair.images).shape[0] for pair in pairs]),
            pictures.image_shape,
            keeper,
            notes=tuple(filter(None, (pictures.note, *_describe_layout(self._layout)))),
            left_out=tuple(
                LeftOut(f"The array {name[:40]}", 1, "By its name and shape it is neither images nor labels.")
                for name in self._layout.unused
            ),
            max_value=max_value,
            title=texts.get("title", (None,))[0],
            origin=texts.get("origin", (None,))[0],
        )
        return contents, keeper.extents

    def chunks(self) -> Generator[NDArray[Any], None, None]:
        for pair in self._layout.pairs:
            header = self._header(pair.images)
            at_once = self.rows_at_once(header.data_bytes // header.shape[0])
            for rows in self._rows(pair.images, at_once):
                yield self._pictures.arrange(rows)

    def _sample(self) -> NDArray[Any]:
        with closing(self._rows(self._layout.pairs[0].images, SAMPLED)) as rows:
            return next(rows)

    def _labels(self) -> Iterator[tuple[str, NDArray[Any]]]:
        for pair in self._layout.pairs:
            if pair.labels is None:
                yield pair.images, np.full(self._header(pair.images).shape[0], pair.class_name)
            else:
                yield from ((pair.labels, rows) for rows in self._rows(pair.labels, _LABELS_AT_ONCE))

    def _rows(self, key: str, at_once: int) -> Generator[NDArray[Any], None, None]:
        with self._arrays[key].open() as (file, _):
            yield from rows_of(file, key, self._header(key), self.source_name, at_once)

    def _header(self, key: str) -> ArrayHeader:
        if key not in self._headers:
            with self._arrays[key].open() as (file, size):
                header = self._headers[key] = parse_header(file, size, key, self.source_name)
            if header.data_bytes > MAX_SET_BYTES:
                raise DatasetError(
                    f"{self.source_name}: {key} takes {header.data_bytes:,} bytes; expected at most {MAX_SET_BYTES:,}. Keep a part."
                )
        return self._headers[key]

    def _read_extras(self) -> tuple[dict[str, tuple[str, ...]], int | None]:
        """What a file says of itself, in the way that Inkling's own do: texts, and the largest value of a pixel."""
        if self._alone is None or self._alone.info is not None:
            return {}, None
        headers = {key: self._header(key) for key in OPTIONAL_ARRAYS if key in self._arrays}
        if not headers:
            return {}, None
        with opened_archive(self._alone.place, self.source_name, _EXPECTED) as archive:
            texts = read_texts(archive, headers, self.source_name)
            return texts, read_max_value(archive, headers, self.source_name) if "max_value" in headers else None

    def _check(self) -> PictureLayout:
        """Look at the headers of all that will be read, and find out how the images lie in their arrays."""
        pairs = self._layout.pairs
        for pair in pairs:
            header = self._header(pair.images)
            _check_images(header, pair.images, self.source_name)
            if pair.labels is not None:
                check_label_header(self._header(pair.labels), header.shape[0], pair.labels, self.source_name)
        first, count = self._header(pairs[0].images), sum(self._header(pair.images).shape[0] for pair in pairs)
        for pair in pairs:
            shape = self._header(pair.images).shape
            if shape[1:] != first.shape[1:]:
                raise DatasetError(
                    f"{self.source_name}: {pairs[0].images} holds pictures of shape {first.shape[1:]}, {pair.images} of {shape[1:]};"
                    " expected the same in both."
                )
        pictures = find_layout(first.shape)
        if pictures is None:
            raise DatasetError(
                f"{self.source_name}: {pairs[0].images} has the shape {first.shape}; expected images, (n, height, width) or"
                " (n, height, width, 3), or rows of pixels of square images."
            )
        check_image_shape(pictures.image_shape, count, self.source_name)
        return pictures


def find_complete(entry: Entry) -> bool:
    """Whether a file makes a set by itself."""
    try:
        return len(_list_arrays(entry, is_alone=True)) > 1 and bool(ArrayFiles([entry]))
    except DatasetError:
        return False


def _list_arrays(entry: Entry, *, is_alone: bool) -> list[_Array]:
    """The arrays of a file. In one of several, an array without a name of its own is called like its file, and others by both names."""
    stem = entry.path[-1].rpartition(".")[0] or entry.path[-1]
    if entry.suffix == ".npy" or not _is_zip(entry):
        return [_Array(stem, entry, None)]
    with opened_archive(entry.place, entry.stream().name, _EXPECTED) as archive:
        members = [name for name in archive.namelist() if name.endswith(".npy")]
    keys = {name: name.removesuffix(".npy") for name in members}
    is_unnamed = len(keys) == 1 and next(iter(keys.values())).startswith("arr_")
    return [_Array(key if is_alone else stem if is_unnamed else f"{stem}/{key}", entry, name) for name, key in keys.items()]


def _is_zip(entry: Entry) -> bool:
    with entry.stream().open() as file:
        return file.read(2) == b"PK"


def _check_images(header: ArrayHeader, key: str, source_name: str) -> None:
    if header.dtype.kind not in "iubf":
        raise DatasetError(f"{source_name}: {key} holds {header.dtype} values; expected the pixels of images, numbers from 0 to 255.")
    if 0 in header.shape or not header.shape:
        raise DatasetError(f"{source_name}: {key} has the shape {header.shape}, which holds no images; expected at least one.")


def _describe_layout(layout: ArrayLayout) -> Iterator[str]:
    images = {pair.role: pair.images for pair in layout.pairs}
    if Role.VALIDATION in images:
        yield f"The validation images, {images[Role.VALIDATION]}, count as training images: each run takes its own out of those."
    if Role.TRAINING in images and Role.TEST not in images:
        yield "There are training images, but none to test with: a part of them is kept apart for that."
    if any(pair.labels is None for pair in layout.pairs):
        yield "There are no labels, so each array is a class of its own, called like its file."
