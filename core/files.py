"""Writing a file so that others see either all of it or none, and opening none that never ends."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.errors import StorageError
from core.owner import current_owner, owner_lives
from core.storage import describe_reason

# Process ids are used again; together with the time of the process's creation they are not.
_TEMPORARY = re.compile(r"\..+\.(?P<pid>[0-9]+)-(?P<started>[0-9]+)-[0-9a-f]{32}\.tmp", re.DOTALL)

_ENDLESS = ((stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))


def check_ends(path: Path) -> None:
    """Raises `OSError` for what is neither a file nor a folder: opening a pipe waits for its other end, and a device may never end."""
    mode = path.stat().st_mode
    for is_such, what in _ENDLESS:
        if is_such(mode):
            raise OSError(EINVAL, f"it is {what}, and only files are read", str(path))


@contextmanager
def replacing(path: Path, *, if_new: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `path` when the block ends well and vanishes when it does not.

    Raises `StorageError` if the system refuses: a full disk, a read-only folder. `if_new`: raises `FileExistsError` if `path` is
    there by then, whichever program made it.
    """
    # In the same folder, since a rename is atomic only within one file system.
    pid, started = current_owner()
    temporary = path.with_name(f".{path.name}.{pid}-{int(started)}-{uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if if_new:
            _put(temporary, path)
        else:
            temporary.replace(path)
    except FileExistsError:
        raise
    except OSError as error:
        raise storage_error(f"{path.name} could not be written to {path.parent}", error) from error
    finally:
        # On a disk that can't be written to, what was never made can't be removed either.
        with suppress(StorageError):
            remove(temporary)


def _put(temporary: Path, path: Path) -> None:
    """Let a file become `path`, which must not be there."""
    try:
        # Unlike a rename, this looks and puts in one step.
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError as error:
        # Not every file system has links.
        if path.exists():
            raise FileExistsError(path) from error
        temporary.replace(path)


@contextmanager
def held_alone(path: Path) -> Iterator[bool]:
    """Whether this is the only one, of all threads and programs, that holds `path` until the block ends. A program that dies lets go.

    `path` is a file for this alone, which is gone afterwards. Raises `StorageError` if the system refuses it.
    """
    try:
        file = _take(path)
    except OSError as error:
        raise storage_error(f"{path.name} could not be written to {path.parent}", error) from error
    if file is None:
        yield False
        return
    with file:
        try:
            yield True
        finally:
            # On Windows an open file can't be removed; there it stays behind, and does no harm.
            with suppress(OSError):
                path.unlink()


def _take(path: Path) -> BinaryIO | None:
    """The open and locked file; None if somebody has it."""
    while True:
        file = path.open("ab")
        try:
            _lock(file)
            # Whoever held it may have removed it between the two.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BlockingIOError:
            file.close()
            return None
        except BaseException:
            file.close()
            raise
        file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        """Raises `BlockingIOError` if another has it. The system lets go of it when the file is closed, or its program ends."""
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        """Raises `BlockingIOError` if another has it. The system lets go of it when the file is closed, or its program ends."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing. Raises `StorageError` if the system refuses."""
    with replacing(path) as file:
        file.write(data)


def remove_left_overs(folder: Path) -> None:
    """Remove what `replacing` was writing, in this folder and those in it, for programs that were killed meanwhile.

    What a living program writes is left alone. What the system refuses stays; the next start tries again.
    """
    for inside, _, names in os.walk(folder):
        for match in filter(None, map(_TEMPORARY.fullmatch, names)):
            if not owner_lives(int(match["pid"]), int(match["started"])):
                with suppress(StorageError):
                    remove(Path(inside, match.string))


def make_folder(folder: Path) -> None:
    """Make the folder and those above it. Raises `StorageError` if the system refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(f"The folder {folder} could not be made", error) from error


def remove(path: Path) -> None:
    """Remove a file that may be gone already. Raises `StorageError` if the system refuses."""
    try:
        path.unlink(missing_ok=True)
    except NotADirectoryError:
        return  # There is a file where the folder should be, so there is nothing in it to remove.
    except OSError as error:
        raise storage_error(f"{path} could not be removed", error) from error


def storage_error(what: str, error: OSError) -> StorageError:
    """`what` happened, why the system says so, and what to do about it."""
    return StorageError(
        f"{what}: {describe_reason(error)} Free some space or allow writing there, or set INKLING_HOME to another folder, and try again."
    )
