"""Opens hostile files by every way that they get into Inkling, each in a process of its own with bounds on time and memory.

    python -m tests.hostile.opening --seed 1 --first 0 --step 1 --count 20

prints a line of JSON for each file. `tests.benchmarks.hostile_files` runs several of these and adds up.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.datasets.catalog import Catalog, DatasetState
from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceFile
from core.datasets.single_image import read_single_image
from core.drawing.photo import read_picture
from core.drawings.files import read_drawings
from core.drawings.store import DrawingStore
from core.errors import InklingError
from core.networks.spec import read_spec
from core.runs.store import RunStore
from core.settings import Settings
from tests.hostile import archives, arrays, documents, pictures, tables

MOST_SECONDS, MOST_BYTES, LIMIT_BYTES = 30.0, 1024**3, 2 * 1024**3
"""What one file may take, and where the system ends it."""

KINDS: dict[str, Callable[[np.random.Generator, Path], None]] = {
    f"{module.__name__.rpartition('.')[2]}: {make.__name__.replace('_', ' ')}": make
    for module, makers in (
        (
            archives,
            (archives.names, archives.broken, archives.lies, archives.overlapping, archives.bomb, archives.nested, archives.exotic),
        ),
        (arrays, (arrays.npz, arrays.texts, arrays.headers, arrays.pickles, arrays.idx, arrays.hollow, arrays.drawings)),
        (
            tables,
            (
                tables.long_numbers,
                tables.bad_cells,
                tables.many_bad_lines,
                tables.mixed_lines,
                tables.shapes,
                tables.no_text,
                tables.labels,
            ),
        ),
        (
            pictures,
            (pictures.broken, pictures.enormous, pictures.lying_sizes, pictures.animated, pictures.extras, pictures.disguised),
        ),
        (documents, (documents.spec, documents.run_folder, documents.other)),
    )
    for make in makers
}


def make_file(seed: int, number: int, folder: Path) -> str:
    """Put hostile file `number` of this seed into an empty folder. Returns its kind."""
    kind = list(KINDS)[number % len(KINDS)]
    KINDS[kind](np.random.default_rng([seed, number]), folder)
    return kind


def open_all(folder: Path) -> list[str]:
    """Open what is in the folder by every way there is. Returns, for each, whether it was accepted or refused.

    Raises whatever is no `InklingError`: on a page that would be a traceback.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return [f"{name}: {_outcome(way)}" for name, way in _ways(folder, files)]


def _ways(folder: Path, files: list[Path]) -> Iterator[tuple[str, Callable[[], object]]]:
    settings = Settings(folder / "home", (folder,), 1, 1, None)
    if files:
        yield "import", lambda: _import([SourceFile(path, path.name) for path in files])
    if any(path.suffix == ".npz" for path in files):
        yield "catalogue", lambda: _list_and_load(Catalog(settings))
    for path in files:
        if path.suffix in (".npz", ".zip"):
            yield "drawings", lambda path=path: _bring_drawings(settings.home, path)
        elif path.stem == "picture" or path.stat().st_size < 1_000_000:
            yield "picture", lambda path=path: read_single_image(path.read_bytes(), (28, 28), 255, has_light_paper=False)
            yield "classify", lambda path=path: read_picture(path)
        if path.name == "spec.json":
            yield "spec", lambda path=path: read_spec(path.read_bytes())
    if (settings.home / "runs").is_dir():
        yield "runs", lambda: _list_runs(RunStore(settings.home))


def _outcome(way: Callable[[], object]) -> str:
    try:
        way()
    except InklingError as error:
        # It has to be fit to be shown.
        str(error).encode("utf-8")
        return "refused"
    return "accepted"


def _import(files: list[SourceFile]) -> None:
    def quiet(done: int, total: int) -> None:
        """Nobody watches."""

    source = open_source(files)
    survey = source.survey(quiet, lambda: False)
    options = survey.suggestion.model_copy(update={"name": "hostile"})
    source.examples(survey, options)
    source.read(survey, options, quiet, lambda: False)


def _list_and_load(catalog: Catalog) -> None:
    for entry in catalog.entries():
        json.dumps([entry.name, entry.title, entry.description, entry.reason]).encode("utf-8")
        if entry.state == DatasetState.READY and entry.path is not None:
            catalog.load(entry.name)


def _bring_drawings(home: Path, path: Path) -> None:
    home.mkdir(exist_ok=True)
    store = DrawingStore(home)
    try:
        read_drawings(store, path.read_bytes(), path.name)
    finally:
        store.close()


def _list_runs(store: RunStore) -> None:
    try:
        for path in (store_path for store_path in store_folders(store) if store_path.is_dir()):
            store.list()
            for look in (store.load, store.history):
                _outcome(lambda look=look, path=path: look(path.name))
    finally:
        store.close()


def store_folders(store: RunStore) -> list[Path]:
    """The folders of runs."""
    return list((store._home / "runs").iterdir())


def try_file(seed: int, number: int) -> dict[str, Any]:
    """Make the file and open it, each in a child of this process: its kind, seconds, most bytes in memory, and what came of it."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        folder, told = Path(name) / "files", Path(name) / "told"
        folder.mkdir()
        made = _run(lambda: make_file(seed, number, folder), told, limit=None, seconds=300)
        opened = _run(lambda: open_all(folder), told, limit=LIMIT_BYTES, seconds=20 * MOST_SECONDS)
        shutil.rmtree(folder)
    return {"number": number, "kind": made["result"] or f"not made: {made['error']}"} | opened


def _run(work: Callable[[], object], told: Path, *, limit: int | None, seconds: float) -> dict[str, Any]:
    """Do the work in a child, and end that when its time is over."""
    told.unlink(missing_ok=True)
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        _be_child(work, told, limit)
    while True:
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - started > seconds:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)
    took = {"seconds": time.monotonic() - started, "processor": used.ru_utime + used.ru_stime, "bytes": used.ru_maxrss * 1024}
    try:
        outcome = json.loads(told.read_text())
    except (OSError, ValueError):
        outcome = {"result": None, "error": f"ended by the system with status {status}"}
    return outcome | took


def _be_child(work: Callable[[], object], told: Path, limit: int | None) -> None:
    """Never returns."""
    try:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CPU, (2 * int(MOST_SECONDS), 2 * int(MOST_SECONDS)))
        # A fault in a library must not fill the screen.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        outcome: dict[str, Any] = {"result": work(), "error": None}
    except BaseException:  # noqa: BLE001 - whatever it is, it is what came of the file
        outcome = {"result": None, "error": traceback.format_exc()[-3_000:]}
    told.write_text(json.dumps(outcome))
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seed", 1), ("first", 0), ("step", 1), ("count", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    # Loaded before the first child is made, so that no file is blamed for it.
    Image.init()
    for number in range(arguments.first, arguments.count, arguments.step):
        print(json.dumps(try_file(arguments.seed, number)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
