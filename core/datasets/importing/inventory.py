"""Every file that was brought, whether it came by itself, in a folder, in a ZIP or in a ZIP within one; and its bytes.

Names from an archive are for sentences and classes alone and never become a path. What lies in a ZIP is read there, never more of it than
was agreed; only an archive within an archive is unpacked first, into a folder of ours, under a name of ours.
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.datasets.importing.contents import printable
from core.datasets.importing.naming import shared_name
from core.datasets.importing.pictures import SUFFIXES, UnreadablePicture
from core.datasets.importing.source import LeftOut, SourceFile
from core.datasets.streams import ByteStream, open_member
from core.errors import DatasetError
from core.files import check_ends, storage_error
from core.settings import MAX_IMAGES, MAX_SET_BYTES

MAX_PICTURE_BYTES = 64 * 1024**2
"""Bytes of one picture file. Pictures that are larger than this are left out."""

MAX_DEPTH = 3
"""ZIPs within one another."""

# A Mac adds a shadow to each file, so twice the pictures that a set may have. Python's directory takes about 1 kB an entry.
_MAX_ENTRIES = 2 * MAX_IMAGES + 10_000
# Pictures are packed already, so a ZIP hardly shrinks them: real ones stay below 2 to 1, a ZIP bomb reaches 1,000 to 1.
# Only BMP, TIFF and PPM may not be packed, and a drawing on white shrinks as far as a bomb does; for those the bound on the sum has to do.
_MAX_RATIO = 100
_RATIO_MATTERS_ABOVE = 1 << 20
_UNPACKED = frozenset({".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"})

_ARCHIVES = frozenset({".zip", ".tm"})
_CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir"})
_DIRECTORY_ENTRY = b"PK\x01\x02"
_CHUNK = 1 << 20
_DAMAGED_ENTRY = "Its part of the ZIP is damaged."
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1

# What the ZIP reader raises for damaged, encrypted or exotic archives.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError, LookupError)


@dataclass(frozen=True)
class Entry:
    """One file: `path` is the folders it lies in, outermost first, and its name.

    It lies at `place`, or as `info` in the ZIP there, which was brought as, or in, `archive`.
    """

    path: tuple[str, ...]
    place: Path
    info: zipfile.ZipInfo | None = None
    archive: str = ""

    @property
    def name(self) -> str:
        """All of its path, fit to be shown."""
        return printable("/".join(self.path))

    @property
    def suffix(self) -> str:
        """`.png`; with a second one before `.gz`, as in `.csv.gz`."""
        stem, dot, last = self.path[-1].lower().rpartition(".")
        if last == "gz" and "." in stem:
            return f".{stem.rpartition('.')[2]}.gz"
        return f".{last}" if dot and stem else ""

    @property
    def size(self) -> int:
        """Its bytes, as far as the directory of its archive says, or gzipped if it is."""
        return self.info.file_size if self.info else self.place.stat().st_size

    @property
    def packed_bytes(self) -> int:
        """What it takes on the disk."""
        return self.info.compress_size if self.info else self.place.stat().st_size

    def stream(self) -> ByteStream:
        """Its bytes, from front to back."""
        name = printable(f"{self.path[-1]} in {self.archive}") if self.archive else self.name
        return ByteStream(name, self.place, self.info.filename if self.info else None, info=self.info)


@dataclass
class Inventory:
    """All files but clutter, and what is left out already: `refused` are archives that can't be used, by name, each with the reason."""

    source_name: str
    entries: list[Entry] = field(default_factory=list)
    links: int = 0
    refused: dict[str, DatasetError] = field(default_factory=dict)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        refused = tuple(LeftOut(name, 1, str(error)) for name, error in self.refused.items())
        links = LeftOut("Symbolic links", self.links, "They only point to other files, which Inkling does not follow.")
        return (*refused, links) if self.links else refused


def list_files(files: Sequence[SourceFile], scratch: Path) -> Inventory:
    """Find all files; of the contents only a ZIP's directory is read, and a ZIP within a ZIP is unpacked into the folder `scratch`.

    An archive that is damaged, hostile or over the limits, or a file that is not there, is left out beside others that are not.
    Raises `DatasetError` where there are no others, and `StorageError`.
    """
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    folder = shared_name([file.name for file in files]) if more and "/" in files[0].name else ""
    inventory = Inventory(printable(folder) if folder and files[0].name.startswith(f"{folder}/") else printable(files[0].name) + more)
    lister = _Lister(inventory, scratch)
    for file in files:
        path = _safe_parts(file.name.replace("\\", "/").lstrip("/"), file.name, is_strict=False)
        if path and not _is_clutter(path):
            lister.take_in(Entry(path, file.path), is_alone=len(files) == 1)
    if inventory.refused and not inventory.entries:
        raise next(iter(inventory.refused.values()))
    return inventory


def check_archives(files: Sequence[SourceFile]) -> None:
    """Raises `DatasetError` where each of these files is an archive that is damaged, or can't be read."""
    problems = []
    for file in files:
        try:
            _list_members(Entry((file.name,), file.path))
        except DatasetError as error:
            problems.append(error)
    if problems and len(problems) == len(files):
        raise problems[0]


def read_start(entry: Entry, count: int) -> bytes:
    """The first bytes, unzipped if it is gzipped. Raises `DatasetError`."""
    with entry.stream().open() as file:
        return file.read(count)


class _Lister:
    """Goes through archives and adds up what they would take."""

    def __init__(self, inventory: Inventory, scratch: Path) -> None:
        self._inventory = inventory
        self._scratch = scratch
        self._pictures = self._written = 0

    def take_in(self, entry: Entry, *, is_alone: bool) -> None:
        """One of the files that were brought; nothing of it if it can't be used."""
        entries, links, pictures = len(self._inventory.entries), self._inventory.links, self._pictures
        try:
            self.add(entry, is_alone=is_alone, depth=0)
        except DatasetError as error:
            del self._inventory.entries[entries:]
            self._inventory.links, self._pictures = links, pictures
            self._inventory.refused[entry.name] = error

    def add(self, entry: Entry, *, is_alone: bool, depth: int) -> None:
        """The file, or what is in it if it is a ZIP of files."""
        try:
            members = _list_members(entry)
        except DatasetError as error:
            if not depth:
                raise
            if entry.suffix in _ARCHIVES:
                self._inventory.refused[entry.name] = error
                return
            members = None  # It is left out later, with the reason.
        if members is None:
            self._inventory.entries.append(entry)
            return
        folder = entry.path[:-1] + (() if is_alone else (_folder_name(entry.path[-1]),))
        for info in members:
            path = _safe_parts(_name(info), entry.name, is_strict=True)
            if not path or _is_folder(info) or _is_clutter(path):
                continue
            member = Entry(folder + path, entry.place, info, entry.archive or entry.path[-1])
            if stat.S_ISLNK(info.external_attr >> 16):
                self._inventory.links += 1
            elif member.suffix in _ARCHIVES | {".npz"} and depth < MAX_DEPTH:
                self.add(Entry(member.path, self._unpack(member), archive=member.archive), is_alone=False, depth=depth + 1)
            else:
                self._check_packing(member)
                self._inventory.entries.append(member)
            if len(self._inventory.entries) > _MAX_ENTRIES:
                raise _too_many(self._inventory.source_name, len(self._inventory.entries))

    def _check_packing(self, entry: Entry) -> None:
        info, name = entry.info, self._inventory.source_name
        if info is None or entry.suffix not in SUFFIXES:
            return
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise DatasetError(f"{name}: {entry.name!r} is encrypted; expected a ZIP without a password. Pack it anew without one.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DatasetError(f"{name}: {entry.name!r} is packed in a rare way; expected an ordinary ZIP. Pack it anew.")
        if entry.suffix not in _UNPACKED:
            _check_ratio(entry, info, name)
        self._pictures += info.file_size
        if self._pictures > MAX_SET_BYTES:
            raise DatasetError(f"{name}: the pictures unpack to more than {MAX_SET_BYTES:,} bytes. Keep a part, or make them smaller.")

    def _unpack(self, entry: Entry) -> Path:
        """An archive that lies in an archive, as a file of its own."""
        if entry.info is not None:
            _check_ratio(entry, entry.info, self._inventory.source_name)
        target = self._scratch / f"inner{self._written}"
        try:
            with target.open("xb") as file, entry.stream().open() as packed:
                while chunk := packed.read(_CHUNK):
                    self._written += len(chunk)
                    if self._written > MAX_SET_BYTES:
                        raise DatasetError(
                            f"{self._inventory.source_name}: the archives in it take more than {MAX_SET_BYTES:,} bytes."
                            " Unpack it, and bring them one by one."
                        )
                    file.write(chunk)
        except OSError as error:
            raise storage_error(f"{entry.name} could not be unpacked", error) from error
        return target


def _list_members(entry: Entry) -> list[zipfile.ZipInfo] | None:
    """What is in a ZIP of files; None for anything else, such as one of NumPy's, or a document that is a ZIP underneath."""
    try:
        check_ends(entry.place)
        with entry.place.open("rb") as file:
            if file.read(2) != b"PK":
                return None
            file.seek(0)
            _check_directory(file, entry.name)
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
    except OSError as error:
        raise DatasetError(
            f"{entry.stream().name} can't be read: {error.strerror or error}. Make it readable, or bring it again."
        ) from error
    except _DAMAGE as error:
        raise DatasetError(f"{entry.stream().name} is damaged or not complete ({error}); fetch or pack it again.") from error
    names = [info.filename for info in members if not _is_folder(info)]
    is_npz = bool(names) and all(name.endswith(".npy") and "/" not in name for name in names)
    return None if is_npz or any(name in DOCUMENT_MEMBERS for name in names) else members


def _is_folder(info: zipfile.ZipInfo) -> bool:
    # Python's own question looks at the last character of the name, and there need not be one.
    return info.filename.endswith("/")


DOCUMENT_MEMBERS = {
    "xl/workbook.xml": "an Excel workbook",
    "xl/workbook.bin": "an Excel workbook",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file",
    "Index/Document.iwa": "an Apple Numbers, Pages or Keynote document",
    "model.weights.h5": "a saved Keras network",
}
"""A file in a ZIP that tells that it is a document, and of which kind."""


def find_document(place: Path) -> str | None:
    """Which kind of document a ZIP is underneath."""
    with suppress(OSError, *_DAMAGE), zipfile.ZipFile(place) as archive:
        return next((kind for name, kind in DOCUMENT_MEMBERS.items() if name in archive.NameToInfo), None)
    return None


def _check_directory(file: BinaryIO, name: str) -> None:
    """Count the entries without reading them: a directory of millions would fill the memory. Raises `DatasetError` if they are too many."""
    entries, tail = 0, b""
    while chunk := file.read(_CHUNK):
        entries += (tail + chunk).count(_DIRECTORY_ENTRY)
        tail = chunk[1 - len(_DIRECTORY_ENTRY) :]
    if entries > _MAX_ENTRIES:
        raise _too_many(name, entries)


def _too_many(name: str, entries: int) -> DatasetError:
    return DatasetError(f"{name} lists {entries:,} files; expected at most {_MAX_ENTRIES:,}. Keep a part of them.")


def _check_ratio(entry: Entry, info: zipfile.ZipInfo, source_name: str) -> None:
    if info.file_size > max(_RATIO_MATTERS_ABOVE, _MAX_RATIO * info.compress_size):
        raise DatasetError(
            f"{source_name}: {entry.name!r} would unpack from {info.compress_size:,} to {info.file_size:,} bytes, which no picture and no"
            " archive does; such a file is made to fill a computer's memory. Leave it out."
        )


def _folder_name(archive: str) -> str:
    """The folder that stands for an archive among others: `ring-samples.zip` holds the class `ring`."""
    return re.sub(r"[-_. ]samples?$", "", archive.rpartition(".")[0], flags=re.IGNORECASE) or archive


def _name(info: zipfile.ZipInfo) -> str:
    """What the user calls it. macOS writes names in UTF-8 without saying so, and Python then takes them for those of an old PC."""
    name = info.filename
    if not info.flag_bits & _UTF8_FLAG and not name.isascii():
        # What is no UTF-8 does come from an old PC.
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    # An accented letter can be written as one character or as two; both look the same and are meant to be.
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _safe_parts(name: str, source_name: str, *, is_strict: bool) -> tuple[str, ...]:
    # Nothing here ever becomes a path, but an archive with such a name was made to do harm, and is not worth reading on.
    if is_strict and (name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/")):
        raise DatasetError(f"{source_name}: the entry {name!r} points outside the archive. Pack the folder anew.")
    return tuple(part for part in name.split("/") if part not in ("", ".", ".."))


def _is_clutter(path: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part.lower() in _CLUTTER for part in path)


def read_entries(entries: Iterable[Entry]) -> Iterator[bytes | UnreadablePicture]:
    """The bytes of picture files, one after the other, or why they can't be had: a file has one position, so one thread reads for all.

    Raises `DatasetError` if an archive is not there any more.
    """
    place, archive = None, None
    try:
        for entry in entries:
            if entry.info is not None and entry.place != place:
                archive = archive.close() if archive else None
                place, archive = entry.place, _open(entry)
            try:
                yield _read_file(entry) if entry.info is None or archive is None else _read_member(archive, entry.info)
            except UnreadablePicture as error:
                yield error
    finally:
        if archive:
            archive.close()


def _open(entry: Entry) -> BinaryIO:
    try:
        check_ends(entry.place)
        return entry.place.open("rb")
    except OSError as error:
        raise DatasetError(f"{entry.name} can't be read any more: {error.strerror or error}. Bring the files again.") from error


def _read_file(entry: Entry) -> bytes:
    with _open(entry) as file:
        data = file.read(MAX_PICTURE_BYTES + 1)
    if len(data) > MAX_PICTURE_BYTES:
        raise _too_large(entry.place.stat().st_size)
    return data


def _read_member(archive: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    """The bytes of one picture file in an open archive. Raises `UnreadablePicture` with the reason."""
    if info.file_size > MAX_PICTURE_BYTES:
        raise _too_large(info.file_size)
    try:
        # With a limit, since what the directory says of the size need not be true. The checksum is compared where the end is reached.
        with open_member(archive, info) as file:
            data = file.read(info.file_size)
    except (OSError, *_DAMAGE) as error:
        raise UnreadablePicture(_DAMAGED_ENTRY) from error
    if len(data) != info.file_size:
        raise UnreadablePicture(_DAMAGED_ENTRY)
    return data


def _too_large(size: int) -> UnreadablePicture:
    return UnreadablePicture(f"The file has {size:,} bytes, more than the {MAX_PICTURE_BYTES:,} that are unpacked.")
