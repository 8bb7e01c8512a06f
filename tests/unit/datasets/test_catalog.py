from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.datasets.catalog import Catalog, DatasetEntry, DatasetState
from core.datasets.image_set import ImageSet
from core.datasets.npz_files import save_npz
from core.errors import DatasetError
from core.settings import Settings

MakeSet = Callable[..., ImageSet]
REAL_SETS = Path(__file__).parents[4] / "shared" / "datasets"


@pytest.fixture
def shelf(settings: Settings) -> Path:
    """A folder of INKLING_DATASETS, empty."""
    (folder,) = settings.dataset_folders
    folder.mkdir()
    return folder


def entry(settings: Settings, name: str) -> DatasetEntry:
    (found,) = (line for line in Catalog(settings).entries() if line.name == name)
    return found


def test_without_any_file_the_digits_are_ready_and_the_known_sets_missing(settings: Settings) -> None:
    states = {line.name: line.state for line in Catalog(settings).entries()}
    assert list(states) == ["digits", "mnist", "fashion_mnist", "cifar10"]
    assert [str(state) for state in states.values()] == ["ready", "missing", "missing", "missing"]


def test_files_of_every_folder_are_listed_by_name_after_the_known_sets(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    save_npz(shelf / "zebras.npz", make_set(title="Zebras"))
    save_npz(settings.downloads / "ants.npz", make_set(title="Ants", shape=(4, 5, 3)))
    save_npz(shelf / "mnist.npz", make_set(title="MNIST"))
    (shelf / "notes.txt").write_text("nothing to see", encoding="utf-8")
    lines = Catalog(settings).entries()
    assert [line.name for line in lines] == ["digits", "mnist", "fashion_mnist", "cifar10", "ants", "zebras"]
    assert lines[1].state == DatasetState.READY and lines[1].path == shelf / "mnist.npz"
    assert (lines[4].title, lines[4].description) == ("Ants", "12 training and 6 test images of 5 x 4 pixels, in colour.")


def test_of_two_files_with_one_name_the_first_folder_counts(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    save_npz(settings.downloads / "ants.npz", make_set(title="At home"))
    save_npz(shelf / "ants.npz", make_set(title="On the shelf"))
    assert entry(settings, "ants").title == "On the shelf"
    assert Catalog(settings).load("ants").title == "On the shelf"


def test_a_damaged_file_is_unusable_with_its_reason_and_the_rest_works(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    (shelf / "mnist.npz").write_bytes(b"half of it")
    save_npz(shelf / "ants.npz", make_set())
    broken = entry(settings, "mnist")
    assert broken.state == DatasetState.UNUSABLE and broken.reason is not None
    assert str(shelf / "mnist.npz") in broken.reason and "damaged" in broken.reason
    catalog = Catalog(settings)
    assert catalog.load("ants").class_count == 3
    with pytest.raises(DatasetError, match="damaged"):
        catalog.load("mnist")


def test_one_class_is_seen_without_loading(settings: Settings, shelf: Path) -> None:
    images = np.zeros((3, 4, 4), dtype=np.uint8)
    np.savez(shelf / "same.npz", x_train=images, y_train=np.zeros(3, int), x_test=images, y_test=np.zeros(3, int))
    assert "at least two to tell apart" in str(entry(settings, "same").reason)


def test_damage_found_only_in_the_images_is_listed_from_then_on(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    path = shelf / "dim.npz"
    image_set = make_set()
    np.savez(
        path,
        x_train=image_set.x_train,
        y_train=image_set.y_train,
        x_test=image_set.x_test,
        y_test=image_set.y_test,
        max_value=np.array(16),
    )
    catalog = Catalog(settings)
    assert catalog.entries()[-1].state == DatasetState.READY
    with pytest.raises(DatasetError, match="expected at most 16"):
        catalog.load("dim")
    assert catalog.entries()[-1].state == DatasetState.UNUSABLE
    assert "expected at most 16" in str(catalog.entries()[-1].reason)


@pytest.mark.parametrize("file_name", ["my set.npz", "digits.npz", "x" * 81 + ".npz", "-rf.npz", os.fsdecode(b"caf\xe9.npz")])
def test_a_file_whose_name_can_not_be_used_says_so_and_can_be_printed(
    settings: Settings, shelf: Path, make_set: MakeSet, file_name: str
) -> None:
    save_npz(shelf / "sound.npz", make_set())
    (shelf / "sound.npz").rename(shelf / file_name)
    line = Catalog(settings).entries()[-1]
    assert line.state == DatasetState.UNUSABLE and line.path is None
    assert "name" in str(line.reason)
    f"{line.name} {line.title} {line.reason}".encode()
    assert Catalog(settings).load("digits").x_train.shape == (1437, 8, 8)


def test_half_written_files_are_not_listed(settings: Settings, shelf: Path) -> None:
    for name in (".ants.npz.0123.tmp", ".ants.npz", "mnist.npz.part"):
        (shelf / name).write_bytes(b"")
    assert len(Catalog(settings).entries()) == 4


def test_a_link_to_nowhere_is_unusable(settings: Settings, shelf: Path) -> None:
    (shelf / "gone.npz").symlink_to(shelf / "nowhere.npz")
    assert "can't be read" in str(entry(settings, "gone").reason)


def test_a_missing_known_set_says_where_to_get_it_and_where_it_was_looked_for(settings: Settings) -> None:
    with pytest.raises(DatasetError, match=r"^Fashion-MNIST is not on this machine. Download it on Explore > Samples") as caught:
        Catalog(settings).load("fashion_mnist")
    assert f"place fashion_mnist.npz in {settings.downloads}" in str(caught.value)
    assert f"{settings.dataset_folders[0]} (no such folder)" in str(caught.value)
    assert "Download it" in str(entry(settings, "fashion_mnist").reason)


@pytest.mark.parametrize("name", ["nothing", "../mnist", "", "/etc/passwd", "mnist.npz"])
def test_an_unknown_name_is_refused_with_what_there_is(settings: Settings, name: str) -> None:
    with pytest.raises(DatasetError, match=r"There is no data set called .* expected one of digits"):
        Catalog(settings).load(name)


def test_a_name_never_leads_out_of_the_folders(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    save_npz(shelf.parent / "outside.npz", make_set())
    with pytest.raises(DatasetError, match="There is no data set"):
        Catalog(settings).load("../outside")


def test_a_known_set_without_words_of_its_own_gets_them_from_the_catalogue(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    image_set = make_set(classes=10)
    arrays = {"x_train": image_set.x_train, "y_train": image_set.y_train, "x_test": image_set.x_test, "y_test": image_set.y_test}
    np.savez(shelf / "fashion_mnist.npz", **arrays)
    loaded = Catalog(settings).load("fashion_mnist")
    assert (loaded.name, loaded.title, loaded.class_names[9]) == ("fashion_mnist", "Fashion-MNIST", "Ankle boot")
    assert "Zalando" in loaded.origin


def test_the_digits_are_split_the_same_way_each_time_with_every_digit_in_proportion(settings: Settings) -> None:
    first, second = Catalog(settings).load("digits"), Catalog(settings).load("digits")
    assert first.sha256 == second.sha256
    assert (len(first.x_train), len(first.x_test), first.max_value) == (1437, 360, 16)
    assert int(first.x_train.max()) == 16
    shares = np.bincount(first.y_test) / (np.bincount(first.y_train) + np.bincount(first.y_test))
    assert shares.min() > 0.19 and shares.max() < 0.21


def test_a_set_stays_in_memory_until_its_file_changes(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    catalog = Catalog(settings)
    save_npz(shelf / "ants.npz", make_set(seed=1))
    first = catalog.load("ants")
    assert catalog.load("ants") is first
    save_npz(shelf / "ants.npz", make_set(seed=2, training=15))
    assert catalog.load("ants").sha256 == make_set(seed=2, training=15).sha256
    assert catalog.entries()[-1].description.startswith("15 training")


def test_sets_stay_in_memory_as_long_as_they_fit_and_the_least_used_goes_first(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    for name in "abcd":
        save_npz(shelf / f"{name}.npz", make_set())
    catalog = Catalog(settings, memory=3 * make_set().bytes)
    first = {name: catalog.load(name) for name in "abc"}
    assert catalog.load("a") is first["a"]
    catalog.load("d")
    assert catalog.in_memory() == ("c", "a", "d")
    assert catalog.load("a") is first["a"] and catalog.load("c") is first["c"]
    assert catalog.load("b") is not first["b"]


def test_a_set_larger_than_the_memory_stays_until_another_is_asked_for(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    for name in "ab":
        save_npz(shelf / f"{name}.npz", make_set())
    catalog = Catalog(settings, memory=1)
    assert catalog.load("a") is catalog.load("a")
    catalog.load("b")
    assert catalog.in_memory() == ("b",)


def test_a_set_let_go_is_really_gone(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    for name in "ab":
        save_npz(shelf / f"{name}.npz", make_set())
    catalog = Catalog(settings, memory=make_set().bytes)
    image_set = weakref.ref(catalog.load("a"))
    catalog.load("b")
    assert image_set() is None


def test_files_that_come_go_or_get_another_name_are_noticed_at_once(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    catalog = Catalog(settings)
    save_npz(shelf / "ants.npz", make_set())
    catalog.load("ants")
    (shelf / "ants.npz").rename(shelf / "bees.npz")
    assert [line.name for line in catalog.entries()[4:]] == ["bees"]
    assert catalog.in_memory() == ()
    with pytest.raises(DatasetError, match="Bring your own on Explore > Your data"):
        catalog.load("ants")
    assert catalog.load("bees").sha256 == make_set().sha256


def test_threads_that_ask_at_once_share_one_load(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    save_npz(shelf / "ants.npz", make_set(training=2_000, shape=(28, 28)))
    catalog, together = Catalog(settings), threading.Barrier(8)

    def load(_: int) -> ImageSet:
        together.wait()
        return catalog.load("ants")

    with ThreadPoolExecutor(8) as pool:
        assert len({id(image_set) for image_set in pool.map(load, range(8))}) == 1


def test_listing_reads_a_file_once_for_each_version(settings: Settings, shelf: Path, make_set: MakeSet) -> None:
    path = shelf / "ants.npz"
    save_npz(path, make_set())
    catalog = Catalog(settings)
    before = catalog.entries()
    status = path.stat()
    # The same size and time, so that only one who reads the file again can notice.
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert catalog.entries() == before


def test_listing_imports_neither_tensorflow_nor_scikit_learn(tmp_path: Path) -> None:
    script = (
        "import sys; from core.datasets.catalog import Catalog; from core.settings import load_settings;"
        " import core.datasets.downloading, core.datasets.importing, core.datasets.samples;"
        " Catalog(load_settings({'INKLING_HOME': sys.argv[1]})).entries();"
        " print(*{'tensorflow', 'keras', 'sklearn', 'streamlit'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_real_sets_load_from_a_folder_of_the_user(tmp_path: Path, name: str) -> None:
    if not (REAL_SETS / f"{name}.npz").exists():
        pytest.skip(f"{name}.npz is not in ../shared/datasets")
    settings = Settings(tmp_path, (REAL_SETS,), workers=1, cores=1, scheduler=None)
    assert entry(settings, name).state == DatasetState.READY
    image_set = Catalog(settings).load(name)
    assert image_set.x_train.shape == (60_000, 28, 28) and image_set.x_test.shape == (10_000, 28, 28)
    assert image_set.class_count == 10 and image_set.max_value == 255
