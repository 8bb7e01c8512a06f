"""Where uploaded files lie until their import is over: a folder of this process's own, in `<home>/uploads`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from core.datasets.importing.source import SourceFile
from core.errors import DatasetError
from core.files import make_folder, storage_error
from core.owner import current_owner, owner_lives
from core.settings import MAX_SET_BYTES

_CHUNK = 1 << 20
# Process ids are used again; together with the time of the process's creation they are not.
_OWNED = re.compile(r"(?P<pid>[0-9]+)-(?P<started>[0-9]+)-[0-9a-f]{32}")


class Uploads:
    """Takes files in under names of its own, and removes what an Inkling that is no more has left behind.

    Thread contract: any thread may call any method at any time.
    """

    def __init__(self, folder: Path, most_bytes: int = MAX_SET_BYTES) -> None:
        """`most_bytes`: of the files of one import together."""
        self._root = folder
        self._most_bytes = most_bytes
        pid, started = current_owner()
        self._own = folder / f"{pid}-{int(started)}-{uuid4().hex}"
        for left_over in self._left_overs():
            remove_tree(left_over)

    def take_in(self, files: Iterable[tuple[str, BinaryIO]], beside: Sequence[SourceFile] = ()) -> tuple[Path, tuple[SourceFile, ...]]:
        """Copy the files, each given as (name, content), into a new folder, after those taken in earlier. Returns it and all of them.

        Raises `DatasetError` if they are too large, `StorageError` if the disk refuses; nothing of them is kept then.
        """
        folder = self._own / uuid4().hex
        make_folder(folder)
        try:
            with ExitStack() as stack:
                earlier = [(file.name, stack.enter_context(file.path.open("rb"))) for file in beside]
                return folder, tuple(self._copy_all([*earlier, *files], folder))
        except OSError as error:
            remove_tree(folder)
            raise storage_error(f"The upload could not be written to {folder}", error) from error
        except BaseException:
            remove_tree(folder)
            raise

    def remove_all(self) -> None:
        """Remove everything that was taken in."""
        remove_tree(self._own)

    def _copy_all(self, files: Iterable[tuple[str, BinaryIO]], folder: Path) -> Iterator[SourceFile]:
        size = 0
        for number, (name, content) in enumerate(files, start=1):
            path = folder / str(number)
            content.seek(0)
            with path.open("wb") as file:
                while chunk := content.read(_CHUNK):
                    size += len(chunk)
                    if size > self._most_bytes:
                        raise DatasetError(f"The files have more than {self._most_bytes:,} bytes together. Keep a part of the pictures.")
                    file.write(chunk)
            yield SourceFile(path, name)

    def _left_overs(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        matches = ((path, _OWNED.fullmatch(path.name)) for path in self._root.iterdir())
        return [path for path, match in matches if match and not owner_lives(int(match["pid"]), int(match["started"]))]


def remove_tree(folder: Path) -> None:
    """Remove a folder as far as the system lets us; the next start tries again."""
    shutil.rmtree(folder, ignore_errors=True)
