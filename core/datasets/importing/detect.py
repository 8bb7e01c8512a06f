"""What kind of files were brought, told by their contents; a name only decides which of two is for testing."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from core.datasets.idx_files import looks_like_idx
from core.datasets.importing.archive import check_directory
from core.datasets.importing.class_folders import ClassFolders
from core.datasets.importing.contents import printable
from core.datasets.importing.csv_columns import looks_like_table
from core.datasets.importing.csv_table import CsvTable
from core.datasets.importing.idx import TEST_WORDS, IdxFiles
from core.datasets.importing.npz import NpzFile
from core.datasets.importing.pictures import SUFFIXES
from core.datasets.importing.source import ImportSource, SourceFile
from core.datasets.streams import ByteStream
from core.errors import DatasetError

EXPECTED = (
    "Inkling can read a ZIP of class folders, an .npz file, the two or four IDX files of the MNIST format, or a CSV table of labels"
    " and pixels"
)
MOST_FILES = 4

_START = 4_096
_MOST_IN_A_ZIP = 12
_PICTURE = "a single picture; put pictures into a folder for each class and bring a ZIP of those"
_PICKLE = "a Python pickle, which can run any code when it is opened; save its arrays with numpy.savez"
# What is brought by mistake, by how it begins. A TAR archive has its mark further on.
_SIGNATURES = {
    b"Rar!": "a RAR archive; unpack it and bring a ZIP",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it and bring a ZIP",
    b"BZh": "packed with bzip2; unpack it first",
    b"\xfd7zXZ": "packed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it first",
    b"%PDF": "a PDF document",
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"\x89HDF": "an HDF5 file; save its arrays with numpy.savez",
    b"MATLAB": "a MATLAB file; save its arrays with numpy.savez",
    b"PAR1": "a Parquet file; save it as CSV, or its arrays with numpy.savez",
    b"\xd0\xcf\x11\xe0": "an old Office document; save the table as CSV",
    b"\x93NUMPY": "a single array; save the images and the labels together with numpy.savez",
    b"\x80\x02": _PICKLE,
    b"\x80\x03": _PICKLE,
    b"\x80\x04": _PICKLE,
    b"\x80\x05": _PICKLE,
    b"<": "a web page or another marked-up text",
    b"{": "JSON; save the table as CSV",
    b"[": "JSON; save the table as CSV",
}
_TAR_PLACE, _TAR_MARK = 257, b"ustar"
# What the ZIP reader raises for damaged or exotic archives.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    LookupError,
)


class _Kind(StrEnum):
    FOLDERS = "a ZIP of class folders"
    NPZ = "an .npz file"
    IDX = "an IDX file"
    CSV = "a CSV table"


@dataclass(frozen=True)
class _Found:
    """A file that was recognised: as it was brought or, inside a ZIP, as it lies there."""

    kind: _Kind
    file: SourceFile
    stream: ByteStream


def open_source(files: Sequence[SourceFile]) -> ImportSource:
    """The source that reads these files. Only their beginnings and a ZIP's directory are looked at.

    One file of any kind, two CSV tables of which one is called test, or the two or four files of a set in IDX. IDX files and tables
    may be gzipped, and may lie in a ZIP.

    Raises `DatasetError` if a file is none that Inkling reads, or if they do not belong together.
    """
    if not 1 <= len(files) <= MOST_FILES:
        raise DatasetError(f"{len(files):,} files were brought; expected 1 to {MOST_FILES}. {EXPECTED}.")
    found = [part for file in files for part in _recognise(SourceFile(file.path, printable(file.name)))]
    kinds = {part.kind for part in found}
    archive_name = found[0].file.name if found[0].stream.member else None
    if kinds == {_Kind.IDX}:
        return IdxFiles([part.stream for part in found], archive_name)
    if kinds == {_Kind.CSV} and len(found) <= 2:
        return CsvTable(*_order_tables([part.stream for part in found]), file_name=archive_name)
    if len(found) > 1:
        raise DatasetError(
            f"These files do not belong together: {', '.join(f'{part.stream.name} is {part.kind}' for part in found)}. Bring one at a"
            " time, or the two or four IDX files of a set, or a CSV table for training and one for testing."
        )
    (part,) = found
    return NpzFile(part.file) if part.kind == _Kind.NPZ else ClassFolders(part.file)


def _recognise(file: SourceFile) -> list[_Found]:
    stream = ByteStream(file.name, file.path)
    start = _read_start(stream)
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _look_into_zip(file)
    return [_Found(_tell(start, file.name), file, stream)]


def _read_start(stream: ByteStream) -> bytes:
    with stream.open() as opened:
        return opened.read(_START)


def _tell(start: bytes, name: str) -> _Kind:
    """IDX or CSV. Raises `DatasetError` with what it seems to be instead."""
    if looks_like_idx(start):
        return _Kind.IDX
    if not start:
        raise DatasetError(f"{name} is empty. {EXPECTED}.")
    if start[_TAR_PLACE:].startswith(_TAR_MARK):
        raise DatasetError(f"{name} looks like a TAR archive; unpack it and bring a ZIP. {EXPECTED}.")
    for mark, what in _SIGNATURES.items():
        if start.startswith(mark):
            raise DatasetError(f"{name} looks like {what}. {EXPECTED}.")
    if "idx" in name.lower() and b"\0" in start[:16]:
        raise DatasetError(
            f"{name} is not an IDX file, though it is called one: it begins with {', '.join(map(str, start[:4]))}; expected 0, 0, 8 and the"
            " number of axes. Fetch it again."
        )
    if not looks_like_table(start):
        raise DatasetError(f"{name} is none of the files that Inkling knows. {EXPECTED}.")
    return _Kind.CSV


def _look_into_zip(file: SourceFile) -> list[_Found]:
    try:
        check_directory(file)
        with zipfile.ZipFile(file.path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and not _is_clutter(info.filename)]
    except OSError as error:
        raise DatasetError(f"{file.name} can't be read: {error.strerror or error}. Bring it again.") from error
    except _DAMAGE as error:
        raise DatasetError(f"{file.name} is damaged or not complete ({error}); fetch or pack it again.") from error
    names = [info.filename for info in members]
    whole = ByteStream(file.name, file.path)
    if names and all(name.endswith(".npy") for name in names):
        return [_Found(_Kind.NPZ, file, whole)]
    packed = [name for name in names if name.lower().endswith((".npz", ".zip"))]
    if packed and len(names) == 1:
        raise DatasetError(f"{file.name} holds nothing but {printable(packed[0])}; unpack it and bring that.")
    few = names if len(names) <= _MOST_IN_A_ZIP else []
    return [part for name in few for part in _recognise_inner(file, name)] or [_Found(_Kind.FOLDERS, file, whole)]


def _recognise_inner(file: SourceFile, member: str) -> list[_Found]:
    """A table or IDX file that lies in a ZIP. Other texts, such as a note on where the data are from, may look like tables."""
    stream = ByteStream(printable(f"{PurePosixPath(member).name} in {file.name}"), file.path, member)
    suffixes = PurePosixPath(member.lower()).suffixes
    if looks_like_idx(start := _read_start(stream)):
        return [_Found(_Kind.IDX, file, stream)]
    is_table = not SUFFIXES & set(suffixes) and {".csv", ".tsv"} & set(suffixes) and looks_like_table(start)
    return [_Found(_Kind.CSV, file, stream)] if is_table else []


def _is_clutter(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _order_tables(streams: Sequence[ByteStream]) -> Sequence[ByteStream]:
    """The table for training first."""
    if len(streams) == 1:
        return streams
    test = [stream for stream in streams if any(word in stream.file_name.lower() for word in TEST_WORDS)]
    if len(test) != 1:
        raise DatasetError(
            f"It can't be told which of {streams[0].name} and {streams[1].name} is for testing; expected 'test' in the name of one."
            " Rename it, or bring one table alone: a part of it is then kept apart for testing."
        )
    return [*(stream for stream in streams if stream not in test), *test]
