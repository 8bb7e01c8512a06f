"""What the disk and SQLite say when they refuse, put into words."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core.errors import StorageError


@contextlib.contextmanager
def storage_errors(
    path: Path, what: str = "The index of runs", if_deleted: str = "the index is rebuilt from the runs' folders"
) -> Iterator[None]:
    """Turn what the disk or SQLite says about `path` into a `StorageError` that can be shown.

    `what` the file is, and what happens `if_deleted`, matter where it is a file of SQLite's.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} can't be used: {describe_reason(error)} {ADVICE}") from error
    except sqlite3.OperationalError as error:
        raise StorageError(f"{what}, {path}, can't be used: {error}. {ADVICE}") from error
    except sqlite3.DatabaseError as error:
        message = f"{what}, {path}, is damaged: {error}. Delete that file; {if_deleted}."
        raise StorageError(message) from error


def check_writable(folder: Path) -> None:
    """Create `folder` where it is missing and write a file there. Raises `StorageError` with what is wrong and what to do."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            probe.write_bytes(bytes(_PROBE_BYTES))
        finally:
            probe.unlink(missing_ok=True)


ADVICE = "Inkling needs a folder it can write to: make room or change the permissions there, or set INKLING_HOME to another folder."

_PROBE_BYTES = 1024 * 1024
"""A full disk often takes an empty file; it does not take a megabyte."""


def describe_reason(error: OSError) -> str:
    """Why the system refused, as the end of a sentence."""
    known = {
        errno.ENOSPC: "the disk is full.",
        errno.EDQUOT: "the disk quota is used up.",
        errno.EROFS: "the disk is read-only.",
        errno.EACCES: "permission denied.",
        errno.ENOENT: "it is not there.",
    }
    return known.get(error.errno or 0, f"{(error.strerror or str(error)).lower()}.")
