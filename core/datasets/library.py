"""Looking after the image sets in Inkling's home: keep, rename, delete, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as with_changes
from pathlib import Path
from typing import BinaryIO

from core.datasets.image_set import ImageSet
from core.datasets.known_sets import BUNDLED, check_new_name, is_safe_name
from core.datasets.npz_files import MAX_TEXT, is_sound_text, load_npz, save_npz, write_npz
from core.errors import DatasetError
from core.files import remove
from core.printable import is_printable
from core.settings import Settings

MAX_TITLE = 80


def store_image_set(
    image_set: ImageSet, settings: Settings, *, replace: bool = False, should_stop: Callable[[], bool] = lambda: False
) -> Path:
    """Keep an image set as `<name>.npz` in Inkling's home, where the catalogue finds it. Returns the file.

    Raises `DatasetError` if the name is unsafe or, unless `replace`, taken, `StorageError` if the file can't be written, and
    `Cancelled` soon after `should_stop()` becomes true; nothing is kept then.
    """
    check_new_name(image_set.name)
    elsewhere = _find_elsewhere(settings, image_set.name)
    if elsewhere is not None:
        # The catalogue looks there first, so that a set of this name in Inkling's home would never be seen.
        raise DatasetError(f"There is a set called {image_set.name!r} already, in {elsewhere}. Choose another name.")
    path = _path(settings, image_set.name)
    taken = DatasetError(f"There is a set called {image_set.name!r} already, in {path}. Choose another name, or remove that file first.")
    if _is_there(path) and not replace:
        raise taken
    _check_texts(image_set)
    try:
        save_npz(path, image_set, if_new=not replace, should_stop=should_stop)
    except FileExistsError as error:
        # Another Inkling stored one under this name meanwhile.
        raise taken from error
    return path


def owns(settings: Settings, name: str) -> bool:
    """Whether this set is a file in Inkling's home, which may be renamed and deleted; those elsewhere belong to others."""
    if name == BUNDLED or not is_safe_name(name) or _find_elsewhere(settings, name) is not None:
        return False
    return _is_there(_path(settings, name))


def retitle(settings: Settings, name: str, title: str) -> None:
    """Give a set of one's own another title. Its name, which runs and commands use, and its contents (and so its hash) stay.

    Raises `DatasetError` if it is not ours or the title is empty, too long (80) or not printable, `StorageError`.
    """
    title = check_title(title)
    if not owns(settings, name):
        raise _not_ours(settings, name)
    path = _path(settings, name)
    save_npz(path, with_changes(load_npz(path, name=name), title=title))


def check_title(title: str) -> str:
    """The title without spaces around it. Raises `DatasetError` if it is empty, too long (80) or not printable."""
    title = title.strip()
    if not 1 <= len(title) <= MAX_TITLE or not is_printable(title):
        raise DatasetError(f"This title, of {len(title):,} characters, can't be used; expected 1 to {MAX_TITLE} printable ones.")
    return title


def delete_set(settings: Settings, name: str) -> None:
    """Remove a set from Inkling's home. Runs that learned from it stay. Raises `DatasetError` if it is not ours, `StorageError`.

    A set whose file is gone already counts as removed.
    """
    if name == BUNDLED or not is_safe_name(name) or _find_elsewhere(settings, name) is not None:
        raise _not_ours(settings, name)
    remove(_path(settings, name))


def export_npz(image_set: ImageSet, file: BinaryIO) -> None:
    """Write a set as an `.npz` file that `numpy.load` opens without pickling: the four arrays, the class names, title and origin."""
    write_npz(file, image_set)


def _path(settings: Settings, name: str) -> Path:
    """The file of a set whose name has been found safe."""
    return settings.downloads / f"{name}.npz"


def _find_elsewhere(settings: Settings, name: str) -> Path | None:
    """The file of this name in a folder of INKLING_DATASETS, where the catalogue looks before it looks in Inkling's home."""
    others = (folder / f"{name}.npz" for folder in settings.dataset_folders if folder != settings.downloads)
    return next((path for path in others if _is_there(path)), None)


def _check_texts(image_set: ImageSet) -> None:
    """Raises `DatasetError` for words that `load_npz` would refuse: such a set would be lost once it is written."""
    for text in (image_set.title, image_set.origin, *image_set.class_names):
        if not is_sound_text(text):
            raise DatasetError(f"The set {image_set.name!r} says {text[:60]!r}; expected 1 to {MAX_TEXT:,} printable characters.")
    if len(set(image_set.class_names)) < len(image_set.class_names):
        raise DatasetError(f"The set {image_set.name!r} has two classes of one name; expected different names.")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # A folder that can't be looked into has no sets for the catalogue either.


def _not_ours(settings: Settings, name: str) -> DatasetError:
    if name == BUNDLED:
        return DatasetError("The digits come with Inkling; they can't be renamed or deleted.")
    if is_safe_name(name) and (elsewhere := _find_elsewhere(settings, name)) is not None:
        return DatasetError(
            f"{name!r} is {elsewhere}, in a folder of INKLING_DATASETS, which Inkling only reads; rename or delete that file yourself."
        )
    return DatasetError(f"There is no set called {name!r} in {settings.downloads}; only sets there can be renamed and deleted.")
