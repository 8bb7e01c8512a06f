"""Bytes that are read from front to back, wherever they lie: in a file, in a ZIP archive, gzipped or not."""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from core.errors import DatasetError
from core.files import check_ends

_GZIP = b"\x1f\x8b"
# Of what stands before a file in a ZIP, only these matter: the signature, and how long the name and the extra field are.
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1
MOST_RATIO, FREE_BYTES = 200, 256 * 1024**2
"""Pictures, as numbers or as text, shrink to a tenth, and mostly empty ones to a fiftieth: what unpacks to more than 200 times its size,
and to more than this many bytes, was made to fill a computer's memory."""

# What Python's readers raise for damaged, encrypted or exotic archives.
_DAMAGE = (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeDecodeError, struct.error)


@dataclass(frozen=True)
class ByteStream:
    """A file called `name`, or a member of the ZIP archive at `path`. May be opened any number of times.

    With `info` the archive's directory, which may list many thousands of files, is not read again. With `most` the bytes end after so
    many, whatever follows.
    """

    name: str
    path: Path
    member: str | None = None
    most: int | None = None
    info: zipfile.ZipInfo | None = None

    @property
    def file_name(self) -> str:
        """The name of the file or the member alone, without that of the archive."""
        return self.name if self.member is None else PurePosixPath(self.member).name

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes, unpacked while they are read, so that a small archive of something huge costs no memory.

        Raises `DatasetError`, also while the file is being read, for one that can't be read or is damaged.
        """
        try:
            check_ends(self.path)
            if self.member is None:
                with self.path.open("rb") as file, _unzipped(file) as plain:
                    yield self._beginning(plain)
            elif self.info is not None:
                check_ratio(self.info, self.name)
                with self.path.open("rb") as file, open_member(file, self.info) as packed, _unzipped(packed) as plain:
                    yield self._beginning(plain)
            else:
                with zipfile.ZipFile(self.path) as archive:
                    check_ratio(archive.getinfo(self.member), self.name)
                    with archive.open(self.member) as packed, _unzipped(packed) as plain:
                        yield self._beginning(plain)
        except gzip.BadGzipFile as error:
            raise self._damaged(error) from error
        except OSError as error:
            raise DatasetError(f"{self.name} can't be read: {error.strerror or error}. Make it readable, or bring it again.") from error
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def _beginning(self, plain: IO[bytes]) -> IO[bytes]:
        return plain if self.most is None else io.BytesIO(plain.read(self.most))

    def _damaged(self, error: Exception) -> DatasetError:
        return DatasetError(f"{self.name} is damaged or not complete ({error}); fetch or save it again.")


def open_member(archive: IO[bytes], info: zipfile.ZipInfo) -> IO[bytes]:
    """A member of an archive that is open. Raises `BadZipFile` if it is not where the directory said, or encrypted.

    Python's own reader goes through the whole directory again, half a second for 60,000 pictures. Layout: PKWARE, APPNOTE.TXT 6.3.10,
    section 4.3.7.
    """
    archive.seek(info.header_offset)
    header = archive.read(_LOCAL_HEADER.size)
    if len(header) != _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("a file in it is not where its directory says")
    _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    archive.seek(name_bytes + extra_bytes, os.SEEK_CUR)
    if info.flag_bits & _ENCRYPTED:
        raise zipfile.BadZipFile("it is encrypted")
    return cast(IO[bytes], zipfile.ZipExtFile(archive, "r", info))


def check_ratio(info: zipfile.ZipInfo, name: str) -> None:
    """Raises `DatasetError`, calling the file `name`, for a member of a ZIP that unpacks to far too much."""
    if info.file_size > max(FREE_BYTES, MOST_RATIO * info.compress_size):
        raise DatasetError(f"{name} unpacks to more than {MOST_RATIO} times its size, which no set of pictures does. Leave it out.")


class _GzipFile(gzip.GzipFile):
    """Ends when it has unpacked far too much."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__(fileobj=packed)
        self._packed, self._unpacked = packed, 0

    def read(self, size: int | None = -1) -> bytes:
        return self._count(super().read(size))

    def read1(self, size: int = -1) -> bytes:
        return self._count(super().read1(size))

    def _count(self, data: bytes) -> bytes:
        self._unpacked += len(data)
        if self._unpacked > FREE_BYTES and self._unpacked > MOST_RATIO * self._packed.tell():
            raise EOFError(f"it unpacks to more than {MOST_RATIO} times its size, which no set of pictures does")
        return data


@contextmanager
def _unzipped(file: IO[bytes]) -> Iterator[IO[bytes]]:
    start = file.read(len(_GZIP))
    file.seek(0)
    if start != _GZIP:
        yield file
        return
    with _GzipFile(file) as plain:
        yield cast(IO[bytes], plain)
