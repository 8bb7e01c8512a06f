"""Imports in the background, for pages: an upload is surveyed, shown, and stored when the user says so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from core.datasets.image_set import ImageSet
from core.datasets.importing.contents import printable
from core.datasets.importing.detect import open_source
from core.datasets.importing.inventory import check_archives
from core.datasets.importing.naming import check_free_name, free_name
from core.datasets.importing.options import ImportOptions
from core.datasets.importing.source import Example, ImportSource, OnProgress, SourceFile, Survey
from core.datasets.importing.uploads import Uploads, remove_tree
from core.datasets.library import store_image_set
from core.errors import Cancelled, DatasetError, InklingError
from core.files import remove
from core.settings import Settings

MOST_IMPORTS = 8
"""Imports that are kept, with their uploads. One more drops the oldest that is not at work."""

_CLOSING_PATIENCE = 5.0
_LOOKING = "Looking through the files."
_FAULT = "The import ended because of a fault in Inkling; its log says more. Nothing was stored."

logger = logging.getLogger(__name__)


class ImportState(StrEnum):
    """Where an import is in its life."""

    SURVEYING = "surveying"
    SURVEYED = "surveyed"
    IMPORTING = "importing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_running(self) -> bool:
        return self in (ImportState.SURVEYING, ImportState.IMPORTING)


@dataclass(frozen=True)
class ImportProgress:
    """An import as of one moment.

    Attributes:
        done, total: pictures looked at or read; `total` is 0 while nobody knows.
        message: what is going on or, at the end, what came of it, in words that can be shown.
        survey: what was found; None until it is known. It stays there after an import that failed, to be tried again.
        stored: the name of the image set; None unless FINISHED.
    """

    state: ImportState
    source_name: str
    done: int = 0
    total: int = 0
    message: str = ""
    survey: Survey | None = None
    stored: str | None = None


@dataclass(frozen=True, eq=False)
class _Attempt:
    """One survey or one import. `previous` may not have ended yet although it was called off: a source serves one thread at a time."""

    previous: _Attempt | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass(eq=False)
class _Import:
    """`progress`, `attempt` and `is_discarded` change only under the importer's lock; `using` is held by whoever works with the source."""

    folder: Path
    files: tuple[SourceFile, ...]
    source: ImportSource
    progress: ImportProgress
    attempt: _Attempt
    is_discarded: bool = False
    using: threading.Lock = field(default_factory=threading.Lock)


_Work = Callable[[_Import, _Attempt], dict[str, Any]]
"""What an attempt does. Returns how the progress changes at its end."""


class Importer:
    """Surveys and imports what visitors upload. Uploads lie in a temporary folder in Inkling's home until they are discarded.

    Thread contract: any thread may call any method at any time; only `begin` takes longer than a moment, for it copies the files.
    What `progress` returns is an immutable snapshot.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        open_files: Callable[[Sequence[SourceFile], Path], ImportSource] = open_source,
        store: Callable[..., Path] = store_image_set,
    ) -> None:
        """`open_files` tells what was brought, `store` keeps the set; others than the usual ones are for tests."""
        self._settings = settings
        self._open_files = open_files
        self._store = store
        self._uploads = Uploads(settings.home / "uploads")
        self._lock = threading.Lock()
        self._storing = threading.Lock()
        self._imports: dict[str, _Import] = {}

    def begin(self, files: Sequence[tuple[str, BinaryIO]], beside: str | None = None) -> str:
        """Take in files, each as (name, content), and survey them in the background. Returns the import's id.

        `beside` is the id of another import whose files these belong to: they are surveyed together, and that import is forgotten.

        Raises `DatasetError` for files that can't be anything we know or are too large, `StorageError` if the disk refuses; an import
        beside is then as it was.
        """
        earlier = self._find(beside)[0] if beside else None
        if earlier is None:
            self._make_room()
        folder, taken = self._uploads.take_in(files, beside=earlier.files if earlier else ())
        try:
            if earlier is not None:
                # Beside good files it would only be left out, and nothing be gained.
                check_archives(taken[len(earlier.files) :])
            source = self._open_files(taken, folder)
        except BaseException:
            remove_tree(folder)
            raise
        if beside:
            self.discard(beside)
        import_id = uuid4().hex
        names = printable(taken[0].name) + (f" and {len(taken) - 1:,} more" if len(taken) > 1 else "")
        job = _Import(folder, taken, source, ImportProgress(ImportState.SURVEYING, names, message=_LOOKING), _Attempt())
        with self._lock:
            self._imports[import_id] = job
        self._launch(job, job.attempt, self._survey)
        return import_id

    def progress(self, import_id: str) -> ImportProgress | None:
        """The import as of now; None for one that is not known (any more)."""
        with self._lock:
            job = self._imports.get(import_id)
            return job.progress if job else None

    def examples(self, import_id: str, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        """A few pictures before and after. Raises `DatasetError` if the options do not suit."""
        job, progress = self._find(import_id)
        if progress.survey is None or progress.state.is_running:
            raise DatasetError(
                "The files are being read, or were not read to the end, so there are no examples. Wait, or bring them again."
            )
        with job.using:
            return job.source.examples(progress.survey, options, count)

    def look_again(self, import_id: str, *, part: str | None = None, labels: str | None = None) -> None:
        """Survey the same files in the background by another choice that the survey named. Does nothing while the import is at work."""
        job, progress = self._find(import_id)
        with self._lock:
            if progress.state.is_running or job.progress.state.is_running or job.is_discarded:
                return
            attempt = job.attempt = _Attempt(job.attempt)
            job.progress = replace(job.progress, state=ImportState.SURVEYING, done=0, total=0, message=_LOOKING)
        self._launch(job, attempt, lambda job, attempt: self._survey(job, attempt, part, labels))

    def start(self, import_id: str, options: ImportOptions) -> None:
        """Import in the background and store the set under `options.name`. Does nothing while the import is at work.

        Raises `DatasetError` at once if the options can't work: the name is unsafe or taken, a size is needed.
        """
        job, progress = self._find(import_id)
        if progress.state.is_running:
            return
        check_free_name(options.name, self._settings)
        if progress.survey is not None:
            self.examples(import_id, options, count=1)
        with self._lock:
            if job.progress.state.is_running or job.is_discarded:
                return
            attempt = job.attempt = _Attempt(job.attempt)
            job.progress = replace(job.progress, state=ImportState.IMPORTING, done=0, total=0, message="Reading the pictures.", stored=None)
        self._launch(job, attempt, lambda job, attempt: self._import(job, attempt, options))

    def cancel(self, import_id: str) -> None:
        """Call off what is going on; nothing is left behind. A cancelled import can be started again. Idempotent."""
        with self._lock:
            job = self._imports.get(import_id)
            if job is not None and job.progress.state.is_running:
                # Said at once. The thread ends by itself, a picture or a file later, and nobody hears from it any more.
                job.attempt.stop.set()
                job.progress = replace(
                    job.progress, state=ImportState.CANCELLED, done=0, total=0, message="Called off. Nothing of it was kept."
                )

    def discard(self, import_id: str) -> None:
        """Forget an import and remove what was uploaded for it. Idempotent."""
        with self._lock:
            job = self._imports.pop(import_id, None)
            if job is None:
                return
            job.is_discarded = True
            job.attempt.stop.set()
            is_over = job.attempt.ended.is_set()
        # Otherwise its thread does so at its end.
        if is_over:
            remove_tree(job.folder)

    def close(self) -> None:
        """End everything and remove all uploads."""
        with self._lock:
            jobs = dict(self._imports)
        for import_id in jobs:
            self.discard(import_id)
        for job in jobs.values():
            job.attempt.ended.wait(_CLOSING_PATIENCE)
        self._uploads.remove_all()

    def _find(self, import_id: str) -> tuple[_Import, ImportProgress]:
        with self._lock:
            job = self._imports.get(import_id)
            if job is None:
                raise DatasetError("This import is not known any more. Bring the files again.")
            return job, job.progress

    def _make_room(self) -> None:
        with self._lock:
            if len(self._imports) < MOST_IMPORTS:
                return
            idle = [import_id for import_id, job in self._imports.items() if not job.progress.state.is_running]
        if not idle:
            raise DatasetError(f"{MOST_IMPORTS} imports are at work already, the most at a time. Wait until one has ended.")
        self.discard(idle[0])

    def _launch(self, job: _Import, attempt: _Attempt, work: _Work) -> None:
        threading.Thread(target=self._run, args=(job, attempt, work), name=f"import {job.progress.source_name}", daemon=True).start()

    def _run(self, job: _Import, attempt: _Attempt, work: _Work) -> None:
        """One attempt; the one place where its outcome is classified."""
        if attempt.previous is not None:
            attempt.previous.ended.wait()
        # What nobody foresaw goes on to the thread's end, which logs it.
        outcome: dict[str, Any] = {"state": ImportState.FAILED, "message": _FAULT}
        try:
            outcome = work(job, attempt)
        except Cancelled:
            pass  # Whoever called it off has said so.
        except InklingError as error:
            outcome["message"] = str(error)
        except MemoryError:
            outcome["message"] = "There is not enough memory for this. Choose a smaller size, or bring a part of the pictures."
        finally:
            self._end(job, attempt, outcome)

    def _end(self, job: _Import, attempt: _Attempt, outcome: dict[str, Any]) -> None:
        with self._lock:
            is_wanted = not attempt.stop.is_set()
            if is_wanted:
                job.progress = replace(job.progress, **outcome)
        try:
            # It was called off when the set was on the disk already, or on its way there.
            if not is_wanted and outcome["state"] == ImportState.FINISHED:
                remove(self._settings.downloads / f"{outcome['stored']}.npz")
        except InklingError:
            logger.exception("An import that was called off could not be removed")
        with self._lock:
            attempt.ended.set()
            is_left_over = job.is_discarded and job.attempt is attempt
        if is_left_over:
            remove_tree(job.folder)

    def _survey(self, job: _Import, attempt: _Attempt, part: str | None = None, labels: str | None = None) -> dict[str, Any]:
        with job.using:
            survey = job.source.survey(self._reporter(job, attempt), attempt.stop.is_set, part=part, labels=labels)
        name = free_name(survey.suggestion.name, self._settings)
        survey = replace(survey, suggestion=survey.suggestion.model_copy(update={"name": name}))
        return {"state": ImportState.SURVEYED, "survey": survey, "message": f"{survey.pictures:,} pictures found."}

    def _import(self, job: _Import, attempt: _Attempt, options: ImportOptions) -> dict[str, Any]:
        survey = job.progress.survey or self._survey(job, attempt)["survey"]
        with job.using:
            result = job.source.read(survey, options, self._reporter(job, attempt), attempt.stop.is_set)
        self._publish(job, attempt, message="Storing the image set.")
        # Two imports of one name must not both find it free.
        with self._storing:
            if attempt.stop.is_set():
                raise Cancelled("The import was called off.")
            self._store(result.image_set, self._settings, should_stop=attempt.stop.is_set)
        message = f"{result.image_set.title} is stored as {options.name!r}: {_describe_counts(result.image_set)}."
        return {"state": ImportState.FINISHED, "stored": options.name, "survey": survey, "message": message}

    def _reporter(self, job: _Import, attempt: _Attempt) -> OnProgress:
        return lambda done, total: self._publish(job, attempt, done=done, total=total)

    def _publish(self, job: _Import, attempt: _Attempt, **changes: Any) -> None:
        with self._lock:
            if not attempt.stop.is_set():
                job.progress = replace(job.progress, **changes)


def _describe_counts(image_set: ImageSet) -> str:
    """How many images there are of each half, for a sentence."""
    return f"{len(image_set.y_train):,} training and {len(image_set.y_test):,} test images in {image_set.class_count:,} classes"
