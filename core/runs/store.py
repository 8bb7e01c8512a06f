"""`RunStore`: every run there is, on disk, and the one place where a run's outcome is recorded."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import InklingError, RunNotFound, RunNotReady, StorageError
from core.networks.spec import TrainingSpec
from core.owner import current_owner, owner_lives
from core.printable import is_printable
from core.runs.folder import RunFolder
from core.runs.index import COLUMNS, RunIndex
from core.runs.live import LiveRun, summarise
from core.runs.record import RunHistory, RunRecord, RunState
from core.storage import check_writable, storage_errors
from core.training.events import ArtefactReady, EpochEnded, Glimpsed, Mark, Marked, StepsTaken, TrainingEvent, TrainingStarted

logger = logging.getLogger(__name__)

MAX_NAME, MAX_NOTE = 80, 5_000

_RUN_ID = re.compile(r"[0-9a-f]{12}")
_GRAVE = ".deleted-"
_STATES = {Mark.PAUSED: RunState.PAUSED, Mark.RESUMED: RunState.RUNNING}
_ABANDONED = "Inkling was closed or crashed while this run was under way. What it had learned until then is kept."


@dataclass(frozen=True)
class Learned:
    """What a run that continues another begins with.

    `weights` as `core.networks.weights` packs them; `optimiser` what the optimiser remembers, None where it was not kept.
    `epochs_done` whole epochs were trained in `seconds`.
    """

    weights: bytes
    optimiser: bytes | None
    epochs_done: int
    seconds: float


class RunStore:
    """Creates, lists and reads runs, and appends to those that are being trained.

    Thread contract: any thread may call any method, and several processes may use the same home.
    Everything handed out is frozen. A run is appended to by the store that created it, by one thread at a time;
    its history and record are then kept in memory, so that reading them costs nothing while it is trained.

    Every method raises `StorageError` when the disk refuses; those that take an id raise `RunNotFound` for an unknown one.
    """

    def __init__(self, home: Path) -> None:
        """`home` is Inkling's own folder. Nothing on disk is touched yet, so that a page can start and say what is wrong with it."""
        self._home = home
        self._folders = home / "runs"
        self._index = RunIndex(home / "inkling.sqlite")
        self._lock = threading.Lock()
        self._live: dict[str, LiveRun] = {}

    def check_writable(self) -> None:
        """Raises `StorageError`, with a sentence for the start page, if the home can't be written to."""
        check_writable(self._home)

    def create(
        self, spec: TrainingSpec, dataset_sha256: str, *, state: RunState = RunState.QUEUED, continues: RunRecord | None = None
    ) -> RunRecord:
        """A new run, owned by this process, in state `QUEUED` or `RUNNING`.

        One that `continues` another begins with what that one said and learned up to the end of its last whole epoch.
        """
        record = RunRecord(secrets.token_hex(6), state, spec, dataset_sha256, created=time.time())
        folder = self._folder(record.id)
        pid, started = current_owner()
        # The folder is made inside the transaction, so that nobody takes it for one that the index has lost.
        with self._index.transaction():
            folder.create(spec, dataset_sha256, record.created)
            if continues is not None:
                folder.copy_learned(self._existing_folder(continues.id), continues.epochs_done)
                folder.write_about(name=None, note="", continues=continues.id)
                record = replace(record, continues=continues.id, **_learned(folder))
            self._index.insert({**_columns(record), "owner_pid": pid, "owner_started": started})
        with self._lock:
            self._live[record.id] = LiveRun(record, folder.read_history() if continues else None)
        return record

    def load(self, run_id: str) -> RunRecord:
        """The run as of now. Raises `StorageError` also if its folder is damaged."""
        live = self._live_record(run_id)
        if live is not None:
            return live
        folder = self._existing_folder(run_id)
        row = self._index.find(run_id) or self._adopt(run_id)
        return _build_record(row, folder.read_spec())

    def list(self, *, limit: int = 50, states: Collection[RunState] = tuple(RunState)) -> tuple[RunRecord, ...]:
        """At most `limit` runs in one of `states`, newest first. Runs whose folder is gone or damaged are left out."""
        return tuple(record for record in self._newest(limit, states) if isinstance(record, RunRecord))

    def unreadable(self, *, limit: int = 50) -> tuple[str, ...]:
        """Why runs are left out of `list`, a sentence each."""
        return tuple(str(error) for error in self._newest(limit, tuple(RunState)) if isinstance(error, StorageError))

    def history(self, run_id: str) -> RunHistory:
        """Everything the run has said so far. Cheap: a page may ask four times a second."""
        with self._lock:
            if run_id in self._live:
                return self._live[run_id].history()
        return self._existing_folder(run_id).read_history()

    def append(self, run_id: str, event: TrainingEvent) -> None:
        """Keep what the training said. What comes after the run has ended is ignored.

        When the disk refuses a point of the curve, it is in `history` all the same.
        """
        live, folder = self._live_run(run_id), self._folder(run_id)
        if live.record.state.is_final or live.is_ending:
            return
        if isinstance(event, ArtefactReady):
            folder.write_artefact(event.name, event.data)
            if event.name.startswith("weights/") and not live.record.has_weights and event.name != "weights/optimiser.npz":
                self._note(live, has_weights=True)
            return
        with self._lock:
            live.add(event)
        match event:
            case TrainingStarted():
                folder.write_started(event)
                self._note(live, state=RunState.RUNNING, started=time.time())
            case Marked():
                folder.append_mark(event)
                if event.mark in _STATES:
                    self._note(live, state=_STATES[event.mark])
                elif event.mark == Mark.BEST_KEPT:
                    self._note(live, **summarise(live.history()))
            case Glimpsed():
                folder.write_glimpse(event)
            case StepsTaken():
                folder.append_point(event)
            case EpochEnded():
                folder.append_point(event)
                self._note(live, **summarise(live.history()))

    def finish(self, run_id: str, state: RunState, *, error: str | None = None, result: Mapping[str, Any] | None = None) -> None:
        """Record how the run ended. Only the first call counts: a final state never changes again.

        Args:
            error: why it failed or was interrupted, in words that can be shown.
            result: plain values for `result.json`, as `TrainingOutcome.result` has them: the `seconds` become the record's, and the
                numbers under `kept`, if there are any, take the place of those of its last epoch.

        When the disk refuses, the outcome is still in `load` for as long as this process lives, and `StorageError` is raised.
        """
        if not state.is_final:
            raise ValueError(f"{state} is not how a run can end")
        live, numbers = self._live_run(run_id), dict(result or {})
        kept = summarise(live.history(), self._folder(run_id).kept_epoch()) | numbers.pop("kept", {})
        if _is_random(kept):
            kept |= _NOTHING_LEARNED
        with self._lock:
            if live.record.state.is_final or live.is_ending:
                return
            live.is_ending = True
            seconds = numbers.get("seconds", _last_seconds(live.history()))
            final = replace(live.record, **kept, state=state, ended=time.time(), error=error, trained_seconds=seconds)
        try:
            with self._index.transaction():
                self._record_outcome(_columns(final), numbers)
        finally:
            # Only now, so that whoever sees the run ended finds everything in its folder.
            with self._lock:
                live.record = final
        with self._lock:
            self._live.pop(run_id, None)

    def result(self, run_id: str) -> Mapping[str, Any]:
        """What `finish` was given as `result`; empty for a run that has not ended or had none."""
        outcome = self._existing_folder(run_id).read_outcome()
        return (outcome or {}).get("result") or {}

    def glimpse(self, run_id: str) -> Glimpsed | None:
        """The last look inside the network; None if there was none (yet). Cheap while the run is trained."""
        with self._lock:
            live = self._live.get(run_id)
        return live.glimpse if live is not None and live.glimpse is not None else self._existing_folder(run_id).read_glimpse()

    def describe(self, run_id: str, *, name: str | None = None, note: str = "") -> None:
        """Give a run a name and a note of the user's own; an empty name gives back the one that its settings give it.

        Raises `InklingError` for a name of more than `MAX_NAME` characters or with unprintable ones, or a note longer than `MAX_NOTE`.
        """
        name = (name or "").strip() or None
        if name is not None and (len(name) > MAX_NAME or not is_printable(name)):
            raise InklingError(f"A run can't be called that; expected at most {MAX_NAME} printable characters.")
        if len(note) > MAX_NOTE:
            raise InklingError(f"The note has {len(note):,} characters; expected at most {MAX_NOTE:,}. Shorten it.")
        record = self.load(run_id)
        with self._index.transaction():
            self._existing_folder(run_id).write_about(name=name, note=note, continues=record.continues)
            self._index.label(run_id, name=name, note=note)
        with self._lock:
            if run_id in self._live:
                self._live[run_id].record = replace(self._live[run_id].record, name=name, note=note)

    def delete(self, run_id: str) -> None:
        """Remove a run that has ended, with everything in its folder. Raises `InklingError` for one that is still trained."""
        if not self.load(run_id).state.is_final:
            raise InklingError(f"Run {run_id} is still being trained. Stop it first, then delete it.")
        folder = self._existing_folder(run_id).path
        # Out of sight at once: a crash while files are being removed must not leave half a run.
        grave = folder.with_name(f"{_GRAVE}{run_id}")
        with storage_errors(folder):
            folder.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)
        # Last, for on a full disk there is room for it only now. A line without a folder stands for no run.
        with self._index.transaction():
            self._index.delete(run_id)

    def weights_by_epoch(self, run_id: str) -> Mapping[int, Path]:
        """Where the weights of each epoch are that were kept, in the order of the epochs."""
        return self._existing_folder(run_id).weights_by_epoch()

    def last_epoch_kept(self, record: RunRecord) -> int | None:
        """The epoch from whose end a run is continued, which need not be the one whose weights it is asked with; None if there is none.

        After a crash it may lie before the last epoch, whose weights were not kept then.
        """
        return max((epoch for epoch in self.weights_by_epoch(record.id) if epoch <= record.epochs_done), default=None)

    def learned(self, run_id: str) -> Learned | None:
        """What a run that continues another begins with; None for one that begins anew."""
        record = self.load(run_id)
        if record.continues is None:
            return None
        folder = self._existing_folder(run_id)
        paths = folder.weights_by_epoch()
        last = self.history(run_id).epochs[-1]
        with storage_errors(folder.path):
            memory = folder.path / "weights" / "optimiser.npz"
            return Learned(paths[last.epoch].read_bytes(), memory.read_bytes() if memory.exists() else None, last.epoch, last.seconds)

    def latest_weights(self, run_id: str) -> bytes:
        """The final weights, or those of the last epoch. Raises `RunNotReady` while there are none."""
        path = self.latest_weights_path(run_id)
        with storage_errors(path):
            return path.read_bytes()

    def latest_weights_path(self, run_id: str) -> Path:
        """Where `latest_weights` are; their content never changes under the same name. Raises `RunNotReady`."""
        path = self._existing_folder(run_id).latest_weights()
        if path is not None:
            return path
        record = self.load(run_id)
        if record.state.is_final:
            raise RunNotReady(f"Run {run_id} ended ({record.state}) before it had learned anything to keep. Train it again.")
        raise RunNotReady(f"Run {run_id} has not finished its first epoch yet. Wait a moment and try again.")

    def artefact(self, run_id: str, name: str) -> bytes:
        """A file of the run, such as `model.keras`. Raises `RunNotReady` if it is not there (yet)."""
        return self._existing_folder(run_id).read_artefact(name)

    def has_artefact(self, run_id: str, name: str) -> bool:
        """Whether `artefact` would find it."""
        return self._existing_folder(run_id).has_artefact(name)

    def history_file(self, run_id: str) -> bytes:
        """The curves as a CSV table with a heading: one line for each `StepsTaken` and `EpochEnded` so far."""
        return self._existing_folder(run_id).read_history_file()

    def interrupt_abandoned(self) -> tuple[str, ...]:
        """To be called once at start: end every run whose process is gone, and take in folders that the index has lost.

        Such a run becomes `INTERRUPTED`, its history and last weights are kept. Runs of other living processes are left alone.
        Returns the ids of the runs that were ended.
        """
        for grave in self._folders.glob(f"{_GRAVE}*"):
            shutil.rmtree(grave, ignore_errors=True)
        for name in self._folder_names() - self._index.ids():
            try:
                self._adopt(name)
            except StorageError as error:
                logger.warning("A folder of runs can't be read: %s", error)
        return self.end_ownerless()

    def end_ownerless(self) -> tuple[str, ...]:
        """End every run whose process is gone, as `interrupt_abandoned` does; at any time, while others create and delete runs."""
        abandoned = [run_id for run_id, pid, started in self._index.active_owners() if not owner_lives(pid, started)]
        for run_id in abandoned:
            with self._index.transaction():
                self._settle(run_id)
        return tuple(abandoned)

    def close(self) -> None:
        """Let go of the index. Idempotent; the next call opens it again."""
        self._index.close()

    def _newest(self, limit: int, states: Collection[RunState]) -> Iterator[RunRecord | StorageError]:
        for row in self._index.newest(limit, states):
            try:
                yield self._live_record(row["id"]) or _build_record(row, self._folder(row["id"]).read_spec())
            except StorageError as error:
                yield error

    def _folder(self, run_id: str) -> RunFolder:
        if not _RUN_ID.fullmatch(run_id):
            raise _not_found(run_id)
        return RunFolder(self._folders / run_id)

    def _existing_folder(self, run_id: str) -> RunFolder:
        folder = self._folder(run_id)
        if not folder.exists:
            raise _not_found(run_id)
        return folder

    def _folder_names(self) -> set[str]:
        if not self._folders.is_dir():
            return set()
        return {path.name for path in self._folders.iterdir() if _RUN_ID.fullmatch(path.name)}

    def _live_record(self, run_id: str) -> RunRecord | None:
        with self._lock:
            return self._live[run_id].record if run_id in self._live else None

    def _live_run(self, run_id: str) -> LiveRun:
        """The run in memory, read from its folder if another store of this process created it."""
        with self._lock:
            if run_id in self._live:
                return self._live[run_id]
        record = self.load(run_id)
        if record.state.is_final:
            return LiveRun(record)
        live = LiveRun(record, self.history(run_id))
        with self._lock:
            return self._live.setdefault(run_id, live)

    def _note(self, live: LiveRun, **values: Any) -> None:
        with self._lock:
            live.record = replace(live.record, **values)
        self._index.update(live.record.id, values)

    def _record_outcome(self, row: Mapping[str, Any], result: Mapping[str, Any] | None = None) -> None:
        """Within a transaction: `result.json` first, because it is the truth if a crash comes between the two."""
        current = self._index.find(row["id"])
        if current is not None and RunState(current["state"]).is_final:
            return
        self._folder(row["id"]).write_outcome({**row, "result": dict(result or {})})
        if current is None:
            self._index.insert(row)
        else:
            # What the run is called may have been changed by another Inkling meanwhile.
            self._index.update(row["id"], {column: value for column, value in row.items() if column not in ("name", "note")})

    def _settle(self, run_id: str) -> None:
        """Within a transaction: give an abandoned run the outcome that its folder has, or make it `INTERRUPTED`."""
        folder, row = self._folder(run_id), self._index.find(run_id)
        if not folder.exists or row is None:
            self._index.delete(run_id)
            return
        try:
            outcome, learned = folder.read_outcome(), _learned(folder) | {"trained_seconds": _last_seconds(folder.read_history())}
        except StorageError as error:
            logger.warning("Of an abandoned run only the index is left: %s", error)
            outcome, learned = None, {}
        if outcome is not None:
            # What the user wrote may have changed since the run ended; that is in a file of its own.
            # A folder may be the copy of another, whose id it then tells.
            told = {column: outcome[column] for column in COLUMNS if column in outcome and column != "id"}
            self._index.update(run_id, told | folder.read_about())
        else:
            self._record_outcome({**row, **learned, "state": RunState.INTERRUPTED, "ended": time.time(), "error": _ABANDONED})

    def _adopt(self, run_id: str) -> dict[str, Any]:
        """Take a folder that the index does not know into it. Returns the new row."""
        folder = self._folder(run_id)
        with self._index.transaction():
            if self._index.find(run_id) is None:
                environment = folder.read_environment()
                known = {key: environment[key] for key in ("created", "dataset_sha256")}
                self._index.insert({"id": run_id, "state": RunState.QUEUED, **known, **folder.read_about()})
                self._settle(run_id)
            row = self._index.find(run_id)
        if row is None:
            raise _not_found(run_id)
        return row


def _learned(folder: RunFolder) -> dict[str, Any]:
    """What the folder says was learned: it can be ahead of the index after a crash."""
    return {**summarise(folder.read_history(), folder.kept_epoch()), "has_weights": folder.latest_weights() is not None}


def _last_seconds(history: RunHistory) -> float | None:
    """How long a training had taken when it last said something; None if it never did."""
    last: list[StepsTaken | EpochEnded] = [*history.steps[-1:], *history.epochs[-1:]]
    return max((event.seconds for event in last), default=None)


def _columns(record: RunRecord) -> dict[str, Any]:
    return {column: getattr(record, column) for column in COLUMNS}


def _build_record(row: Mapping[str, Any], spec: TrainingSpec) -> RunRecord:
    nothing = _NOTHING_LEARNED if _is_random(row) else {}
    return RunRecord(**{**row, "state": RunState(row["state"]), "has_weights": bool(row["has_weights"]), **nothing}, spec=spec)


def _is_random(kept: Mapping[str, Any]) -> bool:
    """Whether no step lies behind the weights: earlier versions kept and measured these as well."""
    return kept.get("kept_at") == 0


_NOTHING_LEARNED = dict.fromkeys(("loss", "accuracy", "validation_loss", "validation_accuracy")) | {"has_weights": False}
"""What is told of a run that was stopped before its first step: how good random weights are says nothing."""


def _not_found(run_id: str) -> RunNotFound:
    why = "It may have been deleted, or the address is mistyped."
    # Anything can stand in an address; only what may be an id is repeated, for a page may take the rest for formatting.
    name = f"run {run_id!r}" if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", run_id) else "such run"
    return RunNotFound(f"There is no {name}. {why} Choose one from the list of runs.")
