"""What is left when the disk lets us down: `python -m tests.benchmarks.bad_disks [--quick] [--only SECTION ...]`.

Real services and a real engine on homes of their own; every page is opened through Streamlit's AppTest. Prints a line for each case,
with what came of it and whether that is right: a sentence where something can't be had, never a traceback, never half a file,
and everything else as it was. The status is 1 if any outcome is wrong.

| section | what is done to it |
| --- | --- |
| files | each file of a run's folder is emptied, cut, cut by a byte, filled with noise, removed; then all that reads it is called |
| full | a disk (a small tmpfs, for which one has to be root) runs full while a run trains, and while something is kept or brought |
| read-only | the same disk may no longer be written to |
| vanished | the home is removed while Inkling runs |
| two servers | two on one home train, list, rename and delete |
| twice | the same import, and the same download from a server on this machine, twice at once |
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.cli import main as run_command
from core.compute.service import ComputeService, EngineState
from core.datasets.catalog import Catalog, load_digits
from core.datasets.downloading import Downloader
from core.datasets.importing.importer import Importer, ImportState
from core.datasets.importing.options import ImportOptions
from core.datasets.npz_files import load_npz
from core.datasets.sources import RemoteFile, Source
from core.drawings.kept import NewDrawing
from core.drawings.store import DrawingStore
from core.errors import InklingError
from core.networks.layers import DenseLayer
from core.networks.spec import TrainingSpec
from core.runs.ledger import Ledger
from core.runs.record import RunState
from core.runs.store import RunStore
from core.settings import Settings
from pages.components import services

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for folder in ("explore", "train", "predict", "start") for path in (ROOT / "pages" / folder).glob("*.py"))
SHORT = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=16),), epochs=2)
LARGE = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=1024),), epochs=100)
"""Half a megabyte of weights for each epoch."""

ENDLESS = TrainingSpec(dataset="digits", hidden=(DenseLayer(units=512),), epochs=500, batch_size=1)

_BUG = "Something in Inkling itself went wrong"
_SECONDS = 120.0


@dataclass
class Table:
    """The cases and what came of them."""

    rows: list[tuple[str, str, bool]] = field(default_factory=list)

    def note(self, case: str, outcome: str, right: bool) -> None:
        self.rows.append((case, outcome, right))
        print(f"{'right' if right else 'WRONG':<6} {case:<70} {' '.join(outcome.split())[:150]}", flush=True)

    def expect(self, case: str, action: Callable[[], Any], *, refused: bool | None = None) -> Any:
        """Do it. A user's error is right unless `refused` is False, success unless it is True; anything else raised is wrong."""
        try:
            given = action()
        except InklingError as error:
            self.note(case, f"refused: {error}", refused is not False)
            return None
        except SystemExit as error:
            self.note(case, f"ended with status {error.code}", error.code in (0, 2))
            return None
        except BaseException as error:  # noqa: BLE001 - this is what is looked for
            self.note(case, f"{type(error).__name__}: {error}", False)
            return None
        self.note(case, "done", refused is not True)
        return given


@dataclass
class Lab:
    """A home with everything that a page server has."""

    home: Path
    folders: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        self.settings = Settings(self.home, self.folders, workers=1, cores=os.cpu_count() or 1, scheduler=None)
        self.store, self.catalog = RunStore(self.home), Catalog(self.settings)
        self.compute = ComputeService(self.settings, self.store, self.catalog.load)
        self.drawings, self.ledger, self.importer = DrawingStore(self.home), Ledger(self.home), Importer(self.settings)

    def start(self) -> Lab:
        self.compute.start()
        wait_for(lambda: self.compute.status().state == EngineState.READY)
        return self

    def run(self, spec: TrainingSpec) -> str:
        """Train to the end."""
        run_id = self.compute.submit(spec)
        wait_for(lambda: self.store.load(run_id).state.is_final)
        return run_id

    def close(self) -> None:
        self.compute.close()
        self.store.close()
        self.drawings.close()
        self.ledger.close()
        with contextlib.suppress(InklingError):
            self.importer.close()

    def provide(self) -> None:
        """To the pages."""
        named = {"settings": self.settings, "store": self.store, "catalog": self.catalog, "compute": self.compute}
        services.provide(**named, drawings=self.drawings, ledger=self.ledger, importer=self.importer)


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"what was waited for did not happen within {_SECONDS:g} s")
        time.sleep(0.02)


def open_pages(table: Table, case: str, lab: Lab, run_id: str | None, pages: list[Path] = PAGES) -> None:
    """Every page, of that run where it shows one. One line for all that are right, and one for each that is not."""
    lab.provide()
    said, wrong = set(), 0
    for path in pages:
        app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=60)
        if run_id is not None:
            app.query_params["run"] = run_id
        try:
            app.run()
            app.switch_page(str(path.relative_to(ROOT)))
            if run_id is not None:
                app.query_params["run"] = run_id
            app.run()
            told = [element.value for element in (*app.error, *app.warning, *app.info)]
            problems = [f"{element.value}" for element in app.exception] + [text for text in told if _BUG in text]
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            told, problems = [], [f"{type(error).__name__}: {error}"]
        said |= {text for element in app.error for text in [element.value]}
        if problems:
            wrong += 1
            table.note(f"{case}: page {path.stem}", problems[0], False)
    if not wrong:
        table.note(f"{case}: {len(pages)} pages", "; ".join(sorted(said)) or "shown", True)


def command(*arguments: str, home: Path) -> int:
    """The command line, as somebody would call it. Its output is dropped; 0 and 2 are its ways to end."""
    os.environ["INKLING_HOME"] = str(home)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        status = run_command(list(arguments))
    if status not in (0, 2, None):
        raise RuntimeError(f"the command line ended with {status}")
    return status or 0


def damages(data: bytes, name: str) -> Iterator[tuple[str, bytes | None]]:
    """What may become of a file; None for gone."""
    yield "emptied", b""
    yield "cut in half", data[: len(data) // 2]
    yield "cut by a byte", data[:-1]
    yield "noise", random.Random(name).randbytes(max(1, len(data)))
    yield "noise in the middle", data[: len(data) // 3] + random.Random(name).randbytes(len(data) // 3) + data[len(data) // 3 * 2 :]
    if name.endswith(".json"):
        yield "another document", b'{"kind": "list", "epochs": [], "training": 3, "created": "x", "dataset_sha256": null, "state": 7}'
        yield "a list", b"[]"
    yield "gone", None


def check_files(table: Table, folder: Path, quick: bool) -> None:
    lab = Lab(folder / "files").start()
    try:
        whole = lab.run(SHORT)
        run_folder = lab.store._folder(whole).path
        names = sorted(str(path.relative_to(run_folder)) for path in run_folder.rglob("*") if path.is_file())
        essential = {"spec.json", "weights/final.npz"}
        pages = [path for path in PAGES if path.parent.name in ("train", "predict")]
        for name in names:
            for number, (damage, content) in enumerate(damages((run_folder / name).read_bytes(), name)):
                if quick and (number % 3 or name not in essential):
                    continue
                run_id = _copy_run(lab, run_folder)
                path = lab.store._folder(run_id).path / name
                path.unlink() if content is None else path.write_bytes(content)
                case = f"{name} {damage}"
                # In place of final weights that are gone stand those of the last epoch; damaged ones are refused.
                may_predict = name != "spec.json" and (name != "weights/final.npz" or content is None)
                _open_run(table, case, lab, run_id, may_predict=may_predict)
                if number in (1, 3):
                    open_pages(table, case, lab, run_id, pages)
                # Out of the way of the next one.
                shutil.rmtree(lab.store._folder(run_id).path)
                lab.store._index.delete(run_id)
    finally:
        lab.close()


def _copy_run(lab: Lab, folder: Path) -> str:
    run_id = secrets.token_hex(6)
    shutil.copytree(folder, folder.with_name(run_id))
    lab.store.interrupt_abandoned()
    return run_id


def _open_run(table: Table, case: str, lab: Lab, run_id: str, *, may_predict: bool) -> None:
    store, image = RunStore(lab.home), load_digits().x_test[:1]

    def everything() -> None:
        """All of the store's ways to read a run; each may refuse."""
        calls: list[Callable[[], Any]] = [
            lambda: store.load(run_id),
            lambda: store.history(run_id),
            lambda: store.result(run_id),
            lambda: store.glimpse(run_id),
            lambda: store.weights_by_epoch(run_id),
            lambda: store.latest_weights(run_id),
            lambda: store.artefact(run_id, "model.keras"),
            lambda: store.history_file(run_id),
            lambda: store.learned(run_id),
        ]
        for call in calls:
            with contextlib.suppress(InklingError):
                call()

    try:
        table.expect(f"{case}: read", everything)
        listed = table.expect(f"{case}: list", store.list, refused=False)
        if listed is not None and len(listed) < 1:
            table.note(f"{case}: list", "the other run is no longer listed", False)
        table.expect(f"{case}: predict", lambda: lab.compute.predict(run_id, image), refused=None if may_predict else True)
        table.expect(f"{case}: evaluate", lambda: command("evaluate", run_id, home=lab.home))
        table.expect(f"{case}: continue", lambda: lab.compute.stop(lab.compute.continue_run(run_id, 1)))
    finally:
        store.close()


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = 12) -> Iterator[Path]:
    """A disk of its own, gone afterwards."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        for _ in range(20):
            if subprocess.run(["umount", str(folder)], check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.25)
        else:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def fill(folder: Path, leave: int) -> Path:
    """A file that takes all but `leave` bytes of the disk."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - leave))
    return filler


def check_full(table: Table, folder: Path, quick: bool) -> None:
    with small_disk(folder / "full") as disk:
        lab = Lab(disk / "home").start()
        try:
            kept = lab.run(SHORT)
            filler = fill(disk, leave=2_000_000)
            stopped = lab.run(LARGE)
            record = lab.store.load(stopped)
            is_told = record.state == RunState.FAILED and "disk" in f"{record.error}"
            table.note("full while a run trains", f"{record.state}: {record.error}", is_told)
            table.note("full: the status says so", f"{lab.compute.status().problem}", lab.compute.status().problem is not None)
            filler = fill(disk, leave=0)
            _refuse_writing(table, "full", lab, kept, folder)
            open_pages(table, "full", lab, kept)
            table.expect("full: an old run is deleted", lambda: lab.store.delete(stopped), refused=False)
            filler.unlink()
            again = table.expect("room again: a run is trained", lambda: lab.run(SHORT), refused=False)
            table.note("room again: it ends well", f"{lab.store.load(again).state}", lab.store.load(again).state == RunState.FINISHED)
            _check_home(table, "full", lab)
        finally:
            lab.close()


def _refuse_writing(table: Table, case: str, lab: Lab, run_id: str, folder: Path) -> None:
    """All that writes. Each says why not, and what was there stays."""
    before = {record.id for record in lab.store.list()}
    table.expect(f"{case}: train", lambda: lab.compute.submit(SHORT))
    name = lab.store.load(run_id).name
    table.expect(f"{case}: rename", lambda: lab.store.describe(run_id, name="Another"))
    if lab.store.load(run_id).name != name:
        table.note(f"{case}: rename", "renamed after all", True)
    noise = np.random.default_rng(1).integers(0, 256, (200, 200)).astype(np.uint8)
    table.expect(f"{case}: keep a drawing", lambda: lab.drawings.add(NewDrawing("7", noise, time.time())), refused=True)
    table.expect(f"{case}: open test images", lambda: lab.ledger.open_test("b" * 64, run_id))
    upload = io.BytesIO(_npz_bytes(2000))
    table.expect(f"{case}: bring a file", lambda: _import(lab, upload, "brought"), refused=True)
    left = [path for path in lab.home.rglob("*") if path.is_file() and (path.name.endswith((".tmp", ".part")) or "brought" in path.name)]
    table.note(f"{case}: nothing half written", ", ".join(path.name for path in left) or "nothing", not left)
    for record in lab.store.list():
        if record.id not in before:
            wait_for(lambda run_id=record.id: lab.store.load(run_id).state.is_final)
    listed = {record.id for record in lab.store.list()}
    table.note(f"{case}: runs are listed", f"{len(listed)} of {len(before)}", before <= listed)


def check_read_only(table: Table, folder: Path, quick: bool) -> None:
    with small_disk(folder / "ro") as disk:
        lab = Lab(disk / "home").start()
        kept = lab.run(SHORT)
        lab.drawings.add(NewDrawing("7", np.full((40, 30), 200, np.uint8), time.time()))
        lab.close()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        lab = Lab(disk / "home").start()
        try:
            table.note("read-only: the status says so", f"{lab.compute.status().problem}", lab.compute.status().problem is not None)
            table.expect("read-only: predict", lambda: lab.compute.predict(kept, load_digits().x_test[:1]), refused=False)
            table.expect("read-only: drawings are listed", lab.drawings.list, refused=False)
            table.expect("read-only: evaluate", lambda: command("evaluate", kept, home=lab.home))
            _refuse_writing(table, "read-only", lab, kept, folder)
            open_pages(table, "read-only", lab, kept)
        finally:
            lab.close()


def check_vanished(table: Table, folder: Path, quick: bool) -> None:
    lab = Lab(folder / "vanished").start()
    try:
        kept = lab.run(SHORT)
        lab.drawings.add(NewDrawing("7", np.full((40, 30), 200, np.uint8), time.time()))
        running = lab.compute.submit(LARGE)
        wait_for(lambda: lab.store.load(running).epochs_done)
        # It is being written to.
        for _ in range(20):
            shutil.rmtree(lab.home, ignore_errors=True)
        wait_for(lambda: _state_of(lab, running) is None or _state_of(lab, running).is_final)
        table.note("vanished while a run trains", f"{_state_of(lab, running) or 'no longer there'}", True)
        table.expect("vanished: list", lab.store.list, refused=False)
        table.expect("vanished: load", lambda: lab.store.load(kept), refused=True)
        table.expect("vanished: predict", lambda: lab.compute.predict(kept, load_digits().x_test[:1]), refused=True)
        table.expect("vanished: drawings are listed", lab.drawings.list)
        open_pages(table, "vanished", lab, kept)
        again = table.expect("vanished: a run is trained", lambda: lab.run(SHORT))
        if again is not None:
            fresh = RunStore(lab.home)
            found = [record.id for record in fresh.list()]
            table.note("vanished: the new run is there after a restart", ", ".join(found), again in found)
            fresh.close()
        added = table.expect(
            "vanished: a drawing is kept", lambda: lab.drawings.add(NewDrawing("8", np.full((40, 30), 99, np.uint8), time.time()))
        )
        if added:
            fresh_drawings = DrawingStore(lab.home)
            table.note("vanished: it is there after a restart", f"{len(fresh_drawings.list())} drawings", len(fresh_drawings.list()) == 1)
            fresh_drawings.close()
        table.expect("vanished: bring a file", lambda: _import(lab, io.BytesIO(_npz_bytes(50)), "brought"), refused=False)
    finally:
        lab.close()


def _state_of(lab: Lab, run_id: str) -> Any:
    try:
        return lab.store.load(run_id).state
    except InklingError:
        return None


def check_two_servers(table: Table, folder: Path, quick: bool) -> None:
    one, two = Lab(folder / "shared").start(), Lab(folder / "shared")
    # Another process, as a second `streamlit run` on the same home would be.
    script = "import sys; from tests.benchmarks.bad_disks import run_as_second_server; run_as_second_server(sys.argv[1])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    other = subprocess.Popen([sys.executable, "-c", script, str(one.home)], cwd=ROOT, text=True, **pipes)
    try:
        mine = one.compute.submit(ENDLESS)
        wait_for(lambda: one.store.load(mine).epochs_done)
        assert other.stdin is not None
        assert other.stdout is not None
        theirs = json.loads(other.stdout.readline())["run"]
        table.note("two servers: mine still trains", one.store.load(mine).state, one.store.load(mine).state == RunState.RUNNING)
        table.note("two servers: theirs is seen", one.store.load(theirs).state, not one.store.load(theirs).state.is_final)
        table.expect("two servers: stop theirs", lambda: one.compute.stop(theirs), refused=True)
        table.expect("two servers: delete theirs while it trains", lambda: one.store.delete(theirs), refused=True)
        table.expect("two servers: rename theirs", lambda: one.store.describe(theirs, name="Named by the other"), refused=False)
        one.compute.stop(mine)
        wait_for(lambda: one.store.load(mine).state.is_final)
        ended = one.run(SHORT)
        other.stdin.write("end\n")
        other.stdin.flush()
        said = json.loads(other.stdout.readline())
        is_right = said["state"] == RunState.STOPPED and said["name"] == "Named by the other"
        table.note("two servers: each ended its own run", f"{said}", is_right)
        table.note("two servers: the other saw mine", f"{said['seen']}", {mine, ended, theirs} <= set(said["seen"]))
        table.expect("two servers: delete theirs afterwards", lambda: one.store.delete(theirs), refused=False)
        _check_home(table, "two servers", one)
    finally:
        other.kill()
        other.wait()
        one.close()
        two.close()


def run_as_second_server(home: str) -> None:
    """In a process of its own: train until told to end, and say what was seen."""
    lab = Lab(Path(home)).start()
    run_id = lab.compute.submit(ENDLESS)
    wait_for(lambda: lab.store.load(run_id).epochs_done)
    print(json.dumps({"run": run_id}), flush=True)
    sys.stdin.readline()
    lab.compute.stop(run_id)
    wait_for(lambda: lab.store.load(run_id).state.is_final)
    record = lab.store.load(run_id)
    print(json.dumps({"state": record.state, "name": record.name, "seen": [one.id for one in lab.store.list()]}), flush=True)
    lab.close()


def check_twice(table: Table, folder: Path, quick: bool) -> None:
    lab = Lab(folder / "twice")
    content = _npz_bytes(3000)
    others = [Importer(lab.settings), Importer(lab.settings)]
    for case, importers in {"one server": [lab.importer, lab.importer], "two servers": others}.items():
        name = case.replace(" ", "-")
        with ThreadPoolExecutor(2) as pool:
            ended = list(pool.map(lambda importer, name=name: _try(lambda: _import(lab, io.BytesIO(content), name, importer)), importers))
        stored = [one for one in ended if one == name]
        refused = [one for one in ended if isinstance(one, InklingError)]
        table.note(f"the same import twice, {case}", "; ".join(map(str, ended)), len(stored) == len(refused) == 1)
        table.expect(f"the same import twice, {case}: the set is whole", lambda name=name: lab.catalog.load(name), refused=False)
    for importer in others:
        importer.close()
    with _served(folder / "served", content) as source:
        for case in ("one server", "two servers"):
            settings = replace(lab.settings, home=folder / f"downloads {case}")
            first = Downloader(settings, {"mnist": source})
            second = first if case == "one server" else Downloader(settings, {"mnist": source})
            with ThreadPoolExecutor(2) as pool:
                tried = [pool.submit(_try, lambda downloader=downloader: downloader.download("mnist")) for downloader in (first, second)]
                ended = [one.result() for one in tried]
            fine = [one for one in ended if isinstance(one, Path)]
            wrong = [one for one in ended if not isinstance(one, (Path, InklingError))]
            table.note(f"the same download twice, {case}", "; ".join(map(str, ended)), bool(fine) and not wrong)
            path = settings.downloads / "mnist.npz"
            table.expect(
                f"the same download twice, {case}: the set is whole", lambda path=path: load_npz(path, name="mnist"), refused=False
            )
            left = [path.name for path in settings.downloads.iterdir() if path.name != "mnist.npz"]
            table.note(f"the same download twice, {case}: nothing else is left", ", ".join(left) or "nothing", not left)
    lab.close()


def _try(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except BaseException as error:  # noqa: BLE001 - told in the table
        return error


def _import(lab: Lab, file: io.BytesIO, name: str, importer: Importer | None = None) -> str:
    """Bring a file as a page does. Returns the name of the set; raises what the page would show."""
    importer = importer or lab.importer
    import_id = importer.begin([(f"{name}.npz", file)])
    wait_for(lambda: not importer.progress(import_id).state.is_running)
    if importer.progress(import_id).state == ImportState.SURVEYED:
        importer.start(import_id, ImportOptions(name=name))
        wait_for(lambda: not importer.progress(import_id).state.is_running)
    ended = importer.progress(import_id)
    importer.discard(import_id)
    if ended.state != ImportState.FINISHED:
        raise InklingError(ended.message)
    return f"{ended.stored}"


def _npz_bytes(images: int) -> bytes:
    generator = np.random.default_rng(images)
    file = io.BytesIO()
    halves = {"train": images, "test": images // 5}
    arrays = {f"x_{half}": generator.integers(0, 256, (count, 28, 28)).astype(np.uint8) for half, count in halves.items()}
    arrays |= {f"y_{half}": np.arange(count) % 10 for half, count in halves.items()}
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


@contextlib.contextmanager
def _served(folder: Path, content: bytes) -> Iterator[Source]:
    """A source whose one file is offered on this machine."""
    folder.mkdir()
    (folder / "set.npz").write_bytes(content)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *arguments: Quiet(*arguments, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = RemoteFile(f"http://127.0.0.1:{server.server_port}/set.npz", len(content), hashlib.sha256(content).hexdigest())
    try:
        yield Source((file,), lambda paths: load_npz(paths["set.npz"], name="mnist"))
    finally:
        server.shutdown()
        server.server_close()


def _check_home(table: Table, case: str, lab: Lab) -> None:
    """Every table is sound, and every run can be read."""
    for path in sorted(lab.home.glob("*.sqlite")):
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            table.note(f"{case}: {path.name} is sound", verdict, verdict == "ok")
    fresh = RunStore(lab.home)
    for record in fresh.list():
        table.expect(f"{case}: run {record.state} can be read", lambda run_id=record.id: fresh.history(run_id), refused=False)
    fresh.close()


SECTIONS: dict[str, Callable[[Table, Path, bool], None]] = {
    "files": check_files,
    "full": check_full,
    "read-only": check_read_only,
    "vanished": check_vanished,
    "two servers": check_two_servers,
    "twice": check_twice,
}
_ROOTS = {"full", "read-only"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a third of the damages, to the files that matter most")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=list(SECTIONS))
    options = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name in options.only:
            if name in _ROOTS and (not hasattr(os, "geteuid") or os.geteuid() != 0):
                print(f"skipped: {name} needs a small disk to be mounted, which only root may do")
                continue
            try:
                SECTIONS[name](table, Path(folder), options.quick)
            except Exception as error:  # noqa: BLE001 - the other sections are tried even so
                table.note(name, f"{type(error).__name__}: {error}", False)
            services.close()
    wrong = [row for row in table.rows if not row[2]]
    print(f"\n{len(table.rows)} cases, {len(wrong)} wrong")
    for case, outcome, _ in wrong:
        print(f"  {case}: {' '.join(outcome.split())[:300]}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
