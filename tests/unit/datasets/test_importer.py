"""Imports in the background: what a page sees of them, and what is left on the disk."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.datasets.catalog import Catalog
from core.datasets.image_set import ImageSet
from core.datasets.importing.importer import MOST_IMPORTS, Importer, ImportProgress, ImportState
from core.datasets.importing.options import ImportOptions
from core.datasets.importing.source import Example, ImportResult, OnProgress, ShouldStop, Survey
from core.datasets.importing.uploads import Uploads
from core.datasets.library import store_image_set
from core.errors import Cancelled, DatasetError, StorageError
from core.settings import Settings
from tests.unit.datasets.archives import loose_members, split_members, write_zip


@pytest.fixture
def importer(settings: Settings) -> Iterator[Importer]:
    made = Importer(settings)
    yield made
    made.close()


def pets(tmp_path: Path, members: dict[str, bytes] | None = None) -> list[tuple[str, io.BytesIO]]:
    path = write_zip(tmp_path / "made.zip", loose_members() if members is None else members)
    return [("pets.zip", io.BytesIO(path.read_bytes()))]


def wait(
    importer: Importer, import_id: str, until: Callable[[ImportProgress], bool] = lambda progress: not progress.state.is_running
) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        progress = importer.progress(import_id)
        assert progress is not None
        if until(progress):
            return progress
        time.sleep(0.005)
    raise AssertionError(f"still {importer.progress(import_id)}")


def uploaded(settings: Settings) -> list[Path]:
    """Every file below the folder of the uploads."""
    # Not `rglob`, which fails at a folder that is removed while it looks.
    return [Path(folder) / name for folder, _, names in os.walk(settings.home / "uploads") for name in names]


class SlowSource:
    """Reads until it is called off, or until the test lets it go on."""

    def __init__(self, survey: Survey, result: ImportResult) -> None:
        self.go_on = threading.Event()
        self.readers = self.most_readers = 0
        self.is_broken = False
        self._survey = survey
        self._result = result

    def survey(self, on_progress: OnProgress, should_stop: ShouldStop, *, part: str | None = None, labels: str | None = None) -> Survey:
        return self._survey

    def examples(self, survey: Survey, options: ImportOptions, count: int = 8) -> tuple[Example, ...]:
        return ()

    def read(self, survey: Survey, options: ImportOptions, on_progress: OnProgress, should_stop: ShouldStop) -> ImportResult:
        self.readers += 1
        self.most_readers = max(self.most_readers, self.readers)
        on_progress(1, 2)
        try:
            while not self.go_on.wait(0.005):
                if should_stop():
                    raise Cancelled("Called off.")
            return self._result if not self.is_broken else 1 / 0
        finally:
            self.readers -= 1


def test_an_upload_is_surveyed_shown_and_stored(tmp_path: Path, settings: Settings, importer: Importer) -> None:
    import_id = importer.begin(pets(tmp_path))
    surveyed = wait(importer, import_id)
    assert (surveyed.state, surveyed.source_name, surveyed.survey.pictures) == (ImportState.SURVEYED, "pets.zip", 20)
    options = surveyed.survey.suggestion
    assert [example.class_name for example in importer.examples(import_id, options, count=2)] == ["cat", "dog"]
    importer.start(import_id, options)
    finished = wait(importer, import_id)
    assert (finished.state, finished.stored, finished.done, finished.total) == (ImportState.FINISHED, "pets", 20, 20)
    assert finished.message == "Pets is stored as 'pets': 16 training and 4 test images in 2 classes."
    assert Catalog(settings).load("pets").class_names == ("cat", "dog")
    importer.discard(import_id)
    assert importer.progress(import_id) is None and uploaded(settings) == []


def test_files_of_another_class_can_be_added(tmp_path: Path, settings: Settings, importer: Importer) -> None:
    content = {name: loose_members((name,), count=5) for name in ("cat", "dog")}
    cats, dogs = ([(f"{name}.zip", pets(tmp_path, members)[0][1])] for name, members in content.items())
    first = importer.begin(cats)
    assert wait(importer, first).survey.class_names == ("cat",)
    importer.start(first, wait(importer, first).survey.suggestion)
    assert "network needs two or more" in wait(importer, first).message
    both = importer.begin(dogs, beside=first)
    surveyed = wait(importer, both)
    assert (surveyed.survey.class_names, surveyed.source_name) == (("cat", "dog"), "cat.zip and 1 more")
    assert importer.progress(first) is None and sorted(path.name for path in uploaded(settings)) == ["1", "2"]
    importer.start(both, surveyed.survey.suggestion)
    assert wait(importer, both).state == ImportState.FINISHED


def test_added_files_that_are_refused_leave_the_first_as_they_were(tmp_path: Path, settings: Settings, importer: Importer) -> None:
    first = importer.begin(pets(tmp_path))
    wait(importer, first)
    with pytest.raises(DatasetError):
        importer.begin([("bad.zip", io.BytesIO(b"PK broken"))], beside=first)
    assert importer.progress(first).state == ImportState.SURVEYED and len(uploaded(settings)) == 1


def test_the_same_files_are_looked_at_by_another_choice(tmp_path: Path, importer: Importer) -> None:
    inner = {
        f"{kind}/{place}/{n}.png": data for kind in ("cat", "dog") for place in "ab" for n, data in enumerate(loose_members().values())
    }
    import_id = importer.begin(pets(tmp_path, inner))
    assert len(wait(importer, import_id).survey.class_names) == 4
    importer.look_again(import_id, labels="outer-folders")
    again = wait(importer, import_id)
    assert (again.state, again.survey.class_names) == (ImportState.SURVEYED, ("cat", "dog"))
    importer.look_again(import_id, labels="nonsense")
    failed = wait(importer, import_id)
    assert failed.state == ImportState.FAILED and "expected folders, outer-folders" in failed.message and failed.survey is not None


def test_uploads_lie_under_names_of_our_own(tmp_path: Path, settings: Settings, importer: Importer) -> None:
    [(_, content)] = pets(tmp_path)
    wait(importer, importer.begin([("../../evil\0.zip", content)]))
    assert [path.name for path in uploaded(settings)] == ["1"]


def test_what_can_not_be_anything_is_refused_at_once_and_not_kept(settings: Settings, importer: Importer) -> None:
    with pytest.raises(DatasetError, match=r"picture\.heic can't be read. It is a HEIC photo"):
        importer.begin([("picture.heic", io.BytesIO(b"\0\0\0\x18ftypheic"))])
    assert uploaded(settings) == []


def test_a_failed_survey_says_why(tmp_path: Path, importer: Importer) -> None:
    failed = wait(importer, importer.begin(pets(tmp_path, dict.fromkeys(loose_members(), b"text"))))
    assert failed.state == ImportState.FAILED and failed.survey is None
    assert "none of 20 pictures could be read" in failed.message


def test_options_that_can_not_work_are_refused_at_once(
    tmp_path: Path, settings: Settings, importer: Importer, make_set: Callable[..., Any]
) -> None:
    store_image_set(make_set("taken"), settings)
    import_id = importer.begin(pets(tmp_path, {**loose_members(), "cat/wide.bmp": b"", "dog/10.png": split_members()["train/cat/0.png"]}))
    wait(importer, import_id)
    for name, message in (("taken", "already"), ("../x", "can't be called"), ("cifar10", "can't become")):
        with pytest.raises(DatasetError, match=message):
            importer.start(import_id, ImportOptions(name=name))
    assert importer.progress(import_id).state == ImportState.SURVEYED
    with pytest.raises(DatasetError, match="not known any more"):
        importer.start("nonsense", ImportOptions(name="mine"))


def test_a_taken_name_is_not_suggested(tmp_path: Path, settings: Settings, importer: Importer, make_set: Callable[..., Any]) -> None:
    store_image_set(make_set("pets"), settings)
    assert wait(importer, importer.begin(pets(tmp_path))).survey.suggestion.name == "pets_2"


@dataclass
class Slow:
    """A surveyed import whose reading waits for the test."""

    importer: Importer
    source: SlowSource
    import_id: str

    def start(self) -> None:
        self.importer.start(self.import_id, ImportOptions(name="mine"))


@pytest.fixture
def slow(tmp_path: Path, settings: Settings, importer: Importer, make_set: Callable[..., Any]) -> Iterator[Slow]:
    survey = wait(importer, importer.begin(pets(tmp_path))).survey
    importer.close()
    source = SlowSource(survey, ImportResult(make_set("mine"), (), 0))
    made = Importer(settings, open_files=lambda files, folder: source)
    import_id = made.begin(pets(tmp_path))
    wait(made, import_id)
    yield Slow(made, source, import_id)
    made.close()


def test_calling_off_shows_at_once_and_leaves_nothing(settings: Settings, slow: Slow) -> None:
    slow.start()
    wait(slow.importer, slow.import_id, lambda progress: progress.done == 1)
    slow.importer.cancel(slow.import_id)
    slow.importer.cancel(slow.import_id)
    progress = slow.importer.progress(slow.import_id)
    assert progress is not None and (progress.state, progress.done, progress.survey is None) == (ImportState.CANCELLED, 0, False)
    slow.importer.close()
    assert list(settings.downloads.glob("*")) == [] and list((settings.home / "uploads").iterdir()) == []


def test_a_cancelled_import_can_be_started_again_and_never_reads_twice_at_a_time(settings: Settings, slow: Slow) -> None:
    for _ in range(3):
        slow.start()
        slow.start()
        wait(slow.importer, slow.import_id, lambda progress: progress.done == 1)
        slow.importer.cancel(slow.import_id)
    slow.start()
    slow.source.go_on.set()
    assert wait(slow.importer, slow.import_id).state == ImportState.FINISHED
    assert slow.source.most_readers == 1
    assert (settings.downloads / "mine.npz").exists()


def test_a_set_called_off_while_it_is_stored_is_removed_again(tmp_path: Path, settings: Settings) -> None:
    stored = []

    def store_and_cancel(image_set: ImageSet, settings: Settings, *, should_stop: Callable[[], bool]) -> Path:
        stored.append(store_image_set(image_set, settings, should_stop=should_stop))
        importer.cancel(import_id)
        return stored[0]

    importer = Importer(settings, store=store_and_cancel)
    import_id = importer.begin(pets(tmp_path))
    importer.start(import_id, wait(importer, import_id).survey.suggestion)
    assert wait(importer, import_id).state == ImportState.CANCELLED
    importer.close()
    assert len(stored) == 1 and list(settings.downloads.iterdir()) == []


def test_a_set_called_off_while_it_is_written_is_not_written_to_its_end(tmp_path: Path, settings: Settings) -> None:
    ended = []

    def cancel_and_store(image_set: ImageSet, settings: Settings, *, should_stop: Callable[[], bool]) -> Path:
        importer.cancel(import_id)
        try:
            return store_image_set(image_set, settings, should_stop=should_stop)
        finally:
            ended.append(list(settings.downloads.iterdir()))

    importer = Importer(settings, store=cancel_and_store)
    import_id = importer.begin(pets(tmp_path))
    importer.start(import_id, wait(importer, import_id).survey.suggestion)
    assert wait(importer, import_id).state == ImportState.CANCELLED
    importer.close()
    assert ended == [[]]


def test_a_fault_of_ours_ends_the_import_and_is_logged(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", logged.append)
    slow.source.is_broken = True
    slow.source.go_on.set()
    slow.start()
    failed = wait(slow.importer, slow.import_id)
    assert failed.state == ImportState.FAILED and "fault in Inkling" in failed.message and failed.survey is not None
    slow.importer.close()
    deadline = time.monotonic() + 10
    while not logged and time.monotonic() < deadline:
        time.sleep(0.005)
    assert [one.exc_type for one in logged] == [ZeroDivisionError]


def test_discarding_a_running_import_removes_its_upload_when_it_has_ended(settings: Settings, slow: Slow) -> None:
    slow.start()
    slow.importer.discard(slow.import_id)
    slow.importer.discard(slow.import_id)
    assert slow.importer.progress(slow.import_id) is None
    deadline = time.monotonic() + 10
    while uploaded(settings) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert uploaded(settings) == []


def test_there_are_no_examples_while_the_files_are_read(slow: Slow) -> None:
    slow.start()
    with pytest.raises(DatasetError, match="being read"):
        slow.importer.examples(slow.import_id, ImportOptions(name="mine"))
    slow.importer.cancel(slow.import_id)
    assert slow.importer.examples(slow.import_id, ImportOptions(name="mine")) == ()


def test_running_imports_are_not_dropped(tmp_path: Path, slow: Slow) -> None:
    for import_id in [slow.import_id, *(slow.importer.begin(pets(tmp_path)) for _ in range(MOST_IMPORTS - 1))]:
        wait(slow.importer, import_id)
        slow.importer.start(import_id, ImportOptions(name="mine"))
    with pytest.raises(DatasetError, match="at work already"):
        slow.importer.begin(pets(tmp_path))


def test_the_oldest_idle_import_makes_room_for_a_new_one(tmp_path: Path, settings: Settings, importer: Importer) -> None:
    ids = []
    for _ in range(MOST_IMPORTS + 2):
        ids.append(importer.begin(pets(tmp_path)))
        wait(importer, ids[-1])
    assert [importer.progress(import_id) is None for import_id in ids] == [True, True] + [False] * MOST_IMPORTS
    assert len(uploaded(settings)) == MOST_IMPORTS


def test_an_upload_that_is_too_large_is_not_kept(settings: Settings) -> None:
    uploads = Uploads(settings.home / "uploads", most_bytes=1_000)
    with pytest.raises(DatasetError, match="more than 1,000 bytes together"):
        uploads.take_in([("a", io.BytesIO(bytes(600))), ("b", io.BytesIO(bytes(600)))])
    assert uploaded(settings) == []


def test_a_disk_that_refuses_is_told(settings: Settings, importer: Importer) -> None:
    settings.home.mkdir()
    (settings.home / "uploads").write_text("in the way")
    with pytest.raises(StorageError, match="uploads"):
        importer.begin([("pets.zip", io.BytesIO(b"PK"))])


def run_elsewhere(home: Path, statements: Sequence[str]) -> str:
    """What another Inkling on the same home prints; it ends without closing anything."""
    lines = ["import io, os, sys", "from pathlib import Path", "from core.datasets.importing.uploads import Uploads", *statements]
    command = [sys.executable, "-c", "\n".join(lines), str(home / "uploads")]
    return subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True).stdout


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_has_stays(tmp_path: Path, settings: Settings) -> None:
    home = settings.home
    mine = Uploads(home / "uploads")
    mine.take_in([("pets.zip", io.BytesIO(b"mine"))])
    others = home / "uploads" / "notes"
    others.mkdir()
    run_elsewhere(home, ["Uploads(Path(sys.argv[1])).take_in([('pets.zip', io.BytesIO(b'left'))])", "os._exit(0)"])
    assert sorted(path.read_bytes() for path in uploaded(settings)) == [b"left", b"mine"]
    Uploads(home / "uploads")
    assert [path.read_bytes() for path in uploaded(settings)] == [b"mine"]
    assert others.exists()
