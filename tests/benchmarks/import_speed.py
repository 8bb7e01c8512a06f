"""What importing a ZIP of class folders takes: time, memory, and patience of everybody else on the page server.

    python -m tests.benchmarks.import_speed [ZIP]

In a process of its own: survey, reading and storing, each timed, and the most memory it took beyond what it had before and beyond the
arrays themselves. Meanwhile another thread asks to be woken every 10 ms; how late it is, is how late a page would be.
Without an argument the ZIP is `cifar10.zip` in the first folder of INKLING_DATASETS that holds it: 60,000 JPEG pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceFile
from core.datasets.library import store_image_set
from core.settings import Settings, load_settings

WANTED_SECONDS = 60
WANTED_BYTES = 1024**3
NAP = 0.01


@contextmanager
def watched(figures: dict[str, Any]) -> Iterator[None]:
    """Adds to `figures`: the block's seconds, its processor seconds, how late (ms) a thread that sleeps was woken, and the peak memory."""
    over = threading.Event()
    late: list[float] = []
    peak = 0

    def nap() -> None:
        nonlocal peak
        process = psutil.Process()
        while not over.is_set():
            before = time.perf_counter()
            time.sleep(NAP)
            late.append(1_000 * (time.perf_counter() - before - NAP))
            peak = max(peak, process.memory_info().rss)

    sleeper = threading.Thread(target=nap)
    sleeper.start()
    started, processor = time.perf_counter(), time.process_time()
    yield
    figures |= {"seconds": time.perf_counter() - started, "processor": time.process_time() - processor}
    over.set()
    sleeper.join()
    figures |= {"late_95": float(np.percentile(late, 95)), "late_worst": max(late), "peak": peak}


def measure(path: Path) -> dict[str, Any]:
    """Import the ZIP into a home that vanishes, and measure each step. For a process of its own: the peak memory is that of its life."""
    before = psutil.Process().memory_info().rss
    steps: dict[str, dict[str, Any]] = {name: {} for name in ("survey", "read", "store")}
    source = open_source([SourceFile(path, path.name)])
    with watched(steps["survey"]):
        survey = source.survey(lambda done, total: None, lambda: False)
    with watched(steps["read"]):
        image_set = source.read(survey, survey.suggestion, lambda done, total: None, lambda: False).image_set
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(Path(home), (), workers=1, cores=1, scheduler=None)
        with watched(steps["store"]):
            store_image_set(replace(image_set, name="measured"), settings)
    peak = max(step["peak"] for step in steps.values())
    return {"steps": steps, "pictures": survey.pictures, "arrays": image_set.bytes, "above": peak - before - image_set.bytes}


def find_zip() -> Path | None:
    """The real pictures, if they are on this machine."""
    return next((path for folder in load_settings().dataset_folders if (path := folder / "cifar10.zip").exists()), None)


def main() -> None:
    """Print the figures and whether they are what was wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zip", nargs="?", type=Path, default=find_zip(), help="a ZIP of class folders")
    parser.add_argument("--here", action="store_true", help="measure in this process and print JSON")
    options = parser.parse_args()
    if options.zip is None:
        print("cifar10.zip is in no folder of INKLING_DATASETS: nothing measured")
        return
    if options.here:
        print(json.dumps(measure(options.zip)))
        return
    command = [sys.executable, "-m", "tests.benchmarks.import_speed", str(options.zip.resolve()), "--here"]
    figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for name, step in figures["steps"].items():
        late = f"others woken {step['late_95']:.1f} ms late at the 95th percentile, {step['late_worst']:.1f} ms at worst"
        print(f"{name:<7}{step['seconds']:6.2f} s ({step['processor']:.2f} s of processor time); {late}")
    total = sum(step["seconds"] for step in figures["steps"].values())
    verdict = "under" if total < WANTED_SECONDS else "NOT under"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(f"{figures['pictures']:,} pictures in {total:.1f} s ({verdict} {WANTED_SECONDS} s; {os.cpu_count()} cores, load now {load:.1f})")
    verdict = "under" if figures["above"] < WANTED_BYTES else "NOT under"
    print(f"memory above the arrays ({figures['arrays'] / 2**20:.0f} MiB): {figures['above'] / 2**20:.0f} MiB ({verdict} 1,024 MiB)")


if __name__ == "__main__":
    main()
