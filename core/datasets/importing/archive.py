"""Reading a ZIP that somebody brings: its entries, safe to go by, and their bytes, never more of them than was agreed.

Nothing is ever extracted to disk, and no name from an archive becomes a path.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from core.datasets.importing.contents import printable
from core.datasets.importing.pictures import SUFFIXES, UnreadablePicture
from core.datasets.importing.source import SourceFile
from core.errors import DatasetError
from core.settings import MAX_IMAGES, MAX_SET_BYTES

LAYOUT = "expected a ZIP of [train/]<class>/<picture>, and test/<class>/<picture> beside train"

MAX_PICTURE_BYTES = 64 * 1024**2
"""Bytes of one picture file. Pictures that are larger than this are left out."""

# A Mac adds a shadow to each file, so twice the pictures that a set may have. Python's directory takes about 1 kB an entry.
_MAX_ENTRIES = 2 * MAX_IMAGES + 10_000
# Pictures are packed already, so a ZIP hardly shrinks them: real ones stay below 2 to 1, a ZIP bomb reaches 1,000 to 1.
# Only BMP is not packed, and a drawing on white shrinks as far as a bomb does; for those the bound on the sum has to do.
_MAX_RATIO = 100
_RATIO_MATTERS_ABOVE = 1 << 20

_DIRECTORY_ENTRY = b"PK\x01\x02"
_CHUNK = 1 << 20
_DAMAGED_ENTRY = "Its part of the ZIP is damaged."
# Of what stands before a file in a ZIP, only these matter: the signature, and how long the name and the extra field are.
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1

# What the ZIP reader raises for damaged, encrypted or exotic archives.
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError, LookupError)


@dataclass(frozen=True)
class Entry:
    """A picture in an archive: `folders` are those it lies in, outermost first; `name` is all of it, fit to be shown."""

    info: zipfile.ZipInfo
    folders: tuple[str, ...]
    name: str


@dataclass(frozen=True)
class Directory:
    """What an archive holds: the pictures that lie in a folder, how many files of each other suffix, and how many symbolic links."""

    pictures: tuple[Entry, ...]
    others: Counter[str]
    links: int


def list_archive(file: SourceFile) -> Directory:
    """Go through the archive's directory; nothing is unpacked.

    Raises `DatasetError` for an archive that is damaged, hostile, encrypted or over the limits, or is not there.
    """
    try:
        check_directory(file)
        with zipfile.ZipFile(file.path) as archive:
            entries = archive.infolist()
    except OSError as error:
        raise DatasetError(f"{file.name} can't be read: {error.strerror or error}. {LAYOUT[0].upper()}{LAYOUT[1:]}.") from error
    except _DAMAGE as error:
        raise DatasetError(f"{file.name} is damaged or not a ZIP archive ({error}); {LAYOUT}.") from error
    return _find_pictures(entries, file.name)


def check_directory(file: SourceFile) -> None:
    """Count the entries without reading them: a directory of millions would fill the memory. Raises `DatasetError` if they are too many."""
    entries, tail = 0, b""
    with file.path.open("rb") as data:
        while chunk := data.read(_CHUNK):
            entries += (tail + chunk).count(_DIRECTORY_ENTRY)
            tail = chunk[1 - len(_DIRECTORY_ENTRY) :]
    if entries > _MAX_ENTRIES:
        raise DatasetError(f"{file.name} lists {entries:,} files; expected at most {_MAX_ENTRIES:,}. Keep a part of them.")


def _find_pictures(entries: Iterable[zipfile.ZipInfo], source_name: str) -> Directory:
    pictures: list[Entry] = []
    others: Counter[str] = Counter()
    links = unpacked = 0
    for info in entries:
        parts = _safe_parts(_name(info), source_name)
        if not parts or info.is_dir() or any(part.startswith(".") or part == "__MACOSX" for part in parts):
            continue
        suffix = PurePosixPath(parts[-1]).suffix.lower()
        if stat.S_ISLNK(info.external_attr >> 16):
            links += 1
        elif suffix in SUFFIXES and len(parts) > 1:
            unpacked += info.file_size
            _check_packing(info, suffix, unpacked, source_name)
            pictures.append(Entry(info, parts[:-1], printable("/".join(parts))))
        else:
            others[suffix] += 1
    return Directory(tuple(pictures), others, links)


def read_entry(archive: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    """The bytes of one picture file. Raises `UnreadablePicture` with the reason.

    `archive` is the ZIP itself, open for reading: Python's own reader goes through the whole directory again before it gives anything
    away, half a second for 60,000 pictures. Layout: PKWARE, APPNOTE.TXT 6.3.10, section 4.3.7.
    """
    if info.file_size > MAX_PICTURE_BYTES:
        raise UnreadablePicture(f"The file has {info.file_size:,} bytes, more than the {MAX_PICTURE_BYTES:,} that are unpacked.")
    try:
        archive.seek(info.header_offset)
        header = archive.read(_LOCAL_HEADER.size)
        signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        archive.seek(name_bytes + extra_bytes, os.SEEK_CUR)
        packed = archive.read(min(info.compress_size, 2 * MAX_PICTURE_BYTES))
        # With a limit, since what the directory says of the size need not be true.
        data = (
            packed if info.compress_type == zipfile.ZIP_STORED else zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, info.file_size)
        )
    except (OSError, *_DAMAGE) as error:
        raise UnreadablePicture(_DAMAGED_ENTRY) from error
    if signature != b"PK\x03\x04" or len(data) != info.file_size or zlib.crc32(data) != info.CRC:
        raise UnreadablePicture(_DAMAGED_ENTRY)
    return data


def _name(info: zipfile.ZipInfo) -> str:
    """What the user calls it. macOS writes names in UTF-8 without saying so, and Python then takes them for those of an old PC."""
    name = info.filename
    if not info.flag_bits & _UTF8_FLAG and not name.isascii():
        # What is no UTF-8 does come from an old PC.
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    # An accented letter can be written as one character or as two; both look the same and are meant to be.
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _safe_parts(name: str, source_name: str) -> tuple[str, ...]:
    # Nothing here ever becomes a path, but an archive with such a name was made to do harm, and is not worth reading on.
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        raise DatasetError(f"{source_name}: the entry {name!r} points outside the archive; {LAYOUT}.")
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _check_packing(info: zipfile.ZipInfo, suffix: str, unpacked: int, source_name: str) -> None:
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise DatasetError(f"{source_name}: {info.filename!r} is encrypted; expected a ZIP without a password. Pack it anew without one.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DatasetError(f"{source_name}: {info.filename!r} is packed in a rare way; expected an ordinary ZIP. Pack it anew.")
    ratio_matters = suffix != ".bmp" and info.file_size > _RATIO_MATTERS_ABOVE
    if ratio_matters and info.file_size > _MAX_RATIO * info.compress_size:
        raise DatasetError(
            f"{source_name}: {info.filename!r} would unpack from {info.compress_size:,} to {info.file_size:,} bytes, which no picture does;"
            " such a file is made to fill a computer's memory. Leave it out."
        )
    if unpacked > MAX_SET_BYTES:
        raise DatasetError(f"{source_name}: the pictures unpack to more than {MAX_SET_BYTES:,} bytes. Keep a part, or make them smaller.")
