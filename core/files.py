"""Writing a file so that others see either all of it or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.errors import StorageError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which becomes `path` when the block ends well and vanishes when it does not.

    Raises `StorageError` if the system refuses: a full disk, a read-only folder.
    """
    # In the same folder, since a rename is atomic only within one file system.
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise storage_error(f"{path.name} could not be written to {path.parent}", error) from error
    finally:
        remove(temporary)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing. Raises `StorageError` if the system refuses."""
    with replacing(path) as file:
        file.write(data)


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
        f"{what}: {error.strerror or error}. Free some space or allow writing there, or set INKLING_HOME to another folder, and try again."
    )
