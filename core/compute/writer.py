"""The one thread that writes down what trainings say, and how they ended."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from core.compute.endings import Ending, StorageRefused, TrainingRaised, classify, message_from_dict
from core.errors import InklingError, StorageError
from core.runs.store import RunStore
from core.training.events import ArtefactReady, EpochEnded, Glimpsed, Marked, StepsTaken, TrainingEvent, TrainingStarted

_EVENTS = (TrainingStarted, StepsTaken, EpochEnded, Marked, Glimpsed, ArtefactReady)


class RunWriter:
    """Takes messages from any thread and writes them in the order they came.

    Thread contract: any thread may call any method; `put` and `receive` return at once.
    `on_ended(run_id)` is called from the writing thread after the outcome is recorded,
    `on_refused(run_id)` when the disk refuses: the run has then ended as failed, and its training should be stopped.
    """

    def __init__(self, store: RunStore, on_ended: Callable[[str], None], on_refused: Callable[[str], None]) -> None:
        self._store = store
        self._on_ended = on_ended
        self._on_refused = on_refused
        self._messages: queue.SimpleQueue[tuple[str, TrainingEvent | Ending | Mapping[str, Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="run-writer", daemon=True)
        self.problem: str | None = None
        """Why the last thing could not be written; None when all is well."""

    def start(self) -> None:
        self._thread.start()

    def receive(self, message: Mapping[str, Any]) -> None:
        """Take a message as it comes from a worker."""
        self._messages.put((message["run"], message))

    def put(self, run_id: str, ending: Ending) -> None:
        """Say how a run ended; after what was said of it before."""
        self._messages.put((run_id, ending))

    def end(self, run_id: str, ending: Ending) -> None:
        """Record an outcome at once, in the caller's thread. Only for a run that no worker has."""
        outcome = classify(ending)
        try:
            if outcome.details:
                self._store.append(run_id, ArtefactReady("error.txt", outcome.details.encode()))
            self._store.finish(run_id, outcome.state, error=outcome.error, result=outcome.result)
        except InklingError as error:
            # The store still has the outcome in memory, so pages see it; the status says why it won't last.
            self.problem = str(error)
        else:
            if not isinstance(ending, StorageRefused):
                self.problem = None

    def close(self, timeout: float) -> None:
        """Write what has come so far and end, within `timeout` seconds. Idempotent."""
        self._messages.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _write_all(self) -> None:
        while (item := self._messages.get()) is not None:
            run_id, message = item
            try:
                self._write(run_id, message_from_dict(message)[1] if isinstance(message, Mapping) else message)
            except Exception as error:  # noqa: BLE001 - a bug met while writing one run must not silence all others
                self._write(run_id, TrainingRaised(False, type(error).__name__, str(error), traceback.format_exc()))

    def _write(self, run_id: str, message: TrainingEvent | Ending) -> None:
        if not isinstance(message, _EVENTS):
            self.end(run_id, message)
            self._on_ended(run_id)
            return
        try:
            self._store.append(run_id, message)
        except StorageError as error:
            self.problem = str(error)
            self.end(run_id, StorageRefused(str(error)))
            self._on_refused(run_id)
