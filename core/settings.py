"""Folders, environment variables and limits: each with its default and its reason.

| variable             | default                              | meaning |
| -------------------- | ------------------------------------ | ------- |
| `INKLING_HOME`       | `~/.inkling`                         | downloads, runs and the run index |
| `INKLING_DATASETS`   | (none)                               | more folders with `<name>.npz` files, a path list |
| `INKLING_WORKERS`    | one for every four cores, at least 1 | trainings that can run side by side |
| `INKLING_SCHEDULER`  | (none: an engine of our own)         | `tls://host:8786` of an existing Dask cluster |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import InklingError

MAX_IMAGES = 200_000
"""Images in one set, training and test together: three times CIFAR-10, still in a laptop's memory."""

MAX_SIDE = 256
"""Pixels on one side of an image. Dense layers on anything larger do not train on a laptop."""

MAX_SET_BYTES = 2 * 1024**3
"""Bytes of one set's arrays, in memory. Checked before anything is unpacked."""

MIN_CLASSES, MAX_CLASSES = 2, 1_000
"""With one class there is nothing to learn; past a thousand no chart here can be read."""

MAX_PARAMETERS = 50_000_000
"""Weights and biases of one network: 200 MB, and three times that while Adam trains."""

SETS_MEMORY = 256 * 1024**2
"""Bytes of image sets that the page server keeps, shared by all visitors: MNIST (55 MB) and CIFAR-10 (184 MB) together."""

SETS_IN_MEMORY = 3
"""Image sets that the engine keeps handed out to its workers."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how much of the machine may be used. Immutable; read once at start."""

    home: Path
    dataset_folders: tuple[Path, ...]
    workers: int
    cores: int
    scheduler: str | None

    @property
    def downloads(self) -> Path:
        """The folder that downloads and imports end in: `<home>/datasets`."""
        return self.home / "datasets"

    @property
    def runs(self) -> Path:
        """One folder for each run: `<home>/runs/<id>`."""
        return self.home / "runs"

    @property
    def results(self) -> Path:
        """Results of long jobs, such as maps: `<home>/results`. May be deleted at any time."""
        return self.home / "results"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment variables named above.

    Raises `InklingError` if `INKLING_WORKERS` is not a whole number from 1 to 64.
    """
    cores = usable_cores()
    folders = [Path(part).expanduser() for part in environ.get("INKLING_DATASETS", "").split(os.pathsep) if part]
    return Settings(
        home=Path(environ.get("INKLING_HOME") or Path.home() / ".inkling").expanduser(),
        dataset_folders=tuple(folders),
        workers=_read_workers(environ.get("INKLING_WORKERS"), default=max(1, cores // 4)),
        cores=cores,
        scheduler=environ.get("INKLING_SCHEDULER") or None,
    )


def usable_cores() -> int:
    """Cores this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_workers(text: str | None, default: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 64:
        raise InklingError(f"INKLING_WORKERS is {text!r}; expected a whole number from 1 to 64. Unset it for the default, {default}.")
    return int(text)
