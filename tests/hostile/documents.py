"""Saved settings and run folders that are damaged, and files of any other kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.networks.recipes import RECIPES
from core.runs.store import RunStore
from tests.hostile.archives import Random, damaged

_VALUES: tuple[Any, ...] = (
    None,
    -1,
    0,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x" * 100_000,
    "\ud800",
    [],
    {},
    [[]] * 1_000,
    True,
    1e308,
)
_DOCUMENTS = (
    b"Rar!\x1a\7|7z\xbc\xaf|BZh91AY|\xfd7zXZ|\x28\xb5\x2f\xfd|%PDF-1.4|\x89HDF\r\n|MATLAB 5|PAR1|\xd0\xcf\x11\xe0|\x80\4\x95".split(b"|")
)
_DOCUMENTS += b"<html>|{|[|\x7fELF|MZ|SQLite format 3\0|\0\0\0\x18ftypheic|\0\0\0\0".split(b"|")
"""How RAR, 7z, bzip2, xz, zstd, PDF, HDF5, MATLAB, Parquet, Office, pickle, HTML, JSON, programs, SQLite and HEIC begin."""


def spec(random: Random, folder: Path) -> None:
    """A saved training spec with senseless values, endless nesting or numbers of thousands of digits."""
    document: dict[str, Any] = next(iter(RECIPES.values())).spec.model_dump(mode="json")
    for _ in range(int(random.integers(1, 4))):
        document[str(random.choice([*document, "unknown", "hidden"]))] = _VALUES[int(random.integers(len(_VALUES)))]
    text = json.dumps(document)
    made = [
        lambda: text,
        lambda: "[" * 200_000,
        lambda: '{"hidden":' * 50_000,
        lambda: text.replace("0", "9" * 5_000, 1),
        lambda: text[: len(text) // 2],
        lambda: text[:-1] + ", " + text[1:],
    ]
    data = made[int(random.integers(len(made)))]().encode("utf-8", "surrogatepass")
    (folder / "spec.json").write_bytes(damaged(random, data) if random.random() < 0.3 else data)


def run_folder(random: Random, folder: Path) -> None:
    """A run, of whose files some are cut, filled with noise, empty, endlessly nested or a folder."""
    store = RunStore(folder / "home")
    recipe = next(iter(RECIPES.values())).spec
    record = store.create(recipe, "0" * 64)
    store.close()
    place = folder / "home" / "runs" / record.id
    for name in random.choice(
        ["spec.json", "environment.json", "history.csv", "result.json", "about.json", "marks.csv", "glimpse.json"], 2
    ):
        path = place / str(name)
        old = path.read_bytes() if path.is_file() else b"{}"
        data = [b"", old[: len(old) // 2], random.bytes(3_000), b"[" * 200_000, b"\0" * 50, b'{"a": ' + b"9" * 5_000 + b"}", b"null"]
        path.write_bytes(data[int(random.integers(len(data)))])


def other(random: Random, folder: Path) -> None:
    """Files of other kinds under any name."""
    name = str(
        random.choice(["a.csv", "a.zip", "a.npz", "a.png", "a", "train-images-idx3-ubyte", "a.json", "a.xlsx", "a.heic", "a\nb.csv"])
    )
    (folder / name).write_bytes(_DOCUMENTS[int(random.integers(len(_DOCUMENTS)))] + random.bytes(int(random.choice([0, 10, 5_000]))))
