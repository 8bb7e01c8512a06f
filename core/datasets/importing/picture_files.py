"""Picture files in class folders, in an archive or not, or with their labels in a table or in their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.image_set import Images
from core.datasets.importing.ahead import map_ahead, threads_for
from core.datasets.importing.contents import Contents, Watch, check_count
from core.datasets.importing.file_labels import LabelTable, read_label_table
from core.datasets.importing.inventory import Entry, read_entries
from core.datasets.importing.labels import NumberedClasses
from core.datasets.importing.layout import Arrangement, arrange
from core.datasets.importing.pictures import READABLE, Decoded, UnreadablePicture, decode_picture
from core.datasets.importing.pixel_range import AS_BYTES, PixelRange, propose_range
from core.datasets.importing.set_source import SetSource
from core.datasets.importing.shaping import Shaping
from core.datasets.importing.source import Example, LeftOut, ShouldStop, SourceKind, Unreadable
from core.datasets.streams import ByteStream
from core.errors import DatasetError

# Large enough to tell grey from colour and whole from damaged.
_LOOK_SIDE = 64
_BEFORE_SIDE = 160


class _Trait(IntFlag):
    """What is special about a picture."""

    ON_WHITE = 1
    ON_BLACK = 2
    DEEP = 4
    ANIMATED = 8


_SAID = {
    _Trait.ON_WHITE: "Partly see-through pictures, put on white as a page shows them: {:,}.",
    _Trait.ON_BLACK: "Pictures of light ink on a see-through ground, put on black: {:,}.",
    _Trait.DEEP: "Pictures with 16 bits for each pixel or more, brought down to 8 bits, 256 shades of grey: {:,}.",
    _Trait.ANIMATED: "Pictures with several frames or pages, of which the first is taken: {:,}.",
}
_LOOK = np.dtype([("size", "i4", 2), ("grey", "?"), ("traits", "u1"), ("lowest", "f8"), ("highest", "f8"), ("seen", "?")])
"""What a survey keeps of a picture: width and height, zeros if it can't be read, and the smallest and largest number in its file."""


class PictureFiles(SetSource):
    """Pictures in files of their own."""

    kind = SourceKind.CLASS_FOLDERS
    largest_kept = 64

    def __init__(self, entries: Sequence[Entry], source_name: str, file_name: str, tables: Sequence[ByteStream] = ()) -> None:
        """`tables`: files beside the pictures that may be tables of their labels."""
        super().__init__(source_name, file_name)
        self._is_transposed |= "emnist" in entries[0].name.lower()
        check_count(len(entries), source_name)
        self._entries = tuple(entries)
        self._tables = tuple(tables)
        self._looks = np.zeros(len(entries), dtype=_LOOK)
        self._reasons: dict[int, str] = {}
        self._used = np.empty(0, dtype=np.intp)

    def is_classed(self) -> bool:
        """Whether folders divide the pictures into classes."""
        try:
            found = self._arrange(())
        except DatasetError:
            return False
        return not found.must_choose and len(found.classes.class_names) > 1

    def scan(self, watch: Watch) -> Contents:
        found = self._arrange(self._read_tables(watch))
        self.used_tables = {found.table} if found.table else set()
        self._look_at_all(found.used, watch)
        looks = self._looks[found.used]
        is_usable = (looks["size"] > 0).all(axis=1)
        twins = self._find_twins(found)
        is_usable &= ~twins
        self._used = found.used[is_usable]
        looks = looks[is_usable]
        unreadable = [self._unreadable(position) for position in found.used.tolist() if position in self._reasons]
        if not len(looks):
            raise DatasetError(
                f"{self.source_name}: none of {len(found.used):,} pictures could be read; the first is {unreadable[0].name!r}."
                f" {unreadable[0].reason} Expected {READABLE} pictures."
            )
        pixel_range = _find_range(looks)
        sizes = Counter(map(tuple, looks["size"].tolist())).most_common()
        same = [LeftOut("Pictures that lie there twice", int(twins.sum()), "The same file, of the same class, in two folders.")]
        traits = [said.format(count) for trait, said in _SAID.items() if (count := int((looks["traits"] & trait > 0).sum()))]
        return Contents(
            classes=_keep_rows(found.classes, is_usable),
            is_test=found.is_test[is_usable] if found.is_test is not None and found.is_test[is_usable].any() else None,
            sizes=tuple(((width, height), count) for (width, height), count in sizes),
            grey=int(looks["grey"].sum()),
            pixel_range=pixel_range,
            notes=(*filter(None, [pixel_range.note]), *found.notes, *traits),
            unreadable=tuple(unreadable),
            left_out=(*found.left_out, *(same if twins.any() else [])),
            choices=found.choices,
            choice=found.choice,
            must_choose=found.must_choose,
        )

    def pictures(self, contents: Contents, shaping: Shaping, should_stop: ShouldStop) -> Generator[Images, None, None]:
        entries = [self._entries[position] for position in self._used]

        def shape(data: bytes | UnreadablePicture) -> Images | UnreadablePicture:
            decoded = _decode(data, shaping.size, shaping.pixel_range)
            return shaping.one(decoded.pixels) if isinstance(decoded, Decoded) else decoded

        for entry, image in zip(entries, map_ahead(shape, read_entries(entries), _threads(entries), should_stop), strict=True):
            if isinstance(image, UnreadablePicture):
                raise self.changed(repr(entry.name))
            yield image[None]

    def look(self, contents: Contents, shaping: Shaping, count: int) -> Iterator[Example]:
        rows = _choose_examples(contents.classes.labels, self._looks["size"][self._used], count)
        entries = [self._entries[position] for position in self._used[rows]]
        for row, entry, data in zip(rows, entries, read_entries(entries), strict=True):
            before, decoded = (_decode(data, side, shaping.pixel_range) for side in (_BEFORE_SIDE, shaping.size))
            if isinstance(before, UnreadablePicture) or isinstance(decoded, UnreadablePicture):
                raise self.changed(repr(entry.name))
            name = contents.classes.class_names[contents.classes.labels[row]]
            yield Example(entry.name, name, before.size, _thumbnail(before.pixels), shaping.one(decoded.pixels))

    def _arrange(self, tables: Sequence[LabelTable]) -> Arrangement:
        return arrange([entry.path for entry in self._entries], self.source_name, tables, self.labels, self._file_name or "pictures")

    def _read_tables(self, watch: Watch) -> list[LabelTable]:
        found = []
        for stream in self._tables:
            # What can't be read tells nothing; it is no reason to read no pictures.
            with suppress(DatasetError):
                table = read_label_table(stream, lambda: watch.advance(0))
                found += [table] if table else []
        return found

    def _look_at_all(self, positions: NDArray[np.intp], watch: Watch) -> None:
        """Decode every picture once, keeping nothing but what is special about it."""
        wanted = [position for position in positions.tolist() if not self._looks["seen"][position]]
        entries = [self._entries[position] for position in wanted]
        looks = map_ahead(_look_at, read_entries(entries), _threads(entries), watch.should_stop)
        for position, look in zip(wanted, looks, strict=True):
            if isinstance(look, str):
                self._reasons[position] = look
            else:
                self._looks[position] = look
            self._looks["seen"][position] = True
            watch.advance(1, total=len(wanted))

    def _find_twins(self, found: Arrangement) -> NDArray[np.bool_]:
        """Pictures of an archive that lie in it twice, in folders that stand for the same class and half."""
        seen = set()
        is_twin = np.zeros(len(found.used), dtype=np.bool_)
        halves = found.is_test if found.is_test is not None else is_twin
        for row, position in enumerate(found.used.tolist()):
            entry = self._entries[position]
            if entry.info is not None:
                key = (int(found.classes.labels[row]), bool(halves[row]), entry.path[-1], entry.info.CRC, entry.info.file_size)
                is_twin[row] = key in seen
                seen.add(key)
        return is_twin

    def _unreadable(self, position: int) -> Unreadable:
        return Unreadable(self._entries[position].name, self._reasons[position])


def _keep_rows(classes: NumberedClasses, rows: NDArray[np.bool_]) -> NumberedClasses:
    """The classes of some of the pictures; one that none of them is of is a class no more."""
    labels, codes = np.unique(classes.labels[rows], return_inverse=True)
    return NumberedClasses(codes.astype(np.int32), tuple(classes.class_names[label] for label in labels), classes.notes)


def _decode(data: bytes | UnreadablePicture, at_least: int | None, pixel_range: PixelRange | None = None) -> Decoded | UnreadablePicture:
    if isinstance(data, UnreadablePicture):
        return data
    try:
        return decode_picture(data, at_least, pixel_range)
    except UnreadablePicture as error:
        return error


def _look_at(data: bytes | UnreadablePicture) -> tuple[object, ...] | str:
    """A row of `_LOOK`, or why the picture can't be read."""
    decoded = _decode(data, _LOOK_SIDE)
    if isinstance(decoded, UnreadablePicture):
        return str(decoded)
    traits = _Trait(0)
    for trait, holds in (
        (_Trait.ON_WHITE, decoded.ground == 255),
        (_Trait.ON_BLACK, decoded.ground == 0),
        (_Trait.DEEP, decoded.is_16_bit),
        (_Trait.ANIMATED, decoded.is_animated),
    ):
        traits |= trait if holds else _Trait(0)
    return decoded.size, decoded.is_grey, int(traits), decoded.lowest, decoded.highest, True


def _find_range(looks: NDArray[np.void]) -> PixelRange:
    """Which numbers are black and white; where some files have more than 8 bits, in those."""
    is_deep = looks["traits"] & _Trait.DEEP > 0
    # A picture of a single shade shows neither black nor white.
    telling = looks[is_deep if is_deep.any() else looks["lowest"] < looks["highest"]]
    if not len(telling):
        return AS_BYTES
    lowest, highest = float(telling["lowest"].min()), float(telling["highest"].max())
    return propose_range(lowest, highest, is_whole=highest > 1 or highest == round(highest))


def _threads(entries: Sequence[Entry]) -> int:
    return threads_for(sum(entry.packed_bytes for entry in entries) / max(1, len(entries)))


def _thumbnail(pixels: Images) -> Images:
    picture = Image.fromarray(pixels)
    picture.thumbnail((_BEFORE_SIDE, _BEFORE_SIDE))
    return np.asarray(picture)


def _choose_examples(labels: NDArray[np.int32], sizes: NDArray[np.int32], count: int) -> list[int]:
    """Rows of a few pictures, from the classes in turn, each time of a size not chosen yet if there is one."""
    codes = sizes[:, 0].astype(np.int64) << 32 | sizes[:, 1]
    left = np.arange(len(labels))
    classes = np.unique(labels)
    chosen: list[int] = []
    for turn in range(min(count, len(left))):
        of_class = left[labels[left] == classes[turn % len(classes)]]
        candidates = of_class if len(of_class) else left
        unseen = candidates[~np.isin(codes[candidates], codes[chosen])]
        chosen.append(int((unseen if len(unseen) else candidates)[0]))
        left = left[left != chosen[-1]]
    return chosen
