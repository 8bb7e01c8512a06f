"""Drawings in a file: what is taken home comes back as it was, is a data set besides, and a bad file changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets.importing.detect import open_source
from core.datasets.importing.source import SourceFile
from core.drawing.ink import Ink
from core.drawings import files
from core.drawings.files import read_drawings, write_drawings
from core.drawings.kept import Answer, NewDrawing
from core.drawings.store import DrawingStore
from core.errors import DatasetError, DrawingError, InklingError

Arrays = dict[str, Any]


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[str], DrawingStore]]:
    made: list[DrawingStore] = []

    def make(name: str) -> DrawingStore:
        made.append(DrawingStore(tmp_path / name))
        return made[-1]

    yield make
    for store in made:
        store.close()


def bar(seed: int) -> Ink:
    """A bar somewhere, on canvases of different sizes."""
    ink = np.zeros((60 + seed, 50), np.uint8)
    ink[10 : 30 + seed, 5 + seed : 12 + seed] = 200 + seed
    return ink


def fill(store: DrawingStore) -> DrawingStore:
    answers = [None, Answer("shipped", "Inkling's own", "1", 0.5), None]
    store.add_all([NewDrawing(label, bar(seed), 100.5 * seed, answers[seed]) for seed, label in enumerate(("1", "7", "1"))])
    return store


def pack(store: DrawingStore) -> bytes:
    file = io.BytesIO()
    write_drawings(file, store, store.list())
    return file.getvalue()


def changed(data: bytes, **changes: Any) -> bytes:
    """The same file with other arrays; None leaves one out."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays: Arrays = {name: archive[name] for name in archive.files} | changes
    file = io.BytesIO()
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return file.getvalue()


def test_drawings_come_back_as_they_were(new_store: Callable[[str], DrawingStore], monkeypatch: pytest.MonkeyPatch) -> None:
    # So that drawings lie across the ends of blocks.
    monkeypatch.setattr(files, "_BLOCK", 1_000)
    first, second = fill(new_store("first")), new_store("second")
    assert read_drawings(second, pack(first), "drawings.npz") == (3, 3)
    before, after = first.list(), second.list()
    assert [(one.fingerprint, one.label, one.kept, one.answer) for one in after] == [
        (one.fingerprint, one.label, one.kept, one.answer) for one in before
    ]
    for seed, ink in enumerate(second.inks([one.id for one in after])):
        np.testing.assert_array_equal(ink, bar(seed))


def test_what_is_here_already_is_not_kept_again(new_store: Callable[[str], DrawingStore]) -> None:
    store = fill(new_store("first"))
    data = pack(store)
    store.delete([store.list()[0].id])
    assert read_drawings(store, data, "drawings.npz") == (1, 3)
    assert store.count() == 3


def test_the_file_opens_in_numpy_without_pickling_and_says_what_it_holds(new_store: Callable[[str], DrawingStore]) -> None:
    with np.load(io.BytesIO(pack(fill(new_store("first")))), allow_pickle=False) as archive:
        assert archive["images"].shape == (3, 28, 28) and archive["images"].dtype == np.uint8
        assert archive["labels"].tolist() == ["1", "7", "1"]
        assert archive["ink_shapes"].tolist() == [[60, 50], [61, 50], [62, 50]]
        assert archive["ink"].shape == (183 * 50,)
        assert archive["read_as"].tolist() == ["", "1", ""]


def test_the_file_is_a_data_set_for_the_import(new_store: Callable[[str], DrawingStore], tmp_path: Path) -> None:
    path = tmp_path / "my-handwriting.npz"
    path.write_bytes(pack(fill(new_store("first"))))
    survey = open_source([SourceFile(path, path.name)]).survey(lambda done, total: None, lambda: False)
    assert survey.class_names == ("1", "7")
    assert (survey.sizes[0][0], survey.suggestion.title) == ((28, 28), "My handwriting")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ink": None}, "has no ink"),
        ({"labels": np.array(["1", "7"])}, "holds"),
        ({"labels": np.array([1, 7, 1])}, "labels holds int64"),
        ({"labels": np.array(["1", "7", "x" * 81])}, "labels holds"),
        ({"labels": np.array(["1", "", "1"])}, "name of a class"),
        ({"labels": np.array([0x31, 0x110000, 0x31], dtype=np.uint32).view("<U1")}, "stand for no character"),
        ({"labels": np.array([[["1"]]])}, "labels holds"),
        ({"labels": np.array("1")}, "holds 0 drawings"),
        ({"ink": np.zeros(183 * 50, np.uint16)}, "ink holds uint16"),
        ({"ink": np.zeros(183 * 50, np.uint8)}, "nothing drawn"),
        ({"ink_shapes": np.array([[60, 50], [61, 50], [62, 49]])}, "do not fit"),
        ({"ink_shapes": np.array([[0, 50], [121, 50], [62, 50]])}, "do not fit"),
        ({"ink_shapes": np.array([[183 * 50, 1], [0, 1], [0, 1]])}, "do not fit"),
        ({"kept": np.array([1.0, np.nan, 2.0])}, "moments that never were"),
        ({"probability": np.array([0.0, 1.5, 0.0])}, "probability holds"),
        ({"reader_titles": np.array(["", "two\nlines", ""])}, "can't be printed"),
        ({"reader_titles": np.array([None, "x", None], dtype=object)}, "pickled"),
    ],
)
def test_a_file_with_something_wrong_is_refused_whole(new_store: Callable[[str], DrawingStore], changes: Arrays, words: str) -> None:
    data, store = changed(pack(fill(new_store("first"))), **changes), new_store("second")
    with pytest.raises(InklingError, match=words):
        read_drawings(store, data, "drawings.npz")
    assert store.count() == 0


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_such_file_at_all_is_told_in_words(new_store: Callable[[str], DrawingStore], data: bytes) -> None:
    with pytest.raises((DrawingError, DatasetError), match=r"drawings\.npz"):
        read_drawings(new_store("first"), data, "drawings.npz")


def test_a_file_cut_short_or_too_large_is_refused(new_store: Callable[[str], DrawingStore], monkeypatch: pytest.MonkeyPatch) -> None:
    data, store = pack(fill(new_store("first"))), new_store("second")
    with pytest.raises(DatasetError):
        read_drawings(store, data[: len(data) // 2], "drawings.npz")
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 100)
    with pytest.raises(DrawingError, match="at most 100"):
        read_drawings(store, data, "drawings.npz")
    assert store.count() == 0
