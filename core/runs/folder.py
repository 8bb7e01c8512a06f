"""One run's folder: what its files are called, how they are written and how they are read back.

| file | what is in it | written |
| --- | --- | --- |
| `spec.json` | the training spec | when the run is created |
| `environment.json` | creation time, hash of the data set; versions, sizes and parameter count | likewise; the rest when training starts |
| `history.csv` | one line for each `StepsTaken` and `EpochEnded` | line by line |
| `weights/epoch-0001.npz`, ..., `weights/final.npz` | the weights | as they become ready, atomically |
| `model.keras` | the trained model as a Keras file | likewise |
| `error.txt` | the traceback of a failure that Inkling did not expect | likewise |
| `result.json` | how the run ended | last, atomically |
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import RunNotReady, SpecError, StorageError
from core.files import write_atomically
from core.networks.spec import TrainingSpec, read_spec
from core.runs.record import RunHistory
from core.runs.storage import storage_errors
from core.training.events import EpochEnded, StepsTaken, TrainingStarted

Point = StepsTaken | EpochEnded

_POINTS: dict[str, type[StepsTaken] | type[EpochEnded]] = {kind.__name__: kind for kind in (StepsTaken, EpochEnded)}
_HEADER = ",".join(["kind", *(field.name for field in fields(StepsTaken))])
_ARTEFACTS = re.compile(r"weights/(epoch-\d{4}|final)\.npz|model\.keras|error\.txt")


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    Thread contract: holds nothing but its path, so any thread may have one. One thread at a time writes to a run.
    Every method raises `StorageError` when the disk refuses or what is there is damaged.
    """

    path: Path

    @property
    def exists(self) -> bool:
        return self.path.is_dir()

    def create(self, spec: TrainingSpec, dataset_sha256: str, created: float) -> None:
        """Make the folder with its first two files. Raises `StorageError` also if it is already there."""
        with storage_errors(self.path):
            (self.path / "weights").mkdir(parents=True)
            write_atomically(self.path / "spec.json", spec.model_dump_json(indent=2).encode())
            self._write_json("environment.json", {"created": created, "dataset_sha256": dataset_sha256, "training": None})
            write_atomically(self.path / "history.csv", f"{_HEADER}\n".encode())

    def read_spec(self) -> TrainingSpec:
        """The run's spec. Raises `StorageError` if the file is missing or damaged."""
        path = self.path / "spec.json"
        with storage_errors(path):
            return _parse_spec(path, path.stat().st_mtime_ns)

    def write_started(self, event: TrainingStarted) -> None:
        """Add to `environment.json` what is known once training starts."""
        with storage_errors(self.path):
            self._write_json("environment.json", {**self.read_environment(), "training": asdict(event)})

    def read_environment(self) -> dict[str, Any]:
        """`created` (seconds since 1970), `dataset_sha256` and `training` (the fields of `TrainingStarted`, or None)."""
        return self._read_json("environment.json", required=("created", "dataset_sha256", "training"))

    def append_point(self, point: Point) -> None:
        """Add a line to `history.csv`. It is with the operating system when this returns, so it survives a crash of Inkling."""
        with storage_errors(self.path / "history.csv"), (self.path / "history.csv").open("a", encoding="utf-8") as file:
            file.write(_format_point(point))

    def read_history(self) -> RunHistory:
        """What the run said, up to the last whole line: one that a crash has cut off is left out."""
        path = self.path / "history.csv"
        with storage_errors(path):
            stat = path.stat()
            points = _parse_points(path, stat.st_mtime_ns, stat.st_size)
        training = self.read_environment()["training"]
        return RunHistory(
            started=TrainingStarted(**training) if training else None,
            steps=tuple(point for point in points if isinstance(point, StepsTaken)),
            epochs=tuple(point for point in points if isinstance(point, EpochEnded)),
        )

    def write_artefact(self, name: str, data: bytes) -> None:
        """Write a file that the training made. Raises `StorageError` also for a name that no run has."""
        path = self._artefact_path(name)
        with storage_errors(path):
            write_atomically(path, data)

    def read_artefact(self, name: str) -> bytes:
        """Raises `RunNotReady` if the run has no such file, `StorageError` for a name that no run has."""
        path = self._artefact_path(name)
        try:
            with storage_errors(path):
                return path.read_bytes()
        except StorageError as error:
            if path.exists():
                raise
            raise RunNotReady(f"Run {self.path.name} has no {name}; it is written while a run trains or when it ends.") from error

    def latest_weights(self) -> Path | None:
        """The final weights if they are there, otherwise those of the last epoch; None while there are none."""
        final = self.path / "weights" / "final.npz"
        if final.exists():
            return final
        return max((self.path / "weights").glob("epoch-[0-9][0-9][0-9][0-9].npz"), default=None)

    def write_outcome(self, outcome: Mapping[str, Any]) -> None:
        """Write `result.json`, after which the run has ended for good."""
        with storage_errors(self.path):
            self._write_json("result.json", outcome)

    def read_outcome(self) -> dict[str, Any] | None:
        """How the run ended; None if it has not."""
        if not (self.path / "result.json").exists():
            return None
        return self._read_json("result.json", required=("state", "created"))

    def _artefact_path(self, name: str) -> Path:
        if not _ARTEFACTS.fullmatch(name):
            raise StorageError(f"{name!r} is not a file of a run; expected weights/epoch-0001.npz, weights/final.npz or model.keras.")
        return self.path / name

    def _write_json(self, name: str, document: Mapping[str, Any]) -> None:
        write_atomically(self.path / name, json.dumps(document, indent=2).encode())

    def _read_json(self, name: str, required: tuple[str, ...]) -> dict[str, Any]:
        path = self.path / name
        with storage_errors(path):
            text = path.read_bytes()
        with contextlib.suppress(ValueError):
            document = json.loads(text)
            if isinstance(document, dict) and all(key in document for key in required):
                return document
        raise _damaged(path)


def _damaged(path: Path, reason: str = "") -> StorageError:
    because = f" ({reason})" if reason else ""
    return StorageError(f"{path} is damaged{because}. Other runs are not affected; delete the folder {path.parent} to be rid of this one.")


@lru_cache(maxsize=512)
def _parse_spec(path: Path, modified: int) -> TrainingSpec:
    """`modified` is only there to make the cache forget a file that has changed."""
    try:
        return read_spec(path.read_bytes())
    except SpecError as error:
        raise _damaged(path, str(error)) from error


@lru_cache(maxsize=32)
def _parse_points(path: Path, modified: int, size: int) -> tuple[Point, ...]:
    """All whole lines up to the first damaged one. `modified` and `size` make the cache forget a file that has changed."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[1:-1]
    points = []
    for line in lines:
        try:
            points.append(_parse_point(line))
        except (KeyError, ValueError, TypeError):
            break
    return tuple(points)


def _format_point(point: Point) -> str:
    values = ["" if value is None else str(value) for value in astuple(point)]
    return ",".join([type(point).__name__, *values]) + "\n"


def _parse_point(line: str) -> Point:
    kind, epoch, step, loss, accuracy, validation_loss, validation_accuracy, speed, seconds = line.split(",")
    return _POINTS[kind](
        epoch=int(epoch),
        step=int(step),
        loss=float(loss),
        accuracy=float(accuracy),
        validation_loss=float(validation_loss) if validation_loss else None,
        validation_accuracy=float(validation_accuracy) if validation_accuracy else None,
        images_per_second=float(speed),
        seconds=float(seconds),
    )
