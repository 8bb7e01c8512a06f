"""Which image sets there are on this machine, and the sets themselves, a few of them kept in memory."""

from __future__ import annotations

import functools
import os
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from core.datasets.image_set import ImageSet, build_image_set
from core.datasets.known_sets import BUNDLED, KNOWN_SETS, is_safe_name
from core.datasets.npz_files import NpzSummary, load_npz, read_summary
from core.errors import DatasetError
from core.settings import SETS_MEMORY, Settings

SPLIT_SEED = 1
"""Of the split of the bundled digits into training and test."""


class DatasetState(StrEnum):
    """Whether a set can be used on this machine."""

    READY = "ready"
    MISSING = "missing"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class DatasetEntry:
    """One line of the catalogue.

    Attributes:
        name: what `Catalog.load` takes; of a file whose name can't be used, that file's name.
        title, description: for a page.
        state: whether the set can be used.
        reason: why it is missing or unusable, and what to do; None for a set that is ready.
        path: the file; None for the bundled set, a missing one, and one whose file name can't be used.
    """

    name: str
    title: str
    description: str
    state: DatasetState
    reason: str | None = None
    path: Path | None = None


@dataclass(frozen=True)
class _Stamp:
    """Tells one version of a file from the next."""

    path: Path
    modified_ns: int
    bytes: int


class Catalog:
    """The bundled digits, the three known sets, and every `<name>.npz` in the folders of the settings.

    Where two folders hold a file of one name, the first counts: the folders of `INKLING_DATASETS` in their order, then Inkling's home.

    Thread contract: any thread may call any method at any time. Entries and image sets are immutable and may be shared.
    A set is read once however many threads ask for it; those that ask for another set do not wait.
    Sets stay in memory as long as all of them take no more than `memory` bytes; those not used for the longest time go first, and the
    one last asked for always stays. A file that has changed is read again; what is gone is let go when the sets are listed.
    """

    def __init__(self, settings: Settings, memory: int = SETS_MEMORY) -> None:
        self._memory = memory
        self._folders = tuple(dict.fromkeys((*settings.dataset_folders, settings.downloads)))
        self._downloads = settings.downloads
        self._lock = threading.Lock()
        self._checked: dict[Path, tuple[_Stamp, NpzSummary | str]] = {}
        self._sets: OrderedDict[str, tuple[_Stamp | None, ImageSet]] = OrderedDict()
        self._loading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def entries(self) -> tuple[DatasetEntry, ...]:
        """The digits, the three known sets, then all others by name. Cheap: a file's headers are read once for each version of it."""
        files = self._find_files()
        self._forget_all_but({BUNDLED, *files})
        unknown = sorted(name for name in files if name not in KNOWN_SETS)
        listed = [self._describe(name, files.get(name)) for name in (*KNOWN_SETS, *unknown)]
        return (*listed, *self._badly_named())

    def in_memory(self) -> tuple[str, ...]:
        """The names of the sets that are kept, the one last used at the end."""
        with self._lock:
            return tuple(self._sets)

    def load(self, name: str) -> ImageSet:
        """The set called `name`.

        Raises `DatasetError` if there is no such set, it is not on this machine, or its file is damaged, and says what to do.
        """
        stamp = None if name == BUNDLED else self._find(name)
        with self._lock:
            loading = self._loading[name]
        with loading:
            image_set = self._recall(name, stamp)
            if image_set is None:
                image_set = load_digits() if stamp is None else self._load_file(name, stamp)
                self._remember(name, stamp, image_set)
        return image_set

    def _find_files(self) -> dict[str, Path]:
        """The first file of each usable name, the bundled set's apart."""
        files: dict[str, Path] = {}
        for path in self._npz_files():
            if is_safe_name(path.stem) and path.stem != BUNDLED:
                files.setdefault(path.stem, path)
        return files

    def _npz_files(self) -> Iterator[Path]:
        for folder in self._folders:
            try:
                yield from sorted(path for path in folder.iterdir() if path.suffix == ".npz" and not path.name.startswith("."))
            except OSError:
                continue  # `_where` tells of such a folder once a set is missed.

    def _badly_named(self) -> Iterator[DatasetEntry]:
        for path in self._npz_files():
            if path.stem == BUNDLED:
                reason = f"{path} has the name of the bundled digits. Give the file another name."
            elif not is_safe_name(path.stem):
                reason = (
                    f"{_printable(path)} can't be a set's name. Rename the file to 1 to 80 letters without accents,"
                    " digits, '_', '-' or '.', beginning with a letter or digit."
                )
            else:
                continue
            shown = _printable(Path(path.name))
            yield DatasetEntry(shown, shown, "A file whose name can't be used.", DatasetState.UNUSABLE, reason)

    def _describe(self, name: str, path: Path | None) -> DatasetEntry:
        known = KNOWN_SETS.get(name)
        title, description = (known.title, known.description) if known else (name, "A set of your own.")
        if name == BUNDLED:
            return DatasetEntry(name, title, description, DatasetState.READY)
        if path is None:
            return DatasetEntry(name, title, description, DatasetState.MISSING, self._where(name))
        summary = self._check(path, known.class_names if known else None)
        if isinstance(summary, str):
            return DatasetEntry(name, title, description, DatasetState.UNUSABLE, summary, path)
        # A title that the file itself carries is what its owner calls it.
        title = summary.title or title
        if known is None:
            description = _describe_summary(summary)
        return DatasetEntry(name, title, description, DatasetState.READY, path=path)

    def _check(self, path: Path, class_names: tuple[str, ...] | None) -> NpzSummary | str:
        """What the file holds, or what is wrong with it; found out once for each version of the file."""
        try:
            stamp = _read_stamp(path)
        except DatasetError as error:
            return str(error)
        with self._lock:
            kept = self._checked.get(path)
        if kept is None or kept[0] != stamp:
            kept = (stamp, _summarise(path, class_names))
            with self._lock:
                self._checked[path] = kept
        return kept[1]

    def _find(self, name: str) -> _Stamp:
        path = self._find_files().get(name)
        if path is not None:
            return _read_stamp(path)
        if name in KNOWN_SETS:
            raise DatasetError(f"{KNOWN_SETS[name].title} is not on this machine. {self._where(name)}")
        ready = ", ".join(entry.name for entry in self.entries() if entry.state == DatasetState.READY)
        raise DatasetError(
            f"There is no data set called {name!r}; expected one of {ready}. Bring your own on Explore > Your data,"
            f" or place <name>.npz in {self._downloads}."
        )

    def _where(self, name: str) -> str:
        """How to get a missing set."""
        folders = ", ".join(f"{folder}" if folder.is_dir() else f"{folder} (no such folder)" for folder in self._folders)
        return (
            f"Download it on Explore > Samples, or place {name}.npz in {self._downloads} or in a folder of INKLING_DATASETS."
            f" Looked in: {folders}."
        )

    def _load_file(self, name: str, stamp: _Stamp) -> ImageSet:
        known = KNOWN_SETS.get(name)
        try:
            if known is None:
                return load_npz(stamp.path, name=name)
            return load_npz(stamp.path, name=name, title=known.title, class_names=known.class_names, origin=known.origin)
        except DatasetError as error:
            # Found only now, in the images themselves: from here on the set is listed as unusable.
            with self._lock:
                self._checked[stamp.path] = (stamp, str(error))
            raise

    def _recall(self, name: str, stamp: _Stamp | None) -> ImageSet | None:
        with self._lock:
            if name not in self._sets or self._sets[name][0] != stamp:
                return None
            self._sets.move_to_end(name)
            return self._sets[name][1]

    def _forget_all_but(self, names: set[str]) -> None:
        with self._lock:
            for name in self._sets.keys() - names:
                del self._sets[name]

    def _remember(self, name: str, stamp: _Stamp | None, image_set: ImageSet) -> None:
        with self._lock:
            self._sets[name] = (stamp, image_set)
            self._sets.move_to_end(name)
            while len(self._sets) > 1 and sum(kept.bytes for _, kept in self._sets.values()) > self._memory:
                self._sets.popitem(last=False)


@functools.cache
def load_digits() -> ImageSet:
    """The bundled digits: `uint8`, `(n, 8, 8)`, 0 to 16; 1,437 for training and 360 for testing, each digit in its proportion.

    Read once; an image set can't be changed, so all may share it.
    """
    # Inside the function, because importing scikit-learn takes a second.
    from sklearn.datasets import load_digits as load_bunch
    from sklearn.model_selection import train_test_split

    bunch = load_bunch()
    images, labels = bunch.images.astype(np.uint8), bunch.target
    x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.2, random_state=SPLIT_SEED, stratify=labels)
    known = KNOWN_SETS[BUNDLED]
    return build_image_set(
        name=BUNDLED,
        title=known.title,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        class_names=known.class_names,
        max_value=known.max_value,
        origin=known.origin,
    )


def _summarise(path: Path, class_names: tuple[str, ...] | None) -> NpzSummary | str:
    try:
        return read_summary(path, class_names=class_names)
    except DatasetError as error:
        return str(error)


def _read_stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror or error}. Put the file back, or remove the link.") from error
    return _Stamp(path, status.st_mtime_ns, status.st_size)


def _describe_summary(summary: NpzSummary) -> str:
    height, width = summary.image_shape[:2]
    return (
        f"{summary.training_images:,} training and {summary.test_images:,} test images of {width} x {height} pixels,"
        f" {'grey' if summary.is_grey else 'in colour'}."
    )


def _printable(path: Path) -> str:
    """The path with every byte that is not text shown as a question mark, so that it can be printed anywhere."""
    return os.fsencode(path).decode("utf-8", "replace")
