"""The collection of drawings: kept once each, as they were drawn, and told in words when its file is no use."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.drawing.ink import Ink
from core.drawings import store as store_module
from core.drawings.kept import MAX_SIDE, Answer, NewDrawing, shrink_to_keep
from core.drawings.store import DrawingStore
from core.errors import DrawingError, StorageError

ANSWER = Answer("shipped", "Inkling's own", "1", 0.75)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DrawingStore]:
    store = DrawingStore(tmp_path / "home")
    yield store
    store.close()


def ink(seed: int = 0, height: int = 40, width: int = 30) -> Ink:
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def drawing(seed: int = 0, label: str = "7", answer: Answer | None = None) -> NewDrawing:
    return NewDrawing(label, ink(seed), 1000.0 + seed, answer)


def only_ink(store: DrawingStore) -> Ink:
    [found] = store.inks([kept.id for kept in store.list()])
    return found


def test_nothing_is_touched_before_it_is_used(tmp_path: Path) -> None:
    DrawingStore(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_drawing_comes_back_as_it_was_kept(store: DrawingStore, tmp_path: Path) -> None:
    assert store.add(drawing(answer=ANSWER))
    store.close()
    again = DrawingStore(tmp_path / "home")
    [kept] = again.list()
    assert (kept.label, kept.kept, kept.height, kept.width, kept.answer) == ("7", 1000.0, 40, 30, ANSWER)
    np.testing.assert_array_equal(only_ink(again), ink())
    again.close()


def test_the_same_ink_is_kept_only_once_and_keeps_its_first_label(store: DrawingStore) -> None:
    assert store.find_label(ink()) is None
    assert store.add(drawing(label="7"))
    assert not store.add(drawing(label="1"))
    assert store.find_label(ink()) == "7"
    # The same bytes in another shape are another drawing.
    assert store.add(NewDrawing("1", ink().reshape(30, 40), 0.0))
    assert store.count() == 2


def test_drawings_are_listed_in_the_order_in_which_they_were_kept(store: DrawingStore) -> None:
    store.add_all([drawing(seed, str(seed)) for seed in (3, 1, 2)])
    assert [kept.label for kept in store.list()] == ["3", "1", "2"]
    assert len({kept.fingerprint for kept in store.list()}) == 3


def test_a_number_is_never_given_twice(store: DrawingStore) -> None:
    store.add(drawing(1))
    [first] = store.list()
    store.delete([first.id])
    store.delete([first.id])
    store.add(drawing(2))
    [second] = store.list()
    assert second.id > first.id
    with pytest.raises(DrawingError, match="deleted meanwhile"):
        list(store.inks([first.id]))


def test_a_label_can_be_corrected(store: DrawingStore) -> None:
    store.add_all([drawing(1), drawing(2)])
    store.relabel([store.list()[1].id], "9")
    assert [kept.label for kept in store.list()] == ["7", "9"]
    with pytest.raises(DrawingError, match="name of a class"):
        store.relabel([1], "\n")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (NewDrawing("", ink(), 0.0), "name of a class"),
        (NewDrawing("x" * 81, ink(), 0.0), "name of a class"),
        (NewDrawing("7", np.zeros((30, 30), np.uint8), 0.0), "nothing drawn"),
        (NewDrawing("7", np.zeros((0, 30), np.uint8), 0.0), "nothing drawn"),
        (NewDrawing("7", ink(0, 20, MAX_SIDE + 1), 0.0), "at most 1,000 x 1,000"),
        (NewDrawing("7", ink().astype(np.float32), 0.0), "expected uint8 ink"),
        (NewDrawing("7", np.zeros((4, 4, 3), np.uint8), 0.0), "expected uint8 ink"),
    ],
)
def test_what_is_no_drawing_is_refused_and_nothing_beside_it_is_kept(store: DrawingStore, bad: NewDrawing, words: str) -> None:
    with pytest.raises(DrawingError, match=words):
        store.add_all([drawing(1), bad])
    assert store.count() == 0


def test_a_full_collection_takes_no_more(store: DrawingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_DRAWINGS", 2)
    store.add_all([drawing(1), drawing(2)])
    with pytest.raises(DrawingError, match="more than 2 drawings"):
        store.add(drawing(3))
    # One that is there already takes no place.
    assert not store.add(drawing(2))
    assert store.count() == 2


def test_more_drawings_than_sqlite_is_asked_for_at_once_come_in_their_order(store: DrawingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_AT_ONCE", 2)
    store.add_all([drawing(seed) for seed in range(5)])
    ids = [kept.id for kept in store.list()][::-1]
    for seed, found in zip((4, 3, 2, 1, 0), store.inks(ids), strict=True):
        np.testing.assert_array_equal(found, ink(seed))


def test_several_threads_and_stores_may_keep_drawings_at_the_same_time(tmp_path: Path) -> None:
    stores = [DrawingStore(tmp_path), DrawingStore(tmp_path)]
    threads = [threading.Thread(target=store.add, args=(drawing(seed),)) for seed in range(10) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].count() == stores[1].count() == 10
    for store in stores:
        store.close()


def test_a_damaged_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "drawings.sqlite").write_bytes(b"no database at all, but long enough to look like one" * 100)
    with pytest.raises(StorageError, match=r"collection of drawings, .* is damaged"):
        DrawingStore(tmp_path).count()


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "drawings.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE drawings (price REAL)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not Inkling's"):
        DrawingStore(tmp_path).count()
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_left_alone(store: DrawingStore, tmp_path: Path) -> None:
    store.add(drawing())
    store.close()
    connection = sqlite3.connect(tmp_path / "home" / "drawings.sqlite")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(StorageError, match="newer version"):
        store.count()


@pytest.mark.parametrize("change", ["ink = x'00ff'", "ink = x''", "ink = 'text'", "height = 41", "height = 39"])
def test_damaged_ink_is_told_in_words(store: DrawingStore, tmp_path: Path, change: str) -> None:
    store.add(drawing())
    store.close()
    connection = sqlite3.connect(tmp_path / "home" / "drawings.sqlite")
    connection.execute(f"UPDATE drawings SET {change}")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="damaged"):
        only_ink(store)


def test_only_ink_that_is_too_large_is_made_smaller() -> None:
    assert shrink_to_keep(ink()) is not None and shrink_to_keep(ink()).shape == (40, 30)
    large = np.full((3_000, 1_500), 255, np.uint8)
    assert shrink_to_keep(large).shape == (1_000, 500)
    assert shrink_to_keep(np.full((1, 5_000), 255, np.uint8)).shape == (1, 1_000)
