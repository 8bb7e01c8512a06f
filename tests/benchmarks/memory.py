"""What the image sets in memory cost the page server when visitors open one after the other.

    INKLING_DATASETS=folder python -m tests.benchmarks.memory

The server's own modules and scikit-learn, which the digits need, are loaded first. Then the three full sets are opened one after the
other, twice, and the digits after them, each counted and hashed as the pages do. After each step: the memory of this process as the
system counts it, and which sets are kept. At the end the largest set is let go a few times, to see that its memory comes back.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import sys
from pathlib import Path

from core.datasets.catalog import Catalog, DatasetState
from core.datasets.known_sets import BUNDLED
from core.datasets.samples import describe
from core.settings import SETS_MEMORY, load_settings

FULL_SETS = ("mnist", "fashion_mnist", "cifar10")
MB = 1_000_000

SPARE = 50 * MB
"""What may come on top of the sets: memory that the C library keeps for the next array, of which it holds back up to 32 MB at a time."""


def resident_bytes() -> int:
    """Memory of this process that is in use now, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def open_set(catalog: Catalog, name: str) -> int:
    """Load a set and look at it as the pages do. Returns its bytes."""
    image_set = catalog.load(name)
    describe(image_set)
    _ = image_set.sha256
    return image_set.bytes


def main() -> None:
    """Print the memory after each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    if not Path("/proc/self/statm").exists():
        sys.exit("The memory of a process is read from /proc, which only Linux has.")
    # What the page server has loaded once visitors have looked around.
    for module in ("pages.components.services", "sklearn.datasets", "sklearn.model_selection"):
        importlib.import_module(module)

    catalog = Catalog(load_settings())
    ready = {entry.name for entry in catalog.entries() if entry.state == DatasetState.READY}
    for name in FULL_SETS:
        if name not in ready:
            print(f"{name} is not on this machine and is skipped")
    full = [name for name in FULL_SETS if name in ready]
    start = resident_bytes()
    print(f"{'server without a set':26} {start / MB:6.0f} MB")
    most, sizes = 0, {}
    for name in (*full, *full, BUNDLED):
        sizes[name] = open_set(catalog, name)
        now = resident_bytes()
        most = max(most, now - start)
        print(f"{name:26} {now / MB:6.0f} MB, {(now - start) / MB:+5.0f} MB; kept: {', '.join(catalog.in_memory())}", flush=True)
    allowed = max(SETS_MEMORY, *sizes.values()) + SPARE
    verdict = "within" if most <= allowed else "NOT within"
    print(
        f"all sets together take {sum(sizes.values()) / MB:.0f} MB; between two steps the server had grown by at most {most / MB:.0f} MB,"
    )
    print(
        f"{verdict} the {SETS_MEMORY / MB:.0f} MB for sets and {SPARE / MB:.0f} MB beside them; while a set was being read it reached",
        end=" ",
    )
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / MB:.0f} MB")
    del catalog
    _let_go(max(sizes, key=lambda name: sizes[name]))


def _let_go(name: str) -> None:
    """Show that a set's memory comes back: a catalogue with room for nothing gives it up as soon as another is asked for."""
    catalog = Catalog(load_settings(), memory=0)
    open_set(catalog, BUNDLED)
    before = resident_bytes()
    for _ in range(3):
        size = open_set(catalog, name)
        held = resident_bytes() - before
        open_set(catalog, BUNDLED)
        left = resident_bytes() - before
        print(f"{name}, {size / MB:.0f} MB, took {held / MB:.0f} MB; once it is let go {left / MB:.0f} MB are left")


if __name__ == "__main__":
    main()
