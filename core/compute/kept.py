"""Results of long jobs on the disk, so that a map that took a minute is there at once after a restart."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import StorageError
from core.files import make_folder, replacing

logger = logging.getLogger(__name__)

MAX_BYTES = 200 * 1024**2
"""On the disk, all results together. The one unused for longest goes first; any can be computed again."""


class KeptResults:
    """Arrays by key, each in a file of its own whose name is the key's hash.

    Thread contract: any thread, and any process, may call any method. A damaged or vanished file counts as not there.
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def load(self, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays kept under `key`, read-only; None if there are none."""
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            path.touch()
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            return None
        for array in arrays.values():
            array.setflags(write=False)
        return arrays

    def store(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays under `key`. A disk that refuses is no reason to lose a result that is already there to be shown."""
        try:
            make_folder(self._folder)
            with replacing(self._path(key)) as file:
                np.savez(file, allow_pickle=False, **arrays)
            self._make_room()
        except StorageError as error:
            logger.warning("A result could not be kept: %s", error)

    def _make_room(self) -> None:
        with suppress(FileNotFoundError):  # Another process is making room as well.
            files = sorted(((path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.glob("*.npz")), reverse=True)
            total = 0
            for _, size, path in files:
                total += size
                if total > self._max_bytes:
                    path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.npz"
