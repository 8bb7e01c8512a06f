from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.datasets.catalog import Catalog, load_digits
from core.datasets.image_set import ImageSet
from core.datasets.library import delete_set, export_npz, owns, retitle, store_image_set
from core.datasets.npz_files import load_npz, save_npz
from core.errors import DatasetError, StorageError
from core.settings import Settings

MakeSet = Callable[..., ImageSet]


def test_a_stored_set_is_found_by_the_catalogue_at_once(settings: Settings, make_set: MakeSet) -> None:
    catalog = Catalog(settings)
    assert len(catalog.entries()) == 4
    path = store_image_set(make_set(name="ants", title="Ants"), settings)
    assert path == settings.downloads / "ants.npz"
    assert catalog.entries()[-1].title == "Ants"
    assert catalog.load("ants").sha256 == make_set().sha256


def test_a_taken_name_is_refused_unless_the_set_is_to_be_replaced(settings: Settings, make_set: MakeSet) -> None:
    store_image_set(make_set(name="ants", seed=1), settings)
    with pytest.raises(DatasetError, match="There is a set called 'ants' already"):
        store_image_set(make_set(name="ants", seed=2), settings)
    assert Catalog(settings).load("ants").sha256 == make_set(seed=1).sha256
    store_image_set(make_set(name="ants", seed=2), settings, replace=True)
    assert Catalog(settings).load("ants").sha256 == make_set(seed=2).sha256


@pytest.mark.parametrize("replacing", [False, True])
def test_a_name_that_another_folder_has_is_refused_because_the_set_would_never_be_seen(
    settings: Settings, make_set: MakeSet, replacing: bool
) -> None:
    save_npz(settings.dataset_folders[0] / "ants.npz", make_set())
    with pytest.raises(DatasetError, match=r"already, in .*shelf.*Choose another name"):
        store_image_set(make_set(name="ants"), settings, replace=replacing)
    assert not settings.downloads.exists()


@pytest.mark.parametrize("name", ["digits", "../ants", "", "my set", "-rf", "a" * 81])
def test_unsafe_names_are_refused_everywhere(settings: Settings, make_set: MakeSet, name: str) -> None:
    image_set = make_set(name=name)
    for change in (
        lambda: store_image_set(image_set, settings),
        lambda: retitle(settings, name, "New"),
        lambda: delete_set(settings, name),
    ):
        with pytest.raises(DatasetError):
            change()
    assert not owns(settings, name)
    assert not settings.home.exists()


@pytest.mark.parametrize("changed", [{"title": "two\nlines"}, {"origin": " "}, {"class_names": ("a", "a", "b")}, {"origin": "x" * 1_001}])
def test_a_set_whose_words_could_not_be_read_again_is_not_stored(settings: Settings, make_set: MakeSet, changed: dict[str, object]) -> None:
    with pytest.raises(DatasetError, match="expected"):
        store_image_set(replace(make_set(name="ants"), **changed), settings)
    assert not settings.downloads.exists()


def test_only_files_in_the_home_are_ones_own(settings: Settings, make_set: MakeSet) -> None:
    save_npz(settings.dataset_folders[0] / "bees.npz", make_set())
    store_image_set(make_set(name="ants"), settings)
    assert {name: owns(settings, name) for name in ("ants", "bees", "digits", "nothing")} == {
        "ants": True,
        "bees": False,
        "digits": False,
        "nothing": False,
    }
    for change in (lambda: retitle(settings, "bees", "New"), lambda: delete_set(settings, "bees")):
        with pytest.raises(DatasetError, match="in a folder of INKLING_DATASETS, which Inkling only reads"):
            change()
    assert (settings.dataset_folders[0] / "bees.npz").exists()


def test_another_title_leaves_name_and_contents_as_they_are(settings: Settings, make_set: MakeSet) -> None:
    catalog = Catalog(settings)
    image_set = make_set(name="ants", class_names=("red", "black", "flying"), max_value=255)
    store_image_set(image_set, settings)
    retitle(settings, "ants", "  Ämeisen <b> ")
    loaded = catalog.load("ants")
    assert (loaded.title, loaded.class_names, loaded.origin) == ("Ämeisen <b>", image_set.class_names, image_set.origin)
    assert loaded.sha256 == image_set.sha256
    assert catalog.entries()[-1].title == "Ämeisen <b>"


def test_a_downloaded_set_can_be_retitled_too(settings: Settings, make_set: MakeSet) -> None:
    store_image_set(make_set(name="mnist", classes=10, title="MNIST"), settings)
    retitle(settings, "mnist", "Old friend")
    assert Catalog(settings).entries()[1].title == "Old friend"


@pytest.mark.parametrize("title", ["", "   ", "x" * 81, "two\nlines", "bell\a"])
def test_a_title_that_can_not_be_shown_is_refused(settings: Settings, make_set: MakeSet, title: str) -> None:
    store_image_set(make_set(name="ants", title="Ants"), settings)
    with pytest.raises(DatasetError, match="expected 1 to 80 printable"):
        retitle(settings, "ants", title)
    assert Catalog(settings).load("ants").title == "Ants"


def test_a_deleted_set_is_gone_from_the_catalogue_at_once_and_from_memory(settings: Settings, make_set: MakeSet) -> None:
    catalog = Catalog(settings)
    store_image_set(make_set(name="ants"), settings)
    catalog.load("ants")
    delete_set(settings, "ants")
    assert len(catalog.entries()) == 4
    assert catalog.in_memory() == ()
    with pytest.raises(DatasetError, match="There is no data set called 'ants'"):
        catalog.load("ants")


def test_a_set_that_vanished_meanwhile_counts_as_deleted(settings: Settings) -> None:
    delete_set(settings, "ants")
    assert not settings.home.exists()


def test_a_disk_that_refuses_is_told(settings: Settings, make_set: MakeSet) -> None:
    (settings.downloads / "ants.npz").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"ants.npz could not be removed"):
        delete_set(settings, "ants")


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_an_exported_set_opens_in_numpy_and_comes_back_equal(tmp_path: Path, make_set: MakeSet, shape: tuple[int, ...]) -> None:
    check_export(tmp_path, make_set(shape=shape, class_names=("ä", "b/c", "d"), title="Füchse", origin="Made up."))


def test_the_bundled_digits_can_be_exported(tmp_path: Path) -> None:
    check_export(tmp_path, load_digits())


def check_export(tmp_path: Path, image_set: ImageSet) -> None:
    file = io.BytesIO()
    export_npz(image_set, file)
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["x_test"], image_set.x_test)
        assert int(arrays["max_value"]) == image_set.max_value
    (tmp_path / "exported.npz").write_bytes(file.getvalue())
    loaded = load_npz(tmp_path / "exported.npz", name=image_set.name)
    assert loaded.sha256 == image_set.sha256
    for field in ("name", "title", "class_names", "max_value", "origin"):
        assert getattr(loaded, field) == getattr(image_set, field)


def test_a_name_that_another_inkling_takes_meanwhile_is_refused(
    settings: Settings, make_set: MakeSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_image_set(make_set(name="ants", seed=1), settings)
    # As when the two look at the same moment.
    monkeypatch.setattr("core.datasets.library._is_there", lambda path: False)
    with pytest.raises(DatasetError, match="There is a set called 'ants' already"):
        store_image_set(make_set(name="ants", seed=2), settings)
    monkeypatch.undo()
    assert Catalog(settings).load("ants").sha256 == make_set(seed=1).sha256
