"""Whether files made to do harm end as a valid set or a clear error, in bounded time and memory.

    python -m tests.benchmarks.hostile_files [--count 1500] [--seed 1] [--jobs 2]

Generates the files from the seed: archives, arrays, IDX, tables, pictures, drawings, settings and run folders (`tests/hostile`). Each is
opened by every way by which it gets into Inkling, in a process of its own, which is ended at 2 GiB of addresses and 60 s of the processor.
Prints a table of the kinds, and every file that left a traceback, took more than 30 s or more than 1 GiB; then the exit status is 1.
The processor's seconds count, since on a busy machine those of the clock tell of others; a file that waits is ended after ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile.opening import MOST_BYTES, MOST_SECONDS

ROOT = Path(__file__).resolve().parents[2]


def try_all(count: int, seed: int, jobs: int) -> Iterator[dict[str, Any]]:
    """What came of each file, in no order."""
    # One thread: a process that has several can't be forked safely.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.opening", f"--seed={seed}", f"--first={job}", f"--step={jobs}", f"--count={count}"],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        for job in range(jobs)
    ]
    # Read side by side: one whose lines nobody takes would wait for ever.
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for process in processes:
        threading.Thread(target=_pass_on, args=(process, lines), daemon=True).start()
    for _ in processes:
        yield from (json.loads(line) for line in iter(lines.get, None))
    if any(process.wait() for process in processes):
        raise RuntimeError("A process that opens the files has failed itself.")


def _pass_on(process: subprocess.Popen[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in process.stdout or ():
        lines.put(line)
    lines.put(None)


def problems(outcome: dict[str, Any]) -> list[str]:
    """What is wrong with how a file ended; empty if nothing is."""
    found = {
        "traceback": bool(outcome["error"]),
        "over 30 s": outcome["processor"] > MOST_SECONDS or outcome["seconds"] > 20 * MOST_SECONDS,
        "over 1 GiB": outcome["bytes"] > MOST_BYTES,
    }
    return [problem for problem, is_there in found.items() if is_there]


def print_table(outcomes: list[dict[str, Any]]) -> None:
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome["kind"]].append(outcome)
    print(f"{'kind':<28} {'files':>6} {'accepted':>9} {'refused':>8} {'longest':>9} {'most memory':>12}")
    for kind, found in sorted(kinds.items()):
        ways = [way for outcome in found for way in outcome["result"] or ()]
        accepted, refused = (sum(way.endswith(end) for way in ways) for end in ("accepted", "refused"))
        longest, most = max(outcome["processor"] for outcome in found), max(outcome["bytes"] for outcome in found)
        print(f"{kind:<28} {len(found):>6,} {accepted:>9,} {refused:>8,} {longest:>7.1f} s {most / 2**20:>8,.0f} MiB")
    for problem in ("traceback", "over 30 s", "over 1 GiB"):
        print(f"{problem}: {sum(problem in problems(outcome) for outcome in outcomes):,} of {len(outcomes):,}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    outcomes = []
    for outcome in try_all(arguments.count, arguments.seed, arguments.jobs):
        outcomes.append(outcome)
        if found := problems(outcome):
            last = (outcome["error"] or "").strip().splitlines()[-1:] or [""]
            print(
                f"file {outcome['number']} ({outcome['kind']}): {', '.join(found)}; {outcome['processor']:.1f} s,"
                f" {outcome['bytes'] / 2**20:,.0f} MiB {last[0][:200]}",
                flush=True,
            )
    print_table(outcomes)
    return int(any(map(problems, outcomes)))


if __name__ == "__main__":
    sys.exit(main())
