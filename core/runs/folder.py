"""One run's folder: what its files are called, how they are written and how they are read back.

| file | what is in it | written |
| --- | --- | --- |
| `spec.json` | the training spec | when the run is created |
| `environment.json` | creation time, hash of the data set; versions, sizes and parameter count | likewise; the rest when training starts |
| `history.csv` | one line for each `StepsTaken` and `EpochEnded` | line by line |
| `marks.csv` | one line for each `Marked`: pauses, changes of the learning rate | likewise |
| `glimpse.json` | the last `Glimpsed`, its bytes in base64 | now and then, atomically |
| `about.json` | name, note, and the run that this one continues | when one of them changes, atomically |
| `weights/epoch-0001.npz`, ..., `weights/final.npz` | the weights | as they become ready, atomically |
| `weights/optimiser.npz` | what the optimiser remembers, for continuing | likewise, the latest only |
| `model.keras` | the trained model as a Keras file | likewise |
| `error.txt` | the traceback of a failure that Inkling did not expect | likewise |
| `result.json` | how the run ended | last, atomically |
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.errors import RunNotReady, SpecError, StorageError
from core.files import write_atomically
from core.networks.spec import TrainingSpec, read_spec
from core.runs.record import RunHistory, RunState
from core.storage import storage_errors
from core.training.events import EpochEnded, Glimpsed, Mark, Marked, StepsTaken, TrainingStarted, event_from_dict

Point = StepsTaken | EpochEnded

_POINTS: dict[str, type[StepsTaken] | type[EpochEnded]] = {kind.__name__: kind for kind in (StepsTaken, EpochEnded)}
_HEADER = ",".join(["kind", *(field.name for field in fields(StepsTaken))])
_MARKS_HEADER = ",".join(field.name for field in fields(Marked))
_ARTEFACTS = re.compile(r"weights/(epoch-\d{4}|final|optimiser)\.npz|model\.keras|error\.txt")
_STARTED = TypeAdapter(TrainingStarted)
_EPOCH_WEIGHTS = re.compile(r"epoch-(\d{4})\.npz")


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
        with _reading(path):
            return _parse_spec(path, path.stat().st_mtime_ns)

    def write_started(self, event: TrainingStarted) -> None:
        """Add to `environment.json` what is known once training starts."""
        with storage_errors(self.path):
            self._write_json("environment.json", {**self.read_environment(), "training": asdict(event)})

    def read_environment(self) -> dict[str, Any]:
        """`created` (seconds since 1970), `dataset_sha256` and `training` (the fields of `TrainingStarted`, or None)."""
        environment = self._read_json("environment.json", required=("created", "dataset_sha256", "training"))
        if not isinstance(environment["created"], (int, float)) or not isinstance(environment["dataset_sha256"], str):
            raise _damaged(self.path / "environment.json")
        return environment

    def append_point(self, point: Point) -> None:
        """Add a line to `history.csv`. It is with the operating system when this returns, so it survives a crash of Inkling."""
        with storage_errors(self.path / "history.csv"), (self.path / "history.csv").open("a", encoding="utf-8") as file:
            file.write(_format_point(point))

    def append_mark(self, mark: Marked) -> None:
        """Add a line to `marks.csv`, which is made with the first one."""
        path = self.path / "marks.csv"
        with storage_errors(path), path.open("a", encoding="utf-8") as file:
            if file.tell() == 0:
                file.write(f"{_MARKS_HEADER}\n")
            file.write(",".join("" if value is None else str(value) for value in astuple(mark)) + "\n")

    def write_glimpse(self, glimpse: Glimpsed) -> None:
        """Keep the last look inside the network."""
        document = {key: base64.b64encode(value).decode() if isinstance(value, bytes) else value for key, value in asdict(glimpse).items()}
        with storage_errors(self.path):
            self._write_json("glimpse.json", document)

    def read_glimpse(self) -> Glimpsed | None:
        """The last look inside the network; None if there was none, or its file is damaged: it is only there to be looked at."""
        try:
            document = json.loads((self.path / "glimpse.json").read_bytes())
            decoded = {key: base64.b64decode(document[key]) for key in ("probabilities", "first_weights")}
            glimpse = event_from_dict({"kind": "Glimpsed", **document, **decoded})
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return glimpse if isinstance(glimpse, Glimpsed) else None

    def write_about(self, *, name: str | None, note: str, continues: str | None) -> None:
        """Keep what the user calls the run and wrote about it."""
        with storage_errors(self.path):
            self._write_json("about.json", {"name": name, "note": note, "continues": continues})

    def read_about(self) -> dict[str, Any]:
        """`name`, `note` and `continues`; empty for a run without them, or a damaged file, which is no reason to lose the run."""
        try:
            about = json.loads((self.path / "about.json").read_bytes())
            name, continues = (None if about[key] is None else str(about[key]) for key in ("name", "continues"))
            return {"name": name, "note": str(about["note"]), "continues": continues}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return {"name": None, "note": "", "continues": None}

    def read_history(self) -> RunHistory:
        """What the run said, up to the last whole line: one that a crash has cut off is left out."""
        path = self.path / "history.csv"
        with _reading(path):
            stat = path.stat()
            points = _parse_points(path, stat.st_mtime_ns, stat.st_size)
        return RunHistory(
            started=self._read_started(),
            steps=tuple(point for point in points if isinstance(point, StepsTaken)),
            epochs=tuple(point for point in points if isinstance(point, EpochEnded)),
            marks=self._read_marks(),
        )

    def _read_started(self) -> TrainingStarted | None:
        training = self.read_environment()["training"]
        try:
            return None if training is None else _STARTED.validate_python(training)
        except ValidationError as error:
            raise _damaged(self.path / "environment.json") from error

    def read_history_file(self) -> bytes:
        """`history.csv` as it is."""
        path = self.path / "history.csv"
        with _reading(path):
            return path.read_bytes()

    def _read_marks(self) -> tuple[Marked, ...]:
        path = self.path / "marks.csv"
        if not path.exists():
            return ()
        marks = []
        with storage_errors(path):
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[1:-1]
        for line in lines:
            with contextlib.suppress(ValueError):
                mark, epoch, step, seconds, value = line.split(",")
                marks.append(Marked(Mark(mark), int(epoch), int(step), float(seconds), float(value) if value else None))
        return tuple(marks)

    def weights_by_epoch(self) -> dict[int, Path]:
        """Where the weights of each epoch are that were kept, in the order of the epochs."""
        paths = {match[1]: path for path in (self.path / "weights").glob("epoch-*.npz") if (match := _EPOCH_WEIGHTS.fullmatch(path.name))}
        return {int(epoch): paths[epoch] for epoch in sorted(paths)}

    def copy_learned(self, other: RunFolder, epoch: int) -> None:
        """Take over from another run what it said and learned up to the end of `epoch`: curves, marks, weights by epoch.

        Files that never change are linked where the file system can, so a long run costs nothing to continue.
        """
        history = other.read_history()
        with storage_errors(self.path):
            points: list[Point] = [*history.steps, *history.epochs]
            lines = [_format_point(point) for point in sorted(points, key=lambda point: point.step) if point.epoch <= epoch]
            write_atomically(self.path / "history.csv", f"{_HEADER}\n{''.join(lines)}".encode())
            for mark in history.marks:
                if mark.epoch <= epoch:
                    self.append_mark(mark)
            for number, path in other.weights_by_epoch().items():
                if number <= epoch:
                    _link_or_copy(path, self.path / "weights" / path.name)
            memory = other.path / "weights" / "optimiser.npz"
            if memory.exists():
                _link_or_copy(memory, self.path / "weights" / memory.name)

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

    def has_artefact(self, name: str) -> bool:
        """Raises `StorageError` for a name that no run has."""
        return self._artefact_path(name).is_file()

    def kept_epoch(self) -> int | None:
        """The epoch whose weights `latest_weights` are; None if these are the final ones, or there are none."""
        match = _EPOCH_WEIGHTS.fullmatch(path.name) if (path := self.latest_weights()) else None
        return int(match[1]) if match else None

    def write_outcome(self, outcome: Mapping[str, Any]) -> None:
        """Write `result.json`, after which the run has ended for good."""
        with storage_errors(self.path):
            self._write_json("result.json", outcome)

    def read_outcome(self) -> dict[str, Any] | None:
        """How the run ended; None if it has not."""
        if not (self.path / "result.json").exists():
            return None
        outcome = self._read_json("result.json", required=("state", "created"))
        if outcome["state"] not in list(RunState) or not isinstance(outcome.get("result", {}), dict):
            raise _damaged(self.path / "result.json")
        return outcome

    def _artefact_path(self, name: str) -> Path:
        if not _ARTEFACTS.fullmatch(name):
            raise StorageError(
                f"{name!r} is not a file of a run; expected weights/epoch-0001.npz, final.npz or optimiser.npz, or model.keras."
            )
        return self.path / name

    def _write_json(self, name: str, document: Mapping[str, Any]) -> None:
        write_atomically(self.path / name, json.dumps(document, indent=2).encode())

    def _read_json(self, name: str, required: tuple[str, ...]) -> dict[str, Any]:
        path = self.path / name
        with _reading(path):
            text = path.read_bytes()
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(text)
            if isinstance(document, dict) and all(key in document for key in required):
                return document
        raise _damaged(path)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """As `storage_errors`, for a file that every run has: without it, more room on the disk is no help."""
    with storage_errors(path):
        try:
            yield
        except FileNotFoundError as error:
            if not path.parent.is_dir():
                raise
            raise _damaged(path, "the file is missing") from error


def _damaged(path: Path, reason: str = "") -> StorageError:
    because = f" ({reason})" if reason else ""
    return StorageError(f"{path} is damaged{because}. Other runs are not affected; delete the folder {path.parent} to be rid of this one.")


@lru_cache(maxsize=10_000)
def _parse_spec(path: Path, modified: int) -> TrainingSpec:
    """`modified` is only there to make the cache forget a file that has changed.

    It holds the specs of all runs that anyone will have: with fewer places than runs, a list of them would read every file anew.
    """
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
    # Runs of the first version have no learning rate.
    kind, epoch, step, loss, accuracy, validation_loss, validation_accuracy, speed, seconds, *rate = line.split(",")
    return _POINTS[kind](
        epoch=int(epoch),
        step=int(step),
        loss=float(loss),
        accuracy=float(accuracy),
        validation_loss=float(validation_loss) if validation_loss else None,
        validation_accuracy=float(validation_accuracy) if validation_accuracy else None,
        images_per_second=float(speed),
        seconds=float(seconds),
        learning_rate=float(rate[0]) if rate and rate[0] else None,
    )


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
