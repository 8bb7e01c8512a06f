"""What `kill -9` costs: `python -m tests.benchmarks.kills [--count 100] [--seed 12] [--busy 2] [--quick]`.

A real page server with runs under way, runs that wait, a visitor who asks a network all the time and another who fills the tables.
At a moment and in an order drawn by lot, one process after the other is killed: the page server (which is started again at once),
the engine, the process that the engine and its workers are forked from, the training worker, the answering worker.
As many busy loops as there are cores run beside.

"Back" is when both are so: an image that nobody has asked about before was read, and a training took steps after the kill.
After each kill, every run that was ever submitted has to be there, in a state that makes sense, with no less than had been seen of it;
every table has to be sound, and hold all that was written. Prints a line for each kill and a table; the status is 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from core.compute.status import EngineState
from core.networks.weights import unpack_weights
from core.runs.record import RunRecord, RunState
from core.runs.store import RunStore
from tests.browser.serving import OFFLINE, Server

KINDS = ("page server", "engine", "parent", "training worker", "answering worker")
SOCKET = "INKLING_DRIVEN_BY"
"""The environment variable that names the socket on which the server is told what to do."""

WANTED = 8.0
_GIVE_UP = 120.0
"""Seconds after which something that was killed counts as not back; everything is then started afresh."""

_LATE = 3
"""Steps of a training that may have been under way to the disk."""

_LONG = {"epochs": 500, "batch_size": 1}


@dataclass
class Killed:
    """One kill, and what came of it. Seconds, infinite for what did not come back."""

    kind: str
    predicts: float
    trains: float
    problems: list[str] = field(default_factory=list)

    @property
    def back(self) -> float:
        return max(self.predicts, self.trains)


class Driven:
    """A page server that does what it is told, started again by hand when it was killed."""

    def __init__(self, folder: Path) -> None:
        self.home, self._socket = folder / "home", folder / "driver"
        self.server = self._start()

    def tell(self, do: str, timeout: float = _GIVE_UP, **arguments: Any) -> dict[str, Any]:
        """What came of it; `{"error": ...}` if it could not be told, or not in time."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(timeout)
                connection.connect(str(self._socket))
                connection.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
                answer: dict[str, Any] = json.loads(connection.makefile().readline())
                return answer
        except (OSError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def restart(self) -> None:
        """Start it as somebody would who sees that it is gone."""
        self.server = self._start()

    def _start(self) -> Server:
        return Server(self.home, "tests/benchmarks/driven/server.py", **OFFLINE, **{SOCKET: str(self._socket), "INKLING_WORKERS": "1"})


class Visitors(threading.Thread):
    """Somebody asks the shipped network, and somebody keeps drawings, all the time. `written` is what they were told is kept."""

    def __init__(self, driven: Driven, seed: int) -> None:
        super().__init__(daemon=True)
        self._driven, self._seed = driven, seed
        self.answered = self.refused = self.written = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.2):
            self._seed += 1
            asked = self._driven.tell("ask", timeout=45, seed=self._seed)
            self.answered += "sum" in asked
            self.refused += "sum" not in asked
            self.written += self._driven.tell("write", timeout=15, seed=self._seed) == {}


class Trial:
    """The kills, one after the other."""

    def __init__(self, driven: Driven, seed: int) -> None:
        self.driven, self.draw = driven, random.Random(seed)
        self.runs: dict[str, tuple[int, bool]] = {}
        """Every run ever submitted, how many epochs of it were seen done, and whether it was seen to have weights."""
        self.fresh = 10_000_000
        self.store = RunStore(driven.home)

    def kill(self, kind: str, visitors: Visitors) -> Killed:
        """Wait for a moment drawn by lot, kill, and see what comes back and what is left."""
        self.make_busy()
        time.sleep(self.draw.uniform(0.0, 3.0))
        self.look()
        written = visitors.written
        victim = self._victim(kind)
        if victim is None:
            return Killed(kind, float("inf"), float("inf"), ["its process could not be found"])
        steps = {run_id: len(self.store.history(run_id).steps) for run_id in self.runs}
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        if kind == "page server":
            self.driven.server.process.wait()
            self.driven.restart()
            self._submit(**_LONG)
        found = self._wait_for_return(kind, began, steps)
        found.problems = self.find_losses(written)
        return found

    def make_busy(self) -> None:
        """One run under way with steps taken, and one that waits for it."""
        until = time.monotonic() + _GIVE_UP
        while time.monotonic() < until:
            status = self.driven.tell("status", timeout=20)
            under_way = [record for record in self._active() if record.state == RunState.RUNNING]
            if status.get("state") == EngineState.READY and under_way and self.store.history(under_way[0].id).steps and status["waiting"]:
                return
            if status.get("running", 2) + status.get("waiting", 0) < 2:
                self._submit(**_LONG)
            time.sleep(0.1)

    def look(self) -> None:
        """Remember how far each run has come."""
        for run_id in self.runs:
            record = self.store.load(run_id)
            self.runs[run_id] = max(self.runs[run_id], (record.epochs_done, record.has_weights))

    def find_losses(self, written: int) -> list[str]:
        """What is no longer there, or no longer whole."""
        return [*self._lost_runs(), *self._damaged_tables(written)]

    def _submit(self, **settings: Any) -> None:
        answer = self.driven.tell("train", seed=self.draw.randrange(1000), **settings)
        if "run" in answer:
            self.runs[answer["run"]] = (0, False)

    def _victim(self, kind: str) -> int | None:
        if kind == "page server":
            return self.driven.server.process.pid
        for _ in range(5):
            found = self.driven.tell("processes", timeout=20).get(kind)
            if found:
                return int(found[0])
        return None

    def _wait_for_return(self, kind: str, began: float, steps: Mapping[str, int]) -> Killed:
        found = Killed(kind, float("inf"), float("inf"))
        asking = threading.Thread(target=self._wait_for_answer, args=(found, began), daemon=True)
        asking.start()
        # What was said before the kill may be written after it: only the answering worker leaves a training to go on.
        told = _LATE if kind == "answering worker" else sys.maxsize
        while found.trains == float("inf") and time.monotonic() - began < _GIVE_UP:
            if not self._active():
                # Those that were under way or waited are over: somebody presses Train.
                self._submit(**_LONG)
            before = {run_id: steps[run_id] + told if steps.get(run_id) else 0 for run_id in self._recent()}
            if any(len(self.store.history(run_id).steps) > count for run_id, count in before.items()):
                found.trains = time.monotonic() - began
            time.sleep(0.02)
        asking.join(max(0.0, began + _GIVE_UP - time.monotonic()))
        if found.back == float("inf"):
            self.driven.server.process.kill()
            self.driven.server.process.wait()
            self.driven.restart()
        return found

    def _wait_for_answer(self, found: Killed, began: float) -> None:
        while time.monotonic() - began < _GIVE_UP:
            self.fresh += 1
            if "sum" in self.driven.tell("ask", timeout=45, seed=self.fresh):
                found.predicts = time.monotonic() - began
                return
            time.sleep(0.02)

    def _recent(self) -> list[str]:
        return list(self.runs)[-4:]

    def _active(self) -> list[RunRecord]:
        return [record for run_id in self._recent() if not (record := self.store.load(run_id)).state.is_final]

    def _lost_runs(self) -> Iterator[str]:
        listed = {record.id for record in self.store.list(limit=len(self.runs) + 100)}
        for run_id, (epochs, had_weights) in self.runs.items():
            try:
                record = self.store.load(run_id)
                self.store.history(run_id)
                if record.has_weights:
                    unpack_weights(self.store.latest_weights(run_id))
            except Exception as error:  # noqa: BLE001 - whatever it is, the run is lost
                yield f"run {run_id} is lost: {type(error).__name__}: {error}"
                continue
            if run_id not in listed:
                yield f"run {run_id} is not listed"
            if record.epochs_done < epochs or (had_weights and not record.has_weights):
                yield f"run {run_id} had learned {epochs} epochs, and now has {record.epochs_done}"
            if record.state == RunState.FAILED:
                yield f"run {run_id} failed: {record.error}"
        # One is under way and one waits; whatever else is neither over nor one of them will never end.
        if len(self._active()) > 3 or any(not self.store.load(run_id).state.is_final for run_id in list(self.runs)[:-4]):
            yield "a run that nobody trains has not ended"

    def _damaged_tables(self, written: int) -> Iterator[str]:
        for path in sorted(self.driven.home.glob("*.sqlite")):
            with contextlib.closing(sqlite3.connect(path, timeout=30)) as table:
                (verdict,) = table.execute("PRAGMA integrity_check").fetchone()
                if verdict != "ok":
                    yield f"{path.name}: {verdict}"
                if path.name == "drawings.sqlite" and table.execute("SELECT COUNT(*) FROM drawings").fetchone()[0] < written:
                    yield f"{path.name} has fewer drawings than the {written} that were kept"


@contextlib.contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """As many processes that do nothing but take time."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def show(kills: list[Killed], runs: int, visitors: Visitors) -> bool:
    """Print the table. Returns whether all is as wanted."""
    print(f"\n{'killed':<18}{'times':>6}{'predicts again':>22}{'trains again':>22}{'back: median':>14}{'95 %':>8}{'worst':>8}   seconds")
    for kind in (*KINDS, "all"):
        some = [one for one in kills if kind in (one.kind, "all")]
        if some:
            predicts, trains, back = (sorted(getattr(one, name) for one in some) for name in ("predicts", "trains", "back"))
            middle = [statistics.median(values) for values in (predicts, trains, back)]
            high = back[min(len(back) - 1, round(0.95 * (len(back) - 1)))]
            print(f"{kind:<18}{len(some):>6}{middle[0]:>22.1f}{middle[1]:>22.1f}{middle[2]:>14.1f}{high:>8.1f}{back[-1]:>8.1f}")
    problems = [problem for one in kills for problem in one.problems]
    middle_of_all = statistics.median(one.back for one in kills)
    print(f"\n{len(kills)} kills; {runs} runs, {len(problems)} lost or damaged; median {middle_of_all:.1f} s, wanted {WANTED:g}")
    print(f"visitors meanwhile: {visitors.answered} answers, {visitors.refused} refused; {visitors.written} drawings kept")
    for problem in dict.fromkeys(problems):
        print(f"  {problem}")
    return not problems and middle_of_all <= WANTED


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--busy", type=int, default=os.cpu_count(), help="busy loops beside")
    parser.add_argument("--quick", action="store_true", help="one kill of each kind")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    options = parser.parse_args()
    count = len(options.kinds) if options.quick else options.count
    # Each kind as often as any other, in an order drawn by lot.
    order = [options.kinds[number % len(options.kinds)] for number in range(count)]
    random.Random(options.seed).shuffle(order)
    kills = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, busy_loops(options.busy):
        driven = Driven(Path(folder))
        trial, visitors = Trial(driven, options.seed), Visitors(driven, options.seed)
        visitors.start()
        try:
            for number, kind in enumerate(order, 1):
                kills.append(trial.kill(kind, visitors))
                one = kills[-1]
                load = psutil.getloadavg()[0]
                print(
                    f"{number:>4} {kind:<18} predicts {one.predicts:6.1f} s   trains {one.trains:6.1f} s   load {load:4.1f}"
                    f"   {'; '.join(one.problems) or 'nothing lost'}",
                    flush=True,
                )
        except KeyboardInterrupt:
            print("called off; what there is so far:")
        finally:
            visitors.ended.set()
            driven.server.stop()
            trial.store.close()
    sys.exit(0 if kills and show(kills, len(trial.runs), visitors) else 1)


if __name__ == "__main__":
    main()
