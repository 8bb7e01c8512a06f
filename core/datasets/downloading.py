"""Downloading the known sets into Inkling's home, in the background or not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from core.datasets.fetching import PATIENCE, FileFetcher, has_sha256, part_path, remove_part
from core.datasets.image_set import ImageSet
from core.datasets.known_sets import KNOWN_SETS
from core.datasets.npz_files import save_npz
from core.datasets.sources import RemoteFile, Source, build_sources
from core.errors import Cancelled, DatasetError, DownloadError, InklingError
from core.files import held_alone, make_folder, storage_error
from core.settings import Settings


class DownloadState(StrEnum):
    """Where a download is in its life."""

    IDLE = "idle"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class DownloadProgress:
    """A download as of one moment.

    Attributes:
        file: the file being fetched, None before and after.
        bytes, total: of all files of the set together; `total` is None before the start.
        bytes_per_second: the mean since this attempt began, of what came over the network in it.
        message: what is going on or, at the end, what came of it, in words that can be shown.
    """

    name: str
    state: DownloadState = DownloadState.IDLE
    file: str | None = None
    bytes: int = 0
    total: int | None = None
    bytes_per_second: float = 0.0
    message: str = ""


@dataclass(frozen=True, eq=False)
class _Job:
    """One attempt. `previous` is one that was called off but has not ended yet: two must never write to the same files."""

    previous: _Job | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class Downloader:
    """Fetches known sets, each ending as `<name>.npz` in `settings.downloads`, all of it or nothing.

    A partial file, `<file>.part` in that folder, survives a break and a restart of the program; the next attempt continues from it.
    A file that somebody placed in that folder under its publisher's name is used, if its SHA-256 is right, instead of being fetched.

    Thread contract: any thread may call any method at any time. What `progress` returns is an immutable snapshot.
    Of all programs that use one home, one at a time downloads a set.
    """

    def __init__(self, settings: Settings, sources: Mapping[str, Source] | None = None, *, patience: float = PATIENCE) -> None:
        """`sources` by set name, the publishers' own by default. `patience`: seconds without a byte until a server counts as gone."""
        self._folder = settings.downloads
        self._sources = dict(sources) if sources is not None else build_sources()
        self._patience = patience
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._progress: dict[str, DownloadProgress] = {}

    def start(self, name: str) -> None:
        """Begin to download in the background. Does nothing if that is under way. Raises `DatasetError` for an unknown name."""
        with self._lock:
            previous = self._jobs.get(name)
            if previous is not None and not previous.stop.is_set():
                return
            job = self._begin(name, previous)
        threading.Thread(target=self._run_quietly, args=(name, job), name=f"download {name}", daemon=True).start()

    def progress(self, name: str) -> DownloadProgress:
        """How the latest download of this set is doing; `IDLE` if there was none."""
        with self._lock:
            return self._progress.get(name, DownloadProgress(name))

    def cancel(self, name: str) -> None:
        """Call a download off, within a second or so, and remove its partial files. Does nothing if none is under way."""
        with self._lock:
            job = self._jobs.get(name)
        if job is not None:
            job.stop.set()

    def download(
        self,
        name: str,
        on_progress: Callable[[DownloadProgress], None] = lambda progress: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Path:
        """Download and wait for it. Returns the `.npz` file.

        Raises `DownloadError` with the reason and how to go on, also if this set is being downloaded already, `StorageError` if the
        disk is full or the folder can't be written to, `Cancelled` soon after `should_stop()` becomes true or `cancel` is called,
        and `DatasetError` for an unknown name.
        """
        with self._lock:
            if name in self._jobs:
                raise DownloadError(f"{name} is being downloaded already; wait for that to end.")
            job = self._begin(name, None)
        return self._run(name, job, on_progress, should_stop)

    def _begin(self, name: str, previous: _Job | None) -> _Job:
        """Needs the lock."""
        if name not in self._sources:
            raise DatasetError(f"There is nothing to download under the name {name!r}; expected one of {', '.join(self._sources)}.")
        job = self._jobs[name] = _Job(previous)
        total = sum(file.bytes for file in self._sources[name].files)
        self._progress[name] = DownloadProgress(name, DownloadState.RUNNING, total=total, message="Connecting.")
        return job

    def _run_quietly(self, name: str, job: _Job) -> None:
        if job.previous is not None:
            job.previous.ended.wait()
        # Told by the progress already.
        with suppress(InklingError):
            self._run(name, job, lambda progress: None, lambda: False)

    def _run(self, name: str, job: _Job, on_progress: Callable[[DownloadProgress], None], should_stop: Callable[[], bool]) -> Path:
        """One attempt; the one place where its outcome is classified."""

        def report(progress: DownloadProgress) -> None:
            self._publish(job, progress)
            on_progress(progress)

        attempt = _Attempt(name, self._sources[name], self._folder, self._patience, report, lambda: job.stop.is_set() or should_stop())
        state, message = DownloadState.FAILED, "The download ended because of a fault in Inkling; its log says more."
        try:
            make_folder(self._folder)
            with held_alone(self._folder / f".{name}.lock") as is_alone:
                if not is_alone:
                    raise DownloadError(f"{name} is being downloaded already, by another Inkling on this computer; wait for that to end.")
                path = attempt.run()
            state, message = DownloadState.FINISHED, f"Saved as {path}."
            return path
        except Cancelled as error:
            state, message = DownloadState.CANCELLED, str(error)
            raise
        except InklingError as error:
            message = str(error)
            raise
        finally:
            last = replace(attempt.progress, state=state, file=None, bytes_per_second=0.0, message=message)
            self._end(job, last)
            on_progress(last)

    def _publish(self, job: _Job, progress: DownloadProgress) -> None:
        with self._lock:
            # One that was called off keeps silent once the next has begun.
            if self._jobs.get(progress.name) is job:
                self._progress[progress.name] = progress

    def _end(self, job: _Job, last: DownloadProgress) -> None:
        """In one step, so that whoever sees the end can begin again at once."""
        with self._lock:
            if self._jobs.get(last.name) is job:
                self._progress[last.name] = last
                del self._jobs[last.name]
        job.ended.set()


class _Attempt:
    """Fetches the files of one set, converts and saves them. `progress` is the latest snapshot."""

    def __init__(
        self,
        name: str,
        source: Source,
        folder: Path,
        patience: float,
        report: Callable[[DownloadProgress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._name = name
        self._source = source
        self._folder = folder
        self._patience = patience
        self._report = report
        self._should_stop = should_stop
        self._meter = _Meter()
        self._fetched = 0  # Bytes of the files that are complete.
        self.progress = DownloadProgress(name, DownloadState.RUNNING, total=sum(file.bytes for file in source.files))

    def run(self) -> Path:
        target = self._folder / f"{self._name}.npz"
        try:
            paths = {file.name: self._obtain(file) for file in self._source.files}
            self._say("Unpacking and saving.")
            image_set = self._convert(paths)
            self._check_stop()
            save_npz(target, image_set, should_stop=self._should_stop)
        except DownloadError as error:
            raise DownloadError(f"{self._title} could not be downloaded: {error} {self._advice(target)}") from error
        except Cancelled as error:
            self._remove_parts()
            raise Cancelled(f"The download of {self._title} was called off. Nothing of it was kept.") from error
        self._remove_parts()
        return target

    @property
    def _title(self) -> str:
        return KNOWN_SETS[self._name].title if self._name in KNOWN_SETS else self._name

    def _obtain(self, file: RemoteFile) -> Path:
        """The complete, verified file: one placed by hand, or the fetched one."""
        placed = self._folder / file.name
        self._say(f"Fetching {file.name}.", file.name)
        if self._is_right(placed, file):
            self._fetched += file.bytes
            return placed
        part = part_path(placed)
        self._meter.begin_file()
        FileFetcher(file, part, on_bytes=self._count, should_stop=self._should_stop, patience=self._patience).fetch()
        self._fetched += file.bytes
        return part

    def _is_right(self, placed: Path, file: RemoteFile) -> bool:
        try:
            return placed.is_file() and placed.stat().st_size == file.bytes and has_sha256(placed, file.sha256)
        except OSError as error:
            raise storage_error(f"{placed} could not be read", error) from error

    def _convert(self, paths: Mapping[str, Path]) -> ImageSet:
        self._check_stop()
        try:
            return self._source.convert(paths)
        except OSError as error:
            raise storage_error(f"The files of {self._title} could not be read back", error) from error

    def _count(self, size: int) -> None:
        speed = self._meter.count(size)
        self._tell(replace(self.progress, bytes=self._fetched + size, bytes_per_second=speed))

    def _say(self, message: str, file: str | None = None) -> None:
        self._tell(replace(self.progress, message=message, file=file, bytes=self._fetched))

    def _tell(self, progress: DownloadProgress) -> None:
        self.progress = progress
        self._report(progress)

    def _check_stop(self) -> None:
        if self._should_stop():
            raise Cancelled(f"The download of {self._title} was called off.")

    def _remove_parts(self) -> None:
        for file in self._source.files:
            remove_part(part_path(self._folder / file.name))

    def _advice(self, target: Path) -> str:
        originals = " and ".join(file.url for file in self._source.files)
        return (
            f"Try again later; or place {target.name} with x_train, y_train, x_test, y_test in {self._folder} or in a folder of"
            f" INKLING_DATASETS; or fetch {originals} elsewhere, place that in {self._folder} and start the download again."
            " The bundled digits keep working."
        )


class _Meter:
    """The mean speed of what comes over the network."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._received = 0
        self._last: int | None = None

    def begin_file(self) -> None:
        """What is there of the next file already did not come over the network now."""
        self._last = None

    def count(self, size: int) -> float:
        """Note how large the file is now. Returns bytes per second."""
        if self._last is not None:
            self._received += max(0, size - self._last)
        self._last = size
        return self._received / max(time.monotonic() - self._started, 1e-3)
