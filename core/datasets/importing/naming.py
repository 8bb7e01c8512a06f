"""What to call a set that was brought as a file, until its owner says otherwise."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePath

from core.datasets.importing.roles import FILLERS, role_of
from core.datasets.known_sets import BUNDLED, check_new_name
from core.errors import DatasetError
from core.printable import is_printable
from core.settings import Settings

_FALLBACK = "my_images"
_MAX_NAME = 60
_MAX_TITLE = 80


def suggest_name(file_name: str) -> str:
    """A name made safe from a file's: `Grüne Äpfel (2).zip` gives `Grune_Apfel_2`. Never the bundled set's, which can't be taken."""
    plain = unicodedata.normalize("NFKD", _stem(file_name)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", plain).strip("_.-")[:_MAX_NAME] or _FALLBACK
    return f"my_{name}" if name == BUNDLED else name


def shared_name(file_names: Sequence[str]) -> str:
    """What several files are called together: `emnist` for `emnist-train-images` and `emnist-train-labels`; a folder that all lie in.

    A file alone keeps its name. Empty if they share nothing.
    """
    paths = [tuple(part for part in name.replace("\\", "/").split("/") if part) for name in file_names]
    top = {path[0] for path in paths if len(path) > 1}
    if len(top) == 1 and all(len(path) > 1 for path in paths):
        return top.pop()
    if len(file_names) == 1:
        return file_names[0]
    columns = zip(*(re.split(r"[-_. ]+", _stem(path[-1])) for path in paths if path), strict=False)
    shared = [column[0] for column in itertools.takewhile(lambda column: len(set(column)) == 1, columns)]
    named = itertools.takewhile(lambda word: role_of(word.lower()) is None and word.lower() not in FILLERS, shared)
    return "_".join(named)


def suggest_title(file_name: str) -> str:
    """A title from a file's name, in whatever script: `my_cats.zip` gives `My cats`."""
    words = "".join(character if is_printable(character) else " " for character in _stem(file_name).replace("_", " ")).split()
    title = " ".join(words)[:_MAX_TITLE].strip() or "My images"
    return title[0].upper() + title[1:]


def _stem(file_name: str) -> str:
    name = PurePath(file_name.replace("\\", "/")).name
    return name.removesuffix(".gz").rsplit(".", 1)[0] if "." in name.strip(".") else name


def check_free_name(name: str, settings: Settings) -> None:
    """Raises `DatasetError` if a set can't be called this, or one is already."""
    check_new_name(name)
    for path in _places(name, settings):
        if path.exists():
            raise DatasetError(f"There is a set called {name!r} already, in {path}. Choose another name.")


def free_name(name: str, settings: Settings) -> str:
    """The name or, if it is taken, the first of `name_2`, `name_3`, ... that is not."""
    candidates = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if not any(path.exists() for path in _places(candidate, settings)))


def _places(name: str, settings: Settings) -> list[Path]:
    return [folder / f"{name}.npz" for folder in (*settings.dataset_folders, settings.downloads)]
